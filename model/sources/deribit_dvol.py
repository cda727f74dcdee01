"""Deribit volatility index: ``public/get_volatility_index_data``.

Documented at https://docs.deribit.com/api-reference/market-data/public-get_volatility_index_data: JSON-RPC
with ``result.data``, a list of ``[start in ms, open, high, low, close]`` in vol points, and
``result.continuation``, the next request's end, null on the last page. Columns have no names, so their
order is checked by low <= open, close <= high and by each open following the close before it. Never met the
live service.

`field` is one of ``open, high, low, close``; stamps are the candles' starts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from model.errors import DataError
from model.sources.raw import Blobs, Collector, RawSeries, check_continuity, check_ohlc, require_columns
from model.sources.spec import SourceSpec
from model.sources.text import instant, number, parse_json, where

NAMES = ("start", "open", "high", "low", "close")


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read candles of all pages."""
    return candles(blobs, spec, NAMES, "ms", _rows)


def _rows(data: Any, name: str) -> Any:
    if not isinstance(data, dict) or "result" not in data:
        raise DataError(
            f"{name}: no result: {str(data)[:80]}.", "The service answered with an error; download again."
        )
    result = data["result"]
    if not isinstance(result, dict) or "data" not in result:
        raise DataError(f"{name}: result without data.", "This is another method's response.")
    return result["data"]


def candles(blobs: Blobs, spec: SourceSpec, names: tuple[str, ...], unit: str, rows: Any) -> list[RawSeries]:
    """Positional candles, shared with other exchanges: `names` give the order, `unit` the stamp's."""
    out = Collector(spec)
    require_columns(names, [f for _, _, f in spec.fields], spec.name)
    unit = spec.options.get("time_unit", unit)
    for name, blob in blobs.items():
        data = rows(parse_json(blob, name), name)
        if not isinstance(data, list) or not (data or len(blobs) > 1):
            raise DataError(
                f"{name} holds no candles.", "The service answered with an empty page; download again."
            )
        if not data:
            spec.say(f"{name}: a page without candles", 0, "none fell into its window")
        rows_kept = [
            (i, r) for i, r in enumerate(data, start=1) if spec.keeps(_start(r, name, i, names, unit))
        ]
        if not rows_kept:
            continue
        table = np.array(
            [[number(v, where(name, i, k)) for k, v in zip(names, r, strict=True)] for i, r in rows_kept]
        )
        order = np.argsort(table[:, 0], kind="stable")
        places = [where(name, rows_kept[i][0]) for i in order]
        table = table[order]
        o, h, l, c = (table[:, names.index(k)] for k in ("open", "high", "low", "close"))
        stamps = [instant(row[0], place, unit) for place, row in zip(places, table, strict=True)]
        check_ohlc((o, h, l, c), list(zip(places, stamps, strict=True)), spec)
        check_continuity(o, c, name)
        for place, stamp, row in zip(places, stamps, table, strict=True):
            for series, fund, column in spec.fields:
                out.add(series, fund, stamp, float(row[names.index(column)]), f"{place}, column {column!r}")
    return out.done()


def _start(row: Any, name: str, i: int, names: tuple[str, ...], unit: str) -> pd.Timestamp:
    """The candle's start, once it is sure to be a candle."""
    if not isinstance(row, list) or len(row) != len(names):
        raise DataError(
            f"{where(name, i)}: not a candle of {len(names)} numbers.",
            "The response's shape changed; see the vendor's documentation.",
        )
    return instant(row[0], where(name, i, names[0]), unit)
