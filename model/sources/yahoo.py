"""Yahoo daily bars as yfinance's ``Ticker.history(auto_adjust=False)`` gives them, written as CSV.

Columns ``Date, Open, High, Low, Close, Adj Close, Volume`` (documented at
https://ranaroussi.github.io/yfinance/advanced/price_adjustment.html: with ``auto_adjust=False`` prices are
split-adjusted and ``Adj Close`` is also dividend-adjusted). ``Date`` is a midnight in the exchange's zone; a
``Symbol`` column is added on download and checked against the option ``symbol``. Never met the live service.
"""

from __future__ import annotations

import numpy as np

from model.errors import DataError
from model.sources.raw import Blobs, Collector, RawSeries, Seen, check_ohlc, check_one, require_columns
from model.sources.spec import SourceSpec
from model.sources.tabular import csv_records, only_date
from model.sources.text import day, number

PRICES = ("Open", "High", "Low", "Close")


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read the mapped columns; open, high, low and close must agree with each other.

    Raises
    ------
    DataError
        If a column is absent or the file belongs to another symbol.
    """
    out = Collector(spec)
    symbol = spec.options.get("symbol")
    for name, blob in blobs.items():
        records = csv_records(blob, name)
        require_columns(records[0][1], ["Date", *PRICES, *(f for _, _, f in spec.fields)], name)
        if symbol is not None:
            require_columns(records[0][1], ["Symbol"], name)
        kept, rows = [], []
        seen: Seen = {}
        for place, r in records:
            if only_date(r, "Date", place, spec):
                continue
            check_one(seen, r, place, spec, "symbol")
            if symbol is not None and r["Symbol"] != symbol:
                raise DataError(
                    f"{place}: symbol {r['Symbol']!r}, expected {symbol!r}.", "Give this symbol's file."
                )
            stamp = day(r["Date"], f"{place}, column 'Date'")
            if not spec.keeps(stamp):
                continue
            kept.append((place, r))
            rows.append((place, stamp))
            for series, fund, column in spec.fields:
                at = f"{place}, column {column!r}"
                out.add(series, fund, stamp, number(r[column], at), at)
        prices = tuple(np.array([number(r[k], f"{p}, column {k!r}") for p, r in kept]) for k in PRICES)
        check_ohlc(prices, rows, spec)
    return out.done()
