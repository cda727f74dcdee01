"""Numbers of the panel that claims speak of, and the units that they are measured in."""

from __future__ import annotations

import pandas as pd

from model import units
from model.toml_table import Table

MEASURES = ("level", "sum", "change", "percent_change", "premium", "turnover")
"""level, sum over days, change from the session before (in the column's unit or %), annualised premium, close x volume."""
WHAT = {"premium": "near-month premium at the NAV time", "turnover": "close times shares traded"}
TURNOVER = ("etf_close", "etf_volume")
"""Columns behind the fund's turnover, which is money; ``etf_volume`` alone is a number of shares."""
UNITS = {"turnover": ("USD bn",), "etf_volume": ("shares", "million shares")}
"""Units of what could be read in another: a claim about money is not tested in shares."""


def measured(frame: pd.DataFrame, measure: str, column: str, at: list[pd.Timestamp], min_days: int) -> float:
    """A measure of the panel over some days."""
    if measure == "premium":
        return float(annual_premium(frame, min_days)[at].iloc[-1])
    if measure == "turnover":
        return float(turnover(frame)[at].sum(skipna=False))
    series = frame[column]
    if measure in ("change", "percent_change"):
        step = series.diff() if measure == "change" else units.PERCENT * series.pct_change(fill_method=None)
        return float(step[at].sum(skipna=False))
    return float(series[at].sum(skipna=False))


def turnover(frame: pd.DataFrame) -> pd.Series:
    """Close times shares traded, USD bn."""
    return frame["etf_close"] * frame["etf_volume"] / units.USD_PER_BN


def annual_premium(frame: pd.DataFrame, min_days: int) -> pd.Series:
    """Near-month premium, % a year; missing near expiry, where it says nothing."""
    days = frame["future_days"].where(frame["future_days"] >= min_days)
    return units.premium_pct(frame["future"], frame["price"]) * units.DAYS_PER_YEAR / days


def read_unit(t: Table, column: str = "") -> str:
    """The entry's unit, which must be one of the column's.

    Raises
    ------
    DataError
        With the line.
    """
    unit = t.text("unit")
    allowed = UNITS.get(column)
    if allowed and unit not in allowed and not str(t.raw("measure", "")).startswith("percent"):
        t.refuse(
            "unit",
            f"{column} is not measured in {unit!r}",
            f"Use {' or '.join(allowed)}, or another measure.",
        )
    return str(unit)
