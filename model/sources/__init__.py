"""Vendors' files as one tidy table. One file per vendor, one registry line each.

Tidy columns: ``source, variable, fund, date, value, unit, clock, published_at``. A reader turns bytes into
raw observations (`RawTable`); everything vendors share (clocks, units, vintages, checks) comes after, in
one place.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from model.errors import DataError

# name -> module with `read(blobs, spec) -> RawTable`; imported when used
READERS = {
    "table": "model.sources.tabular",  # CSV, JSON or parquet with the columns named in sources.toml
    "farside_html": "model.sources.farside",
    "yahoo_csv": "model.sources.yahoo",
    "cftc_tff": "model.sources.cftc",
    "deribit_dvol": "model.sources.deribit_dvol",
    "deribit_book": "model.sources.deribit_book",
    "coinbase_candles": "model.sources.coinbase",
    "cboe_csv": "model.sources.cboe",
    "binance_funding": "model.sources.binance",
    "binance_klines": "model.sources.binance_klines",
    "binance_metrics": "model.sources.binance_metrics",
    "binance_liquidations": "model.sources.binance_liquidations",
    "finra_short_volume": "model.sources.finra",
    "sec_fails": "model.sources.sec_fails",
    "cme_volume": "model.sources.cme",
}


def reader(name: str) -> Callable:
    """The reader called `name`.

    Raises
    ------
    DataError
        If there is none.
    """
    if name not in READERS:
        raise DataError(f"Unknown reader {name!r}.", f"Use one of {', '.join(READERS)}.")
    return import_module(READERS[name]).read
