"""Tests of claims that wait for further columns: they run when the columns are supplied, and say what they need when not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from model import units
from model.events.claims.figure_tests import claimed, read_bounds, read_column, shown
from model.events.claims.finding import CONTRADICTED, NOT_IDENTIFIED, NOT_TESTABLE, SUPPORTED, Finding, Scene
from model.events.quantities import Ground, read_day, read_days
from model.toml_table import Table


def _values(scene: Scene, columns: tuple[str, ...]) -> pd.DataFrame | None:
    """The columns; None where one is absent."""
    return None if any(c not in scene.frame for c in columns) else scene.frame[list(columns)]


def _needs(needs: str) -> Finding:
    return Finding(NOT_TESTABLE, "", f"Needs {needs}.")


@dataclass(frozen=True)
class Total:
    """The sum of some columns on the largest of some days, against a range.

    ``partial``: the columns hold a part of what the claim counts, so that a smaller number contradicts nothing.
    """

    columns: tuple[str, ...]
    days: tuple[date, ...]
    low: float
    high: float
    unit: str
    scale: float
    partial: bool
    needs: str

    def run(self, scene: Scene) -> Finding:
        """Compare the largest day's sum with the claimed range."""
        table = _values(scene, self.columns)
        sums = (
            None
            if table is None
            else table.sum(axis=1, skipna=False).reindex(pd.DatetimeIndex(self.days)).dropna()
        )
        if sums is None or sums.empty:
            return _needs(self.needs)
        at = int(sums.to_numpy().argmax())
        x, day = float(sums.iloc[at]) * self.scale, sums.index[at]
        number = f"{shown(x)} {self.unit} (claimed {claimed(self.low, self.high)})"
        reason = f"{' + '.join(self.columns)} on {day:%Y-%m-%d}."
        if self.low <= x <= self.high:
            return Finding(SUPPORTED, number, reason)
        if self.partial and x < self.low:
            return Finding(NOT_IDENTIFIED, number, f"{reason} A part of the venues: the total may be larger.")
        return Finding(CONTRADICTED, number, reason)


@dataclass(frozen=True)
class Outgrew:
    """One column grew by a larger share than another on a day."""

    one: str
    two: str
    day: date
    needs: str

    def run(self, scene: Scene) -> Finding:
        """Compare the two changes from the session before."""
        table = _values(scene, (self.one, self.two))
        growth = None if table is None else units.PERCENT * table.pct_change(fill_method=None)
        at = pd.Timestamp(self.day)
        if growth is None or at not in growth.index or growth.loc[at].isna().any():
            return _needs(self.needs)
        a, b = growth.loc[at].to_numpy(float)
        verdict = SUPPORTED if a > b else CONTRADICTED
        return Finding(
            verdict, f"{a:+.1f} % against {b:+.1f} %", f"{self.one} against {self.two} on {self.day}."
        )


@dataclass(frozen=True)
class Led:
    """The sum of two columns was a record on a day, and one of them was the larger part."""

    leader: str
    other: str
    day: date
    needs: str

    def run(self, scene: Scene) -> Finding:
        """Share of the leader, and the day's sum against the largest before it."""
        table = _values(scene, (self.leader, self.other))
        at = pd.Timestamp(self.day)
        if table is None or at not in table.index or table.loc[at].isna().any():
            return _needs(self.needs)
        total = table.sum(axis=1, skipna=False)
        before = total[total.index < at].dropna()
        if before.empty:
            return _needs(f"{self.needs}, of the days before too")
        share, ratio = float(table.loc[at, self.leader] / total[at]), float(total[at] / before.max())
        number = f"{units.PERCENT * share:.0f} % of the sum, {ratio:.2f} times the largest of {len(before)} days before"
        both = share > 0.5 and ratio > 1.0
        return Finding(
            SUPPORTED if both else CONTRADICTED, number, f"{self.leader} and {self.other} on {self.day}."
        )


# --- readers ----------------------------------------------------------------------------------------------
def read_total(t: Table, g: Ground) -> Total:
    """Read a ``total`` test."""
    columns = t.columns("columns")
    for name in columns:
        if name not in g.columns:
            t.refuse(
                "columns", f"the universe has no column {name!r}", f"Use some of {', '.join(g.columns)}."
            )
    days, (low, high) = read_days(t, g.calendar, g.window), read_bounds(t)
    scale = t.number("scale", 1.0)
    if scale <= 0.0:
        t.refuse(
            "scale", f"must be positive, is {scale}", "Give the factor from the columns' unit to the claim's."
        )
    return Total(columns, days, low, high, t.text("unit"), scale, t.flag("partial", False), t.text("needs"))


def read_outgrew(t: Table, g: Ground) -> Outgrew:
    """Read an ``outgrew`` test."""
    day = read_day(t, g.calendar, g.window)
    return Outgrew(read_column(t, "one", g), read_column(t, "two", g), day, t.text("needs"))


def read_led(t: Table, g: Ground) -> Led:
    """Read a ``led`` test."""
    day = read_day(t, g.calendar, g.window)
    return Led(read_column(t, "leader", g), read_column(t, "other", g), day, t.text("needs"))
