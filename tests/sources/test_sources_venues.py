"""Readers of venues' archives and their downloads, against samples of the documented shapes and a local server."""

from __future__ import annotations

import io
import json
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from server_support import Answer, Server

from model.errors import DataError
from model.panel.columns import known_columns
from model.panel.universe import load_universe
from model.sources import reader
from model.sources.build import build_panel
from model.sources.dated import DATED
from model.sources.download import Outcome, download, load_jobs
from model.sources.fetch import Fetcher
from model.sources.raw import RawSeries
from model.sources.spec import Series, SourceSpec
from model.store import PROJECT

NOW = datetime(2026, 2, 18, 13, 20, tzinfo=UTC)
SINCE = date(2026, 1, 26)
LIST = PROJECT / "scripts" / "download.toml"


# --- samples of the documented shapes -----------------------------------------------------------------------
def klines(start: datetime, end: datetime) -> list[list]:
    """REST answer: hourly candles from `start` to `end`, both included, of one walk whatever the page."""
    hours = pd.date_range("2026-01-20", "2026-02-20", freq="h", tz="UTC")
    rng = np.random.default_rng(5)
    close = 70_000 * np.exp(np.cumsum(rng.normal(0, 0.004, len(hours))))
    opening = np.concatenate([[70_000], close[:-1]])
    volume, share = rng.uniform(500, 5000, len(hours)), rng.uniform(0.4, 0.6, len(hours))
    out = []
    for i, h in enumerate(hours):
        if not start <= h <= end:
            continue
        o, c, v = opening[i], close[i], volume[i]
        mean = (o + c) / 2
        prices = [o, max(o, c) * 1.001, min(o, c) * 0.999, c]
        at = int(h.timestamp()) * 1000
        cells = [
            f"{v:.8f}",
            at + 3_599_999,
            f"{v * mean:.8f}",
            1234,
            f"{share[i] * v:.8f}",
            f"{share[i] * v * mean:.8f}",
        ]
        out.append([at, *(f"{p:.2f}" for p in prices), *cells, "0"])
    return out


def zipped(text: str, name: str = "x.csv", more: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(name, text)
        for i in range(more):
            z.writestr(f"other{i}.csv", "x\n")
    return out.getvalue()


def metrics(day: date, amount: float = 90_000.0, symbol: str = "BTCUSDT") -> str:
    stamps = pd.date_range(day, periods=288, freq="5min")
    head = "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio\n"
    return head + "".join(f"{t},{symbol},{amount},{amount * 7e4},1.0\n" for t in stamps)


LIQUIDATION_HEAD = (
    "time,side,order_type,time_in_force,original_quantity,price,average_price,order_status,last_fill_quantity,"
    "accumulated_fill_quantity\n"
)


def liquidations(day: date, repeat: int = 2) -> str:
    at = int(pd.Timestamp(day, tz="UTC").timestamp()) * 1000
    orders = [
        f"{at + 5000},SELL,LIMIT,IOC,7,70000,70010,FILLED,6,7\n",
        f"{at + 9000},BUY,LIMIT,IOC,4,71000,70990,FILLED,4,4\n",
        f"{at + 9500},SELL,LIMIT,IOC,20,69000,69010,FILLED,20,20\n",
    ]
    return LIQUIDATION_HEAD + "".join(o * repeat for o in orders)


def finra(day: date, rows: tuple[str, ...] = (), count: int | None = None) -> str:
    rows = rows or (f"{day:%Y%m%d}|IBIT|1000000.5|50|2500000.25|B,Q,N", f"{day:%Y%m%d}|SPY|10|0|30|Q")
    return "Date|Symbol|ShortVolume|ShortExemptVolume|TotalVolume|Market\r\n" + "".join(
        f"{r}\r\n" for r in (*rows, str(len(rows) if count is None else count))
    )


def fails(days: tuple[str, ...], ibit: dict[str, int], count: int | None = None) -> str:
    rows = [f'{d}|78462F103|SPY|10|SPDR "S&P" 500|600.00' for d in days]
    rows += [f"{d}|46438F101|IBIT|{n}|ISHARES BITCOIN|." for d, n in ibit.items()]
    shares = sum(int(r.split("|")[3]) for r in rows)
    lines = ["SETTLEMENT DATE|CUSIP|SYMBOL|QUANTITY (FAILS)|DESCRIPTION|PRICE", *rows,
             f"Trailer record count {len(rows) if count is None else count}",
             f"Trailer total quantity of shares {shares}"]  # fmt: skip
    return "\n".join(lines) + "\n"


def cme(day: str, months: tuple[str, ...] = ("12,345", "1,000"), total: str = "13,345") -> str:
    data = [
        {"month": f"M{i}", "totalVolume": "9", "atClose": m, "change": "-3"} for i, m in enumerate(months)
    ]
    return json.dumps(
        {"tradeDate": day, "monthData": data, "totals": {"atClose": total, "totalVolume": "18"}}
    )


# --- readers -----------------------------------------------------------------------------------------------
def spec(name: str, role: str, fields: dict[str, str], unit: str, **more: object) -> SourceSpec:
    one = Series(role, unit, "{fund}" if "" not in fields else role, fields, (-1e15, 1e15))
    return SourceSpec(name, name, (), "new_york_16", (one,), **more)


KLINES = spec(
    "binance_klines", "taker_flow", {"spot": "taker_net"}, "units", stamp="start", interval_minutes=60
)
METRICS = spec("binance_metrics", "venue_open_interest_units", {"binance": "sum_open_interest"}, "units",
               options={"symbol": "BTCUSDT", "price": (5000, 1e6)})  # fmt: skip
LIQUIDATIONS = spec("binance_liquidations", "liquidations", {"long": "long", "short": "short"}, "USD")
FINRA = spec("finra_short_volume", "short_volume", {"ibit": "IBIT.ShortVolume"}, "shares")
FAILS = spec("sec_fails", "fails_to_deliver", {"ibit": "IBIT"}, "shares")
CME = spec("cme_volume", "future_open_interest", {"": "atClose"}, "contracts")
DAY = date(2026, 2, 5)


def read(s: SourceSpec, *blobs: bytes | str) -> list[RawSeries]:
    files = {f"file{i}": b if isinstance(b, bytes) else b.encode() for i, b in enumerate(blobs)}
    return reader(s.reader)(files, s)


def candle_page(edit: Callable[[list[list]], list] = lambda p: p) -> str:
    page = klines(datetime(2026, 2, 4, tzinfo=UTC), datetime(2026, 2, 6, tzinfo=UTC))
    return json.dumps(edit(page))


def candle_csv(header: str = "", factor: int = 1) -> str:
    page = klines(datetime(2026, 2, 4, tzinfo=UTC), datetime(2026, 2, 6, tzinfo=UTC))
    for r in page:
        r[0], r[6] = r[0] * factor, (r[6] + 1) * factor - 1
    return header + "".join(",".join(map(str, r)) + "\n" for r in page)


def test_candles_give_what_takers_bought_less_what_they_sold() -> None:
    [got] = read(KLINES, candle_page())
    first = klines(datetime(2026, 2, 4, tzinfo=UTC), datetime(2026, 2, 4, tzinfo=UTC))[0]
    assert got.values[0] == pytest.approx(2 * float(first[9]) - float(first[5]))
    assert got.stamps[0] == pd.Timestamp("2026-02-04", tz="UTC")
    assert len(got.values) == 49


@pytest.mark.parametrize("factor", [1, 1000], ids=["ms", "us"])
@pytest.mark.parametrize(
    "header", ["", "open_time,open,high,low,close,volume,close_time,q,count,tb,tq,ignore\n"]
)
@pytest.mark.parametrize("pack", [str.encode, zipped], ids=["csv", "zip"])
def test_the_archives_candles_are_those_of_the_service(header: str, factor: int, pack: Callable) -> None:
    [rest], [archive] = read(KLINES, candle_page()), read(KLINES, pack(candle_csv(header, factor)))
    np.testing.assert_array_equal(archive.values, rest.values)
    assert archive.stamps.equals(rest.stamps)


def _swap(i: int, j: int) -> Callable[[list[list]], list]:
    def edit(page: list[list]) -> list:
        for r in page:
            r[i], r[j] = r[j], r[i]
        return page

    return edit


def _each(i: int, value: Callable) -> Callable[[list[list]], list]:
    return lambda page: [[*r[:i], value(r), *r[i + 1 :]] for r in page]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (_swap(2, 3), "contradict each other"),
        (_swap(5, 9), "taker_buy is not between"),
        (_swap(5, 7), "is not between|is no price"),
        (_swap(9, 10), "is not between"),
        (_each(9, lambda _: "-1.0"), "is not between"),
        (_each(6, lambda r: r[6] + 3_600_000 * 3), "a candle of 240.0 minutes, expected 60"),
        (_each(0, lambda r: r[0] // 1000), "not a time in ms"),
        (_each(4, lambda _: "x"), "'x' is not a number"),
        (lambda p: [r[:11] for r in p], "not a candle of 12 cells"),
        (lambda _: [], "holds no candles"),
        (lambda _: {"code": -1121, "msg": "Invalid symbol."}, "holds no candles"),
    ],
)
def test_candles_whose_columns_contradict_each_other_are_refused(edit: Callable, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(KLINES, candle_page(edit))


def test_open_interest_of_every_five_minutes() -> None:
    [got] = read(METRICS, zipped(metrics(DAY)), metrics(date(2026, 2, 6)))
    assert len(got.values) == 576
    assert got.stamps[1] == pd.Timestamp("2026-02-05 00:05", tz="UTC")
    [gap] = read(METRICS, metrics(DAY, 0.0))
    assert np.isnan(gap.values).all()  # a nothing is an outage


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (zipped(metrics(DAY))[:-40], "not a readable zip"),
        (zipped(metrics(DAY), more=1), "holds 2 files"),
        (metrics(DAY)[:-5], "may be cut off"),
        (metrics(DAY, symbol="ETHUSDT"), "expected 'BTCUSDT'"),
        (metrics(DAY).replace("sum_open_interest,", "open,"), "no column 'sum_open_interest'"),
        (metrics(DAY).replace("6300000000.0", "90000.0"), "is a price of 1"),
        (metrics(DAY).replace("2026-02-05 00:05:00", "05/02/2026"), "is not a time"),
        (metrics(DAY).replace(",1.0\n", "\n", 3), "cells, the table has"),
        ("<html>blocked</html>\n", "is no table"),
    ],
)
def test_a_broken_archive_of_open_interest_is_refused(blob: bytes | str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(METRICS, blob)


def test_forced_orders_are_summed_by_the_side_they_closed() -> None:
    long, short = read(LIQUIDATIONS, zipped(liquidations(DAY)))
    assert (long.values.tolist(), short.values.tolist()) == (
        [2700.0],
        [400.0],
    )  # contracts of USD 100, repeats once
    assert long.stamps[0] == pd.Timestamp("2026-02-05", tz="UTC")
    quiet = LIQUIDATION_HEAD + liquidations(DAY).splitlines()[1] + "\n"
    assert read(LIQUIDATIONS, quiet)[1].values.tolist() == [0.0]


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (liquidations(DAY).replace("BUY", "HOLD"), "side 'HOLD' is unknown"),
        (liquidations(DAY) + liquidations(date(2026, 2, 6)).split("\n", 1)[1], "in a file of 2026-02-05"),
        (LIQUIDATION_HEAD, "has no rows"),
        (liquidations(DAY).replace("side", "direction"), "no column 'side'"),
    ],
)
def test_broken_forced_orders_are_refused(blob: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(LIQUIDATIONS, blob)


def test_short_volume_of_one_symbol() -> None:
    [got] = read(FINRA, finra(DAY), finra(date(2026, 2, 6)))
    assert got.values.tolist() == [1_000_000.5] * 2
    assert [str(s.date()) for s in got.stamps] == ["2026-02-05", "2026-02-06"]


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (finra(DAY, count=3), "has 2 records, its last row says 3"),
        (finra(DAY).rsplit("\r\n", 2)[0] + "\r\n", "does not end with its number of records"),
        (finra(DAY)[:-4], "may be cut off|does not end"),
        (finra(DAY, ("20260205|SPY|10|0|30|Q",)), "no row for 'IBIT'"),
        (finra(DAY, ("20260205|IBIT|40|0|30|Q",)), "40 sold short of 30"),
        (finra(DAY, ("20260205|IBIT|1|0|3|Q", "20260206|SPY|1|0|3|Q")), "several days"),
        (finra(DAY, ("2026-02-05|IBIT|1|0|3|Q",)), None),
        (finra(DAY).replace("TotalVolume", "Total"), "no column 'TotalVolume'"),
    ],
)
def test_broken_short_volume_is_refused(blob: str, message: str | None) -> None:
    if message is None:
        assert read(FINRA, blob)[0].values.tolist() == [1.0]  # a dated day is a day all the same
        return
    with pytest.raises(DataError, match=message):
        read(FINRA, blob)


def test_a_day_without_a_row_has_no_fails() -> None:
    [got] = read(FAILS, zipped(fails(("20260203", "20260204", "20260205"), {"20260203": 1_196_000})))
    assert dict(zip([str(s.date()) for s in got.stamps], got.values, strict=True)) == {
        "2026-02-03": 1_196_000.0, "2026-02-04": 0.0, "2026-02-05": 0.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (fails(("20260203",), {}, count=7), "has 1 records, its last lines say 7"),
        (fails(("20260203",), {}).replace("shares 10", "shares 11"), "has 10 shares, its last lines say 11"),
        (fails(("20260203",), {}).rsplit("Trailer", 1)[0], "does not end with its number of shares"),
        (fails(("20260203",), {"20260203": 5}).replace("SPY", "IBIT"), "IBIT twice on 20260203"),
        (fails(("20260203",), {}).replace("SYMBOL", "TICKER"), "no column 'SYMBOL'"),
        (fails(("20260203",), {}).replace("|10|", "|ten|"), "'ten' is not a number"),
    ],
)
def test_broken_fails_are_refused(blob: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(FAILS, blob)


def test_saved_open_interest_of_the_exchange() -> None:
    [got] = read(CME, cme("20260205"), cme("20260206", ("10,000",), "10,000"))
    assert got.values.tolist() == [13_345.0, 10_000.0]
    assert str(got.stamps[0].date()) == "2026-02-05"


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (cme("20260205", total="13,346"), "months sum to 13345, the total is 13346"),
        (json.dumps({"tradeDate": "20260205", "monthData": [], "totals": {}}), "holds no contract months"),
        (cme("20260205").replace("atClose", "oi"), "is missing"),
        ("<html></html>", "is HTML"),
    ],
)
def test_another_answer_of_the_exchange_is_refused(blob: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(CME, blob)


# --- downloads ---------------------------------------------------------------------------------------------
NAMES = (
    "binance_perpetual",
    "binance_spot",
    "binance_open_interest",
    "binance_liquidations",
    "finra_short_volume",
    "sec_fails",
)


@pytest.fixture
def server() -> Iterator[Server]:
    out = Server()

    def rest(q: dict[str, list[str]]) -> bytes:
        start, end = (datetime.fromtimestamp(int(q[k][0]) / 1000, UTC) for k in ("startTime", "endTime"))
        return json.dumps(klines(start, end)).encode()

    out.good = {"/perpetual": rest, "/spot": rest}
    for d in pd.date_range(SINCE, "2026-02-17"):
        out.good[f"/metrics/{d:%Y-%m-%d}.zip"] = lambda _, d=d: zipped(metrics(d.date()))
        out.good[f"/liquidations/{d:%Y-%m-%d}.zip"] = lambda _, d=d: zipped(liquidations(d.date()))
        out.good[f"/finra/{d:%Y%m%d}.txt"] = lambda _, d=d: finra(d.date()).encode()
    out.good["/sec/202601b.zip"] = lambda _: zipped(fails(("20260126", "20260127"), {"20260126": 5}))
    yield out
    out.close()


def run(server: Server, out: Path, only: set[str] | None = None, now: datetime = NOW) -> dict[str, Outcome]:
    addresses = dict(
        zip(
            NAMES,
            ("perpetual", "spot", "metrics/{day:%Y-%m-%d}.zip", "liquidations/{day:%Y-%m-%d}.zip", "finra/{day:%Y%m%d}.txt",
             "sec/{day:%Y%m}{half}.zip"),
            strict=True,
        )
    )  # fmt: skip
    head, jobs = load_jobs(LIST, {k: f"{server.url}/{v}" for k, v in addresses.items()})
    jobs = [j for j in jobs if j.name in (only or NAMES)]
    fetcher = Fetcher(attempts=3, base=1.0, pause=0.0, sleep=lambda _: None)
    outcomes = download(jobs, head, out, SINCE, fetcher, now=lambda: now)
    fetcher.close()
    return {o.name: o for o in outcomes}


def test_downloads_of_the_venues_build_a_panel(server: Server, tmp_path: Path) -> None:
    outcomes = run(server, tmp_path)
    assert {n: o.error for n, o in outcomes.items()} == dict.fromkeys(NAMES, "")
    panel = build_panel(tmp_path / "sources.toml").panel
    u = load_universe("us-spot-btc")
    assert set(panel.columns) <= set(known_columns(u))
    row = panel.loc["2026-02-05"]
    hours = klines(datetime(2026, 2, 4, 21, tzinfo=UTC), datetime(2026, 2, 5, 20, tzinfo=UTC))
    net = sum(2 * float(r[9]) - float(r[5]) for r in hours) / 1000
    assert row["perp_kbtc"] == row["spot_kbtc"] == pytest.approx(net)
    assert row["perp_16"] == float(hours[-1][4])
    assert row["perp_09"] == float(hours[16][4])  # the hour to 14:00 UTC
    assert row["perp_low_overnight"] == min(float(r[3]) for r in hours[:17])
    assert row["perp_low_session"] == min(float(r[3]) for r in hours[17:])
    assert row["binance_oi_kbtc_16et"] == 90.0
    assert row["binance_oi_usd_16et"] == 90_000 * 7e4
    assert row["liquidations_long"] == pytest.approx(0.0027)
    assert panel.loc["2026-02-09", "liquidations_long"] == pytest.approx(3 * 0.0027)  # with the weekend
    assert row["ibit_short_volume"] == 1_000_000.5
    assert panel.loc["2026-01-27", "ibit_fails_to_deliver"] == 0.0
    assert panel.loc["2026-01-26", "ibit_fails_to_deliver"] == 5.0


def test_further_sources_share_the_files(server: Server, tmp_path: Path) -> None:
    run(server, tmp_path, {"binance_perpetual"})
    record = tomllib.loads((tmp_path / "sources.toml").read_text())["source"]
    assert [s["name"] for s in record] == [
        "binance_perpetual",
        *(f"binance_perpetual.{k}" for k in ("16", "09", "night", "session")),
    ]
    assert len({json.dumps(s["file"], default=str) for s in record}) == 1
    assert len(list((tmp_path / "binance_perpetual").iterdir())) == 1


def test_what_came_is_kept_and_the_next_days_are_asked_for(server: Server, tmp_path: Path) -> None:
    run(server, tmp_path, {"binance_open_interest"}, datetime(2026, 2, 10, 12, tzinfo=UTC))
    asked = len(server.asked)
    assert asked == 15
    later = run(server, tmp_path, {"binance_open_interest"}, datetime(2026, 2, 12, 12, tzinfo=UTC))[
        "binance_open_interest"
    ]
    assert (later.fetched, later.skipped) == (2, 15)
    assert server.asked[asked:] == ["/metrics/2026-02-10.zip", "/metrics/2026-02-11.zip"]


def test_a_day_that_is_not_there_is_counted_and_asked_for_again(server: Server, tmp_path: Path) -> None:
    good = server.good.pop("/metrics/2026-02-03.zip")
    first = run(server, tmp_path, {"binance_open_interest"})["binance_open_interest"]
    assert (first.absent, first.error) == (1, "")
    panel = build_panel(tmp_path / "sources.toml").panel
    assert np.isnan(panel.loc["2026-02-03", "binance_oi_kbtc_16et"])
    server.good["/metrics/2026-02-03.zip"] = good
    second = run(server, tmp_path, {"binance_open_interest"})["binance_open_interest"]
    assert (second.fetched, second.absent) == (1, 0)


def test_a_moved_archive_is_an_error(server: Server, tmp_path: Path) -> None:
    server.good = {k: v for k, v in server.good.items() if not k.startswith("/metrics")}
    assert (
        "none of 23 files is there"
        in run(server, tmp_path, {"binance_open_interest"})["binance_open_interest"].error
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "bad",
    [
        (429, b"", {"Retry-After": "1"}),
        (500, b"oops", {}),
        (200, b"<html>Just a moment</html>", {}),
        (200, b"", {}),
        None,
    ],
    ids=["429", "500", "html", "empty", "cut"],
)
def test_what_passes_is_tried_again(server: Server, tmp_path: Path, name: str, bad: Answer | None) -> None:
    first = {"binance_perpetual": "/perpetual", "binance_spot": "/spot", "binance_open_interest": "/metrics/2026-01-26.zip",
             "binance_liquidations": "/liquidations/2026-01-26.zip", "finra_short_volume": "/finra/20260126.txt",
             "sec_fails": "/sec/202601b.zip"}[name]  # fmt: skip
    if bad is None:
        server.cut[first] = 1
    else:
        server.bad[first] = [bad]
    outcome = run(server, tmp_path, {name})[name]
    assert outcome.error == ""
    assert len(server.asked) == outcome.fetched + 1


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_pass_is_named_and_not_stored(server: Server, tmp_path: Path, name: str) -> None:
    for path in server.good:
        server.bad[path] = [(200, b"Date|Symbol\n", {})] * 3
    outcome = run(server, tmp_path, {name})[name]
    assert "Gave up after 3 attempts" in outcome.error
    assert not list(tmp_path.rglob("*.zip"))
    assert not list(tmp_path.rglob("*.txt"))


def test_a_refused_request_is_an_error_at_once(server: Server, tmp_path: Path) -> None:
    server.bad["/sec/202601b.zip"] = [(403, b"", {})]
    outcome = run(server, tmp_path, {"sec_fails"})["sec_fails"]
    assert "answered 403" in outcome.error
    assert len(server.asked) == 1


def test_only_what_is_there_is_asked_for() -> None:
    evening, morning = datetime(2026, 2, 17, 23, 30, tzinfo=UTC), datetime(2026, 2, 18, 1, 0, tzinfo=UTC)
    days = lambda key, now: [d.name for d in DATED[key](date(2026, 2, 12), now)]  # noqa: E731
    assert days("utc_day", evening)[-1] == "2026-02-16"
    assert days("trading_day", evening) == [
        "2026-02-12",
        "2026-02-13",
    ]  # Monday was a holiday, Tuesday at 18:30
    assert days("trading_day", morning)[-1] == "2026-02-17"
    halves = lambda now: [d.name for d in DATED["half_month"](date(2026, 1, 16), now)]  # noqa: E731
    assert halves(datetime(2026, 2, 17, 22, tzinfo=UTC)) == []
    assert halves(datetime(2026, 2, 17, 23, 30, tzinfo=UTC)) == ["2026-01b"]


def test_heavy_downloads_are_marked() -> None:
    _, jobs = load_jobs(LIST)
    assert {j.name for j in jobs if j.heavy} == {"finra_short_volume", "sec_fails"}
