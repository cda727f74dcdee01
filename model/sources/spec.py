"""`sources.toml`: which file holds which role, who reads it, on which clock. The only place with paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from model.sources.roles import ROLES, Role

STAMPS = ("date", "start", "end")
OFF_DAYS = ("refuse", "drop")


@dataclass(frozen=True)
class Series:
    """One role taken from a source.

    `fields` maps fund ("" for roles without funds) to the vendor's column; `plausible` is mandatory: a unit
    nobody bounds is a unit nobody checks.
    """

    role: str
    unit: str
    column: str
    fields: dict[str, str]
    plausible: tuple[float, float]
    typical: tuple[float, float] | None = None
    max_ratio: float | None = None
    tolerance: float | None = None

    @property
    def kind(self) -> Role:
        """What the role means: its unit and checks."""
        return ROLES[self.role]

    def output(self, fund: str) -> str:
        """The panel column of `fund`."""
        return self.column.replace("{fund}", fund)


@dataclass(frozen=True)
class SourceSpec:
    """One source: a file (or pages of one), a reader and a clock.

    `off_days` = ``drop`` gives up values on days without trading, for a vendor known to have some; a file
    with more than a twentieth of them is refused all the same, because then its dates are shifted.
    """

    name: str
    reader: str
    paths: tuple[Path, ...]
    clock: str
    series: tuple[Series, ...]
    stamp: str = "date"
    interval_minutes: float = 0.0
    fetched_at: pd.Timestamp | None = None
    sha256: tuple[str, ...] = ()
    funds_complete: bool = False
    label: str = "trade"
    off_days: str = "refuse"
    options: dict[str, Any] = field(default_factory=dict)
    vintage: Callable[[pd.Timestamp, pd.Timestamp | None], bool] | None = None

    def keeps(self, stamp: pd.Timestamp, published: pd.Timestamp | None = None) -> bool:
        """Whether a row of this stamp was public in the vintage being read.

        Readers ask before they look at the row's numbers, so that nothing in a later row can matter.
        """
        return self.vintage is None or self.vintage(stamp, published)

    @property
    def fields(self) -> list[tuple[Series, str, str]]:
        """(series, fund, vendor's column) in the file's order."""
        return [(s, fund, f) for s in self.series for fund, f in s.fields.items()]


@dataclass(frozen=True)
class Mask:
    """Blank `columns` where `when` lies below `below`."""

    columns: tuple[str, ...]
    when: str
    below: float
    reason: str


@dataclass(frozen=True)
class Derived:
    """A column that follows from the calendar alone: `rule` is one of ``days_to_last_friday``."""

    column: str
    rule: str


@dataclass(frozen=True)
class Sources:
    """A whole `sources.toml`."""

    start: date
    end: date | None
    universe: str | None
    calendar: str
    sources: tuple[SourceSpec, ...]
    masks: tuple[Mask, ...] = ()
    basket_shares: int | None = None
    derived: tuple[Derived, ...] = ()
