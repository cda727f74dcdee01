"""Binance USD-M perpetual funding: ``GET /fapi/v1/fundingRate``.

Documented at
https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-History:
a JSON list of ``{"symbol", "fundingRate": text, "fundingTime": ms, "markPrice": text}``, oldest first, at
most 1,000; errors are an object with ``code`` and ``msg``. Rates are fractions per funding interval. Never
met the live service.

The interval is eight hours for most symbols and times, but the exchange changes it: rates are scaled by the
time since the print before (`model.sources.cadence`).

Options: ``symbol``: other symbols are refused; ``time_unit`` where stamps are not in ms.
"""

from __future__ import annotations

from dataclasses import replace

from model.errors import DataError
from model.sources.raw import Blobs, Collector, RawSeries, Seen, check_one, require_columns
from model.sources.spec import PER_INTERVAL, SourceSpec
from model.sources.text import instant, number, parse_json, where


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read the mapped fields of all pages."""
    out = Collector(spec)
    symbol = spec.options.get("symbol")
    seen: Seen = {}
    for name, blob in blobs.items():
        data = parse_json(blob, name)
        if not isinstance(data, list) or not all(isinstance(r, dict) for r in data):
            raise DataError(
                f"{name} holds no list of rates: {str(data)[:80]}.",
                "The service answered with an error; download again.",
            )
        if not data and len(blobs) == 1:
            raise DataError(f"{name} is an empty list.", "Check the symbol and the dates.")
        if not data:
            spec.say(f"{name}: a page without prints", 0, "none fell into its window")
        for i, record in enumerate(data, start=1):
            require_columns(
                record, ["symbol", "fundingTime", *(f for _, _, f in spec.fields)], where(name, i)
            )
            check_one(seen, {"symbol": record["symbol"]}, where(name, i), spec, "symbol")
            if symbol is not None and record["symbol"] != symbol:
                raise DataError(
                    f"{where(name, i)}: symbol {record['symbol']!r}, expected {symbol!r}.",
                    "Ask for one symbol.",
                )
            # funding settles a few milliseconds late; the second is the print's
            unit = spec.options.get("time_unit", "ms")
            stamp = instant(record["fundingTime"], where(name, i, "fundingTime"), unit).floor("s")
            if not spec.keeps(stamp):
                continue
            for series, fund, column in spec.fields:
                at = where(name, i, column)
                out.add(series, fund, stamp, number(record[column], at), at)
    raws = out.done()
    for raw in raws:
        if raw.series.per_hours is None:
            raw.series = replace(raw.series, per_hours=PER_INTERVAL)
    return raws
