"""Sums and extremes of intraday bars between two moments of consecutive trading days.

A span is whole or nothing: bars must cover it without a gap and without crossing its ends, so that a missing hour, or
bars of four hours where daylight saving moves the end into one of them, give a missing day and not a smaller sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from model.calendar import NEW_YORK
from model.errors import DataError

if TYPE_CHECKING:
    from model.sources.raw import RawSeries

type Moment = Callable[..., pd.DatetimeIndex]


class Calendar(Protocol):
    """Knows trading days."""

    def sessions(self, days: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """Trading days around `days`."""


@dataclass(frozen=True)
class Span:
    """From a moment of this trading day, or of the one before, to a moment of this one.

    Attributes
    ----------
    start, end : callable
        Trading days to moments, UTC.
    since_day_before : bool
        `start` is a moment of the trading day before.
    how : callable
        What is made of the bars' values.
    """

    start: Moment
    end: Moment
    since_day_before: bool
    how: Callable[[np.ndarray], float]


def collect(raw: RawSeries, span: Span, interval_minutes: float, ctx: Calendar) -> tuple[RawSeries, int]:
    """One value a trading day, and the number of days inside the file that its bars do not cover.

    Raises
    ------
    DataError
        If the bars have no length.
    """
    if interval_minutes <= 0:
        raise DataError(
            f"{raw.places[0]}: a sum over hours needs bars with a start and a length.",
            "Set stamp = 'start' and interval_minutes in sources.toml.",
        )
    length = pd.Timedelta(minutes=interval_minutes)
    order = np.argsort(raw.stamps)
    starts, ends = raw.stamps[order], raw.stamps[order] + length
    first, last = (t.tz_convert(NEW_YORK).tz_localize(None).normalize() for t in (starts[0], ends[-1]))
    days = ctx.sessions(pd.DatetimeIndex([first, last]))
    begin, end = span.start(days, ctx), span.end(days, ctx)
    if span.since_day_before:
        days, begin, end = days[1:], begin[:-1], end[1:]
    reached = (begin >= starts[0]) & (end <= ends[-1])
    days, begin, end = days[reached], begin[reached], end[reached]
    low, high = starts.searchsorted(begin), ends.searchsorted(end, side="right")
    whole = np.asarray((high - low) * length == end - begin)
    rows = [order[a:b] for a, b in zip(low[whole], high[whole], strict=True)]
    out = raw.take(np.array([r[-1] for r in rows], int))
    out.stamps = days[whole]
    out.values = np.array([span.how(raw.values[r]) for r in rows], float)
    return out, int((~whole).sum())
