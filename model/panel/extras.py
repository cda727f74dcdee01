"""Further inputs that a panel carries when they are supplied, and when each of their numbers was published.

Most stand in the file as they are. Two kinds are made on the way in: a net flow from what was traded and the part that
takers bought, and a sum over every calendar day since the trading day before (markets that never close).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from model.calendar import as_day, federal_business_day, nav_time, next_session
from model.toml_table import Columns, Range

if TYPE_CHECKING:
    from model.calendar import DateLike
    from model.toml_table import Keys, Table

EXTRA = "extra_"
"""Before the key of an extra: its canonical column."""
MORNING = pd.Timedelta(hours=8)
EVENING = pd.Timedelta(hours=18)
DAYS = ("trading", "calendar")
SHORT_INTEREST_DAYS = 7
"""Business days from a settlement date to the publication of the short interest on it."""
FIRST_HALF = 15
"""Last day of a month's first half, and the day on which the second half's fails come out."""


@dataclass(frozen=True)
class Extra:
    """One further input.

    Attributes
    ----------
    key, title, unit : str
        The canonical column is ``extra_<key>``, in `unit`.
    columns : tuple of str
        Accepted input names, preferred first.
    range : tuple of float
        Believable values.
    known : str
        When a day's number is published, a key of :data:`KNOWN`.
    days : str
        ``trading``: numbers of trading days. ``calendar``: `bought` and `volume` are numbers of single calendar days, and
        summed over the days since the trading day before.
    bought, volume : tuple of str
        Input names of what takers bought and of all that was traded: together they give the flow
        ``2 bought - volume`` where no column of `columns` is there.
    """

    key: str
    title: str
    unit: str
    columns: Columns
    range: Range
    known: str
    days: str = "trading"
    bought: Columns = ()
    volume: Columns = ()

    @property
    def column(self) -> str:
        """The canonical column."""
        return EXTRA + self.key

    @property
    def inputs(self) -> Columns:
        """Every input name that can feed it."""
        return (*self.columns, *self.bought, *self.volume)


def check_extra(e: Extra, t: Table, place: Keys) -> None:
    """Refuse an ``[[extras]]`` entry that contradicts itself, with the line.

    Raises
    ------
    DataError
    """
    for key, value, choices in (("known", e.known, tuple(KNOWN)), ("days", e.days, DAYS)):
        t.one_of((*place, key), value, choices)
    if bool(e.bought) != bool(e.volume):
        t.refuse((*place, "bought"), "bought and volume belong together", "Name both, or neither.")


def _same_day(day: pd.Timestamp, calendar: str) -> pd.Timestamp:
    return nav_time(day, calendar).tz_localize(None)


def _next_session(day: pd.Timestamp, calendar: str) -> pd.Timestamp:
    return next_session(day, calendar) + MORNING


def _same_evening(day: pd.Timestamp, calendar: str) -> pd.Timestamp:  # noqa: ARG001
    return day + EVENING


def _short_interest(day: pd.Timestamp, calendar: str) -> pd.Timestamp:  # noqa: ARG001
    return day + SHORT_INTEREST_DAYS * federal_business_day() + EVENING


def _half_month(day: pd.Timestamp, calendar: str) -> pd.Timestamp:  # noqa: ARG001
    """Fails to deliver: the first half of a month at its end, the second about the middle of the next."""
    business = federal_business_day()
    month_end = day + pd.offsets.MonthEnd(0)
    if day.day <= FIRST_HALF:
        return business.rollback(month_end) + EVENING
    return business.rollforward(month_end + pd.Timedelta(days=FIRST_HALF)) + EVENING


KNOWN = {
    "same_day": _same_day,
    "same_evening": _same_evening,
    "next_session": _next_session,
    "short_interest": _short_interest,
    "half_month": _half_month,
}
"""Publication clocks: from a row's day and the calendar's code to New York wall time."""


def published(known: str, day: DateLike, calendar: str) -> pd.Timestamp:
    """When a number of `day` on this clock became public. Unit: New York wall time."""
    return KNOWN[known](as_day(day), calendar)
