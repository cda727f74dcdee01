"""Dated public facts of an event, and the trading day on which a moment of UTC could first move the 16:00 price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pandas as pd

from model.calendar import DEFAULT, NEW_YORK, is_session, nav_time, next_session
from model.toml_table import Table


@dataclass(frozen=True)
class Fact:
    """Something that happened.

    Attributes
    ----------
    at : datetime
        UTC.
    trading_day : date
        The trading day whose close is the first at or after ``at``.
    text, source : str
    """

    at: datetime
    trading_day: date
    text: str
    source: str


def told(at: str, trading_day: str, text: str) -> str:
    """A fact of the manifest in one line, with the day whose return can answer it where that is not its own."""
    moment = datetime.fromisoformat(at)
    own = str(moment.date())
    later = "" if own == trading_day else f" (belongs to trading day {trading_day})"
    return f"{moment:%Y-%m-%d %H:%M} UTC{later}: {text}"


def trading_day_of(moment: datetime, calendar: str = DEFAULT) -> date:
    """Trading day a moment belongs to: what happens after the NAV time belongs to the next trading day.

    A day's return runs from NAV time to NAV time (16:00 New York, half days included), so this is the day whose
    return can answer.

    Parameters
    ----------
    moment : datetime
        With a time zone; UTC in event cards.
    calendar : str

    Raises
    ------
    ValueError
        If the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone.")
    local = pd.Timestamp(moment).tz_convert(NEW_YORK)
    day = local.tz_localize(None).normalize()
    if is_session(day, calendar) and local <= nav_time(day, calendar):
        return day.date()
    return next_session(day, calendar).date()


def read_fact(t: Table, calendar: str) -> Fact:
    """A ``[[facts]]`` entry.

    Raises
    ------
    DataError
        If the time is not UTC, the day lies outside the calendar, or text or source is missing.
    """
    at = t.raw("at")
    if not isinstance(at, datetime) or at.tzinfo is None or at.utcoffset() != UTC.utcoffset(None):
        t.refuse("at", f"must be a time in UTC, is {at}", "Write e.g. 2025-10-10T20:50:00Z.")
    t.get("at", datetime)
    fact = Fact(at, trading_day_of(at, calendar), t.text("text"), t.text("source"))
    t.done()
    return fact
