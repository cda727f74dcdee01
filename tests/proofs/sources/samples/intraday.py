"""What never closes: hourly candles, hourly prices, funding every eight hours."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from model.sources.spec import Series, SourceSpec
from tests.proofs.sources.samples.prices import bars
from tests.proofs.sources.samples.render import json_arrays, json_value, parquet_bytes
from tests.proofs.sources.samples.sample import HOURS_FROM, HOURS_TO, Grid, Sample, cells, series


def hours() -> pd.DatetimeIndex:
    return pd.date_range(HOURS_FROM, HOURS_TO, freq="h", inclusive="left")


def _candles(
    name: str,
    reader: str,
    field: Series,
    head: tuple[str, ...],
    order: list[int],
    unit: int,
    level: float,
    wrap: Callable[[list], Any],
) -> Sample:
    table = bars(6, level, 0.004, len(hours()), gap=0.02)
    volume = np.random.default_rng(7).uniform(10, 100, (len(table), 1))
    table = np.column_stack([table, volume])[:, order]
    rows = cells([str(int(t.timestamp()) * unit) for t in hours()], table, 4)
    spec = SourceSpec(
        name,
        reader,
        (),
        "new_york_16",
        (field,),
        "start",
        60.0,
        options={"format": "json", "time_unit": "ms" if unit == 1000 else "s"},
    )
    return Sample(name, head, rows, json_arrays(wrap), spec, "candles", daily=False)


def dvol() -> Sample:
    return _candles(
        "dvol",
        "deribit_dvol",
        series("implied_vol", "vol points", {"": "close"}, 10, 200),
        ("start", "open", "high", "low", "close"),
        [0, 1, 2, 3],
        1000,
        50,
        lambda r: {"jsonrpc": "2.0", "result": {"data": r, "continuation": None}},
    )


def coinbase() -> Sample:
    sample = _candles(
        "coinbase",
        "coinbase_candles",
        series("price", "USD", {"": "close"}, 20_000, 250_000),
        ("start", "low", "high", "open", "close", "volume"),
        [2, 1, 0, 3, 4],
        1,
        70_000,
        lambda r: r,
    )
    return replace(sample, rows=sample.rows[::-1])


KLINES = (
    "open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "trades", "taker_buy",
    "taker_buy_quote", "ignore",
)  # fmt: skip


def klines() -> Sample:
    """Candles with the part that takers bought; only their close is mapped, because a flow has no bounds of its own."""
    table = bars(11, 70_000, 0.004, len(hours()), gap=0.02)
    rng = np.random.default_rng(12)
    volume, share = rng.uniform(500, 5000, len(table)), rng.uniform(0.4, 0.6, len(table))
    mean = table[:, [0, 3]].mean(axis=1)
    starts = [int(t.timestamp()) * 1000 for t in hours()]
    rows = tuple(
        (str(t), *(f"{p:.2f}" for p in b), f"{v:.5f}", str(t + 3_599_999), f"{v * m:.5f}", "999", f"{q * v:.5f}",
         f"{q * v * m:.5f}", "0")
        for t, b, v, m, q in zip(starts, table, volume, mean, share, strict=True)
    )  # fmt: skip
    spec = SourceSpec(
        "klines",
        "binance_klines",
        (),
        "new_york_16",
        (series("price_close", "USD", {"": "close"}, 20_000, 250_000),),
        "start",
        60.0,
        options={"format": "json"},
    )
    return Sample("klines", KLINES, rows, json_arrays(lambda r: r), spec, "candles", daily=False)


def binance() -> Sample:
    stamps = pd.date_range("2026-01-01", "2026-03-10", freq="8h", tz="UTC", inclusive="left")
    rates = np.random.default_rng(8).normal(5e-5, 5e-5, len(stamps))
    rows = tuple(
        ("BTCUSDT", f"{r:.8f}", str(int(t.timestamp() * 1000) + 3), "70000.1")
        for t, r in zip(stamps, rates, strict=True)
    )
    fields = (series("funding", "fraction", {"": "fundingRate"}, -30, 30),)
    spec = SourceSpec(
        "binance",
        "binance_funding",
        (),
        "utc_mean",
        fields,
        "end",
        options={"format": "json", "symbol": "BTCUSDT", "prints": 3},
    )
    head = ("fundingTime", "symbol", "fundingRate", "markPrice")
    moved = tuple((r[2], r[0], r[1], r[3]) for r in rows)

    def render(names: list[str], rows: Grid) -> bytes:
        return json.dumps(
            [
                {h: json_value(c) if h == "fundingTime" else c for h, c in zip(names, r, strict=True)}
                for r in rows
            ]
        ).encode()

    return Sample("binance", head, moved, render, spec, "rates", daily=False)


def hourly_parquet() -> Sample:
    table = bars(10, 70_000, 0.004, len(hours()), gap=0.02)
    rows = cells([t.isoformat() for t in hours()], table[:, 3:], 2)
    spec = SourceSpec(
        "hourly",
        "table",
        (),
        "new_york_16",
        (series("price", "USD", {"": "close"}, 20_000, 250_000),),
        "start",
        60.0,
        options={"format": "parquet", "date": "timestamp"},
    )
    return Sample(
        "hourly", ("timestamp", "close"), rows, parquet_bytes, spec, "level", daily=False, binary=True
    )
