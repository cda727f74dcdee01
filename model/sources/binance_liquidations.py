"""Binance's archive of forced orders of coin-margined perpetuals: one zip a UTC day with a row an order.

``https://data.binance.vision/data/futures/cm/daily/liquidationSnapshot/<SYMBOL>/<SYMBOL>-liquidationSnapshot-<day>.zip``
holds one CSV: ``time`` (ms), ``side``, ``order_type``, ``time_in_force``, ``original_quantity``, ``price``,
``average_price``, ``order_status``, ``last_fill_quantity``, ``accumulated_fill_quantity``; quantities are contracts of USD
`contract_usd`. The vendor documents the folder, not the columns. The USD-margined archive, the larger market, ended on
2024-03-31 and was taken down (https://github.com/binance/binance-public-data/issues/337, 420), so these sums are a part of
one venue, told apart by side, and no total. The feed shows at most one order a second and the archive repeats rows:
identical ones count once. Never met the live service.

A forced sale closes a long. `field` is ``long`` or ``short``, in USD; the stamp is the day's start, UTC. A day without a
file is missing, a day whose file has no order of a side is zero.

Options: ``contract_usd`` (default 100).
"""

from __future__ import annotations

import pandas as pd

from model.errors import DataError
from model.sources import archive
from model.sources.raw import Blobs, Collector, RawSeries, require_columns
from model.sources.spec import SourceSpec
from model.sources.text import number

TIME, SIDE, FILLED = "time", "side", "accumulated_fill_quantity"
CLOSES = {"SELL": "long", "BUY": "short"}


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Sum each day's orders by the side they closed.

    Raises
    ------
    DataError
        If a file is broken, spans days, or names an unknown side.
    """
    out = Collector(spec)
    require_columns(CLOSES.values(), [f for _, _, f in spec.fields], spec.name)
    contract = float(spec.options.get("contract_usd", 100.0))
    for name, blob in blobs.items():
        text, inside = archive.member(blob, name)
        table = archive.rows(text, inside)
        header = table[0][1]
        require_columns(header, [TIME, SIDE, FILLED], inside)
        day: pd.Timestamp | None = None
        sums = dict.fromkeys(CLOSES.values(), 0.0)
        orders = {tuple(r.values()): (place, r) for place, r in archive.records(table[1:], header, inside)}
        for place, r in orders.values():
            stamp = archive.epoch(r[TIME], f"{place}, column {TIME!r}").normalize()
            if day is not None and stamp != day:
                raise DataError(
                    f"{place}: {stamp:%Y-%m-%d} in a file of {day:%Y-%m-%d}.", "Give one file a UTC day."
                )
            day = stamp
            if r[SIDE] not in CLOSES:
                raise DataError(f"{place}: side {r[SIDE]!r} is unknown.", f"Expected {' or '.join(CLOSES)}.")
            sums[CLOSES[r[SIDE]]] += number(r[FILLED], f"{place}, column {FILLED!r}") * contract
        assert day is not None, "a table has rows"
        if spec.keeps(day):
            for series, fund, column in spec.fields:
                out.add(series, fund, day, sums[column], f"{inside}, {column}")
    return out.done()
