"""SEC fails to deliver: ``cnsfails<year><month><a or b>.zip``, one file a half month, all shares.

Documented at https://www.sec.gov/data-research/sec-markets-data/fails-deliver-data: a text with bars between cells,
``SETTLEMENT DATE|CUSIP|SYMBOL|QUANTITY (FAILS)|DESCRIPTION|PRICE``, dates as 20260205, quantities the balance of all fails
outstanding on that settlement date, in shares; a share without fails has no row. Two last lines give the number of
records and the sum of quantities: checked. The first half of a month is published at its end, the second about the 15th of
the next. The service asks automated readers to name themselves and may refuse others. Never met the live service.

A settlement date on which the symbol has no row is zero. `field` is the symbol, such as ``IBIT``.
"""

from __future__ import annotations

import re

from model.errors import DataError
from model.sources import archive
from model.sources.finra import compact_day
from model.sources.raw import Blobs, Collector, RawSeries, require_columns
from model.sources.spec import SourceSpec
from model.sources.text import number

DATE, SYMBOL, QUANTITY = "SETTLEMENT DATE", "SYMBOL", "QUANTITY (FAILS)"
HEADER = [DATE, "CUSIP", SYMBOL, QUANTITY, "DESCRIPTION", "PRICE"]
TRAILER = {
    "records": re.compile(r"Trailer record count (\d+)", re.IGNORECASE),
    "shares": re.compile(r"Trailer total quantity of shares (\d+)", re.IGNORECASE),
}


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read the mapped symbols; a settlement date without a row of the symbol is zero.

    Raises
    ------
    DataError
        If a file is cut off, its counts do not hold, or a symbol has two rows on a day.
    """
    out = Collector(spec)
    for name, blob in blobs.items():
        text, inside = archive.member(blob, name)
        lines = archive.rows(text, inside, "|")
        require_columns(lines[0][1], HEADER, inside)
        trailer = [row[0] for _, row in lines[-2:] if len(row) == 1]
        table = archive.records(lines[1 : len(lines) - len(trailer)], lines[0][1], inside)
        fails = dict.fromkeys({f for _, _, f in spec.fields}, 0.0)
        total = 0.0
        by_day: dict[str, dict[str, float]] = {}
        for place, r in table:
            shares = number(r[QUANTITY], f"{place}, column {QUANTITY!r}")
            total += shares
            of_day = by_day.setdefault(r[DATE], {})
            if r[SYMBOL] not in fails:
                continue
            if r[SYMBOL] in of_day:
                raise DataError(f"{place}: {r[SYMBOL]} twice on {r[DATE]}.", "Keep the correct row.")
            of_day[r[SYMBOL]] = shares
        _counts(trailer, len(table), total, inside)
        for written, found in by_day.items():
            stamp = compact_day(written, f"{inside}, column {DATE!r}")
            if spec.keeps(stamp):
                for series, fund, symbol in spec.fields:
                    out.add(series, fund, stamp, found.get(symbol, 0.0), f"{inside}, {symbol} on {written}")
    return out.done()


def _counts(trailer: list[str], records: int, shares: float, name: str) -> None:
    """The file's last two lines against what was read."""
    for (what, pattern), seen in zip(TRAILER.items(), (records, shares), strict=True):
        said = next((int(m.group(1)) for t in trailer if (m := pattern.fullmatch(t))), None)
        if said is None:
            raise DataError(
                f"{name} does not end with its number of {what}.", "It may be cut off; fetch it again."
            )
        if said != seen:
            raise DataError(
                f"{name} has {seen:.0f} {what}, its last lines say {said}.",
                "It may be cut off; fetch it again.",
            )
