"""What may stand under ``options`` of a source, and as what: a misspelt or impossible one must not pass for none."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from model.sources.text import EPOCH, EPOCHS
from model.toml_table import Table

FORMATS = ("csv", "json", "parquet")
UNITS = (*EPOCHS, EPOCH, "iso")
PAGES = ("all", "recent")


def read_options(t: Table) -> dict[str, Any]:
    """The options of a source as they stand, each checked.

    Raises
    ------
    DataError
        If one is unknown, or is not what it must be.
    """
    for key, check in OPTIONS.items():
        if key in t.data:
            check(t, key)
        else:
            t.raw(key, None)  # known, for what a misspelt one may have meant
    t.done()
    return dict(t.data)


def _choice(*among: str) -> Callable[[Table, str], Any]:
    return lambda t, key: t.text(key, choices=among)


def _above(low: float, whole: bool = False) -> Callable[[Table, str], Any]:
    def check(t: Table, key: str) -> None:
        value = t.integer(key) if whole else t.number(key)
        if value <= low:
            t.refuse(key, f"must be above {low:g}, is {value:g}", "Correct the value.")

    return check


def _where(t: Table, key: str) -> None:
    sub = t.table(key)
    for column, value in sub.data.items():
        kind = bool if isinstance(value, bool) else int if isinstance(value, int) else float
        sub.get(column, str if not isinstance(value, int | float) or _endless(value) else kind)
    sub.done()


def _endless(value: float) -> bool:
    """Whether a number equals nothing that can stand in a file."""
    return not math.isfinite(value)


def _pairs(t: Table, key: str) -> None:
    t.get(key, tuple[tuple[str, str], ...])


def _missing(t: Table, key: str) -> None:
    t.get(key, tuple[str, ...])


OPTIONS: dict[str, Callable[[Table, str], Any]] = {
    "date": Table.text,
    "published": Table.text,
    "records": Table.text,
    "symbol": Table.text,
    "contract": Table.text,
    "format": _choice(*FORMATS),
    "time_unit": _choice(*UNITS),
    "page": _choice(*PAGES),
    "currency": Table.columns,
    "date_formats": Table.columns,
    "mixed": Table.columns,
    "missing": _missing,
    "bounds": _pairs,
    "where": _where,
    "price": Table.range,
    "prints": _above(0, whole=True),
    "contract_usd": _above(0.0),
    "thinned": Table.flag,
}
"""Read with ``spec.options.get(...)`` by the readers; a new option is a line here."""
