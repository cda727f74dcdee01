"""Sums and extremes between moments of consecutive trading days: daylight saving, weekends, gaps, edges inside a bar."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.errors import DataError
from model.panel import load_panel
from model.sources.build import build_panel
from model.sources.clocks import CLOCKS, Context
from model.sources.daily import sample
from model.sources.raw import RawSeries
from model.sources.spec import Series

CTX = Context()
SPOT = Series("taker_flow", "thousand units", "taker_{fund}", {"spot": "taker_net"}, (-1e9, 1e9))


def bars(
    start: str, end: str, hours: float = 1.0, value=lambda _: 1.0, drop: tuple[str, ...] = ()
) -> RawSeries:
    """Bars of `hours`, each worth `value` of its start."""
    stamps = pd.date_range(start, end, freq=pd.Timedelta(hours=hours), tz="UTC", inclusive="left")
    stamps = stamps[~stamps.isin([pd.Timestamp(d, tz="UTC") for d in drop])]
    values = np.array([value(t) for t in stamps], float)
    return RawSeries(SPOT, "spot", stamps, values, [str(t) for t in stamps])


def summed(raw: RawSeries, clock: str, hours: float = 1.0) -> pd.Series:
    out, _ = sample(raw, CLOCKS[clock], 60 * hours, CTX, 1)
    return pd.Series(out.values, out.stamps)


def test_a_day_has_twenty_four_hours_a_weekend_seventy_two():
    got = summed(bars("2026-02-02", "2026-02-11"), "new_york_16_sum")
    assert got["2026-02-05"] == 24
    assert got["2026-02-09"] == 72  # Monday: from Friday's 16:00
    assert str(got.index[0].date()) == "2026-02-03"  # the first day's own begin is not in the file
    assert str(got.index[-1].date()) == "2026-02-10"


def test_the_hours_move_with_daylight_saving():
    spring = summed(bars("2026-03-04", "2026-03-12"), "new_york_16_sum")
    assert (spring["2026-03-09"], spring["2026-03-10"]) == (71, 24)  # clocks went forward on Sunday
    autumn = summed(bars("2025-10-29", "2025-11-06"), "new_york_16_sum")
    assert autumn["2025-11-03"] == 73
    # the hour that starts at 20:00 UTC is after 16:00 New York in summer, before it in winter
    at_20 = lambda t: float(t.hour == 20)  # noqa: E731
    assert summed(bars("2026-07-06", "2026-07-09", value=at_20), "new_york_16_sum")["2026-07-08"] == 1
    for day, count in (("2026-03-09", 2), ("2026-03-06", 1)):
        assert summed(bars("2026-03-02", "2026-03-12", value=at_20), "new_york_16_sum")[day] == count


def test_a_sum_is_of_its_own_hours():
    last = lambda t: float(t == pd.Timestamp("2026-02-05 20:00", tz="UTC"))  # noqa: E731  15:00 to 16:00 New York
    got = summed(bars("2026-02-02", "2026-02-11", value=last), "new_york_16_sum")
    assert got["2026-02-05"] == 1
    assert got["2026-02-06"] == 0


def test_a_missing_hour_makes_the_day_missing_and_is_counted():
    raw = bars("2026-02-02", "2026-02-11", drop=("2026-02-07 03:00",))
    out, gaps = sample(raw, CLOCKS["new_york_16_sum"], 60, CTX, 1)
    assert pd.Timestamp("2026-02-09") not in out.stamps  # it fell on the weekend before
    assert gaps == 1
    assert len(out.stamps) == 5


def test_a_value_that_is_missing_makes_the_sum_missing():
    raw = bars("2026-02-02", "2026-02-06")
    raw.values[30] = np.nan
    assert summed(raw, "new_york_16_sum").isna().sum() == 1


def test_bars_of_four_hours_cover_a_day_in_summer_only():
    assert summed(bars("2026-07-06", "2026-07-10", 4), "new_york_16_sum", 4)["2026-07-08"] == 6
    winter = bars("2026-02-02", "2026-02-06", 4)
    out, gaps = sample(winter, CLOCKS["new_york_16_sum"], 240, CTX, 1)
    assert not len(out.stamps)
    assert gaps == 3


def test_utc_days_since_the_trading_day_before():
    got = summed(bars("2026-01-12", "2026-01-24", 24), "utc_24_sum", 24)
    assert got["2026-01-15"] == 1
    assert got["2026-01-20"] == 4  # Saturday to Tuesday: Monday was a holiday


def test_the_low_of_the_night_and_of_the_session():
    low = {"2026-02-06 00:00": 59_800.0, "2026-02-06 15:00": 64_000.0}
    raw = bars("2026-02-02", "2026-02-11", value=lambda t: low.get(f"{t:%Y-%m-%d %H:%M}", 70_000.0))
    night, session = summed(raw, "new_york_night_low"), summed(raw, "new_york_session_low")
    assert night["2026-02-06"] == 59_800  # the hour to 20:00 New York of 5 February
    assert session["2026-02-06"] == 64_000
    assert night["2026-02-05"] == session["2026-02-05"] == 70_000


def test_a_sum_needs_bars_with_a_length():
    with pytest.raises(DataError, match="bars with a start and a length"):
        sample(bars("2026-02-02", "2026-02-06"), CLOCKS["new_york_16_sum"], 0.0, CTX, 1)


def test_bars_in_any_order():
    raw = bars("2026-02-02", "2026-02-11", value=lambda t: t.day_of_year)
    shuffled = raw.take(np.random.default_rng(0).permutation(len(raw.values)))
    pd.testing.assert_series_equal(summed(shuffled, "new_york_16_sum"), summed(raw, "new_york_16_sum"))


@pytest.fixture(scope="module")
def raw_folder() -> Path:
    folder = Path(__file__).parent / "../../../shared/data/raw"
    if not folder.is_dir():
        pytest.skip("the shared raw files are not on this machine")
    return folder.resolve()


@pytest.fixture(scope="module")
def from_copies(raw_folder: Path, tmp_path_factory) -> pd.DataFrame:
    """Taker flow built from third-party copies of the venue's candles: spot by the hour, perpetual by four hours."""
    source = """
[[source]]
name = "{name}"
reader = "binance_klines"
path = "{path}"
clock = "{clock}"
stamp = "start"
interval_minutes = {minutes}
[[source.series]]
role = "{role}"
unit = "{unit}"
plausible = [-5000, 5000]
fields = {{ {fund} = "{field}" }}
"""
    ronald = "RonaldLu66__binance-btc-monitor/data/"
    spot = "Juancodex42__Binarias-Clasico-alto-winrate-/data/raw/BTCUSDT_1h.csv"
    entries = [
        ("spot", spot, "new_york_16_sum", 60, "taker_flow", "units", "spot", "taker_net"),
        (
            "perp",
            f"{ronald}futures/BTCUSDT_4h.csv",
            "new_york_16_sum",
            240,
            "taker_flow",
            "units",
            "perp",
            "taker_net",
        ),
        (
            "utc",
            f"{ronald}BTCUSDT_1d.csv",
            "utc_24_sum",
            1440,
            "taker_flow_utc",
            "USD",
            "spot",
            "taker_net_quote",
        ),
    ]
    names = ("name", "path", "clock", "minutes", "role", "unit", "fund", "field")
    text = f'root = "{raw_folder}"\n[panel]\nstart = 2024-01-02\nuniverse = "us-spot-btc"\n'
    text += "".join(source.format(**dict(zip(names, e, strict=True))) for e in entries)
    path = tmp_path_factory.mktemp("copies") / "sources.toml"
    path.write_text(text, encoding="utf-8")
    return build_panel(path).panel


def test_copies_of_the_venues_candles_give_the_known_sums(from_copies, raw_folder):
    known = pd.read_csv(
        raw_folder / "_derived/binance_signed_taker_16et.csv", index_col="date", parse_dates=True
    )
    both = from_copies.join(known, how="inner")
    spot = both["taker_spot"] - both["spot_signed_taker_kbtc"]
    perp = both["taker_perp"] - both["perp_signed_taker_kbtc"]
    assert spot.notna().sum() == 425  # from July 2024 on, where the copy begins
    assert spot.abs().max() < 1e-6  # six decimals
    assert perp.notna().sum() == 344  # summers: in winter the day's end lies inside a bar
    assert perp.abs().max() < 1e-9
    assert from_copies.loc["2026-02-05", "taker_spot"] == pytest.approx(-7.869, abs=5e-4)


def test_both_ways_to_utc_days_agree(from_copies, raw_folder):
    files = [raw_folder.parent / "panel.csv", raw_folder.parent / "taker.csv"]
    panel = load_panel(",".join(map(str, files)), "us-spot-btc").frame["extra_taker_spot_utc"]
    gap = (panel - from_copies["taker_spot_utc"]).dropna()
    assert len(gap) == 555
    assert gap.abs().max() < 0.15 * 4  # printed to 0.1 twice a day, up to four days
