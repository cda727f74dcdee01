"""Clocks against wall times written down by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from model.errors import DataError
from model.sources.clocks import CLOCKS, Context, check_positions, check_sessions, moments
from model.sources.daily import sample
from model.sources.raw import RawSeries
from tests.proofs.sources.samples import series

CTX = Context("XNYS", {date(2025, 9, 30): date(2025, 11, 19)})


def raw(
    stamps: list[str], values: list[float] | None = None, role: str = "price", unit: str = "USD"
) -> RawSeries:
    n = len(stamps)
    return RawSeries(
        series(role, unit, {"": "x"}, -1e12, 1e12),
        "",
        pd.DatetimeIndex(stamps),
        np.arange(n, dtype=float) if values is None else np.array(values),
        [f"row {i}" for i in range(n)],
    )


def published(clock: str, day: str) -> pd.Timestamp:
    return (
        CLOCKS[clock]
        .publish(pd.DatetimeIndex([day]), CTX)[0]
        .tz_convert("America/New_York")
        .tz_localize(None)
    )


@pytest.mark.parametrize(
    ("clock", "day", "expected"),
    [
        ("session_close", "2026-02-05", "2026-02-05 16:30"),
        ("session_close", "2025-11-28", "2025-11-28 13:30"),  # half day
        ("new_york_16", "2025-11-28", "2025-11-28 16:05"),  # the reference rate has no half days
        ("utc_24", "2026-02-05", "2026-02-05 19:05"),  # standard time
        ("utc_24", "2026-07-06", "2026-07-06 20:05"),  # daylight saving
        ("flow_date", "2026-02-05", "2026-02-06 08:00"),
        ("flow_date", "2026-02-06", "2026-02-09 08:00"),  # over the weekend
        ("flow_date", "2026-01-16", "2026-01-20 08:00"),  # over a holiday
        ("tuesday", "2026-02-03", "2026-02-06 15:30"),
        ("tuesday", "2025-12-23", "2025-12-29 15:30"),  # Christmas
        ("tuesday", "2025-09-30", "2025-11-19 15:30"),  # the 2025 lapse
        ("settlement", "2024-01-12", "2024-01-24 18:00"),
    ],
)
def test_publication(clock: str, day: str, expected: str) -> None:
    assert published(clock, day) == pd.Timestamp(expected)


def test_hourly_is_sampled_at_16_new_york_through_daylight_saving() -> None:
    hours = pd.date_range("2026-03-04", "2026-03-12", freq="h", tz="UTC", inclusive="left")
    series = raw([str(h) for h in hours])
    out, gaps = sample(series, CLOCKS["new_york_16"], 60, CTX, 1)
    starts = hours[out.values.astype(int)]
    assert [str(d.date()) for d in out.stamps] == [
        "2026-03-04",
        "2026-03-05",
        "2026-03-06",
        "2026-03-09",
        "2026-03-10",
        "2026-03-11",
    ]
    # the candle that closes at 16:00 New York opens at 20:00 UTC in winter and 19:00 UTC in summer
    assert starts.hour.tolist() == [20, 20, 20, 19, 19, 19]
    assert gaps == 0


def test_half_day_close_is_13() -> None:
    hours = pd.date_range("2025-11-26", "2025-11-29", freq="h", tz="UTC", inclusive="left")
    close, _ = sample(raw([str(h) for h in hours]), CLOCKS["session_close"], 60, CTX, 1)
    nav, _ = sample(raw([str(h) for h in hours]), CLOCKS["new_york_16"], 60, CTX, 1)
    assert hours[close.values.astype(int)].hour.tolist() == [
        20,
        17,
    ]  # Wednesday, then the half day; none on Thanksgiving
    assert hours[nav.values.astype(int)].hour.tolist() == [20, 20]


def test_a_stale_value_is_not_a_value() -> None:
    hours = [
        h for h in pd.date_range("2026-02-04", "2026-02-06", freq="h", tz="UTC") if h.hour != 20 or h.day != 4
    ]
    out, gaps = sample(raw([str(h) for h in hours]), CLOCKS["new_york_16"], 60, CTX, 1)
    assert [str(d.date()) for d in out.stamps] == ["2026-02-05"]
    assert gaps == 1  # the 4th lacks its hour; the 6th has not come so far


def test_utc_mean_needs_the_whole_day() -> None:
    stamps = ["2026-02-05T00:00Z", "2026-02-05T08:00Z", "2026-02-05T16:00Z", "2026-02-06T00:00Z"]
    out, gaps = sample(raw(stamps, [1.0, 2.0, 6.0, 9.0]), CLOCKS["utc_mean"], 0, CTX, 3)
    assert out.values.tolist() == [3.0]
    assert gaps == 1


def test_days_that_cannot_be() -> None:
    with pytest.raises(DataError, match="Saturday"):
        check_sessions(raw(["2026-02-06", "2026-02-07"]), CTX)
    with pytest.raises(DataError, match="Wednesday"):
        check_positions(raw(["2026-02-03", "2026-02-11"]))
    check_positions(raw(["2025-11-10"]))  # Monday: Tuesday was Veterans Day


def test_a_vendors_own_publication_time_wins() -> None:
    series = raw(["2026-02-05"])
    series.published = pd.DatetimeIndex(["2026-02-20T00:00Z"])
    assert moments(series, CLOCKS["flow_date"], 0, CTX)[0] == pd.Timestamp("2026-02-20T00:00Z")
