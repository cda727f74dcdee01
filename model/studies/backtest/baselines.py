"""Baselines with Student-t errors: regressions on what was known, a Bayesian VAR, statsmodels' dynamic factor model.

``past``: one day ahead, nothing of the day itself is known. ``return``: the flow given the day's return. Each is fitted to
the days before a block of days and predicts the block day by day with these parameters.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, stats

from model.studies.backtest.scores import student_scores

PAST, RETURN = "past", "return"
FLOW, PRICE = "flow", "return"
NIGHT, TAKER = "overnight", "taker"
LAGS_VAR = 5
TIGHTNESS, DECAY = 0.2, 1.0
"""Minnesota prior: spread of an own first lag, and the power with which it falls with the lag."""
MOST_DF, LEAST_DF = 200.0, 2.05


@dataclass(frozen=True)
class Regression:
    """Regressors of one baseline; ``scale`` names a column that the error's spread is proportional to."""

    columns: tuple[str, ...]
    scale: str | None = None


REGRESSIONS: Mapping[tuple[str, str], Mapping[str, Regression]] = {
    (FLOW, PAST): {
        "constant": Regression(()),
        "AR(1)": Regression(("flow_1",)),
        "AR(1) + r[t-1]": Regression(("flow_1", "return_1")),
        "AR(1) + r[t-1] + 20-day mean": Regression(("flow_1", "return_1", "mean_20")),
        "AR(1) + r[t-1] + 20-day mean, trailing scale": Regression(
            ("flow_1", "return_1", "mean_20"), "spread_20"
        ),
    },
    (FLOW, RETURN): {
        "constant": Regression(()),
        "AR(1)": Regression(("flow_1",)),
        "AR(1) + r[t] + r[t-1]": Regression(("flow_1", "return_1", "return_0")),
        "AR(1) + r[t] + r[t-1] + 20-day mean": Regression(("flow_1", "return_1", "return_0", "mean_20")),
        "AR(1) + r[t] + r[t-1] + 20-day mean, trailing scale": Regression(
            ("flow_1", "return_1", "return_0", "mean_20"), "spread_20"
        ),
        "AR(1) + r[t-1] + overnight + session + taker flow": Regression(
            ("flow_1", "return_1", "overnight_0", "session_0", "taker_0")
        ),
        "AR(1) + r[t-1] + overnight + session + taker flow + 20-day mean, trailing scale": Regression(
            ("flow_1", "return_1", "overnight_0", "session_0", "taker_0", "mean_20"), "spread_20"
        ),
    },
    (PRICE, PAST): {
        "constant": Regression(()),
        "AR(1)": Regression(("return_1",)),
        "AR(1) + F[t-1]": Regression(("return_1", "flow_1")),
        "AR(1) + F[t-1], trailing scale": Regression(("return_1", "flow_1"), "volatility"),
    },
}
VAR, FACTOR = "Bayesian VAR(5)", "dynamic factor model"
REFERENCE = {
    (FLOW, PAST): "AR(1) + r[t-1]", (FLOW, RETURN): "AR(1) + r[t] + r[t-1]", (PRICE, PAST): "constant",
}  # fmt: skip
"""The baseline that everything else, the model too, is compared with."""


def regressors(daily: pd.DataFrame) -> pd.DataFrame:
    """What was known, by day.

    Parameters
    ----------
    daily : pandas.DataFrame
        ``flow`` (USD m), ``return`` (log-%) and ``volatility`` (trailing, known at the previous close) on trading days.

    Returns
    -------
    pandas.DataFrame
        Those that end in ``_0`` are of the day itself; everything else of days before. Sessions and taker flow only where
        the panel has them; a day without an open is one session, a day without taker flow has none.
    """
    before = daily[FLOW].shift(1)
    known = pd.DataFrame(
        {
            "flow_1": before,
            "return_1": daily[PRICE].shift(1),
            "return_0": daily[PRICE],
            "mean_20": before.rolling(20, min_periods=5).mean(),
            "spread_20": before.rolling(20, min_periods=5).std(),
            "volatility": daily["volatility"],
        }
    )
    if {NIGHT, TAKER} <= set(daily):
        night = daily[NIGHT].fillna(0.0)
        known = known.assign(
            overnight_0=night, session_0=daily[PRICE] - night, taker_0=daily[TAKER].fillna(0.0)
        )
    return known


def block_scores(daily: pd.DataFrame, start: int, stop: int) -> pd.DataFrame:
    """Every baseline fitted to the days before ``start`` and scored on the days from there to ``stop``.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`model.studies.backtest.scores.COLUMNS`.
    """
    out = []
    supplied = set(regressors(daily))
    for (target, task), models in REGRESSIONS.items():
        for name, r in models.items():
            if set(r.columns) <= supplied:
                forecast = _regression(daily, start, stop, target, r)
                out.append(_scored(daily, start, stop, target, task, name, forecast))
    for name, predict in JOINT.items():
        for (target, task), forecast in predict(daily, start, stop).items():
            out.append(_scored(daily, start, stop, target, task, name, forecast))
    return pd.concat(out, ignore_index=True)


type Forecast = tuple[np.ndarray, np.ndarray, float]
"""Location and scale of every day, and degrees of freedom."""


def _scored(
    daily, start: int, stop: int, target: str, task: str, model: str, forecast: Forecast
) -> pd.DataFrame:
    y = daily[target].to_numpy()[start:stop]
    frame = pd.DataFrame(
        {"date": daily.index[start:stop], "target": target, "task": task, "model": model, "observed": y}
    )
    return frame.assign(**student_scores(y, *forecast)).dropna()


def _regression(daily: pd.DataFrame, start: int, stop: int, target: str, r: Regression) -> Forecast:
    known = regressors(daily)
    x = np.column_stack([np.ones(len(daily)), known[list(r.columns)].to_numpy(float)])
    relative = known[r.scale].to_numpy() if r.scale else np.ones(len(daily))
    y = daily[target].to_numpy()
    used = np.isfinite(x).all(axis=1) & np.isfinite(y) & np.isfinite(relative) & (np.arange(len(y)) < start)
    beta, scale, df = student_regression(y[used], x[used], relative[used])
    rows = slice(start, stop)
    return x[rows] @ beta, scale * relative[rows], df


def student_regression(y: np.ndarray, x: np.ndarray, relative: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Coefficients, scale and degrees of freedom of most likelihood, errors being ``scale * relative * t_df``."""
    first = np.linalg.lstsq(x / relative[:, None], y / relative, rcond=None)[0]
    spread = float(np.std((y - x @ first) / relative))
    size = np.maximum(np.abs(x).max(axis=0), 1e-12)

    def loss(v: np.ndarray) -> float:
        error = (y - x @ (first + spread * v[:-2] / size)) / relative
        return -float(stats.t.logpdf(error / np.exp(v[-2]), _df(v[-1])).sum() - len(y) * v[-2])

    start = np.concatenate([np.zeros(x.shape[1]), [np.log(0.7 * spread), 0.0]])
    found = optimize.minimize(loss, start, method="BFGS").x
    return first + spread * found[:-2] / size, float(np.exp(found[-2])), _df(found[-1])


def _df(v: float) -> float:
    """Degrees of freedom above two, so that a variance exists."""
    return LEAST_DF + (MOST_DF - LEAST_DF) / (1.0 + np.exp(3.0 - v))


def _var(daily: pd.DataFrame, start: int, stop: int) -> dict[tuple[str, str], Forecast]:
    """Conjugate vector autoregression of flow and return with a Minnesota prior; its predictive is a Student-t."""
    y = daily[[FLOW, PRICE]].to_numpy(float)
    lagged = [np.vstack([np.full((k, 2), np.nan), y[:-k]]) for k in range(1, LAGS_VAR + 1)]
    x = np.column_stack([np.ones(len(y)), *lagged])
    used = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1) & (np.arange(len(y)) < start)
    sizes = y[used].std(axis=0)
    spread = np.concatenate(
        [[10.0 * sizes.max()], *(TIGHTNESS / k**DECAY / sizes for k in range(1, LAGS_VAR + 1))]
    )
    prior = np.diag(1.0 / spread**2)
    precision = prior + x[used].T @ x[used]
    coefficients = np.linalg.solve(precision, x[used].T @ y[used])
    residual = y[used] - x[used] @ coefficients
    scale0 = np.diag(sizes**2)
    nu = 4.0 + used.sum()
    total = scale0 + residual.T @ residual + coefficients.T @ prior @ coefficients
    df = nu - 1.0
    rows = np.nan_to_num(x[start:stop])
    mean = rows @ coefficients
    widen = 1.0 + np.einsum("ti,ij,tj->t", rows, np.linalg.inv(precision), rows)
    return _conditioned(y[start:stop], mean, widen[:, None, None] * total / df, df)


def _conditioned(y, mean: np.ndarray, shape: np.ndarray, df: float) -> dict[tuple[str, str], Forecast]:
    """Margins of a bivariate Student-t of (flow, return), and the flow given the return."""
    sd = np.sqrt(np.stack([shape[:, 0, 0], shape[:, 1, 1]], axis=1))
    slope = shape[:, 0, 1] / shape[:, 1, 1]
    gap = y[:, 1] - mean[:, 1]
    left = shape[:, 0, 0] - slope * shape[:, 0, 1]
    given = np.sqrt(left * (df + gap**2 / shape[:, 1, 1]) / (df + 1.0))
    return {
        (FLOW, PAST): (mean[:, 0], sd[:, 0], df),
        (PRICE, PAST): (mean[:, 1], sd[:, 1], df),
        (FLOW, RETURN): (mean[:, 0] + slope * gap, given, df + 1.0),
    }


def _factor(daily: pd.DataFrame, start: int, stop: int) -> dict[tuple[str, str], Forecast]:
    """One dynamic factor of flow, largest fund's flow, return and risk factor; Student-t fitted to its own errors."""
    from statsmodels.tsa.statespace.dynamic_factor import DynamicFactor  # slow to load

    names = [FLOW, PRICE, *(c for c in map(str, daily) if c.startswith("also_"))]
    past = daily[names].iloc[:start]
    middle, size = past.mean(), past.std()
    scaled = ((daily[names] - middle) / size).to_numpy(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dates without a frequency, starting values
        options = {"k_factors": 1, "factor_order": 1, "error_order": 1}
        fitted = DynamicFactor(scaled[:start], **options).fit(disp=False, maxiter=200, cov_type="none")
        whole = DynamicFactor(scaled[:stop], **options).filter(fitted.params, cov_type="none")
    keep = np.array([0, 1])
    mean = whole.forecasts.T[:, keep] * size.to_numpy()[keep] + middle.to_numpy()[keep]
    cov = whole.forecasts_error_cov[np.ix_(keep, keep)].transpose(2, 0, 1)
    cov = cov * np.outer(size.to_numpy()[keep], size.to_numpy()[keep])
    normal = _conditioned(daily[[FLOW, PRICE]].to_numpy(float)[:stop], mean, cov, 1e6)
    return {k: _with_tails(daily[k[0]].to_numpy(float)[:stop], f, start) for k, f in normal.items()}


def _with_tails(y: np.ndarray, forecast: Forecast, start: int) -> Forecast:
    """A normal forecast with the Student-t that its standardised errors before ``start`` have."""
    loc, scale, _ = forecast
    z = ((y - loc) / scale)[10:start]
    z = z[np.isfinite(z)]
    _, wide, df = student_regression(z, np.zeros((len(z), 1)), np.ones(len(z)))
    return loc[start:], wide * scale[start:], df


JOINT: Mapping[str, Callable[[pd.DataFrame, int, int], dict[tuple[str, str], Forecast]]] = {
    VAR: _var,
    FACTOR: _factor,
}
