"""What the user lets pass in a panel: ``<panel>.accept.toml`` beside ``<panel>.csv``, row by row and with a reason.

A check that refuses a true row needs a way on that is as narrow as the row: a day, a column, a reason that
stands in the panel's notes and so in every report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from model.toml_table import Table, read_toml

CHECKS = {
    "decimals": "more decimals than the other rows",
    "expiry": "days to expiry that lead to another day than the universe's",
    "gap": "a close far from what a share holds",
    "jump": "a close that moves more than half in a session",
    "life": "a flow outside the fund's life",
    "position_date": "positions on another weekday",
    "position_size": "more contracts held than open",
    "premium": "a futures premium beyond the universe's limit",
    "range": "a value outside its range",
    "total": "funds that do not sum to the total",
    "unfinished": "the newest rows are left out",
    "unit": "a panel whose typical flow is outside the universe's range (days: its first day)",
}
SUFFIX = ".accept.toml"


@dataclass(frozen=True)
class Accept:
    """A finding that the user has looked at: on these days (in these columns, or in any) `check` lets it pass."""

    check: str
    days: tuple[date, ...]
    reason: str
    columns: tuple[str, ...] = ()


@dataclass
class Accepted:
    """All entries of a panel, and notes of those that were used."""

    file: Path
    entries: tuple[Accept, ...] = ()
    notes: list[str] = field(default_factory=list)

    def allows(self, check: str, day: pd.Timestamp, columns: Iterable[str]) -> bool:
        """Whether the finding may pass; noted when it does."""
        for e in self.entries:
            if e.check == check and day.date() in e.days and (not e.columns or set(e.columns) & set(columns)):
                note = f"{day.date()}, {', '.join(columns) or 'row'}: accepted ({CHECKS[check]}). {e.reason}"
                if note not in self.notes:
                    self.notes.append(note)
                return True
        return False

    def way_out(self, check: str) -> str:
        """How to let a true row pass, for a remedy."""
        return (
            f'A row that is right can be accepted: [[accept]] check = "{check}", days = [...], reason = "..." '
            f"in {self.file.name} beside the panel."
        )


def accepted_beside(panel: Path) -> Accepted:
    """The entries beside a panel file; none where there is no such file.

    Raises
    ------
    DataError
        If the file is not TOML, or has an unknown key or check.
    """
    path = panel.with_name(panel.stem + SUFFIX)
    if not path.is_file():
        return Accepted(path)
    root = read_toml(path)
    entries = tuple(_entry(t) for t in root.tables("accept"))
    root.done()
    return Accepted(path, entries)


def _entry(t: Table) -> Accept:
    columns = t.columns("columns") if "columns" in t.data else ()
    out = Accept(t.text("check"), t.dates("days"), t.text("reason"), columns)
    if out.check not in CHECKS:
        t.refuse("check", f"{out.check!r} is not a check", f"Use one of {', '.join(CHECKS)}.")
    t.done()
    return out
