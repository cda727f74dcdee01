"""A panel's input: one file, or several joined on their dates.

The first file gives the trading days. Further files add columns: a row on one of these days stands there, and of a
column that is summed over calendar days the rows since the trading day before are added up. A column that two files have
is the first file's; where they contradict each other both are named.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.calendar import sessions
from model.errors import DataError
from model.panel.checks import check_days
from model.panel.columns import known_columns
from model.panel.files import RawTable, read_table, to_days, to_numbers
from model.panel.problems import Problems

if TYPE_CHECKING:
    from model.panel.universe import Universe

SEPARATOR = ","
"""Between the files of one panel, as in ``panel.csv,sessions.csv``."""
SAME = 1e-4
"""Relative difference up to which two files' columns of one name are the same number, differently rounded."""


def panel_files(path: str | Path) -> tuple[Path, ...]:
    """The files of a panel: several where the path names them with commas between, and no file has that very name."""
    if Path(path).exists() or SEPARATOR not in str(path):
        return (Path(path),)
    return tuple(Path(p.strip()) for p in str(path).split(SEPARATOR) if p.strip())


def panel_name(path: str | Path) -> str:
    """The files' names without their folders, for a manifest."""
    return SEPARATOR.join(p.name for p in panel_files(path))


@dataclass(frozen=True)
class File:
    """One file as read. `names` are its rows in a message: "2026-02-05, line 47", after the name of a further file."""

    path: Path
    raw: RawTable
    days: pd.DatetimeIndex
    names: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """Its columns but the date."""
        return [str(c) for c in self.raw.cells.columns if str(c) != self.days.name]


class Tables:
    """The files of one panel as one table.

    Attributes
    ----------
    days : pandas.DatetimeIndex
        The first file's. ``Shape: (T,)``.
    owner : dict of str to File
        By column: the first file that has it.
    notes : list of str
        What further files hold that the panel does not show.
    """

    def __init__(self, files: list[File], problems: Problems, u: Universe) -> None:
        self.files, self.problems, self.calendar = files, problems, u.calendar
        self.known = set(known_columns(u))
        self.days = files[0].days
        self.owner: dict[str, File] = {}
        self.notes: list[str] = []
        for f in files:
            for column in f.columns:
                self._own(column, f)
        for f in files[1:]:
            self._outside(f)

    @property
    def header(self) -> list[str]:
        """All columns, in the order of files."""
        return list(self.owner)

    def read(self, column: str, *, summed: bool = False) -> np.ndarray:
        """A column as floats on the panel's days. ``Shape: (T,)``.

        `summed`: numbers of all calendar days, summed over the days since the trading day before. A day without a
        number makes its sum unknown, and so is the first day's, whose days before are not in the panel.
        """
        f = self.owner[column]
        values = pd.Series(to_numbers(f.raw, f.names, column, self.problems), index=f.days)
        if not summed:
            return values.reindex(self.days).to_numpy(float)
        trading = sessions(self.days[0], self.days[-1], self.calendar)
        every = pd.date_range(self.days[0] + pd.Timedelta(days=1), self.days[-1])
        every = every[every <= trading[-1]] if len(trading) else every[:0]
        at = trading[np.searchsorted(trading, every)]
        sums = values.reindex(every).groupby(at).sum(min_count=1)
        whole = values.reindex(every).notna().groupby(at).all()
        return sums.where(whole).reindex(self.days).to_numpy(float)

    def place(self, column: str, day: pd.Timestamp) -> str:
        """Date and line of a cell, and its file where it is not the first."""
        f = self.owner.get(column, self.files[0])
        at = int(f.days.get_indexer(pd.DatetimeIndex([day]))[0])
        return f.names[at] if at >= 0 else f"{f.path.name}, {day.date()}"

    def _own(self, column: str, f: File) -> None:
        first = self.owner.setdefault(column, f)
        if first is f or column not in self.known:
            return
        one = pd.Series(to_numbers(first.raw, first.names, column, self.problems), index=first.days)
        two = pd.Series(to_numbers(f.raw, f.names, column, self.problems), index=f.days)
        gap = (two - one).abs() > SAME * one.abs()
        for day in gap.index[gap]:
            self.problems.add(
                f"{one[day]:g} here, {two[day]:g} in {f.path.name}",
                "Two files give the same column: correct one, or rename it.",
                row=self.place(column, day),
                column=repr(column),
            )

    def _outside(self, f: File) -> None:
        """Note rows of a further file on days after the first file's: a longer first file would show them."""
        later = int((f.days > self.days[-1]).sum())
        if not f.days.isin(self.days).any():
            self.problems.add(
                f"{f.path.name} has no day in common with {self.files[0].path.name}",
                "Give files of the same days.",
            )
        if later:
            self.notes.append(f"{f.path.name}: {later} rows after the panel's last day, not used.")


def read_tables(path: str | Path, u: Universe) -> Tables:
    """Read a panel's files and place their rows on days.

    Raises
    ------
    DataError
        If a file cannot be read, or its dates are unreadable, repeated or unsorted.
    """
    paths = panel_files(path)
    if len(set(paths)) < len(paths):
        raise DataError(f"{path} names a file twice.", "Name each file of the panel once.")
    files: list[File] = []
    for p in paths:
        raw = read_table(p)
        problems = Problems(p)
        days = to_days(raw, problems)
        check_days(days, raw.places, u, problems)
        problems.raise_if_any()
        further = f"{p.name}, " if files else ""
        names = tuple(f"{further}{d.date()}, {where}" for d, where in zip(days, raw.places, strict=True))
        files.append(File(p, raw, days, names))
    return Tables(files, Problems(paths[0]), u)
