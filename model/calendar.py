"""Trading days, NAV times, and the weeks and publication times of position reports.

A thin layer over exchange-calendars. Dates are naive midnights (``datetime64[ns]``); clocks are New York's.
"""

from __future__ import annotations

from datetime import date, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.tseries.holiday import USFederalHolidayCalendar
from pandas.tseries.offsets import CustomBusinessDay

from model.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

NEW_YORK = "America/New_York"
DEFAULT = "XNYS"
POSITION_WEEKDAY = "Tuesday"
MIN_REPORTS = 4
"""Fewer position reports say nothing about which of them is out of turn."""
NAV_HOUR = 16
"""New York hour of the reference rates that the funds' NAVs are struck at, also when the exchange closes at 13:00:
the New York variant is computed from the trades of 15:00 to 16:00 on every day of the year and has no half days."""

type DateLike = date | str | pd.Timestamp | np.datetime64


def as_day(day: DateLike) -> pd.Timestamp:
    """A date of any kind as a naive midnight."""
    return pd.Timestamp(day).tz_localize(None).normalize().as_unit("ns")


@lru_cache(maxsize=8)
def _calendar(code: str) -> Any:
    import exchange_calendars as xc  # slow to import; only loaded when a calendar is asked for

    try:
        return xc.get_calendar(code)
    except xc.errors.InvalidCalendarName:
        raise DataError(
            f"Unknown trading calendar {code!r}.", "Use an exchange-calendars code such as XNYS."
        ) from None


def _within(day: pd.Timestamp, code: str) -> pd.Timestamp:
    first, last = span(code)
    if not first <= day <= last:
        known = f"{first.date()} to {last.date()}"
        raise DataError(f"{day.date()} is outside the {code} calendar ({known}).", "Correct the date.")
    return day


def span(calendar: str = DEFAULT) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last trading day the calendar knows."""
    cal = _calendar(calendar)
    return as_day(cal.first_session), as_day(cal.last_session)


def sessions(start: DateLike, end: DateLike, calendar: str = DEFAULT) -> pd.DatetimeIndex:
    """Trading days from `start` to `end`, both included.

    Raises
    ------
    DataError
        If a date lies outside the calendar, or the calendar's code is unknown.
    """
    first, last = _within(as_day(start), calendar), _within(as_day(end), calendar)
    return pd.DatetimeIndex(_calendar(calendar).sessions_in_range(first, last)).as_unit("ns")


def is_session(day: DateLike, calendar: str = DEFAULT) -> bool:
    """Whether `day` is a trading day."""
    return bool(_calendar(calendar).is_session(_within(as_day(day), calendar)))


def previous_session(day: DateLike, calendar: str = DEFAULT) -> pd.Timestamp:
    """The last trading day before `day`, which need not be a trading day itself."""
    before = _within(as_day(day) - pd.Timedelta(days=1), calendar)
    return as_day(_calendar(calendar).date_to_session(before, "previous"))


def next_session(day: DateLike, calendar: str = DEFAULT) -> pd.Timestamp:
    """The first trading day after `day`, which need not be a trading day itself."""
    after = _within(as_day(day) + pd.Timedelta(days=1), calendar)
    return as_day(_calendar(calendar).date_to_session(after, "next"))


def new_york(days: pd.DatetimeIndex, hours: float) -> pd.DatetimeIndex:
    """New York wall time on `days`. Added before localising, so daylight saving can't move it. Shape: (T,)."""
    wall = days.tz_localize(None) + pd.Timedelta(hours=hours)
    return pd.DatetimeIndex(wall).tz_localize(NEW_YORK)


def nav_times(days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The moment of the reference rate on each day: 16:00 New York, half days included. Shape: (T,)."""
    return new_york(days, NAV_HOUR)


def nav_time(session: DateLike, calendar: str = DEFAULT) -> pd.Timestamp:
    """When the funds strike their NAV on a trading day: 16:00 New York, half days included.

    Raises
    ------
    DataError
        If the date is not a trading day.
    """
    return nav_times(pd.DatetimeIndex([_trading_day(session, calendar)]))[0]


def session_open(session: DateLike, calendar: str = DEFAULT) -> pd.Timestamp:
    """When the exchange opens on a trading day.

    Raises
    ------
    DataError
        If the date is not a trading day.
    """
    day = _trading_day(session, calendar)
    return pd.Timestamp(_calendar(calendar).session_open(day)).tz_convert(NEW_YORK)


def session_close(session: DateLike, calendar: str = DEFAULT) -> pd.Timestamp:
    """When the exchange closes, and with it trading in the funds' shares: 16:00 New York, 13:00 on half days.

    Raises
    ------
    DataError
        If the date is not a trading day.
    """
    day = _trading_day(session, calendar)
    return pd.Timestamp(_calendar(calendar).session_close(day)).tz_convert(NEW_YORK)


def _trading_day(session: DateLike, calendar: str) -> pd.Timestamp:
    day = as_day(session)
    if not is_session(day, calendar):
        raise DataError(f"{day.date()} is not a trading day of {calendar}.", "Ask for a trading day.")
    return day


@lru_cache(maxsize=1)
def federal_business_day() -> CustomBusinessDay:
    """Business days of the US federal government, by which the CFTC dates and publishes its reports."""
    holidays = USFederalHolidayCalendar().holidays("2005-01-01", "2045-12-31")
    return CustomBusinessDay(holidays=list(holidays.to_numpy()))


def position_date(day: DateLike, weekday: str = POSITION_WEEKDAY) -> pd.Timestamp:
    """The first position date on or after `day`.

    Positions are those of Tuesday's close; when Tuesday is a federal holiday, of the business day before.
    """
    start = as_day(day)
    anchor = pd.offsets.Week(weekday=weekday_number(weekday))
    nominal = anchor.rollforward(start)
    actual = federal_business_day().rollback(nominal)
    if actual < start:  # the holiday moved this week's date before `day`: it belongs to the next week
        actual = federal_business_day().rollback(nominal + pd.Timedelta(days=7))
    return as_day(actual)


def displaced_reports(days: pd.DatetimeIndex, weekday: str = POSITION_WEEKDAY) -> pd.DatetimeIndex:
    """Position dates that no holiday rule foresees, but that can only be their week's report.

    Offices close by decree too. A report on the day before or after its week's position date is believed when
    the week has no other, and when such weeks are few: a file that is moved as a whole is not.

    Parameters
    ----------
    days : DatetimeIndex
        All position dates of a file. Shape: (n,).
    """
    reports = pd.DatetimeIndex(days).unique()
    odd = [d for d in reports if position_date(d, weekday) != d]
    if len(reports) < MIN_REPORTS or len(odd) > max(1, len(reports) // 20):
        return pd.DatetimeIndex([], dtype="datetime64[ns]")
    weeks = reports.to_period("W-SUN")
    anchor = weekday_number(weekday)
    alone = [
        d for d in odd if abs(d.day_of_week - anchor) == 1 and (weeks == d.to_period("W-SUN")).sum() == 1
    ]
    return pd.DatetimeIndex(alone, dtype="datetime64[ns]")


def position_weeks(dates: pd.DatetimeIndex, weekday: str = POSITION_WEEKDAY) -> pd.DatetimeIndex:
    """For each date the position date that closes its week.

    A week runs from the day after one position date to the next position date, included: trades of these days
    stand between the two reports.

    Parameters
    ----------
    dates : DatetimeIndex
        Shape: (T,), naive days.

    Returns
    -------
    DatetimeIndex
        Shape: (T,).
    """
    return pd.DatetimeIndex([position_date(d, weekday) for d in dates], dtype="datetime64[ns]")


def publication_time(
    day: DateLike,
    delayed: Mapping[date, date] | None = None,
    business_days: int = 3,
    clock: time = time(15, 30),
) -> pd.Timestamp:
    """When positions of position date `day` became public, as New York wall time (naive).

    Three federal business days after the position date, normally Friday, unless `delayed` names another day.
    """
    position = as_day(day)
    known = (delayed or {}).get(position.date())
    published = as_day(known) if known else position + business_days * federal_business_day()
    return as_day(published) + pd.Timedelta(hours=clock.hour, minutes=clock.minute)


def weekday_number(name: str) -> int:
    """Monday 0 to Friday 4.

    Raises
    ------
    DataError
        If it is not a weekday's English name.
    """
    names = ["monday", "tuesday", "wednesday", "thursday", "friday"]
    try:
        return names.index(name.lower())
    except ValueError:
        raise DataError(f"{name!r} is not a weekday.", "Use one of Monday to Friday.") from None
