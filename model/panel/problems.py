"""Collects everything wrong with an input file, so that one message reports all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import pandas as pd

from model.errors import DataError
from model.panel.accepted import Accepted

LIMIT = 20


@dataclass(frozen=True)
class Problem:
    """One problem: where ("2026-02-05, line 47"), in which column, what, and what to do about it."""

    row: str
    column: str
    text: str
    remedy: str

    def __str__(self) -> str:
        place = ", ".join(p for p in (self.row, f"column {self.column}" if self.column else "") if p)
        return f"{place}: {self.text}" if place else self.text


@dataclass
class Problems:
    """Problems of one file.

    Parameters
    ----------
    file : Path
        Named in the message.
    limit : int
        At most so many are spelled out; the rest are counted.
    """

    file: Path
    limit: int = LIMIT
    found: list[Problem] = field(default_factory=list)
    _cells: set[tuple[str, str]] = field(default_factory=set)

    def add(self, text: str, remedy: str, *, row: str = "", column: str = "") -> None:
        """Record one problem; a cell that already has one gets no second."""
        if row and column and (row, column) in self._cells:
            return
        self._cells.add((row, column))
        self.found.append(Problem(row, column, text, remedy))

    def raise_if_any(self) -> None:
        """Raise one DataError that lists the problems and, once each, their remedies.

        Raises
        ------
        DataError
            If any problem was recorded.
        """
        if not self.found:
            return
        shown = self._shown()
        count = "1 problem" if len(self.found) == 1 else f"{len(self.found)} problems"
        lines = [f"{self.file}: {count}.", *(f"  {i}. {p}." for i, p in enumerate(shown, 1))]
        if len(self.found) > len(shown):
            lines.append(f"  ... and {len(self.found) - len(shown)} more of the same kinds.")
        remedies = dict.fromkeys(p.remedy for p in shown)
        raise DataError("\n".join(lines) + "\n", " ".join(remedies))

    def _shown(self) -> list[Problem]:
        """The problems to spell out: a few of each kind when one kind alone would fill the message."""
        kinds: dict[tuple[str, str], list[Problem]] = {}
        for p in self.found:
            kinds.setdefault((p.column, p.remedy), []).append(p)
        rounds = zip_longest(*kinds.values())
        fair = set([p for group in rounds for p in group if p is not None][: self.limit])
        return [p for p in self.found if p in fair]


class Report:
    """Files problems under the row ("2026-02-05, line 47") and the input column of a cell.

    `place` says where a day's cell of an input column stands; `origin` gives each canonical column's input columns;
    `accepted` is what the user lets pass.
    """

    def __init__(
        self,
        place: Callable[[str, pd.Timestamp], str],
        origin: dict[str, tuple[str, ...]],
        problems: Problems,
        accepted: Accepted | None = None,
        first: pd.Timestamp | None = None,
    ) -> None:
        self.place, self.origin, self.problems = place, origin, problems
        self.accepted, self.first = accepted, first
        self.notes: list[str] = []

    def __call__(
        self, day: pd.Timestamp | None, columns: str | list[str], text: str, remedy: str, check: str = ""
    ) -> None:
        """One problem; of a `check` that the user can let pass, unless that was done for this day."""
        names = [columns] if isinstance(columns, str) else columns
        sources = [self.origin.get(c, (c,)) for c in names]
        when = self.first if day is None else day
        if check and self.accepted is not None and when is not None:
            if self.accepted.allows(check, when, [c for source in sources for c in source]):
                return
            remedy = f"{remedy} {self.accepted.way_out(check)}"
        column = ", ".join(repr(" + ".join(source)) for source in sources)
        first = sources[0][0] if sources and sources[0] else ""
        row = "" if day is None else self.place(first, day)
        self.problems.add(text, remedy, row=row, column=column)
