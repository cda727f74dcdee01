"""Trading days, NAV times, position weeks and publication times against the public schedules."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from model import calendar
from model.errors import DataError
from model.sources.clocks import CLOCKS, Context

# CFTC, "Commitments of Traders Publication Schedule" of 2025-11-18, and the 2024 release schedule:
# (report date, regular publication date)
REGULAR = [
    ("2024-06-18", "2024-06-24"),  # Juneteenth on the Wednesday
    ("2024-07-02", "2024-07-08"),  # Independence Day on the Thursday
    ("2024-11-26", "2024-12-02"),  # Thanksgiving
    ("2024-12-24", "2024-12-30"),  # Christmas
    ("2024-03-26", "2024-03-29"),  # Good Friday: exchanges closed, the CFTC open
    ("2025-09-30", "2025-10-03"),
    ("2025-11-10", "2025-11-14"),  # Tuesday was Veterans Day
    ("2025-11-25", "2025-12-01"),
    ("2025-12-30", "2026-01-05"),
    ("2026-02-03", "2026-02-06"),
]


def test_sessions_skip_weekends_and_holidays():
    days = calendar.sessions("2025-12-24", "2025-12-29")
    assert list(days.strftime("%m-%d")) == ["12-24", "12-26", "12-29"]
    assert days.tz is None


@pytest.mark.parametrize(("day", "expected"), [("2026-01-20", "2026-01-16"), ("2026-01-18", "2026-01-16")])
def test_previous_session_crosses_a_long_weekend(day, expected):
    assert calendar.previous_session(day) == pd.Timestamp(expected)


def test_next_session_crosses_a_long_weekend():
    assert calendar.next_session("2026-01-16") == pd.Timestamp("2026-01-20")


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        ("2026-02-05", "2026-02-05 21:00"),  # winter
        ("2025-07-02", "2025-07-02 20:00"),  # daylight saving
        ("2025-07-03", "2025-07-03 20:00"),  # half day: the reference rate has none
        ("2025-12-24", "2025-12-24 21:00"),  # half day
    ],
)
def test_nav_time(day, utc):
    assert calendar.nav_time(day) == pd.Timestamp(utc, tz="UTC")


@pytest.mark.parametrize(
    ("day", "utc"), [("2025-07-02", "20:00"), ("2025-07-03", "17:00"), ("2025-12-24", "18:00")]
)
def test_shares_stop_trading_earlier_on_half_days(day, utc):
    assert calendar.session_close(day) == pd.Timestamp(f"{day} {utc}", tz="UTC")


def test_the_sources_clock_is_the_nav_time():
    """One rule: what is sampled as the price of a day is what the day's NAV is struck at, half days included."""
    days = calendar.sessions("2025-06-20", "2025-12-31")
    sampled = CLOCKS["new_york_16"].moment(days, Context())
    assert list(sampled) == [calendar.nav_time(d) for d in days]


def test_nav_time_of_a_holiday_is_refused():
    with pytest.raises(DataError, match="2025-12-25 is not a trading day"):
        calendar.nav_time("2025-12-25")


def test_days_outside_the_calendar_are_refused():
    with pytest.raises(DataError, match="outside the XNYS calendar"):
        calendar.sessions("1950-01-01", "2026-01-01")


def test_unknown_calendar_is_refused():
    with pytest.raises(DataError, match="Unknown trading calendar 'XXXX'"):
        calendar.sessions("2026-01-01", "2026-01-05", "XXXX")


def test_position_weeks_run_from_wednesday_to_tuesday():
    days = calendar.sessions("2026-02-03", "2026-02-11")
    weeks = calendar.position_weeks(days)
    assert list(weeks.strftime("%m-%d")) == ["02-03"] + ["02-10"] * 5 + ["02-17"]


def test_position_weeks_when_tuesday_is_a_federal_holiday():
    days = pd.DatetimeIndex(["2025-11-05", "2025-11-10", "2025-11-11", "2025-11-12"])
    weeks = calendar.position_weeks(days)
    assert list(weeks.strftime("%m-%d")) == ["11-10", "11-10", "11-18", "11-18"]


@pytest.mark.parametrize(("position", "published"), REGULAR)
def test_regular_publication_matches_the_cftc_schedule(position, published):
    assert calendar.publication_time(position) == pd.Timestamp(f"{published} 15:30")


def test_delayed_publication_overrides_the_regular_one():
    delayed = {date(2026, 2, 3): date(2026, 3, 2)}
    assert calendar.publication_time("2026-02-03", delayed) == pd.Timestamp("2026-03-02 15:30")
    assert calendar.publication_time("2026-02-10", delayed) == pd.Timestamp("2026-02-13 15:30")
