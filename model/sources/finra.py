"""FINRA daily short sale volume, consolidated file ``CNMSshvol<day>.txt``: one file a trading day, all listed shares.

Documented at https://www.finra.org/finra-data/browse-catalog/short-sale-volume-data/daily-short-sale-volume-files (posted by
18:00 New York on the day) and its formatting guide: ``Date|Symbol|ShortVolume|ShortExemptVolume|TotalVolume|Market`` with
dates as 20260205, then a last row with the number of records. Volumes are shares, since 2026 with fractions. Never met
the live service.

Only off-exchange prints are in it, and a market maker who sells to a buyer sells short: it is no short interest.
`field` is ``SYMBOL.Column``, such as ``IBIT.ShortVolume``.
"""

from __future__ import annotations

from model.errors import DataError
from model.sources import archive
from model.sources.raw import Blobs, Collector, RawSeries, require_columns
from model.sources.spec import SourceSpec
from model.sources.text import day, number

DATE, SYMBOL, SHORT, TOTAL = "Date", "Symbol", "ShortVolume", "TotalVolume"
HEADER = [DATE, SYMBOL, SHORT, "ShortExemptVolume", TOTAL, "Market"]


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read the mapped columns of the mapped symbols.

    Raises
    ------
    DataError
        If a file is cut off, of several days, lacks a symbol, or shorts exceed the volume.
    """
    out = Collector(spec)
    wanted = [(s, f, *archive.fund_column(c, spec.name)) for s, f, c in spec.fields]
    for name, blob in blobs.items():
        text, inside = archive.member(blob, name)
        table = counted(archive.rows(text, inside, "|"), inside)
        header = table[0][1]
        require_columns(header, [*HEADER, *(c for _, _, _, c in wanted)], inside)
        found = archive.records(table[1:], header, inside)
        symbols = {r[SYMBOL]: (place, r) for place, r in found}
        if len(symbols) < len(found) or len({r[DATE] for _, r in found}) != 1:
            raise DataError(f"{inside}: a symbol twice, or several days.", "Give one file a trading day.")
        stamp = compact_day(found[0][1][DATE], f"{found[0][0]}, column {DATE!r}")
        if not spec.keeps(stamp):
            continue
        for series, fund, symbol, column in wanted:
            if symbol not in symbols:
                raise DataError(
                    f"{inside}: no row for {symbol!r}.", "Check the symbol, or fetch the file again."
                )
            place, r = symbols[symbol]
            short, total = (number(r[k], f"{place}, column {k!r}") for k in (SHORT, TOTAL))
            if not 0.0 <= short <= total:
                raise DataError(f"{place}: {short:g} sold short of {total:g}.", "Columns may be swapped.")
            at = f"{place}, column {column!r}"
            out.add(series, fund, stamp, number(r[column], at), at)
    return out.done()


def compact_day(raw: str, at: str):  # noqa: ANN201
    """A day written as 20260205."""
    return day(f"{raw[:4]}-{raw[4:6]}-{raw[6:]}" if len(raw) == 8 else raw, at)


def counted(table: list[tuple[str, list[str]]], name: str) -> list[tuple[str, list[str]]]:
    """The table without its last row, once that row's count is the number of records.

    Raises
    ------
    DataError
        If the count is missing or another: the file was cut off.
    """
    last = table[-1][1]
    if len(last) != 1 or not last[0].isdigit():
        raise DataError(
            f"{name} does not end with its number of records.", "It may be cut off; fetch it again."
        )
    if int(last[0]) != len(table) - 2:
        raise DataError(
            f"{name} has {len(table) - 2} records, its last row says {last[0]}.",
            "It may be cut off; fetch it again.",
        )
    return table[:-1]
