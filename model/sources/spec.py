"""`sources.toml`: which file holds which role, who reads it, on which clock. The only place with paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from model.panel.accepted import Accept
from model.sources.roles import ROLES, Role

STAMPS = ("date", "start", "end")
OFF_DAYS = ("refuse", "drop")
CHECKS = ("bar", "bound", "date", "jump", "parts", "total", "value")
"""What `[[source.accept]]` can let pass on named days: see docs/sources/README.md."""


@dataclass(frozen=True)
class Series:
    """One role taken from a source.

    `fields` maps fund ("" for roles without funds) to the vendor's column; `plausible` is mandatory: a unit
    nobody bounds is a unit nobody checks. `per_hours`: hours that one value of a rate is for; `PER_INTERVAL`
    where it is for the time since the print before it; None: not stated.
    """

    role: str
    unit: str
    column: str
    fields: dict[str, str]
    plausible: tuple[float, float]
    typical: tuple[float, float] | None = None
    max_ratio: float | None = None
    tolerance: float | None = None
    per_hours: float | None = None

    @property
    def kind(self) -> Role:
        """What the role means: its unit and checks."""
        return ROLES[self.role]

    def output(self, fund: str) -> str:
        """The panel column of `fund`."""
        return self.column.replace("{fund}", fund)


PER_INTERVAL = 0.0


@dataclass(frozen=True)
class Leave:
    """Rows of these days are left out, of the named panel columns or of all; the report says so."""

    days: tuple[date, ...]
    reason: str
    columns: tuple[str, ...] = ()


def way_out(check: str, day: Any) -> str:
    """The settings that let a true row pass, for a remedy."""
    return (
        f'If the row is right, add [[source.accept]] check = "{check}", days = [{day:%Y-%m-%d}], reason = "..." to '
        f'this source in sources.toml; to leave it out, [[source.drop]] days = [{day:%Y-%m-%d}], reason = "...".'
    )


@dataclass(frozen=True)
class SourceSpec:
    """One source: a file (or pages of one), a reader and a clock.

    `off_days` = ``drop`` gives up values on days without trading, for a vendor known to have some; a file
    with more than a twentieth of them is refused all the same, because then its dates are shifted.
    `lives` are the funds' first and last days, of the universe. `said` collects a reader's notes.
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
    accepted: tuple[Accept, ...] = ()
    dropped: tuple[Leave, ...] = ()
    lives: dict[str, tuple[date, date]] = field(default_factory=dict)
    said: list[tuple[str, int, str]] = field(default_factory=list, compare=False)

    def keeps(self, stamp: pd.Timestamp, published: pd.Timestamp | None = None) -> bool:
        """Whether a row of this stamp was public in the vintage being read, and is not to be left out.

        Readers ask before they look at the row's numbers, so that nothing in a later row can matter.
        """
        if self.vintage is not None and not self.vintage(stamp, published):
            return False
        leave = next((d for d in self.dropped if not d.columns and stamp.date() in d.days), None)
        if leave is not None:
            self.say(f"row of {stamp:%Y-%m-%d}: left out on request", 1, leave.reason)
        return leave is None

    def accepts(self, check: str, day: pd.Timestamp, columns: Iterable[str] = ()) -> bool:
        """Whether the user lets this finding pass; told when so."""
        for a in self.accepted:
            named = not a.columns or not columns or set(a.columns) & set(columns)
            if a.check == check and day.date() in a.days and named:
                self.say(f"{', '.join(columns) or 'row'} of {day:%Y-%m-%d}: accepted ({check})", 0, a.reason)
                return True
        return False

    def say(self, what: str, rows: int, why: str) -> None:
        """A note for the report, once: something read otherwise than it stands (`rows` = 0: nothing was lost)."""
        if (what, rows, why) not in self.said:
            self.said.append((what, rows, why))

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
