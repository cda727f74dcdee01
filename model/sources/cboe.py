"""CBOE index history: CSV ``DATE,OPEN,HIGH,LOW,CLOSE`` with ``MM/DD/YYYY`` days, vol points.

The index is also computed on some exchange holidays: give such a source ``off_days = "drop"``. Offered at
https://www.cboe.com/tradable_products/vix/vix_historical_data/ (file ``VIX_History.csv``). ISO days, as
some mirrors write them, are read too; nothing else is guessed. Never met the live service.
"""

from __future__ import annotations

import numpy as np

from model.sources.raw import Blobs, Collector, RawSeries, check_ohlc, require_columns
from model.sources.spec import SourceSpec
from model.sources.tabular import csv_records, only_date
from model.sources.text import day, number

ALLOWED = (
    0.01  # the vendor's own history contradicts itself on 1 row in 200 (2004-11-08: open 2.58, low 13.68)
)
PRICES = ("OPEN", "HIGH", "LOW", "CLOSE")


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read the mapped columns; open, high, low and close must agree with each other."""
    out = Collector(spec)
    for name, blob in blobs.items():
        records = csv_records(blob, name)
        require_columns(records[0][1], ["DATE", *PRICES, *(f for _, _, f in spec.fields)], name)
        kept, rows = [], []
        for place, r in records:
            if only_date(r, "DATE", place, spec):
                continue
            stamp = day(r["DATE"], f"{place}, column 'DATE'", ("us", "iso"))
            if not spec.keeps(stamp):
                continue
            kept.append((place, r))
            rows.append((place, stamp))
            for series, fund, column in spec.fields:
                at = f"{place}, column {column!r}"
                out.add(series, fund, stamp, number(r[column], at), at)
        prices = tuple(np.array([number(r[k], f"{p}, column {k!r}") for p, r in kept]) for k in PRICES)
        check_ohlc(prices, rows, spec, ALLOWED)
    return out.done()
