"""Downloads against a local server that misbehaves: 429, 500, cut bodies, HTML, moved columns."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pandas as pd
import pytest
from server_support import Answer, Server

from model.errors import DataError
from model.sources.build import build_panel
from model.sources.download import bars_csv, download, load_jobs
from model.sources.fetch import Fetcher
from model.sources.reconcile import vendor_pairs
from model.sources.record import Job
from model.store import PROJECT as ROOT
from tests.proofs.sources.samples import (
    CFTC_COLUMNS,
    Sample,
    days,
    farside_html,
    position_values,
    samples,
    tuesdays,
)

NOW = datetime(2026, 3, 14, 13, 20, tzinfo=UTC)
SINCE = date(2025, 12, 1)
ELSEWHERE = {
    "binance_perpetual",
    "binance_spot",
    "binance_open_interest",
    "binance_liquidations",
    "finra_short_volume",
    "sec_fails",
}
"""Downloads of test_sources_venues.py."""


@pytest.fixture
def server() -> Iterator[Server]:
    out = Server()
    out.good = {
        "/farside": lambda _: farside(),
        "/coinbase": lambda q: candles(q["start"][0], q["end"][0], [2, 1, 0, 3, 4], 70_000)[::-1],
        "/dvol": lambda q: {
            "jsonrpc": "2.0",
            "result": {
                "data": candles(
                    *(_iso(q[k][0]) for k in ("start_timestamp", "end_timestamp")), [0, 1, 2, 3], 50, 1000
                ),
                "continuation": None,
            },
        },
        "/cftc": lambda _: cftc(),
        "/cboe": lambda _: sample("cboe").blob(),
        "/funding": lambda q: funding(int(q["startTime"][0]), int(q["endTime"][0])),
        "/book": lambda _: {
            "result": [
                {
                    "instrument_name": f"BTC-27MAR26-80000-{k}",
                    "open_interest": 1.0,
                    "volume": 2.0,
                    "mark_iv": 50.0,
                    "underlying_price": 7e4,
                    "creation_timestamp": int(NOW.timestamp() * 1000),
                }
                for k in "CP"
            ]
        },
    }
    out.good = {k: _as_bytes(f) for k, f in out.good.items()}
    yield out
    out.close()


def _as_bytes(f: Callable) -> Callable:
    return lambda q: x if isinstance(x := f(q), bytes) else json.dumps(x).encode()


def _iso(ms: str) -> str:
    return datetime.fromtimestamp(int(ms) / 1000, UTC).isoformat()


def sample(name: str) -> Sample:
    return next(s for s in samples() if s.name == name)


TICKERS = ("IBIT", "FBTC", "BITB", "ARKB", "BTCO", "EZBC", "BRRR", "HODL", "BTCW", "MSBT", "GBTC", "BTC")


def farside(order: tuple[str, ...] = TICKERS) -> bytes:
    rng = np.random.default_rng(0)
    flows = {t: np.round(rng.normal(0, 60, len(days())), 1) for t in TICKERS}
    rows = []
    for i, d in enumerate(days()):
        cells = [flows[t][i] for t in order]
        total = round(float(sum(cells)), 1)
        rows.append(
            [f"{d:%d %b %Y}", *(f"({abs(v):,.1f})" if v < 0 else f"{v:,.1f}" for v in [*cells, total])]
        )
    return farside_html(["Date", *order, "Total"], rows)


def candles(start: str, end: str, order: list[int], level: float, unit: int = 1) -> list:
    """Hourly candles of one walk, the same whatever the page."""
    hours = pd.date_range("2025-11-30", "2026-03-16", freq="h", tz="UTC")
    close = level * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.004, len(hours))))
    opening = np.concatenate([[level], close[:-1]])
    table = np.column_stack(
        [
            opening,
            np.maximum(opening, close) * 1.001,
            np.minimum(opening, close) * 0.999,
            close,
            np.ones(len(hours)),
        ]
    )
    inside = (hours >= pd.Timestamp(start)) & (hours <= pd.Timestamp(end))
    return [
        [int(h.timestamp()) * unit, *r[order].tolist()]
        for h, r in zip(hours[inside], table[inside], strict=True)
    ]


def cftc() -> list:
    rows = zip(tuesdays(), position_values(), strict=True)
    return [
        dict(
            zip(
                CFTC_COLUMNS,
                (f"{d:%Y-%m-%d}T00:00:00.000", "133741", *(str(int(v)) for v in r), "FutOnly"),
                strict=True,
            )
        )
        for d, r in rows
    ]


def funding(start: int, end: int) -> list:
    stamps = range(-(-start // 28_800_000) * 28_800_000, end + 1, 28_800_000)
    return [
        {"symbol": "BTCUSDT", "fundingTime": t + 2, "fundingRate": "0.00010000", "markPrice": "70000"}
        for t in stamps
    ]


def history(symbol: str, first: date, after: date) -> pd.DataFrame:
    """Stands in for yfinance: a frame as `Ticker.history(auto_adjust=False)` gives it."""
    level = {"IBIT": 50, "IGV": 100, "QQQ": 600, "GLD": 400, "MSTR": 150, "^VIX": 18, "BTC=F": 70_000}[symbol]
    close = level * np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.01, len(days()))))
    index = days().tz_localize("America/New_York")
    frame = pd.DataFrame(
        {
            "Open": close,
            "High": close * 1.01,
            "Low": close * 0.99,
            "Close": close,
            "Adj Close": close,
            "Volume": 4e7,
            "Dividends": 0.0,
            "Stock Splits": 0.0,
        },
        index=index,
    )
    assert first < after
    return frame


def jobs_for(server: Server, only: set[str] | None = None) -> tuple[dict, list[Job]]:
    paths = {
        "farside": "farside",
        "coinbase": "coinbase",
        "deribit_dvol": "dvol",
        "deribit_book": "book",
        "cftc": "cftc",
        "cboe_vix": "cboe",
        "binance_funding": "funding",
    }
    head, jobs = load_jobs(
        ROOT / "scripts" / "download.toml", {k: f"{server.url}/{v}" for k, v in paths.items()}
    )
    return head, [j for j in jobs if (j.name in only if only else j.name not in ELSEWHERE)]


def run(
    server: Server,
    out: Path,
    only: set[str] | None = None,
    now: datetime = NOW,
    attempts: int = 4,
    **more: object,
) -> list:
    head, jobs = jobs_for(server, only)
    waits: list[float] = []
    fetcher = Fetcher(attempts=attempts, base=1.0, pause=0.0, sleep=waits.append)
    outcomes = download(jobs, head, out, SINCE, fetcher, history=history, now=lambda: now, **more)
    fetcher.close()
    run.waits = [w for w in waits if w]
    return outcomes


def test_everything_comes_and_builds_a_panel(server: Server, tmp_path: Path) -> None:
    outcomes = run(server, tmp_path)
    assert [o.error for o in outcomes] == [""] * 14
    record = tomllib.loads((tmp_path / "sources.toml").read_text())
    for source in record["source"]:
        for f in source["file"]:
            assert f["url"].startswith("http")
            assert len(f["sha256"]) == 64
            assert isinstance(f["fetched_at"], datetime)
            assert (tmp_path / f["path"]).is_file()
    names = [s["name"] for s in record["source"]]
    assert names.index("cboe_vix") < names.index("yahoo_vix")
    built = build_panel(tmp_path / "sources.toml")
    assert (
        built.panel.loc[
            "2026-02-05", ["flow_ibit", "btc_16et", "ibit_close", "vix", "dvol_16et", "cme_near_close"]
        ]
        .notna()
        .all()
    )
    assert built.panel.loc["2026-02-05", "cme_near_dte"] == 22
    assert built.panel["cot_lev_short"].notna().sum() == 15
    assert ("vix", "vix__yahoo_vix") in vendor_pairs(built.panel)
    assert np.isnan(built.panel["flow_total"].iloc[-1])  # fetched before the vendor had finished the day
    assert built.panel["flow_total"].notna().iloc[-2]


def test_a_second_run_asks_only_for_what_is_open(server: Server, tmp_path: Path) -> None:
    run(server, tmp_path)
    first = len(server.asked)
    again = run(server, tmp_path, now=NOW + timedelta(hours=1))
    assert len(server.asked) == first
    assert all(o.fetched == 0 for o in again)
    run(server, tmp_path, now=NOW + timedelta(hours=10))
    later = [urlparse(a).path for a in server.asked[first:]]
    assert later.count("/coinbase") == 1  # only the window that was still open
    assert later.count("/dvol") == 1
    assert set(later) == {"/coinbase", "/dvol", "/farside", "/cboe", "/cftc", "/book", "/funding"}


def test_resumes_after_an_interruption(server: Server, tmp_path: Path) -> None:
    class Stop(BaseException):
        pass

    def interrupt(name: str, i: int, _: int) -> None:
        if name == "coinbase" and i == 4:
            raise Stop

    with pytest.raises(Stop):
        run(server, tmp_path, {"coinbase"}, progress=interrupt)
    assert len(list((tmp_path / "coinbase").glob("*.json"))) == 4
    assert not list(tmp_path.rglob(".*"))  # no half-written file
    [outcome] = run(server, tmp_path, {"coinbase"})
    assert (outcome.skipped, outcome.fetched) == (4, 5)


def test_a_changed_file_is_fetched_again(server: Server, tmp_path: Path) -> None:
    run(server, tmp_path, {"coinbase"})
    page = sorted((tmp_path / "coinbase").glob("*.json"))[0]
    page.write_bytes(page.read_bytes()[:100])
    [outcome] = run(server, tmp_path, {"coinbase"})
    assert outcome.fetched == 1


@pytest.mark.parametrize(
    "bad",
    [
        (429, b"", {"Retry-After": "7"}),
        (500, b"oops", {}),
        (503, b"", {}),
        (200, b"<html><body>Just a moment...</body></html>", {}),
        (200, b"", {}),
        (200, b"[[1764547200, 1, 2", {}),
        (200, b"[]", {}),
    ],
    ids=["429", "500", "503", "html", "empty", "cut", "no candles"],
)
def test_what_passes_is_tried_again_with_back_off(server: Server, tmp_path: Path, bad: Answer) -> None:
    server.bad["/coinbase"] = [bad, bad]
    [outcome] = run(server, tmp_path, {"coinbase"})
    assert outcome.error == ""
    assert run.waits == ([7.0, 7.0] if bad[0] == 429 else [1.0, 2.0])


def test_a_body_shorter_than_announced_is_tried_again(server: Server, tmp_path: Path) -> None:
    server.cut["/cboe"] = 2
    [outcome] = run(server, tmp_path, {"cboe_vix"})
    assert outcome.error == ""
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "name", ["farside", "coinbase", "deribit_dvol", "deribit_book", "cftc", "cboe_vix", "binance_funding"]
)
@pytest.mark.parametrize(
    "body",
    [b"<html><body>Just a moment...</body></html>", b"", b"{}", b'{"error": {"code": 1}}'],
    ids=["html", "empty", "object", "error"],
)
def test_what_does_not_pass_is_refused_and_not_stored(
    server: Server, tmp_path: Path, name: str, body: bytes
) -> None:
    path = urlparse(next(j.url for j in jobs_for(server)[1] if j.name == name)).path
    server.bad[path] = [(200, body, {})] * 9
    [outcome] = run(server, tmp_path, {name}, attempts=2)
    assert "Gave up after 2 attempts" in outcome.error
    assert not list(tmp_path.rglob("*.*"))


def test_a_refusal_is_not_repeated_and_others_go_on(server: Server, tmp_path: Path) -> None:
    server.bad["/farside"] = [(403, b"denied", {})]
    outcomes = run(server, tmp_path, {"farside", "cboe_vix"})
    assert "by hand" in outcomes[0].error
    assert outcomes[1].fetched == 1
    assert server.asked.count("/farside") == 1


def test_column_order_may_change_where_columns_have_names(server: Server, tmp_path: Path) -> None:
    run(server, tmp_path / "a", {"farside"})
    server.good["/farside"] = lambda _: farside(TICKERS[::-1])
    run(server, tmp_path / "b", {"farside"})
    one, two = (build_panel(tmp_path / k / "sources.toml").panel for k in "ab")
    pd.testing.assert_frame_equal(one, two)


def test_column_order_must_not_change_where_they_have_none(server: Server, tmp_path: Path) -> None:
    server.good["/coinbase"] = lambda q: json.dumps(
        candles(q["start"][0], q["end"][0], [0, 1, 2, 3, 4], 70_000)
    ).encode()
    [outcome] = run(server, tmp_path, {"coinbase"}, attempts=2)
    assert "contradict" in outcome.error


def test_more_candles_than_fit_are_noticed(server: Server, tmp_path: Path) -> None:
    good = server.good["/dvol"]

    def more(q: dict) -> bytes:
        data = json.loads(good(q))
        data["result"]["continuation"] = 1764547200000
        return json.dumps(data).encode()

    server.good["/dvol"] = more
    [outcome] = run(server, tmp_path, {"deribit_dvol"}, attempts=2)
    assert "smaller windows" in outcome.error


def test_a_server_that_is_not_there() -> None:
    fetcher = Fetcher(attempts=2, base=0, pause=0, timeout=2)
    with pytest.raises(DataError, match="Gave up after 2"):
        fetcher.get("http://127.0.0.1:9/x", {}, lambda _: None)


@pytest.mark.parametrize("answer", [pd.DataFrame(), None, pd.DataFrame({"x": [1]}), "text"])
def test_a_library_that_returns_nothing(answer: object) -> None:
    with pytest.raises(DataError, match="no bars"):
        bars_csv(answer, "IBIT")


def test_the_library_is_tried_again(server: Server, tmp_path: Path) -> None:
    head, jobs = jobs_for(server, {"yahoo_ibit"})
    calls: list[str] = []

    def flaky(symbol: str, first: date, after: date) -> pd.DataFrame:
        calls.append(symbol)
        if len(calls) < 3:
            raise DataError("rate limited")
        return history(symbol, first, after)

    [outcome] = download(
        jobs, head, tmp_path, SINCE, Fetcher(attempts=4, sleep=lambda _: None), history=flaky, now=lambda: NOW
    )
    assert outcome.error == ""
    assert calls == ["IBIT"] * 3
