"""Coinbase Exchange candles: ``GET /products/{id}/candles``.

Documented at
https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-product-candles: a JSON list,
newest first, of ``[start in s, low, high, open, close, volume]``, at most 300 per request; errors are an
object with ``message``. Buckets without trades are left out. Never met the live service.

`field` is one of ``low, high, open, close, volume``; stamps are the candles' starts.
"""

from __future__ import annotations

from typing import Any

from model.errors import DataError
from model.sources.deribit_dvol import candles
from model.sources.raw import Blobs, RawSeries
from model.sources.spec import SourceSpec

NAMES = ("start", "low", "high", "open", "close", "volume")


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read candles of all pages."""
    return candles(blobs, spec, NAMES, "s", _rows)


def _rows(data: Any, name: str) -> Any:
    if isinstance(data, dict):
        raise DataError(
            f"{name}: {str(data.get('message', data))[:80]}.",
            "The service answered with an error; download again.",
        )
    return data
