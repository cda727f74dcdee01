"""Deribit option book summary: ``public/get_book_summary_by_currency``, a snapshot of every option.

Documented at https://docs.deribit.com/api-reference/market-data/public-get_book_summary_by_currency:
JSON-RPC with ``result``, a list of objects with ``instrument_name`` (``BTC-27MAR26-80000-C``),
``open_interest`` and ``volume`` (in the currency), ``mark_iv`` (vol points), ``underlying_price`` and
``creation_timestamp`` (ms). `book` gives it row by row for a dealer book; as a panel column, `field` is one
of the sums ``open_interest_put``, ``open_interest_call``, ``volume_put``, ``volume_call`` or the ratio
``put_call`` of volumes, dated by the snapshot. Never met the live service.
"""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd

from model.calendar import NEW_YORK
from model.errors import DataError
from model.sources.raw import Blobs, Collector, RawSeries, require_columns
from model.sources.spec import SourceSpec
from model.sources.text import instant, number, parse_json, where

FIELDS = ("open_interest", "volume", "mark_iv", "underlying_price")
SUMS = ("open_interest_put", "open_interest_call", "volume_put", "volume_call", "put_call")
_NAME = re.compile(r"([A-Z]+(?:_[A-Z]+)?)-(\d{1,2}[A-Z]{3}\d{2})-(\d+(?:d\d+)?)-([CP])", re.ASCII)


def book(blob: bytes, name: str) -> pd.DataFrame:
    """One row per option: instrument, expiry, strike, kind (C or P), stamp and `FIELDS`.

    Raises
    ------
    DataError
        If the response is an error, a field is absent, or an instrument's name can't be read.
    """
    data = parse_json(blob, name)
    rows = data.get("result") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not rows:
        raise DataError(
            f"{name}: no options: {str(data)[:80]}.", "The service answered with an error; download again."
        )
    out = pd.DataFrame([_option(r, where(name, i)) for i, r in enumerate(rows, start=1)])
    repeated = out["instrument"].duplicated()
    if repeated.any():
        raise DataError(
            f"{name}: {out.loc[repeated, 'instrument'].iloc[0]} appears twice.", "Download it again."
        )
    return out


def _option(record: Any, place: str) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise DataError(f"{place}: not an object.", "The response's shape changed.")
    require_columns(record, ["instrument_name", "creation_timestamp", *FIELDS], place)
    match = _NAME.fullmatch(str(record["instrument_name"]))
    if not match:
        raise DataError(f"{place}: {record['instrument_name']!r} is not an option.", "Ask for kind=option.")
    try:
        expiry = pd.to_datetime(match[2], format="%d%b%y")
    except ValueError:
        raise DataError(f"{place}: {match[2]!r} is not an expiry.", "Download it again.") from None
    out: dict[str, Any] = {k: number(record[k], f"{place}, column {k!r}") for k in FIELDS}
    bad = [k for k in FIELDS if out[k] < 0] + (["mark_iv"] if out["mark_iv"] > 1000 else [])
    if bad:
        raise DataError(f"{place}, column {bad[0]!r}: {out[bad[0]]:g} is impossible.", "Download it again.")
    stamp = instant(record["creation_timestamp"], place, "ms")
    return {
        "instrument": match[0],
        "expiry": expiry,
        "strike": float(match[3].replace("d", ".")),
        "kind": match[4],
        "stamp": stamp,
        **out,
    }


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Sums over the book, one value per snapshot."""
    out = Collector(spec)
    require_columns(SUMS, [f for _, _, f in spec.fields], spec.name)
    for name, blob in blobs.items():
        table = book(blob, name)
        sums = table.groupby("kind")[["open_interest", "volume"]].sum()
        values = {
            f"{f}_{side}": float(sums[f].get(k, math.nan))
            for f in sums
            for k, side in (("P", "put"), ("C", "call"))
        }
        values["put_call"] = (
            values["volume_put"] / values["volume_call"] if values["volume_call"] else math.nan
        )
        taken = table["stamp"].max()
        if not spec.keeps(taken, taken):
            continue
        stamp = taken.tz_convert(NEW_YORK).tz_localize(None).normalize().as_unit("ns")
        for series, fund, column in spec.fields:
            out.add(series, fund, stamp, values[column], where(name, None, column), published=taken)
    return out.done()
