"""Rows are pooled only when they belong together: one instrument, one unit of time, one interval."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from files_support import source, write_plan

from model.errors import DataError
from model.sources.build import Built, build_panel
from model.sources.text import instant

HOURS = pd.date_range("2026-02-02", periods=96, freq="h", tz="UTC")
PRICE = "price|USD|5000|200000|field = 'close'"
START = 'stamp = "start"\ninterval_minutes = 60\n'


def told(built: Built) -> str:
    return "\n".join(n.what for n in built.report.notes)


def candles(stamps: list, symbols: list[str] | None = None) -> str:
    rows = [f"{s},{70_000 + 10 * i}" + (f",{symbols[i]}" if symbols else "") for i, s in enumerate(stamps)]
    return "\n".join(["open_time,close" + (",symbol" if symbols else ""), *rows]) + "\n"


def hourly(folder: Path, text: str, options: str = 'date = "open_time"', more: str = START) -> Built:
    body = source("x", "table", "x.csv", "new_york_16", PRICE, more + f"options = {{ {options} }}")
    return build_panel(write_plan(folder, body, x_csv=text))


# ---- instruments


def test_two_symbols_in_one_table_are_refused_with_the_way_on(tmp_path: Path) -> None:
    text = candles([s.isoformat() for s in HOURS], ["BTCUSDT"] * 60 + ["ETHUSDT"] * 36)
    with pytest.raises(DataError, match="'ETHUSDT', 'BTCUSDT' at x.csv, row 2") as caught:
        hourly(tmp_path, text)
    assert "options.where = { symbol = 'BTCUSDT' }" in caught.value.remedy
    kept = hourly(tmp_path, text, "date = 'open_time', where = { symbol = 'BTCUSDT' }").panel["price"]
    assert kept.tolist() == [70_200, 70_440]


@pytest.mark.parametrize("column", ["quote", "ccy", "settlement_currency"])
def test_a_second_currency_is_refused_whatever_its_column_is_called(tmp_path: Path, column: str) -> None:
    text = candles([s.isoformat() for s in HOURS], ["USD"] * 70 + ["EUR"] * 26).replace("symbol", column)
    with pytest.raises(DataError, match=f"{column} is 'EUR', 'USD' at x.csv, row 2"):
        hourly(tmp_path, text)


def test_a_number_says_nothing_of_the_instrument(tmp_path: Path) -> None:
    quotes = [f"{70_000 + i}.5" for i in range(len(HOURS))]
    text = candles([s.isoformat() for s in HOURS], quotes).replace("symbol", "quote")
    assert len(hourly(tmp_path, text).panel) == 4


def test_one_series_over_two_venues_can_be_said_to_be_one(tmp_path: Path) -> None:
    text = candles([s.isoformat() for s in HOURS], ["a"] * 48 + ["b"] * 48).replace("symbol", "venue")
    with pytest.raises(DataError, match="venue is 'b'"):
        hourly(tmp_path, text)
    assert len(hourly(tmp_path, text, "date = 'open_time', mixed = ['venue']").panel) == 4


@pytest.mark.parametrize(("reader", "option"), [("binance_funding", "symbol"), ("cftc_tff", "contract")])
def test_readers_without_their_option_refuse_two_instruments(
    tmp_path: Path, reader: str, option: str
) -> None:
    first = {"fundingTime": 1_770_000_000_000, "fundingRate": "0.0001", "symbol": "BTCUSDT"}
    cot = {"report_date_as_yyyy_mm_dd": "2026-02-03", "cftc_contract_market_code": "133741", "oi": "10000"}
    rows = {
        "binance_funding": [first, first | {"symbol": "ETHUSDT", "fundingTime": 1_770_028_800_000}],
        "cftc_tff": [
            cot,
            cot | {"report_date_as_yyyy_mm_dd": "2026-02-10", "cftc_contract_market_code": "133742"},
        ],
    }[reader]
    series = {
        "binance_funding": "funding|fraction|-30|30|field = 'fundingRate'",
        "cftc_tff": "open_interest|contracts|1|90000|field = 'oi'",
    }[reader]
    clock, more = ("utc_mean", 'stamp = "end"') if option == "symbol" else ("tuesday", "")
    body = source("x", reader, "x.json", clock, series, more)
    with pytest.raises(DataError, match=r"rows that do not belong together") as caught:
        build_panel(write_plan(tmp_path, body, x_json=json.dumps(rows)))
    assert f"options.{option}" in caught.value.remedy


def option(name: str, kind: str, volume: float, stamp: int = 1_770_325_200_000, iv: float = 55.0) -> dict:
    return {
        "instrument_name": f"{name}-{kind}",
        "open_interest": 10.0,
        "volume": volume,
        "mark_iv": iv,
        "underlying_price": 7e4,
        "creation_timestamp": stamp,
    }


def book(folder: Path, rows: list[dict], options: str = "") -> Built:
    series = "put_call|ratio|0.01|100|field = 'put_call'"
    body = source("book", "deribit_book", "b.json", "utc_24", series, options)
    return build_panel(write_plan(folder, body, b_json=json.dumps({"result": rows})))


PAIR = [option("BTC-27MAR26-82000", "C", 4.0), option("BTC-27MAR26-61000", "P", 6.0)]


def test_a_book_of_two_currencies_is_summed_for_the_one_named(tmp_path: Path) -> None:
    rows = [*PAIR, option("ETH-27MAR26-2100", "P", 80.0)]
    with pytest.raises(DataError, match="BTC, ETH") as caught:
        book(tmp_path, rows)
    assert "options.currency" in caught.value.remedy
    built = book(tmp_path, rows, "options = { currency = 'BTC' }")
    assert built.panel.loc["2026-02-05", "put_call"] == 1.5
    assert "another underlying" in told(built)
    linear = [*PAIR, option("BTC_USDC-27MAR26-61000", "P", 2.0)]
    both = book(tmp_path, linear, "options = { currency = ['BTC', 'BTC_USDC'] }")
    assert both.panel.loc["2026-02-05", "put_call"] == 2.0
    with pytest.raises(DataError, match="no option on 'SOL'"):
        book(tmp_path, rows, "options = { currency = 'SOL' }")


def test_a_book_leaves_out_what_had_expired_or_is_of_an_earlier_snapshot(tmp_path: Path) -> None:
    day = 86_400_000
    rows = [
        *PAIR,
        option("BTC-30JAN26-61000", "P", 500.0, 1_770_325_200_000 - 9 * day),
        option("BTC-24APR26-61000", "P", 300.0, 1_770_325_200_000 - day),
    ]
    built = book(tmp_path, rows)
    assert built.panel.loc["2026-02-05", "put_call"] == 1.5
    assert "had expired" in told(built)
    assert "earlier snapshot" in told(built)


def test_one_absurd_volatility_does_not_stop_a_book(tmp_path: Path) -> None:
    rows = [*PAIR[:1], option("BTC-27MAR26-61000", "P", 6.0, iv=4200.0)]
    assert book(tmp_path, rows).panel.loc["2026-02-05", "put_call"] == 1.5


# ---- units of time


@pytest.mark.parametrize(("unit", "size"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)])
def test_a_time_is_the_same_in_every_unit(unit: str, size: int) -> None:
    seconds = 1_770_076_800
    for said in (unit, "epoch"):
        assert instant(str(seconds * size), "x", said) == pd.Timestamp(seconds, unit="s", tz="UTC")
    others = {"s", "ms", "us", "ns"} - {unit}
    for wrong in others:
        with pytest.raises(DataError, match=f"in {wrong} since") as caught:
            instant(seconds * size, "x", wrong)
        assert f"options.time_unit = '{unit}'" in caught.value.remedy


def test_a_file_whose_unit_changes_midway_is_read_by_size(tmp_path: Path) -> None:
    ms = [int(s.timestamp() * 1000) for s in HOURS]
    text = candles([*ms[:48], *(m * 1000 for m in ms[48:])])
    with pytest.raises(DataError, match="in ms since 1970"):
        hourly(tmp_path, text, "date = 'open_time', time_unit = 'ms'")
    panel = hourly(tmp_path, text, "date = 'open_time', time_unit = 'epoch'").panel
    assert panel["price"].tolist() == [70_200, 70_440, 70_680, 70_920]


def test_a_reader_with_a_unit_of_its_own_takes_another(tmp_path: Path) -> None:
    start = [int(s.timestamp() * 1e6) for s in HOURS]
    rows = [[t, 50 + i, 51.5 + i, 49.5 + i, 51 + i] for i, t in enumerate(start)]
    series = "implied_vol|vol points|5|300|field = 'close'"
    body = source(
        "d", "deribit_dvol", "d.json", "new_york_16", series, START + "options = { time_unit = 'us' }"
    )
    built = build_panel(write_plan(tmp_path, body, d_json=json.dumps({"result": {"data": rows}})))
    assert built.panel.loc["2026-02-02", "implied_vol"] == 71.0


def test_days_given_as_epochs_or_without_separators(tmp_path: Path) -> None:
    days = pd.date_range("2026-02-02", periods=5)
    for options, stamps in (
        ("time_unit = 'us'", [int(d.timestamp() * 1e6) for d in days]),
        ("date_formats = ['compact']", [f"{d:%Y%m%d}" for d in days]),
    ):
        text = candles(stamps)
        panel = hourly(tmp_path, text, f"date = 'open_time', {options}", "").panel
        assert panel["price"].tolist() == [70_000, 70_010, 70_020, 70_030, 70_040]


@pytest.mark.parametrize(
    ("layout", "way"),
    [
        ("%s", "time_unit = 's'"),
        ("%m/%d/%Y", "date_formats = ['us']"),
        ("%d.%m.%Y", "date_formats = ['day.month.year']"),
    ],
)
def test_days_in_another_layout_are_refused_with_the_setting_that_reads_them(
    tmp_path: Path, layout: str, way: str
) -> None:
    days = pd.date_range("2026-02-02", periods=5, tz="UTC")
    text = candles([f"{d.timestamp():.0f}" if layout == "%s" else f"{d:{layout}}" for d in days])
    with pytest.raises(DataError, match="is not a date") as caught:
        hourly(tmp_path, text, more="")
    assert f"options.{way}" in caught.value.remedy
    panel = hourly(tmp_path, text, f"date = 'open_time', {way}", "").panel
    assert panel["price"].tolist() == [70_000, 70_010, 70_020, 70_030, 70_040]


# ---- intervals


@pytest.mark.parametrize(("freq", "words"), [("30min", "30 minutes after"), ("4h", "240 minutes after")])
def test_candles_of_another_length_than_declared_are_refused(tmp_path: Path, freq: str, words: str) -> None:
    stamps = pd.date_range("2026-02-02", periods=80, freq=freq, tz="UTC")
    with pytest.raises(DataError, match=words) as caught:
        hourly(tmp_path, candles([s.isoformat() for s in stamps]))
    assert "interval_minutes" in caught.value.remedy


def test_a_file_that_changes_its_interval_is_refused_where_it_does(tmp_path: Path) -> None:
    stamps = [*HOURS[:48], *pd.date_range(HOURS[48], periods=12, freq="4h")]
    with pytest.raises(DataError, match="from 2026-02-04 00:00 on"):
        hourly(tmp_path, candles([s.isoformat() for s in stamps]))


def test_single_candles_of_a_day_can_be_said_to_be_left_over(tmp_path: Path) -> None:
    stamps = pd.date_range("2026-02-02T20:00", periods=6, freq="24h", tz="UTC")
    text = candles([s.isoformat() for s in stamps])
    with pytest.raises(DataError, match="1440 minutes") as caught:
        hourly(tmp_path, text)
    assert "options.thinned = true" in caught.value.remedy
    assert hourly(tmp_path, text, "date = 'open_time', thinned = true").panel["price"].notna().all()


def funding(
    folder: Path, stamps: pd.DatetimeIndex, rates: list[float], series: str = "", reader: str = "table"
) -> Built:
    fields = "field = 'fundingRate'\n" + series
    more = 'stamp = "end"\noptions = { date = "fundingTime", time_unit = "ms" }'
    body = source("f", reader, "f.json", "utc_mean", f"funding|fraction|-300|300|{fields}", more)
    rows = [
        {"symbol": "B", "fundingTime": int(t.timestamp() * 1000), "fundingRate": str(r)}
        for t, r in zip(stamps, rates, strict=True)
    ]
    return build_panel(write_plan(folder, body, f_json=json.dumps(rows)))


@pytest.mark.parametrize("hours", [1, 2, 4, 8])
def test_the_same_rate_per_hour_is_the_same_funding_whatever_the_interval(tmp_path: Path, hours: int) -> None:
    stamps = pd.date_range("2026-02-02", "2026-02-06", freq=f"{hours}h", tz="UTC", inclusive="left")
    rates = [1.2e-4 * hours / 8] * len(stamps)
    built = funding(tmp_path, stamps, rates, 'per_hours = "interval"')
    assert built.panel["funding"].tolist() == pytest.approx([1.2] * 4)
    assert (f"every {hours} hours" in told(built)) == (hours != 8)


@pytest.mark.parametrize(("before", "after"), [(8, 4), (4, 8), (8, 1)])
def test_a_change_of_interval_leaves_the_rate(tmp_path: Path, before: int, after: int) -> None:
    first = pd.date_range("2026-02-02", "2026-02-04", freq=f"{before}h", tz="UTC")
    then = pd.date_range("2026-02-04", "2026-02-06", freq=f"{after}h", tz="UTC", inclusive="left")[1:]
    rates = [1.2e-4 * before / 8] * len(first) + [1.2e-4 * after / 8] * len(then)
    built = funding(tmp_path, first.append(then), rates, reader="binance_funding")
    assert built.panel["funding"].tolist() == pytest.approx([1.2] * 4)


def test_a_missing_print_is_no_longer_interval(tmp_path: Path) -> None:
    stamps = pd.date_range("2026-02-02", "2026-02-06", freq="4h", tz="UTC", inclusive="left")
    kept = stamps.delete(9)  # 2026-02-03 12:00
    built = funding(tmp_path, kept, [6e-5] * len(kept), reader="binance_funding")
    assert built.panel["funding"].isna().tolist() == [False, True, False, False]
    assert built.panel["funding"].dropna().tolist() == pytest.approx([1.2] * 3)


def test_a_table_of_rates_at_another_interval_must_say_what_they_are(tmp_path: Path) -> None:
    stamps = pd.date_range("2026-02-02", "2026-02-06", freq="h", tz="UTC", inclusive="left")
    with pytest.raises(DataError, match="every 1 hours, the column is per 8") as caught:
        funding(tmp_path, stamps, [1.2e-4] * len(stamps))
    assert "per_hours" in caught.value.remedy
    stated = funding(tmp_path, stamps, [1.2e-4] * len(stamps), "per_hours = 8")
    assert stated.panel["funding"].tolist() == pytest.approx([1.2] * 4)
    a_year = funding(tmp_path, stamps, [0.1314] * len(stamps), "per_hours = 8760")
    assert a_year.panel["funding"].tolist() == pytest.approx([1.2] * 4)
    price = source("x", "table", "x.csv", "new_york_16", PRICE + "\nper_hours = 8", "")
    plan = write_plan(tmp_path, price, x_csv="date,close\n2026-02-02,70000\n")
    with pytest.raises(DataError, match="no rate"):
        build_panel(plan)
