"""What a panel can know of itself beyond its ranges: feeds that stand still, flows on another scale or sign.

None of it is refused; all of it is told, in the panel's notes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from model.panel.roles import FLOW, SEPARATOR, TOTAL
from model.panel.scale import other_scale
from model.panel.universe import Universe
from model.units import USD_PER_MN, log_return_pct

LEVELS = ("price", "etf_close", "stress", "implied_vol", "future")
STANDS = 3
"""So many equal closes in a row are no market."""
MIN_DAYS = 20
LEAST_RESPONSE = -0.2
"""Money follows prices: over 30 days and more the correlation of flows with the returns of two days has been above
0.29 in this market since 2024. A clearly negative one is a sign turned round."""


def told(frame: pd.DataFrame, listed: pd.DataFrame, u: Universe) -> Iterator[str]:
    """Sentences about what does not vary, or varies on another scale than it should."""
    levels = [*LEVELS, *(f"factor_{f.key}" for f in u.factors)]
    for column in [c for c in levels if c in frame]:
        yield from _stands(frame[column].dropna(), column)
    yield from _quiet_flows(frame, listed, u)
    yield from _repeated_rows(frame[[FLOW + k for k in u.fund_keys]])
    yield from _vendors(frame, u)
    yield from _size(frame, u)
    yield from _response(frame)


def _stands(values: pd.Series, column: str) -> Iterator[str]:
    if len(values) < STANDS:
        return
    runs = values.groupby((values.diff() != 0).cumsum())
    longest = runs.size().idxmax()
    run = runs.get_group(longest)
    if len(run) >= STANDS:
        span = f"{run.index[0].date()} to {run.index[-1].date()}"
        yield f"{column} has the same value {run.iloc[0]:g} on {len(run)} days in a row ({span}): a feed that stands still?"


def _quiet_flows(frame: pd.DataFrame, listed: pd.DataFrame, u: Universe) -> Iterator[str]:
    alive = {FLOW + k: listed[k].to_numpy(bool) for k in u.fund_keys}
    for column in (TOTAL, *alive):
        values = frame[column].to_numpy(float)[alive.get(column, np.ones(len(frame), bool))]
        if np.isfinite(values).sum() >= MIN_DAYS and not np.any(np.nan_to_num(values)):
            yield f"{column} is zero on every day: a column that was never filled?"


def _repeated_rows(flows: pd.DataFrame) -> Iterator[str]:
    filled = flows.fillna(0.0)
    again = (filled == filled.shift(1)).all(axis=1) & (filled != 0).any(axis=1)
    for day in flows.index[again]:
        yield f"{day.date()}: every fund's flow is that of the row before: a repeated row?"


def _vendors(frame: pd.DataFrame, u: Universe) -> Iterator[str]:
    for column in [c for c in map(str, frame.columns) if SEPARATOR in c and c.startswith(FLOW)]:
        base, vendor = column.split(SEPARATOR, 1)
        shift = {v.key: v.label_shift for f in u.funds if FLOW + f.key == base for v in f.vendors}.get(
            vendor, 0
        )
        said = other_scale(frame[base].to_numpy(float), frame[column].shift(-shift).to_numpy(float))
        if said:
            yield f"{base} against {vendor}: {said}: another unit, or another sign?"


def _size(frame: pd.DataFrame, u: Universe) -> Iterator[str]:
    """Flows against what is traded in the option fund's shares, which is another vendor's number."""
    turnover = (frame["etf_volume"] * frame["etf_close"] / USD_PER_MN).to_numpy(float)
    total = frame[TOTAL].abs().to_numpy(float)
    known = np.isfinite(turnover) & np.isfinite(total) & (total > 0)
    low, high = u.flow_total.turnover_range
    if known.sum() < MIN_DAYS:
        return
    ratio = float(np.median(total[known]) / np.median(turnover[known]))
    if not low <= ratio <= high:
        yield (
            f"the typical flow is {ratio:.3g} of the option fund's turnover in USD, where {low:g} to {high:g} is usual: "
            "flows in another unit?"
        )


def _response(frame: pd.DataFrame) -> Iterator[str]:
    """Flows against the returns of their day and the day before."""
    returns = log_return_pct(frame["price"])
    moves = returns + np.concatenate([[np.nan], returns[:-1]])
    total = frame[TOTAL].to_numpy(float)
    known = np.isfinite(moves) & np.isfinite(total)
    if known.sum() < MIN_DAYS or not np.ptp(total[known]) or not np.ptp(moves[known]):
        return
    together = float(np.corrcoef(total[known], moves[known])[0, 1])
    if together < LEAST_RESPONSE:
        yield (
            f"flows move against the price (correlation {together:+.2f} with two days' returns on {known.sum()} days): "
            "a sign turned round?"
        )
