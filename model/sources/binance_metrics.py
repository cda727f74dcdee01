"""Binance's archive of open interest: one zip a UTC day with a row every five minutes.

``https://data.binance.vision/data/futures/um/daily/metrics/<SYMBOL>/<SYMBOL>-metrics-<day>.zip`` holds one CSV with header
``create_time, symbol, sum_open_interest, sum_open_interest_value, ...``: UTC wall time without a zone, the open interest in
units of the base, and its value in the quote currency. The vendor documents the folder, not the columns; the header is the
one that public readers share. Never met the live service.

A value over an amount is a price, and so the two columns are checked against each other.

Options: ``symbol``: other symbols are refused; ``price``: believable range of value over amount.
"""

from __future__ import annotations

import numpy as np

from model.errors import DataError
from model.sources import archive
from model.sources.raw import Blobs, Collector, RawSeries, Seen, check_one, require_columns
from model.sources.spec import SourceSpec
from model.sources.text import instant, number

TIME, SYMBOL, AMOUNT, VALUE = "create_time", "symbol", "sum_open_interest", "sum_open_interest_value"


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read the mapped columns of all days; an empty cell, or a nothing where there was something, is missing.

    Raises
    ------
    DataError
        If a file is broken, of another symbol, or a value over its amount is no price.
    """
    out = Collector(spec)
    symbol = spec.options.get("symbol")
    seen: Seen = {}
    low, high = spec.options.get("price", (0.0, np.inf))
    for name, blob in blobs.items():
        text, inside = archive.member(blob, name)
        table = archive.rows(text, inside)
        header = table[0][1]
        require_columns(header, [TIME, SYMBOL, AMOUNT, VALUE, *(f for _, _, f in spec.fields)], inside)
        for place, r in archive.records(table[1:], header, inside):
            check_one(seen, {SYMBOL: r[SYMBOL]}, place, spec, "symbol")
            if symbol is not None and r[SYMBOL] != symbol:
                raise DataError(
                    f"{place}: symbol {r[SYMBOL]!r}, expected {symbol!r}.", "Give this symbol's files."
                )
            stamp = instant(f"{r[TIME]}Z", f"{place}, column {TIME!r}")
            if not spec.keeps(stamp):
                continue
            amount, value = (number(r[k], f"{place}, column {k!r}") for k in (AMOUNT, VALUE))
            if amount > 0 and value > 0 and not low <= value / amount <= high:
                raise DataError(
                    f"{place}: open interest of {amount:g} worth {value:g} is a price of {value / amount:g}.",
                    "Columns may be swapped; compare with the vendor's documentation.",
                )
            for series, fund, column in spec.fields:
                at = f"{place}, column {column!r}"
                x = number(r[column], at)
                out.add(series, fund, stamp, x if x > 0 else np.nan, at)
    return out.done()
