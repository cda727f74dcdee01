"""Scores of predictive distributions, and their differences with standard errors over the same days."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import special, stats

LEVELS = (50, 89)
COLUMNS = ("date", "target", "task", "model", "observed", "log_score", "crps", "pit")


def student_scores(y: np.ndarray, loc, scale, df) -> dict[str, np.ndarray]:
    """Log score, CRPS and percentile of a Student-t forecast; all arrays broadcast.

    CRPS by Jordan, Krueger and Lerch (2019), section A.2; it is infinite without a mean, so ``df`` must exceed one.
    """
    z = (y - loc) / scale
    pdf, cdf = stats.t.pdf(z, df), stats.t.cdf(z, df)
    beta = np.exp(special.betaln(0.5, df - 0.5) - 2.0 * special.betaln(0.5, 0.5 * df))
    crps = (
        z * (2.0 * cdf - 1.0) + 2.0 * pdf * (df + z**2) / (df - 1.0) - 2.0 * np.sqrt(df) * beta / (df - 1.0)
    )
    return {"log_score": stats.t.logpdf(z, df) - np.log(scale), "crps": scale * crps, "pit": cdf}


def draws_crps(draws: np.ndarray, y: np.ndarray) -> np.ndarray:
    """CRPS of draws. ``(S, T), (T,) -> (T,)``."""
    ordered = np.sort(draws, axis=0)
    n = len(ordered)
    weight = (2.0 * np.arange(1, n + 1) - n - 1.0)[:, None]
    return np.abs(draws - y).mean(axis=0) - (weight * ordered).sum(axis=0) / n**2


def covered(pit: np.ndarray, level: int) -> np.ndarray:
    """Whether the observed value lies in the central interval of this percentage."""
    tail = 0.5 - level / 200.0
    return (pit >= tail) & (pit <= 1.0 - tail)


def summary(scores: pd.DataFrame, reference: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """Means of every model over its days, and paired differences from the reference on the days that both have.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns :data:`COLUMNS`.
    reference : mapping
        Model that the others are compared with, by target and task.

    Returns
    -------
    pandas.DataFrame
        ``target, task, model, days, log_score, gain, gain_se, crps, crps_gain, crps_gain_se, pit, covered_50,
        covered_89``. A gain is better when positive: log score above the reference's, CRPS below it.
    """
    rows = []
    for (target, task), group in scores.groupby(["target", "task"], sort=False):
        wide = {
            c: group.pivot_table(index="date", columns="model", values=c)
            for c in ("log_score", "crps", "pit")
        }
        first = reference[str(target), str(task)]
        for model in group["model"].unique():
            days = wide["log_score"][[*dict.fromkeys([first, model])]].dropna().index
            base, own = ({c: x.loc[days, m] for c, x in wide.items()} for m in (first, model))
            gain, closer = own["log_score"] - base["log_score"], base["crps"] - own["crps"]
            inside = {f"covered_{k}": float(covered(own["pit"].to_numpy(), k).mean()) for k in LEVELS}
            rows.append({
                "target": target, "task": task, "model": model, "days": len(days),
                "log_score": own["log_score"].mean(), "gain": gain.mean(), "gain_se": _error(gain),
                "crps": own["crps"].mean(), "crps_gain": closer.mean(), "crps_gain_se": _error(closer),
                "pit": own["pit"].mean(), **inside,
            })  # fmt: skip
    return pd.DataFrame(rows)


def _error(x: pd.Series) -> float:
    return float(x.std(ddof=1) / np.sqrt(len(x)))
