"""Clocks: to which trading day a number belongs, at what moment it was true, and when it was public.

A daily figure without its clock is ambiguous by up to a day. Intraday stamps are sampled at the clock's
moment (exactly: a stale value is not a value), with daylight saving and half days taken from the exchange's
calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from model import calendar
from model.calendar import (
    NEW_YORK,
    displaced_reports,
    federal_business_day,
    position_date,
    publication_time,
    sessions,
)
from model.errors import DataError
from model.panel.extras import published
from model.sources.raw import RawSeries
from model.sources.spans import Span
from model.sources.spec import SourceSpec, way_out

UTC = "UTC"
LONGEST_DELAY = pd.Timedelta(
    days=100
)  # nothing takes longer to be published; the longest so far took 50 days
_SHORT_INTEREST_DAYS = 7  # business days from settlement to publication, FINRA's schedule


@dataclass(frozen=True)
class Context:
    """What clocks need: the calendar and the position reports that came late."""

    calendar: str = "XNYS"
    delayed: Mapping[date, date] = field(default_factory=dict)

    def sessions(self, days: pd.DatetimeIndex, margin: int = 10) -> pd.DatetimeIndex:
        """Trading days around `days`."""
        pad = pd.Timedelta(days=margin)
        return sessions(days.min() - pad, days.max() + pad, self.calendar)


@dataclass(frozen=True)
class Clock:
    """One clock.

    Parameters
    ----------
    title : str
        What the number's moment is.
    moment : callable or None
        Days to UTC moments at which intraday stamps are sampled.
    publish : callable
        Days to UTC moments of publication.
    days : str
        Which days may carry a value: ``sessions``, ``all``, ``positions``.
    span : Span, optional
        Intraday bars are added up, or their extreme taken, between two moments instead.
    """

    title: str
    moment: Callable[[pd.DatetimeIndex, Context], pd.DatetimeIndex] | None
    publish: Callable[[pd.DatetimeIndex, Context], pd.DatetimeIndex]
    days: str
    span: Span | None = None


def _wall(days: pd.DatetimeIndex, hours: float) -> pd.DatetimeIndex:
    """New York wall time on `days` as UTC."""
    return calendar.new_york(days, hours).tz_convert(UTC)


def nav_16(days: pd.DatetimeIndex, ctx: Context) -> pd.DatetimeIndex:  # noqa: ARG001
    """16:00 New York, also on half days: the hour of the reference rate, and so of the funds' NAV."""
    return calendar.nav_times(days).tz_convert(UTC)


def session_close(days: pd.DatetimeIndex, ctx: Context) -> pd.DatetimeIndex:
    """The exchange's close: 16:00 New York, 13:00 on half days."""
    return pd.DatetimeIndex([_close(d, ctx.calendar) for d in days], tz=UTC)


@lru_cache(maxsize=20_000)
def _close(day: pd.Timestamp, code: str) -> pd.Timestamp:
    return calendar.session_close(day, code).tz_convert(UTC)


def utc_midnight(days: pd.DatetimeIndex, ctx: Context) -> pd.DatetimeIndex:  # noqa: ARG001
    """24:00 UTC, the end of the day."""
    return (days + pd.Timedelta(days=1)).tz_localize(UTC)


def _after(moment: Callable, minutes: float) -> Callable:
    return lambda days, ctx: moment(days, ctx) + pd.Timedelta(minutes=minutes)


def next_morning(days: pd.DatetimeIndex, ctx: Context) -> pd.DatetimeIndex:
    """08:00 New York on the next trading day."""
    known = ctx.sessions(days)
    return _wall(known[known.searchsorted(days, side="right")], 8)


def after_report(days: pd.DatetimeIndex, ctx: Context) -> pd.DatetimeIndex:
    """15:30 New York three federal business days after the position date, or the day it really came out."""
    times = [publication_time(d, ctx.delayed) for d in days]
    return pd.DatetimeIndex(times).tz_localize(NEW_YORK).tz_convert(UTC)


def after_settlement(days: pd.DatetimeIndex, ctx: Context) -> pd.DatetimeIndex:  # noqa: ARG001
    """18:00 New York seven business days after settlement."""
    return _wall(pd.DatetimeIndex([d + _SHORT_INTEREST_DAYS * federal_business_day() for d in days]), 18)


def new_york_9(days: pd.DatetimeIndex, ctx: Context) -> pd.DatetimeIndex:  # noqa: ARG001
    """09:00 New York: before the exchange opens, also on half days."""
    return _wall(days, 9)


def evening(days: pd.DatetimeIndex, ctx: Context) -> pd.DatetimeIndex:  # noqa: ARG001
    """18:00 New York."""
    return _wall(days, 18)


def half_month(days: pd.DatetimeIndex, ctx: Context) -> pd.DatetimeIndex:
    """18:00 New York at the month's end for its first half, about the 15th of the next for its second."""
    times = [published("half_month", d, ctx.calendar) for d in days]
    return pd.DatetimeIndex(times).tz_localize(NEW_YORK).tz_convert(UTC)


CLOCKS = {
    "session_close": Clock(
        "exchange close (13:00 on half days)", session_close, _after(session_close, 30), "sessions"
    ),
    "new_york_16": Clock("16:00 New York", nav_16, _after(nav_16, 5), "all"),
    "utc_24": Clock("24:00 UTC", utc_midnight, _after(utc_midnight, 5), "all"),
    "utc_mean": Clock("mean of the UTC day", None, _after(utc_midnight, 5), "all"),
    "tuesday": Clock("position date's close", None, after_report, "positions"),
    "flow_date": Clock("vendor's flow date", None, next_morning, "sessions"),
    "settlement": Clock("settlement date", None, after_settlement, "sessions"),
    "new_york_09": Clock("09:00 New York", new_york_9, _after(new_york_9, 5), "all"),
    "next_morning": Clock("exchange's day, final the next morning", None, next_morning, "sessions"),
    "evening": Clock("exchange's day, published at 18:00", None, evening, "sessions"),
    "half_month": Clock("settlement date, published by half months", None, half_month, "sessions"),
    "new_york_16_sum": Clock(
        "sum from 16:00 to 16:00 New York", None, _after(nav_16, 5), "all", Span(nav_16, nav_16, True, np.sum)
    ),
    "utc_24_sum": Clock(
        "sum of UTC days since the trading day before",
        None,
        _after(utc_midnight, 5),
        "all",
        Span(utc_midnight, utc_midnight, True, np.sum),
    ),
    "new_york_night_low": Clock(
        "lowest from 16:00 to 09:00 New York",
        None,
        _after(new_york_9, 5),
        "all",
        Span(nav_16, new_york_9, True, np.min),
    ),
    "new_york_session_low": Clock(
        "lowest from 09:00 to 16:00 New York",
        None,
        _after(nav_16, 5),
        "all",
        Span(new_york_9, nav_16, False, np.min),
    ),
}


def moments(
    raw: RawSeries, clock: Clock, interval_minutes: float, ctx: Context, spec: SourceSpec | None = None
) -> pd.DatetimeIndex:
    """When each raw row was public; days that can't carry a value are refused. UTC, Shape: (n,)."""
    if raw.stamps.tz is not None:
        own = raw.stamps + pd.Timedelta(minutes=interval_minutes + 5)
        return own if raw.published is None else raw.published
    if clock.days == "sessions":
        check_sessions(raw, ctx)
    if clock.days == "positions":
        check_positions(raw, spec)
    if raw.published is not None:
        return raw.published
    return clock.publish(raw.stamps, ctx)


@dataclass
class Vintage:
    """Which rows were public before a moment; remembers how many were not.

    Off days are judged by the day itself: they are refused or dropped later, but only if they could be known.
    """

    clock: Clock
    interval_minutes: float
    ctx: Context
    until: pd.Timestamp
    skipped: int = 0
    _known: dict[pd.Timestamp, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._limit = self.until - pd.Timedelta(minutes=self.interval_minutes + 5)

    def __call__(self, stamp: pd.Timestamp, published: pd.Timestamp | None) -> bool:
        """Whether the row was public."""
        if published is not None:
            public = published < self.until
        elif stamp.tzinfo is not None:
            public = stamp < self._limit
        else:
            if stamp not in self._known:
                self._known[stamp] = self._day_is_public(stamp)
            public = self._known[stamp]
        self.skipped += not public
        return public

    def _day_is_public(self, day: pd.Timestamp) -> bool:
        age = self.until.tz_localize(None) - day
        if age > LONGEST_DELAY or age < pd.Timedelta(
            0
        ):  # no need to ask a calendar that may not reach so far
            return age > LONGEST_DELAY
        days = pd.DatetimeIndex([day])
        if self.clock.moment is session_close and not self.ctx.sessions(days).isin(days).any():
            return bool(nav_16(days, self.ctx)[0] < self.until)
        return bool(self.clock.publish(days, self.ctx)[0] < self.until)


def check_sessions(raw: RawSeries, ctx: Context) -> None:
    """Refuse values on days without trading: the sign of a shifted file."""
    off = ~raw.stamps.isin(ctx.sessions(raw.stamps))
    if off.any():
        i = int(np.argmax(off))
        raise DataError(
            f"{raw.places[i]}: {raw.stamps[i].date()} ({raw.stamps[i].day_name()}) is not a trading day.",
            "The file's dates may be shifted, or on another clock; correct them or the clock. A vendor known to have "
            'values on days without trading: off_days = "drop" in sources.toml; this row alone: [[source.drop]] '
            f'days = [{raw.stamps[i]:%Y-%m-%d}], reason = "...".',
        )


def check_positions(raw: RawSeries, spec: SourceSpec | None = None) -> None:
    """Refuse positions on days that are not position dates, but for a report moved by a day, which is told."""
    odd = np.array([position_date(stamp) != stamp for stamp in raw.stamps], bool)
    moved = displaced_reports(raw.stamps)
    for i in np.flatnonzero(odd).tolist():
        stamp = raw.stamps[i]
        if stamp in moved:
            if spec is not None:
                spec.say(
                    f"positions of {stamp:%Y-%m-%d} ({stamp.day_name()}): taken as that week's report",
                    0,
                    "no report on the week's position date",
                )
        elif spec is None or not spec.accepts("date", stamp, (raw.series.output(raw.fund),)):
            raise DataError(
                f"{raw.places[i]}: {stamp.date()} ({stamp.day_name()}) is not a position date (Tuesday).",
                f"Give the date the positions describe, not the date they were published. {way_out('date', stamp)}",
            )
