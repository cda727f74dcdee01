"""Tables of a decomposition: medians, 89 % intervals, shares, probabilities. Units: USD m and log-%.

Conventions, the same in every table:

* The unattributed line comes first.
* Components that share one daily shock (the data see only its sum) come as a **sum** first, kind ``sum``;
  their split follows, kind ``split``, and is prior-driven. Lines of kind ``line`` and ``sum`` add up to the
  observed value in every draw; splits add up to their sum.
* Intervals are equal-tailed. Medians of parts need not add up to the observed value; every draw does.
* A share is ``|line| / sum of |lines|`` within a draw. A share of a net flow near zero would mean nothing.
  Splits get no share: it would be a share the prior chose.
* ``p_largest``: probability that the line is the largest in size among all lines, unattributed included.
  ``p_largest_component``: the same among the components alone (sums counted once), which asks who traded or
  triggered most, whatever stayed unexplained.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from model.report.tables.lines import (
    BEFORE,
    QUANTILES,
    UNITS,
    VIEWS,
    Block,
    Expected,
    Readings,
    block,
    dates_of,
    expected_of,
    gap,
    quantiles,
    readings_of,
    thinned,
)
from model.report.tables.sessions import session_table
from model.report.tables.text import amount

SPLIT_NOTE = "split is prior-driven"
EXPECTED_NOTE = "predictive interval; mean_low and mean_high are the interval of the mean"


def printed(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of an event table without the lines of what began before the window where all of them print as zero."""
    numbers = table[["low", "median", "high"]].to_numpy()
    zero = [
        all(amount(x, q) == amount(0.0, q) for x in row)
        for row, q in zip(numbers, table["quantity"], strict=True)
    ]
    empty = pd.Series(zero, table.index).groupby(table["part"]).transform("all")
    return table[~(table["part"].isin(BEFORE) & empty)]


def additivity(decomposition: Readings) -> pd.DataFrame:
    """Largest gap between parts and observed value per reading, quantity and view."""
    rows = [
        {
            "reading": reading,
            "quantity": q,
            "view": v,
            "unit": UNITS[q],
            "largest_gap": gap(block(data, q, v)),
        }
        for reading, data in readings_of(decomposition).items()
        for q in UNITS
        for v in VIEWS
    ]
    return pd.DataFrame(rows)


def event_table(decomposition: Readings, days: Sequence[date]) -> pd.DataFrame:
    """Every line on the event's days, with observed totals and expected flow.

    Returns
    -------
    pandas.DataFrame
        Columns ``reading, date, quantity, view, part, title, kind, unit, low, median, high, share_low,
        share_median, share_high, p_negative, p_largest, p_largest_component, note``; kinds ``line``, ``sum``,
        ``split``, ``observed``, ``expected``. The expected flow's interval is predictive; it alone has ``low_50, high_50``,
        ``mean_low, mean_high`` (interval of the mean) and ``percentile`` (of the observed flow).
    """
    rows = [row for reading, data in readings_of(decomposition).items() for row in _rows(reading, data, days)]
    return rounded(pd.DataFrame(rows), 6)


def _rows(reading: str, data: xr.Dataset, days: Sequence[date]) -> Iterator[dict[str, Any]]:
    for quantity in UNITS:
        for view in VIEWS:
            b = block(data, quantity, view, days)
            for i, day in enumerate(b.days):
                head = {"reading": reading, "date": day, "quantity": quantity, "view": view}
                yield from ({**head, **row, "unit": UNITS[quantity]} for row in _day(b, i))
                if quantity == "flow":
                    yield {**head, **_expected(expected_of(data, [day])), "unit": "USD m"}


def _expected(e: Expected) -> dict[str, Any]:
    row = {"part": "expected", "title": "Expected flow", "kind": "expected", "note": EXPECTED_NOTE}
    numbers = {k: float(x[0]) for k, x in e.summary().items()}
    return row | numbers | {"p_negative": _mean(e.draws < 0)}


def _day(b: Block, i: int) -> Iterator[dict[str, Any]]:
    values = b.values[:, i]
    additive = np.array([line.additive for line in b.lines])
    size = np.abs(values)
    share = size / np.maximum(size[:, additive].sum(axis=1, keepdims=True), np.finfo(float).tiny)
    largest = _largest(b, size, additive)
    own = _largest(b, size, additive & np.array([line.is_component for line in b.lines]))
    for k, line in enumerate(b.lines):
        row = {"part": line.key, "title": line.title, "kind": line.kind, **_interval(values[:, k])}
        if line.additive:
            row |= _interval(share[:, k], "share_")
        row |= {"p_negative": _mean(values[:, k] < 0), "p_largest": largest[k], "p_largest_component": own[k]}
        yield row | {"note": "" if line.additive else SPLIT_NOTE}
    seen = float(b.observed[i])
    yield {"part": "observed", "title": "Observed", "kind": "observed", "note": ""} | dict.fromkeys(
        ("low", "median", "high"), seen
    )


def _largest(b: Block, size: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Share of draws in which each line is the largest among the marked ones; NaN for the others."""
    first = np.where(among, size, -1.0).argmax(axis=1)
    rate = np.bincount(first, minlength=len(b.lines)) / len(size)
    return np.where(among, rate, np.nan)


def _interval(values: np.ndarray, prefix: str = "") -> dict[str, float]:
    low, median, high = np.quantile(values, QUANTILES)
    return {f"{prefix}low": float(low), f"{prefix}median": float(median), f"{prefix}high": float(high)}


def rounded(table: pd.DataFrame, decimals: int) -> pd.DataFrame:
    """The table with its floating-point columns rounded."""
    floats = table.select_dtypes("float").columns
    return table.assign(**{str(c): table[c].round(decimals) for c in floats})


def _mean(flags: np.ndarray) -> float:
    return float(np.mean(flags))


def daily_table(decomposition: Readings) -> pd.DataFrame:
    """Median and interval of every line on every day; at most 1,000 evenly spaced draws are used."""
    frames = [
        _daily(reading, thinned(data), q, v)
        for reading, data in readings_of(decomposition).items()
        for q in UNITS
        for v in VIEWS
    ]
    return rounded(pd.concat(frames, ignore_index=True), 4)


def _daily(reading: str, data: xr.Dataset, quantity: str, view: str) -> pd.DataFrame:
    b = block(data, quantity, view)
    low, median, high = quantiles(b.values)
    days, count = len(b.days), len(b.lines)
    head = {"reading": reading, "date": np.repeat(b.days, count), "quantity": quantity, "view": view}
    body = {
        "part": [line.key for line in b.lines] * days,
        "kind": [line.kind for line in b.lines] * days,
        "unit": UNITS[quantity],
        "low": low.ravel(),
        "median": median.ravel(),
        "high": high.ravel(),
        "p_negative": (b.values < 0).mean(axis=0).ravel(),
        "observed": np.repeat(b.observed, count),
    }
    return pd.DataFrame(head | body)


def largest_table(decomposition: Readings) -> pd.DataFrame:
    """Probability per day that a line is the largest, among all lines and among components only."""
    frames = []
    for reading, data in readings_of(decomposition).items():
        for q in UNITS:
            for v in VIEWS:
                frames.append(_largest_daily(reading, block(thinned(data), q, v), q, v))
    return rounded(pd.concat(frames, ignore_index=True), 4)


def _largest_daily(reading: str, b: Block, quantity: str, view: str) -> pd.DataFrame:
    lines = [line for line in b.lines if line.additive]
    size = np.abs(b.values[..., [line.additive for line in b.lines]])
    own = np.array([line.is_component for line in lines])
    every = _winner_rate(size)
    component = np.where(own, _winner_rate(np.where(own, size, -1.0)), np.nan)
    return pd.DataFrame(
        {
            "reading": reading,
            "date": np.repeat(b.days, len(lines)),
            "quantity": quantity,
            "view": view,
            "part": [line.key for line in lines] * len(b.days),
            "p_largest": every.ravel(),
            "p_largest_component": component.ravel(),
        }
    )


def _winner_rate(size: np.ndarray) -> np.ndarray:
    """``(sample, date, line) -> (date, line)``."""
    first = size.argmax(axis=2)
    return np.stack([(first == k).mean(axis=0) for k in range(size.shape[2])], axis=1)


def expected_table(decomposition: Readings) -> pd.DataFrame:
    """Expected beside observed flow on every day, USD m.

    ``median``, ``low_50, high_50`` and ``low, high`` are the centre and the 50 and 89 % intervals of the predictive
    distribution; ``mean_low, mean_high`` the 89 % interval of its mean; ``percentile`` where the observed flow stands.
    """
    frames = []
    for reading, data in readings_of(decomposition).items():
        e = expected_of(thinned(data))
        columns = {"reading": reading, "date": dates_of(data)} | e.summary()
        frames.append(pd.DataFrame(columns | {"observed": e.seen, "unit": "USD m"}))
    return rounded(pd.concat(frames, ignore_index=True), 4)


def identification_table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Prior beside posterior per parameter or contribution and reading, with the fit's own verdict.

    ``shift`` is the way of the median in prior spreads, ``prior_share`` the prior's own share of the interval; the rule
    of the verdict is :mod:`model.attribution.identification`'s.
    """
    columns = ["parameter", "reading", "prior_median", "posterior_median", "prior_sd", "posterior_sd", "shift",
               "prior_share", "verdict"]  # fmt: skip
    return pd.DataFrame([dict(r) for r in rows], columns=columns)


def tidy_tables(
    decomposition: Readings, days: Sequence[date], identification: Iterable[Mapping[str, Any]] = ()
) -> dict[str, pd.DataFrame]:
    """Every table, by file name without ending."""
    tables = {
        "event": event_table(decomposition, days),
        "daily": daily_table(decomposition),
        "largest": largest_table(decomposition),
        "expected_flow": expected_table(decomposition),
        "additivity": additivity(decomposition),
    }
    sessions = session_table(decomposition, days)
    if len(sessions):
        tables["sessions"] = sessions
    rows = list(identification)
    return tables | ({"identification": identification_table(rows)} if rows else {})
