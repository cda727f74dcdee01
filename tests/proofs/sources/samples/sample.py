"""A synthetic file: cells, how they are written, how they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from model.calendar import NEW_YORK, sessions
from model.sources.clocks import Context
from model.sources.spec import Series, SourceSpec

START, END = date(2025, 12, 1), date(2026, 3, 13)
HOURS_FROM, HOURS_TO = "2026-02-25T00:00Z", "2026-03-12T00:00Z"  # daylight saving begins on 2026-03-08
CONTEXT = Context("XNYS", {date(2025, 12, 30): date(2026, 1, 13)})
FUNDS = {"aa": "AAAA", "bb": "BBBB", "cc": "CCCC"}
type Grid = list[list[str]]


@dataclass(frozen=True)
class Sample:
    """A file in one vendor's shape.

    Parameters
    ----------
    head : tuple of str
        Column names; the stamp is the first.
    rows : tuple of tuple of str
        Cells.
    render : callable
        (head, rows) to bytes.
    spec : SourceSpec
        How it is read.
    kind : str
        ``flows`` (with a total), ``flow`` (without), ``bars``, ``positions``, ``candles``, ``level``,
        ``rates``.
    daily : bool
        Stamps are days of a market that closes.
    """

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    render: Callable[[list[str], Grid], bytes]
    spec: SourceSpec
    kind: str
    daily: bool = True
    binary: bool = False

    @property
    def file(self) -> str:
        """File name with the ending the reader expects."""
        return f"{self.name}.{self.spec.options.get('format', 'bin')}"

    @property
    def mapped(self) -> list[int]:
        """Positions of the columns that are read."""
        return [self.head.index(f.split(".")[-1]) for _, _, f in self.spec.fields]

    def blob(self) -> bytes:
        """The clean file."""
        return self.render(list(self.head), [list(r) for r in self.rows])


def days() -> pd.DatetimeIndex:
    """Trading days of the samples."""
    return sessions(START, END)


def series(role: str, unit: str, fields: dict[str, str], low: float, high: float) -> Series:
    from model.sources.roles import ROLES

    kind = ROLES[role]
    return Series(role, unit, kind.column, fields, (low, high), kind.typical, kind.max_ratio, kind.tolerance)


def cells(first: list[str], values: np.ndarray, decimals: int) -> tuple[tuple[str, ...], ...]:
    return tuple((d, *(f"{v:.{decimals}f}" for v in row)) for d, row in zip(first, values, strict=True))


def nav_stamp(day: pd.Timestamp) -> pd.Timestamp:
    """16:00 New York on `day`, UTC."""
    return (day + pd.Timedelta(hours=16)).tz_localize(NEW_YORK).tz_convert("UTC")


def as_sample(stamp: str, kind: str) -> pd.Timestamp:
    """A sample's stamp as its reader understands it: a naive day, or a UTC moment."""
    if kind == "date":
        return pd.Timestamp(stamp).tz_localize(None).normalize()
    if stamp.isdigit():
        return pd.Timestamp(int(stamp), unit="ms" if len(stamp) > 10 else "s", tz="UTC")
    return pd.Timestamp(stamp).tz_convert("UTC")
