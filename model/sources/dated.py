"""Downloads of one file a day, or a half month, whose address carries the date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

import pandas as pd

from model.calendar import NEW_YORK, sessions
from model.panel.extras import FIRST_HALF, published

NEW_YORK_FILES = 19
"""Hour of New York from which a trading day's file is asked for: it is posted by 18:00."""


class Dated(NamedTuple):
    """A file's day, as ``{day}`` in its address, and its name on disk; ``{half}`` is a or b."""

    day: date
    half: str
    name: str


def _utc_days(since: date, now: datetime) -> Iterator[Dated]:
    """Every UTC day that has ended."""
    day = since
    while day < now.date():
        yield Dated(day, "", day.isoformat())
        day += timedelta(days=1)


def _trading_days(since: date, now: datetime) -> Iterator[Dated]:
    """Every trading day whose file has been posted."""
    there = pd.Timestamp(now).tz_convert(NEW_YORK)
    last = there.date() if there.hour >= NEW_YORK_FILES else there.date() - timedelta(days=1)
    if since <= last:
        for day in sessions(since, last):
            yield Dated(day.date(), "", str(day.date()))


def _half_months(since: date, now: datetime) -> Iterator[Dated]:
    """Every half month that has been published."""
    there = pd.Timestamp(now).tz_convert(NEW_YORK).tz_localize(None)
    for month in pd.period_range(since, now.date(), freq="M"):
        halves = {"a": month.start_time + pd.Timedelta(days=FIRST_HALF - 1), "b": month.end_time.normalize()}
        for half, last in halves.items():
            if last.date() >= since and published("half_month", last, "XNYS") <= there:
                yield Dated(month.start_time.date(), half, f"{month}{half}")


DATED: dict[str, Callable[[date, datetime], Iterator[Dated]]] = {
    "utc_day": _utc_days,
    "trading_day": _trading_days,
    "half_month": _half_months,
}
"""Ways to page by date: from the first day asked for and the present moment to the files that should be there."""
