"""A forecast: predictive draws, densities and percentiles of the days of a panel, from a finished fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from model import units
from model.attribution.predict import GIVEN, Given, predict
from model.calendar import DateLike, as_day
from model.errors import DataError, UsageError
from model.mechanisms.design import PRE_SAMPLE
from model.panel import Panel
from model.store import Fit
from model.studies.forecast.later import design_of, draws_of, panel_of, with_tomorrow

LEVELS = {"low_89": 0.055, "low_50": 0.25, "centre": 0.5, "high_50": 0.75, "high_89": 0.945}
"""Quantiles of the table: the median, and the bounds of the middle 50 and 89 %."""
DRAWS = 400
READINGS = ("vendor", "next_day")


@dataclass(frozen=True)
class Forecast:
    """Predictive distribution of flows and returns, day by day.

    Attributes
    ----------
    given : str
        What was known of each day besides everything before it.
    data : xarray.Dataset
        Draws ``flow (sample, date)`` and ``fund_flow (sample, date, fund)`` in USD m, ``return (sample, date)`` in
        log-% (the observed one where it was given), ``flow_mean (sample, date)``: the mean under each draw of the
        parameters. Scores at what was observed: ``log_density (date)`` of the total flow (nats, per USD m) and
        ``percentile (date)``, both also by fund and for the return, where those were not given. ``observed_flow``,
        ``observed_fund_flow``, ``observed_return``; NaN where not published. ``learned (date)``: the fit's parameters
        were learned from this day. ``effective (date)``: parameter draws that count on the day.
    """

    given: str
    data: xr.Dataset

    @property
    def table(self) -> pd.DataFrame:
        """One row per day and quantity: centre, 50 and 89 % predictive intervals, percentile and log density.

        ``mean_low_89`` and ``mean_high_89`` are the interval of the mean, that is, of what is not known of the
        parameters and the state; the day's own shocks come on top.
        """
        rows = [self._rows("flow", "USD m")]
        if self.given != "return":
            rows.append(self._rows("return", "log-%"))
        return pd.concat(rows).sort_values(["date", "quantity"], ignore_index=True)

    def _rows(self, quantity: str, unit: str) -> pd.DataFrame:
        d = self.data
        x = d[quantity].to_numpy()
        prefix = "" if quantity == "flow" else "return_"
        out = {"date": pd.DatetimeIndex(d["date"].to_numpy()), "quantity": quantity}
        out |= {k: np.quantile(x, q, axis=0) for k, q in LEVELS.items()}
        if quantity == "flow":
            out |= {
                f"mean_{k}": np.quantile(d["flow_mean"], LEVELS[k], axis=0) for k in ("low_89", "high_89")
            }
        out |= {
            "observed": d[f"observed_{quantity}"].to_numpy(),
            "percentile": d[f"{prefix}percentile"].to_numpy(),
        }
        return pd.DataFrame(out | {"log_density": d[f"{prefix}log_density"].to_numpy(), "unit": unit})


def forecast(
    fit: Fit,
    panel: Panel | Path | str,
    given: Given = "return",
    *,
    reading: str | None = None,
    start: DateLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Forecast:
    """Predict the days of a panel from a finished fit, which is not sampled again.

    Parameters
    ----------
    fit : Fit
    panel : Panel or path
        Days the fit knows and later ones; earlier history makes the trailing scales better.
    given : {"past", "factors", "return"}
        What is known of a day besides the days before: nothing (then the trading day after the panel's last one is
        predicted too), its risk factors and stress, or all that its close shows but the flows.
    reading : str, optional
        Default: the first dating that was fitted.
    start : date, optional
        First day to predict. Default: the first day after the fit's own, or all of them where there is none.
    draws : int
        Draws of the parameters; each gives one predictive draw.
    seed : int

    Raises
    ------
    UsageError
        If ``given`` or ``reading`` is none of those that exist.
    DataError
        If the panel is of another universe, or has no such days.
    """
    if given not in GIVEN:
        raise UsageError(f"given = {given!r} is not known.", f"Use one of {', '.join(GIVEN)}.")
    fitted = [r for r in fit.manifest["diagnostics"] if f"/{r}" in fit.posterior.groups]
    name = reading or next(r for r in READINGS if r in fitted)
    if name not in fitted:
        raise UsageError(f"The fit has no reading {name!r}.", f"Use one of {', '.join(fitted)}.")
    whole = panel_of(panel, fit)
    observed_days = len(whole) - 1
    design = design_of(with_tomorrow(whole) if given == "past" else whole, fit, name)
    chosen, known = draws_of(fit, name, design, draws, seed)
    first = _first(design.dates[:observed_days], known.learned, start)
    funds = len(design.funds)
    targets = np.vstack([np.ones((1, funds)), np.eye(funds)])
    found = predict(chosen, design, known, given, first=first, targets=targets, seed=seed)
    keep = slice(first, None)
    prints = np.where(design.listed > 0, design.flows, 0.0)
    returns = design.returns.copy()
    returns[observed_days:] = np.nan
    bn, log_unit = units.bn_to_usd_m, np.log(units.bn_to_usd_m(1.0))
    density, below = found.log_density - log_unit, found.below
    data = {
        "flow": (("sample", "date"), bn(found.flows[:, keep].sum(axis=2))),
        "fund_flow": (("sample", "date", "fund"), bn(found.flows[:, keep])),
        "flow_mean": (("sample", "date"), bn(found.mean[:, keep, 0])),
        "return": (("sample", "date"), found.returns[:, keep]),
        "observed_flow": (("date",), bn(prints[keep].sum(axis=1))),
        "observed_fund_flow": (("date", "fund"), bn(prints[keep])),
        "observed_return": (("date",), returns[keep]),
        "log_density": (("date",), density[keep, 0]),
        "percentile": (("date",), units.PERCENT * below[keep, 0]),
        "fund_log_density": (("date", "fund"), density[keep, 1:]),
        "fund_percentile": (("date", "fund"), units.PERCENT * below[keep, 1:]),
        "return_log_density": (
            ("date",),
            np.where(np.isnan(returns), np.nan, found.return_log_density)[keep],
        ),
        "return_percentile": (
            ("date",),
            units.PERCENT * np.where(np.isnan(returns), np.nan, found.return_below)[keep],
        ),
        "learned": (("date",), known.learned[keep]),
        "effective": (("date",), found.effective[keep]),
    }
    return Forecast(
        given, xr.Dataset(data, coords={"date": design.dates[keep].to_numpy(), "fund": list(design.funds)})
    )


def _first(dates: pd.DatetimeIndex, learned: np.ndarray, start: DateLike | None) -> int:
    """Index of the first day to predict."""
    if start is None:
        later = np.flatnonzero(~learned[: len(dates)] & (np.arange(len(dates)) > _last(learned)))
        return int(later[0]) if len(later) else PRE_SAMPLE
    at = int(dates.searchsorted(pd.Timestamp(as_day(start))))
    if at >= len(dates):
        raise DataError(
            f"The panel ends on {dates[-1].date()}, before {start}.", "Give an earlier start or more days."
        )
    return max(at, PRE_SAMPLE)


def _last(learned: np.ndarray) -> int:
    found = np.flatnonzero(learned)
    return int(found[-1]) if len(found) else -1


__all__ = ["LEVELS", "Forecast", "forecast"]
