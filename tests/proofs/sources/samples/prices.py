"""Prices and volatility by day: bars with and without volume, closes alone."""

from __future__ import annotations

import numpy as np

from model.sources.spec import SourceSpec
from tests.proofs.sources.samples.render import csv_bytes
from tests.proofs.sources.samples.sample import Sample, cells, days, series


def bars(seed: int, level: float, sd: float, n: int, gap: float = 0.3) -> np.ndarray:
    """Open, high, low, close; each open a little off the close before it."""
    rng = np.random.default_rng(seed)
    close = level * np.exp(np.cumsum(rng.normal(0, sd, n)))
    before = np.concatenate([[level], close[:-1]])
    opening = before * np.exp(rng.normal(0, gap * sd, n))
    high = np.maximum(opening, close) * (1 + sd * rng.uniform(0.2, 1, n))
    low = np.minimum(opening, close) * (1 - sd * rng.uniform(0.2, 1, n))
    return np.column_stack([opening, high, low, close])


def yahoo() -> Sample:
    table = bars(2, 50, 0.02, len(days()))
    volume = np.random.default_rng(3).integers(30_000_000, 90_000_000, len(days()))
    rows = tuple(
        (str(d.date()), "AAAA", *(f"{v:.4f}" for v in b), f"{b[3]:.4f}", str(v))
        for d, b, v in zip(days(), table, volume, strict=True)
    )
    fields = (
        series("etf_close", "USD", {"": "Close"}, 15, 150),
        series("etf_volume", "shares", {"": "Volume"}, 2e6, 1e9),
    )
    spec = SourceSpec(
        "yahoo", "yahoo_csv", (), "session_close", fields, options={"format": "csv", "symbol": "AAAA"}
    )
    return Sample(
        "yahoo",
        ("Date", "Symbol", "Open", "High", "Low", "Close", "Adj Close", "Volume"),
        rows,
        csv_bytes,
        spec,
        "bars",
    )


def cboe() -> Sample:
    rows = cells([f"{d:%m/%d/%Y}" for d in days()], bars(4, 18, 0.05, len(days())), 6)
    spec = SourceSpec(
        "cboe",
        "cboe_csv",
        (),
        "session_close",
        (series("stress", "vol points", {"": "CLOSE"}, 5, 150),),
        options={"format": "csv"},
    )
    return Sample("cboe", ("DATE", "OPEN", "HIGH", "LOW", "CLOSE"), rows, csv_bytes, spec, "bars")


def price_csv() -> Sample:
    rows = cells([str(d.date()) for d in days()], bars(9, 70_000, 0.03, len(days()))[:, 3:], 2)
    spec = SourceSpec(
        "price",
        "table",
        (),
        "session_close",
        (series("price", "USD", {"": "px"}, 20_000, 250_000),),
        options={"format": "csv"},
    )
    return Sample("price", ("date", "px"), rows, csv_bytes, spec, "level")
