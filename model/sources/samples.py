"""Synthetic files in the vendors' shapes, for tests and fuzzing. No vendor's number is in them.

A `Sample` is a grid of cells with a renderer, so that a mutation can move a row or a column and still give
bytes in the vendor's shape.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from model.calendar import NEW_YORK, sessions
from model.sources.clocks import Context
from model.sources.spec import Series, SourceSpec

START, END = date(2025, 12, 1), date(2026, 3, 13)
HOURS_FROM, HOURS_TO = "2026-02-25T00:00Z", "2026-03-12T00:00Z"  # daylight saving begins on 2026-03-08
CONTEXT = Context("XNYS", {date(2025, 12, 30): date(2026, 1, 13)})
FUNDS = {"aa": "AAAA", "bb": "BBBB", "cc": "CCCC"}
_PLAIN = re.compile(r"-?\d+(\.\d+)?|NaN|-?inf", re.ASCII)
type Grid = list[list[str]]


@dataclass(frozen=True)
class Sample:
    """A file in one vendor's shape.

    Parameters
    ----------
    head : tuple of str
        Column names; the stamp is the first.
    rows : tuple of tuple of str
        Cells.
    render : callable
        (head, rows) to bytes.
    spec : SourceSpec
        How it is read.
    kind : str
        ``flows`` (with a total), ``flow`` (without), ``bars``, ``positions``, ``candles``, ``level``,
        ``rates``.
    daily : bool
        Stamps are days of a market that closes.
    """

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    render: Callable[[list[str], Grid], bytes]
    spec: SourceSpec
    kind: str
    daily: bool = True
    binary: bool = False

    @property
    def file(self) -> str:
        """File name with the ending the reader expects."""
        return f"{self.name}.{self.spec.options.get('format', 'bin')}"

    @property
    def mapped(self) -> list[int]:
        """Positions of the columns that are read."""
        return [self.head.index(f.split(".")[-1]) for _, _, f in self.spec.fields]

    def blob(self) -> bytes:
        """The clean file."""
        return self.render(list(self.head), [list(r) for r in self.rows])


def days() -> pd.DatetimeIndex:
    """Trading days of the samples."""
    return sessions(START, END)


def _series(role: str, unit: str, fields: dict[str, str], low: float, high: float) -> Series:
    from model.sources.roles import ROLES

    kind = ROLES[role]
    return Series(role, unit, kind.column, fields, (low, high), kind.typical, kind.max_ratio, kind.tolerance)


def _cells(first: list[str], values: np.ndarray, decimals: int) -> tuple[tuple[str, ...], ...]:
    return tuple((d, *(f"{v:.{decimals}f}" for v in row)) for d, row in zip(first, values, strict=True))


def csv_bytes(head: list[str], rows: Grid) -> bytes:
    """CSV with a final newline."""
    return "".join(",".join(f'"{c}"' if "," in c else c for c in r) + "\n" for r in [head, *rows]).encode()


def _json_value(cell: str) -> Any:
    try:
        return json.loads(cell)
    except ValueError:
        return float("nan") if cell == "NaN" else cell


def json_records(wrap: Callable[[list], Any], text: bool = False) -> Callable[[list[str], Grid], bytes]:
    """JSON list of objects; numbers as texts where the vendor writes them so."""

    def render(head: list[str], rows: Grid) -> bytes:
        records = [
            {
                h: c if text or i == 0 and not c.isdigit() else _json_value(c)
                for i, (h, c) in enumerate(zip(head, r, strict=True))
            }
            for r in rows
        ]
        return json.dumps(wrap(records)).encode()

    return render


def json_arrays(wrap: Callable[[list], Any]) -> Callable[[list[str], Grid], bytes]:
    """JSON list of lists."""
    return lambda head, rows: json.dumps(wrap([[_json_value(c) for c in r] for r in rows])).encode()  # noqa: ARG005


def farside_html(head: list[str], rows: Grid) -> bytes:
    """A page with a header, a fee row, the days, and the summary rows."""

    def row(cells: list[str], tag: str = "td") -> str:
        return "<tr>" + "".join(f"<{tag}>{c}</{tag}>" for c in cells) + "</tr>\n"

    fees = row(["Fee", *["0.25%" for _ in head[2:]], ""])
    body = "".join(row(r) for r in rows)
    tail = "".join(row([k, *["0.0" for _ in head[1:]]]) for k in ("Average", "Maximum", "Minimum"))
    return (
        f"<html><head><title>All data</title></head><body><table class='nav'><tr><td>menu</td></tr></table>\n"
        f"<table class='etf'>{row(['', *head[1:]], 'th')}{fees}{body}{tail}</table></body></html>\n"
    ).encode()


def parquet_bytes(head: list[str], rows: Grid) -> bytes:
    """Parquet; a column with anything but numbers becomes texts."""
    columns: dict[str, Any] = {}
    for i, h in enumerate(head):
        cells = [r[i] for r in rows]
        try:
            columns[h] = (
                pd.to_datetime(cells, utc=True)
                if i == 0
                else [float(c if _PLAIN.fullmatch(c) else "x") for c in cells]
            )
        except ValueError:
            columns[h] = cells
    sink = io.BytesIO()
    pd.DataFrame(columns).to_parquet(sink)
    return sink.getvalue()


@lru_cache(maxsize=1)
def samples() -> tuple[Sample, ...]:
    """One sample per reader and shape."""
    return (
        _farside(),
        _flow_records(),
        _flow_single(),
        _yahoo(),
        _cboe(),
        _cftc(),
        _positions(),
        _dvol(),
        _coinbase(),
        _binance(),
        _price_csv(),
        _hourly_parquet(),
    )


def _flow_values() -> np.ndarray:
    rng = np.random.default_rng(1)
    funds = np.round(rng.normal(0, 1, (len(days()), 3)) * [180, 90, 40], 1)
    funds[np.abs(funds) < 3] = 3.3
    return np.column_stack([funds, np.round(funds.sum(axis=1), 1)])


def _money(v: float) -> str:
    return f"({abs(v):,.1f})" if v < 0 else f"{v:,.1f}"


def _flow_series(prefix: str = "", total: str = "Total") -> tuple[Series, ...]:
    return (
        _series("flow", "USD m", {k: prefix + v for k, v in FUNDS.items()}, -2000, 2000),
        _series("flow_total", "USD m", {"": total}, -3000, 3000),
    )


def _farside() -> Sample:
    rows = tuple(
        (f"{d:%d %b %Y}", *(_money(v) for v in r)) for d, r in zip(days(), _flow_values(), strict=True)
    )
    spec = SourceSpec(
        "farside",
        "farside_html",
        (),
        "flow_date",
        _flow_series(),
        funds_complete=True,
        fetched_at=pd.Timestamp("2026-03-20T12:00Z"),
    )
    return Sample("farside", ("Date", *FUNDS.values(), "Total"), rows, farside_html, spec, "flows")


def _flow_records() -> Sample:
    rows = _cells([str(d.date()) for d in days()], _flow_values(), 1)
    spec = SourceSpec(
        "flow_records",
        "table",
        (),
        "flow_date",
        _flow_series(),
        funds_complete=True,
        fetched_at=pd.Timestamp("2026-03-20T12:00Z"),
        options={"format": "json", "records": "days"},
    )
    return Sample(
        "flow_records",
        ("date", *FUNDS.values(), "Total"),
        rows,
        json_records(lambda r: {"days": r}),
        spec,
        "flows",
    )


def _flow_single() -> Sample:
    rows = tuple(
        (str(d.date()), "AAAA", f"{v * 1e6:.1f}") for d, v in zip(days(), _flow_values()[:, 0], strict=True)
    )
    spec = SourceSpec(
        "flow_single",
        "table",
        (),
        "flow_date",
        (_series("flow", "USD", {"aa": "flow_usd"}, -2000, 2000),),
        fetched_at=pd.Timestamp("2026-03-20T12:00Z"),
        options={"format": "csv", "where": {"ticker": "AAAA"}},
    )
    return Sample("flow_single", ("date", "ticker", "flow_usd"), rows, csv_bytes, spec, "flow")


def _bars(seed: int, level: float, sd: float, n: int, gap: float = 0.3) -> np.ndarray:
    """Open, high, low, close; each open a little off the close before it."""
    rng = np.random.default_rng(seed)
    close = level * np.exp(np.cumsum(rng.normal(0, sd, n)))
    before = np.concatenate([[level], close[:-1]])
    opening = before * np.exp(rng.normal(0, gap * sd, n))
    high = np.maximum(opening, close) * (1 + sd * rng.uniform(0.2, 1, n))
    low = np.minimum(opening, close) * (1 - sd * rng.uniform(0.2, 1, n))
    return np.column_stack([opening, high, low, close])


def _yahoo() -> Sample:
    bars = _bars(2, 50, 0.02, len(days()))
    volume = np.random.default_rng(3).integers(30_000_000, 90_000_000, len(days()))
    rows = tuple(
        (str(d.date()), "AAAA", *(f"{v:.4f}" for v in b), f"{b[3]:.4f}", str(v))
        for d, b, v in zip(days(), bars, volume, strict=True)
    )
    series = (
        _series("etf_close", "USD", {"": "Close"}, 15, 150),
        _series("etf_volume", "shares", {"": "Volume"}, 2e6, 1e9),
    )
    spec = SourceSpec(
        "yahoo", "yahoo_csv", (), "session_close", series, options={"format": "csv", "symbol": "AAAA"}
    )
    return Sample(
        "yahoo",
        ("Date", "Symbol", "Open", "High", "Low", "Close", "Adj Close", "Volume"),
        rows,
        csv_bytes,
        spec,
        "bars",
    )


def _cboe() -> Sample:
    rows = _cells([f"{d:%m/%d/%Y}" for d in days()], _bars(4, 18, 0.05, len(days())), 6)
    spec = SourceSpec(
        "cboe",
        "cboe_csv",
        (),
        "session_close",
        (_series("stress", "vol points", {"": "CLOSE"}, 5, 150),),
        options={"format": "csv"},
    )
    return Sample("cboe", ("DATE", "OPEN", "HIGH", "LOW", "CLOSE"), rows, csv_bytes, spec, "bars")


def _tuesdays() -> pd.DatetimeIndex:
    return pd.date_range("2025-12-02", "2026-03-10", freq="7D")


CFTC_COLUMNS = (
    "report_date_as_yyyy_mm_dd",
    "cftc_contract_market_code",
    "open_interest_all",
    "dealer_positions_long_all",
    "dealer_positions_short_all",
    "dealer_positions_spread_all",
    "asset_mgr_positions_long",
    "asset_mgr_positions_short",
    "asset_mgr_positions_spread",
    "lev_money_positions_long",
    "lev_money_positions_short",
    "lev_money_positions_spread",
    "other_rept_positions_long",
    "other_rept_positions_short",
    "other_rept_positions_spread",
    "nonrept_positions_long_all",
    "nonrept_positions_short_all",
    "futonly_or_combined",
)


def _position_values() -> np.ndarray:
    """Open interest, then each class's long, short, spread; both sides sum to open interest."""
    rng = np.random.default_rng(5)
    n = len(_tuesdays())
    lev = np.column_stack(
        [rng.integers(2500, 3500, n), rng.integers(13000, 16000, n), rng.integers(700, 1500, n)]
    )
    dealer = np.column_stack(
        [rng.integers(5000, 7000, n), rng.integers(1500, 2500, n), rng.integers(300, 600, n)]
    )
    asset = np.column_stack(
        [rng.integers(6000, 7000, n), rng.integers(900, 1300, n), rng.integers(900, 1300, n)]
    )
    small = np.column_stack([rng.integers(900, 1200, n), rng.integers(1000, 1300, n)])
    short = lev[:, 1] + dealer[:, 1] + asset[:, 1] + small[:, 1]
    long = lev[:, 0] + dealer[:, 0] + asset[:, 0] + small[:, 0]
    room = np.maximum(short, long) + 800
    other = np.column_stack([room - long, room - short, rng.integers(100, 300, n)])
    interest = room + lev[:, 2] + dealer[:, 2] + asset[:, 2] + other[:, 2]
    return np.column_stack([interest, dealer, asset, lev, other, small])


def _position_series(names: tuple[str, str, str, str]) -> tuple[Series, ...]:
    roles = (
        ("open_interest", 2000, 90_000),
        ("long", 1000, 60_000),
        ("short", 1000, 60_000),
        ("spread", 100, 30_000),
    )
    return tuple(_series(r, "contracts", {"": n}, a, b) for (r, a, b), n in zip(roles, names, strict=True))


def _cftc() -> Sample:
    rows = tuple(
        (f"{d:%Y-%m-%d}T00:00:00.000", "133741", *(str(int(v)) for v in r), "FutOnly")
        for d, r in zip(_tuesdays(), _position_values(), strict=True)
    )
    names = (
        "open_interest_all",
        "lev_money_positions_long",
        "lev_money_positions_short",
        "lev_money_positions_spread",
    )
    spec = SourceSpec(
        "cftc",
        "cftc_tff",
        (),
        "tuesday",
        _position_series(names),
        options={"format": "json", "contract": "133741"},
    )
    return Sample("cftc", CFTC_COLUMNS, rows, json_records(lambda r: r, text=True), spec, "positions")


def _positions() -> Sample:
    values = _position_values()[:, [0, 7, 8, 9]]
    rows = tuple(
        (str(d.date()), *(str(int(v)) for v in r)) for d, r in zip(_tuesdays(), values, strict=True)
    )[::-1]
    spec = SourceSpec(
        "positions",
        "table",
        (),
        "tuesday",
        _position_series(("oi", "long", "short", "spread")),
        options={"format": "csv", "date": "report", "bounds": [["short", "oi"], ["long", "oi"]]},
    )
    return Sample(
        "positions", ("report", "oi", "long", "short", "spread"), rows, csv_bytes, spec, "positions"
    )


def _hours() -> pd.DatetimeIndex:
    return pd.date_range(HOURS_FROM, HOURS_TO, freq="h", inclusive="left")


def _candles(
    name: str,
    reader: str,
    series: Series,
    head: tuple[str, ...],
    order: list[int],
    unit: int,
    level: float,
    wrap: Callable[[list], Any],
) -> Sample:
    bars = _bars(6, level, 0.004, len(_hours()), gap=0.02)
    volume = np.random.default_rng(7).uniform(10, 100, (len(bars), 1))
    table = np.column_stack([bars, volume])[:, order]
    rows = _cells([str(int(t.timestamp()) * unit) for t in _hours()], table, 4)
    spec = SourceSpec(
        name,
        reader,
        (),
        "new_york_16",
        (series,),
        "start",
        60.0,
        options={"format": "json", "time_unit": "ms" if unit == 1000 else "s"},
    )
    return Sample(name, head, rows, json_arrays(wrap), spec, "candles", daily=False)


def _dvol() -> Sample:
    return _candles(
        "dvol",
        "deribit_dvol",
        _series("implied_vol", "vol points", {"": "close"}, 10, 200),
        ("start", "open", "high", "low", "close"),
        [0, 1, 2, 3],
        1000,
        50,
        lambda r: {"jsonrpc": "2.0", "result": {"data": r, "continuation": None}},
    )


def _coinbase() -> Sample:
    sample = _candles(
        "coinbase",
        "coinbase_candles",
        _series("price", "USD", {"": "close"}, 20_000, 250_000),
        ("start", "low", "high", "open", "close", "volume"),
        [2, 1, 0, 3, 4],
        1,
        70_000,
        lambda r: r,
    )
    return replace(sample, rows=sample.rows[::-1])


def _binance() -> Sample:
    stamps = pd.date_range("2026-01-01", "2026-03-10", freq="8h", tz="UTC", inclusive="left")
    rates = np.random.default_rng(8).normal(5e-5, 5e-5, len(stamps))
    rows = tuple(
        ("BTCUSDT", f"{r:.8f}", str(int(t.timestamp() * 1000) + 3), "70000.1")
        for t, r in zip(stamps, rates, strict=True)
    )
    series = (_series("funding", "fraction", {"": "fundingRate"}, -30, 30),)
    spec = SourceSpec(
        "binance",
        "binance_funding",
        (),
        "utc_mean",
        series,
        "end",
        options={"format": "json", "symbol": "BTCUSDT", "prints": 3},
    )
    head = ("fundingTime", "symbol", "fundingRate", "markPrice")
    moved = tuple((r[2], r[0], r[1], r[3]) for r in rows)

    def render(names: list[str], cells: Grid) -> bytes:
        return json.dumps(
            [
                {h: _json_value(c) if h == "fundingTime" else c for h, c in zip(names, r, strict=True)}
                for r in cells
            ]
        ).encode()

    return Sample("binance", head, moved, render, spec, "rates", daily=False)


def _price_csv() -> Sample:
    rows = _cells([str(d.date()) for d in days()], _bars(9, 70_000, 0.03, len(days()))[:, 3:], 2)
    spec = SourceSpec(
        "price",
        "table",
        (),
        "session_close",
        (_series("price", "USD", {"": "px"}, 20_000, 250_000),),
        options={"format": "csv"},
    )
    return Sample("price", ("date", "px"), rows, csv_bytes, spec, "level")


def _hourly_parquet() -> Sample:
    bars = _bars(10, 70_000, 0.004, len(_hours()), gap=0.02)
    rows = _cells([t.isoformat() for t in _hours()], bars[:, 3:], 2)
    spec = SourceSpec(
        "hourly",
        "table",
        (),
        "new_york_16",
        (_series("price", "USD", {"": "close"}, 20_000, 250_000),),
        "start",
        60.0,
        options={"format": "parquet", "date": "timestamp"},
    )
    return Sample(
        "hourly", ("timestamp", "close"), rows, parquet_bytes, spec, "level", daily=False, binary=True
    )


def nav_stamp(day: pd.Timestamp) -> pd.Timestamp:
    """16:00 New York on `day`, UTC."""
    return (day + pd.Timedelta(hours=16)).tz_localize(NEW_YORK).tz_convert("UTC")


def as_sample(stamp: str, kind: str) -> pd.Timestamp:
    """A sample's stamp as its reader understands it: a naive day, or a UTC moment."""
    if kind == "date":
        return pd.Timestamp(stamp).tz_localize(None).normalize()
    if stamp.isdigit():
        return pd.Timestamp(int(stamp), unit="ms" if len(stamp) > 10 else "s", tz="UTC")
    return pd.Timestamp(stamp).tz_convert("UTC")
