"""CME daily volume and open interest of one product, as files that the user saves.

The exchange's page *Volume & Open Interest* of a product (https://www.cmegroup.com/market-data/volume-open-interest.html)
loads one JSON object a trading day: ``tradeDate`` (20260205), ``monthData``, a list with one record a contract month
(``month``, ``totalVolume``, ``atClose``, ``change``, texts with thousands commas), and ``totals``. ``atClose`` is the open
interest. The page is not made for programs, so the download leaves it out: save each day's answer as a file. The exchange
does not document the object; the names are those that public readers share. Never met the live service.

The months must sum to the total. A table with days in rows, such as the exchange's own export, is read by ``table``.
`field` is a column of ``totals``, such as ``atClose``.
"""

from __future__ import annotations

from typing import Any

from model.errors import DataError
from model.sources.finra import compact_day
from model.sources.raw import Blobs, Collector, RawSeries, lookup, require_columns
from model.sources.spec import SourceSpec
from model.sources.text import number, parse_json, where

DATE, MONTHS, TOTALS = "tradeDate", "monthData", "totals"


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read the mapped totals of all days.

    Raises
    ------
    DataError
        If a file is another answer, or its months do not sum to its total.
    """
    out = Collector(spec)
    for name, blob in blobs.items():
        data = parse_json(blob, name)
        if not isinstance(data, dict) or not isinstance(data.get(MONTHS), list) or not data[MONTHS]:
            raise DataError(
                f"{name} holds no contract months.", "Save the answer of a trading day, once it is published."
            )
        stamp = compact_day(str(lookup(data, DATE, name)), where(name, None, DATE))
        if not spec.keeps(stamp):
            continue
        for series, fund, column in spec.fields:
            at = where(name, None, f"{TOTALS}.{column}")
            total = number(lookup(data, f"{TOTALS}.{column}", name), at)
            parts = sum(_month(m, column, where(name, i)) for i, m in enumerate(data[MONTHS], start=1))
            if parts != total:
                raise DataError(
                    f"{at}: months sum to {parts:g}, the total is {total:g}.", "Save the day's answer again."
                )
            out.add(series, fund, stamp, total, at)
    return out.done()


def _month(record: Any, column: str, place: str) -> float:
    if not isinstance(record, dict):
        raise DataError(f"{place}: no record of a contract month.", "Save the day's answer again.")
    require_columns(record, ["month", column], place)
    return number(record[column], f"{place}, column {column!r}")
