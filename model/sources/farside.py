"""Farside Investors' all-data page: one HTML table, a row per day, a column per fund, USD m.

No shape is documented by the vendor; this is the layout that several public scrapers agree on
(``table.etf``; a header row of tickers; ``Fee`` and other rows without a date; rows such as ``05 Feb 2026 |
(175.3) | ... | (434.1)``; then Total, Average, Maximum, Minimum). Parentheses mean outflow, ``-`` means no
reading, not zero. The last column is the day's total; its header is sometimes empty. This adapter has never
met the live service, which often answers automated requests with a challenge page: then save the page by
hand and point sources.toml to it.

`fields` name the tickers of the header; column order does not matter. The vendor's short page has the same
layout, but only the newest rows above totals since launch: a page that begins after the universe's first fund
(or with ``options.page = "recent"``) is not held against its totals.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from lxml import html
from lxml.etree import LxmlError

from model.errors import DataError
from model.sources.raw import Blobs, Collector, RawSeries, require_columns
from model.sources.spec import SourceSpec
from model.sources.text import day, decode, number, where

MISSING = frozenset({"", "-", "\u2013", "\u2014"})
TOTAL = "Total"
_DAY = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4}")
FIRST_ROW = pd.Timedelta(days=10)  # after launch at which the whole history may begin
_FOOTER_TOLERANCE = 0.055  # USD m of rounding per row


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read the flow table.

    Raises
    ------
    DataError
        If there is no such table, a ticker is absent, or the page is cut off.
    """
    out = Collector(spec)
    for name, blob in blobs.items():
        header, days, footer = _table(_rows(decode(blob, name), name), name, [f for _, _, f in spec.fields])
        require_columns(header, [f for _, _, f in spec.fields], name)
        for row, cells in days:
            only_date = all(c in MISSING for c in cells[1:])
            if only_date:
                cells += [""] * (len(header) - len(cells))
            if len(cells) != len(header):
                raise DataError(
                    f"{where(name, row)}: {len(cells)} cells, the header has {len(header)}.",
                    "The page is broken; save it again. A day of which the vendor gives only some cells can be "
                    "finished by hand: empty cells are missing.",
                )
            stamp = day(cells[0], where(name, row, "Date"), ("day month year",))
            if not spec.keeps(stamp):
                continue
            if only_date:
                spec.say(f"row of {cells[0]}: holds only its date", 0, "not reported, or not yet")
            for series, fund, column in spec.fields:
                at = where(name, row, column)
                out.add(
                    series, fund, stamp, number(cells[header.index(column)], at, MISSING, accounting=True), at
                )
        if footer and spec.vintage is None:  # the page's own sums were published with its newest row
            if _recent(days, name, spec):
                spec.say(
                    f"{name}: recent days only, its Total row is since launch",
                    0,
                    "the totals are not compared",
                )
            else:
                _check_footer(header, days, footer, name)
    return out.done()


def _rows(text: str, name: str) -> list[list[list[str]]]:
    """All tables of the page as rows of cell texts."""
    lower = text.lower()
    if "<table" not in lower:
        raise DataError(
            f"{name} holds no table.",
            "The vendor answered with another page; save the all-data page by hand.",
        )
    if lower.count("<table") != lower.count("</table>") or "</html>" not in lower:
        raise DataError(f"{name} is cut off: a table or the page is not closed.", "Save the page again.")
    try:
        tree = html.document_fromstring(text, parser=html.HTMLParser(recover=True, huge_tree=False))
    except (LxmlError, ValueError) as error:
        raise DataError(f"{name} is not readable HTML: {str(error)[:80]}.", "Save the page again.") from None
    out = []
    for table in tree.iter("table"):
        rows = [
            [" ".join(c.text_content().split()) for c in tr if c.tag in ("td", "th")]
            for tr in table.iter("tr")
        ]
        out.append([r for r in rows if r])
    return out


def _table(
    tables: list, name: str, tickers: list[str]
) -> tuple[list[str], list[tuple[int, list[str]]], list[str]]:
    """(header, numbered day rows, footer total) of the one table that names the tickers."""
    for rows in tables:
        heads = [r for r in rows if len(set(tickers) & set(r)) >= max(1, len(set(tickers) - {TOTAL}) // 2)]
        days = [(i, r) for i, r in enumerate(rows, start=1) if _DAY.fullmatch(r[0])]
        if not heads or not days:
            continue
        header = list(heads[0])
        if header[-1] == "" and TOTAL not in header:
            header[-1] = TOTAL  # its column must sum: `funds_complete` checks it
        header[0] = "Date"
        odd = [r[0] for r in rows[days[0][0] - 1 : days[-1][0]] if not _DAY.fullmatch(r[0])]
        if odd:
            raise DataError(
                f"{name}: row {odd[0]!r} among the days.", "The page's layout changed, or a date is broken."
            )
        footers = [r for r in rows[days[-1][0] :] if r[0] == TOTAL and len(r) == len(header)]
        return header, days, footers[0] if footers else []
    raise DataError(
        f"{name}: no table with the funds {', '.join(tickers[:4])} and dated rows.",
        "The layout changed, or this is another page.",
    )


def _recent(days: list, name: str, spec: SourceSpec) -> bool:
    """Whether the page begins after the first fund did."""
    if spec.options.get("page", "all") == "recent":
        return True
    first = min(day(r[0], where(name, i, "Date"), ("day month year",)) for i, r in days)
    launch = min((begin for begin, _ in spec.lives.values()), default=None)
    return launch is not None and first > pd.Timestamp(launch) + FIRST_ROW


def _check_footer(header: list[str], days: list, footer: list[str], name: str) -> None:
    """The page's own column totals, as a checksum of the rows."""
    off = []
    for j, column in enumerate(header[1:], start=1):
        at = where(name, "Total", column)
        values = [number(r[j], where(name, i, column), MISSING, accounting=True) for i, r in days]
        claimed = number(footer[j], at, MISSING, accounting=True)
        if abs(np.nansum(values) - claimed) > 1 + _FOOTER_TOLERANCE * len(values):
            off.append(f"{at}: rows sum to {np.nansum(values):.1f}, the page says {claimed:.1f}.")
    if not off:
        return
    if len(off) > len(header) / 2:
        raise DataError(
            f"{off[0]} So in {len(off)} columns: the Total row covers more days than the page.",
            "If this is the vendor's recent page, whose totals are since launch, set options.page = 'recent' in "
            "sources.toml, or save the all-data page; otherwise a row is missing, repeated or altered.",
        )
    raise DataError(off[0], "A row is missing, repeated or altered; save the page again.")
