"""Deribit option book summary: ``public/get_book_summary_by_currency``, a snapshot of every option.

Documented at https://docs.deribit.com/api-reference/market-data/public-get_book_summary_by_currency:
JSON-RPC with ``result``, a list of objects with ``instrument_name`` (``BTC-27MAR26-80000-C``),
``open_interest`` and ``volume`` (in the currency), ``mark_iv`` (vol points), ``underlying_price`` and
``creation_timestamp`` (ms). `book` gives it row by row for a dealer book; as a panel column, `field` is one
of the sums ``open_interest_put``, ``open_interest_call``, ``volume_put``, ``volume_call`` or the ratio
``put_call`` of volumes, dated by the snapshot. Never met the live service.

The service answers by settlement currency, so one answer can hold options on several underlyings: the option
``currency`` (``BTC``, or a list such as ``["BTC", "BTC_USDC"]``) names the ones to sum; without it a book of
several is refused. Rows of an earlier snapshot, and contracts that had expired, are left out and counted.
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
SNAPSHOT = pd.Timedelta(hours=1)
EXPIRY_HOUR = pd.Timedelta(hours=8)  # UTC
MAX_VOL = 1000.0  # vol points
_NAME = re.compile(r"([A-Z]+(?:_[A-Z]+)?)-(\d{1,2}[A-Z]{3}\d{2})-(\d+(?:d\d+)?)-([CP])", re.ASCII)


def book(blob: bytes, name: str) -> pd.DataFrame:
    """One row per option: instrument, underlying, expiry, strike, kind (C or P), stamp and `FIELDS`.

    A volatility that no market quotes is missing.

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
    if not 0 <= out["mark_iv"] <= MAX_VOL:
        out["mark_iv"] = math.nan
    bad = [k for k in FIELDS if out[k] < 0]
    if bad:
        raise DataError(f"{place}, column {bad[0]!r}: {out[bad[0]]:g} is impossible.", "Download it again.")
    stamp = instant(record["creation_timestamp"], place, "epoch")
    return {
        "instrument": match[0],
        "underlying": match[1],
        "expiry": expiry,
        "strike": float(match[3].replace("d", ".")),
        "kind": match[4],
        "stamp": stamp,
        **out,
    }


def belonging(table: pd.DataFrame, name: str, spec: SourceSpec) -> pd.DataFrame:
    """The options of the wanted underlyings that are alive in the newest snapshot.

    Raises
    ------
    DataError
        If there are several underlyings and none is named, or the named one is not there.
    """
    asked = spec.options.get("currency")
    wanted = [asked] if isinstance(asked, str) else list(asked or [])
    found = list(dict.fromkeys(table["underlying"]))
    if not wanted and len(found) > 1:
        raise DataError(
            f"{name}: options on several underlyings: {', '.join(found)}.",
            f"Name the one to sum in sources.toml: options.currency = '{found[0]}' (or a list).",
        )
    if missing := [w for w in wanted if w not in found]:
        raise DataError(
            f"{name}: no option on {missing[0]!r} (it has {', '.join(found)}).", "Correct options.currency."
        )
    mine = table["underlying"].isin(wanted or found)
    newest = table.loc[mine, "stamp"].max()
    dead = mine & (table["expiry"].dt.tz_localize("UTC") + EXPIRY_HOUR <= newest)
    old = mine & ~dead & (table["stamp"] < newest - SNAPSHOT)
    for rows, what in (
        (~mine, "options on another underlying"),
        (dead, "options that had expired"),
        (old, "options in an earlier snapshot only"),
    ):
        if rows.any():
            spec.say(f"{name}: {what}", int(rows.sum()), "they do not belong to this sum")
    return table[mine & ~dead & ~old]


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Sums over the book, one value per snapshot."""
    out = Collector(spec)
    require_columns(SUMS, [f for _, _, f in spec.fields], spec.name)
    for name, blob in blobs.items():
        table = belonging(book(blob, name), name, spec)
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
