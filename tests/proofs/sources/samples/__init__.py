"""Synthetic files in the vendors' shapes, for tests and fuzzing. No vendor's number is in them.

A `Sample` is a grid of cells with a renderer, so that a mutation can move a row or a column and still give
bytes in the vendor's shape.
"""

from functools import lru_cache

from tests.proofs.sources.samples.flows import farside, flow_records, flow_single
from tests.proofs.sources.samples.intraday import binance, coinbase, dvol, hourly_parquet, klines
from tests.proofs.sources.samples.positions import CFTC_COLUMNS, cftc, position_values, positions, tuesdays
from tests.proofs.sources.samples.prices import cboe, price_csv, yahoo
from tests.proofs.sources.samples.render import farside_html, money
from tests.proofs.sources.samples.sample import (
    CONTEXT,
    END,
    START,
    Grid,
    Sample,
    as_sample,
    days,
    nav_stamp,
    series,
)

__all__ = [
    "CFTC_COLUMNS", "CONTEXT", "END", "START", "Grid", "Sample", "as_sample", "days", "farside_html", "money",
    "nav_stamp", "position_values", "samples", "series", "tuesdays",
]  # fmt: skip


@lru_cache(maxsize=1)
def samples() -> tuple[Sample, ...]:
    """One sample per reader and shape."""
    return (
        farside(),
        flow_records(),
        flow_single(),
        yahoo(),
        cboe(),
        cftc(),
        positions(),
        dvol(),
        coinbase(),
        klines(),
        binance(),
        price_csv(),
        hourly_parquet(),
    )
