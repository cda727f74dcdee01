"""CFTC Traders in Financial Futures, futures only, from the Socrata API: a JSON list of records of texts.

Documented at https://dev.socrata.com/foundry/publicreporting.cftc.gov/gpe5-46if and, for the fields,
https://www.cftc.gov/MarketReports/CommitmentsofTraders/ExplanatoryNotes/index.htm. The report's day is
``report_date_as_yyyy_mm_dd``; positions are contracts on that (Tues)day, published the Friday after at
15:30 New York. Long plus spread positions of all classes sum to open interest, and so do short plus spread:
checked. Never met the live service.

Options: ``contract`` (``cftc_contract_market_code``): other markets are refused.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from model.errors import DataError
from model.sources.raw import Blobs, Collector, RawSeries, Seen, check_one, require_columns
from model.sources.spec import SourceSpec, way_out
from model.sources.text import day, number, parse_json, where

DATE, TOTAL, CODE = "report_date_as_yyyy_mm_dd", "open_interest_all", "cftc_contract_market_code"
KIND = "futonly_or_combined"
# the dataset's own spelling: some fields carry ``_all``, some don't
CLASSES = {
    "dealer_positions_{}_all": ("long", "short", "spread"),
    "asset_mgr_positions_{}": ("long", "short", "spread"),
    "lev_money_positions_{}": ("long", "short", "spread"),
    "other_rept_positions_{}": ("long", "short", "spread"),
    "nonrept_positions_{}_all": ("long", "short"),
}


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read the mapped fields of one market.

    Raises
    ------
    DataError
        If a field is absent, the market is another, or the classes do not sum to open interest.
    """
    out = Collector(spec)
    seen: Seen = {}
    for name, blob in blobs.items():
        data = parse_json(blob, name)
        if not isinstance(data, list) or not all(isinstance(r, dict) for r in data):
            raise DataError(
                f"{name} holds no list of reports: {str(data)[:80]}.",
                "The service answered with an error; download again.",
            )
        if not data:
            raise DataError(
                f"{name} is an empty list.", "No report matches; check the contract code and the dates."
            )
        # the service leaves out what is null: a field must stand somewhere, not everywhere
        require_columns(dict.fromkeys(k for r in data for k in r), [f for _, _, f in spec.fields], name)
        for i, record in enumerate(data, start=1):
            place = where(name, i)
            require_columns(record, [DATE], place)
            stamp = day(record[DATE], f"{place}, column {DATE!r}")
            if not spec.keeps(stamp):
                continue
            check_one(seen, {k: record.get(k) for k in (CODE, KIND)}, place, spec, "contract")
            _check(record, place, spec.options.get("contract"), stamp, spec)
            for series, fund, column in spec.fields:
                at = f"{place}, column {column!r}"
                out.add(series, fund, stamp, number(record.get(column), at), at)
    return out.done()


def _check(
    record: dict[str, Any], place: str, contract: str | None, stamp: pd.Timestamp, spec: SourceSpec
) -> None:
    if contract is not None and str(record.get(CODE)) != contract:
        raise DataError(
            f"{place}: market {record.get(CODE)!r}, expected {contract!r}.", "Ask for one contract code."
        )
    if KIND in record and record[KIND] != "FutOnly":
        raise DataError(
            f"{place}: report {record[KIND]!r} includes options.",
            "Use the futures-only dataset.",
        )
    for side in ("long", "short"):
        names = [k.format(s) for k, sides in CLASSES.items() for s in (side, "spread") if s in sides]
        if TOTAL not in record or not all(n in record for n in names):
            continue
        parts = sum(number(record[n], f"{place}, column {n!r}") for n in names)
        whole = number(record[TOTAL], f"{place}, column {TOTAL!r}")
        if not abs(parts - whole) <= 1 and not spec.accepts("parts", stamp):
            raise DataError(
                f"{place}: {side} and spread positions sum to {parts:g}, open interest is {whole:g}.",
                f"Columns are swapped or a cell is wrong; download again. {way_out('parts', stamp)}",
            )
