"""Tests that look at figures: the panel's columns, or plain arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from scipy import stats

from model import units
from model.calendar import is_session
from model.events.claims.finding import CONTRADICTED, NOT_IDENTIFIED, NOT_TESTABLE, SUPPORTED, Finding, Scene
from model.events.claims.measures import MEASURES, TURNOVER, WHAT, measured, read_unit, turnover
from model.events.quantities import Ground, read_day, read_days
from model.toml_table import Table

ANY_NUMBER = (-1e15, 1e15)


@dataclass(frozen=True)
class Figure:
    """A number of the panel and the range the claim gives it.

    ``elsewhere`` is another day on which the number is also shown: a slip in dating becomes visible. ``error`` is how
    far the panel's number may lie from the claim's without contradicting it: noise of the measure, another clock.
    ``instead`` is a column that measures the same thing without that error, and stands for it where it is supplied.
    ``needs`` says what a claim waits for whose column is not.
    """

    measure: str
    column: str
    days: tuple[date, ...]
    low: float
    high: float
    unit: str
    elsewhere: date | None = None
    error: float = 0.0
    instead: str = ""
    needs: str | None = None

    def run(self, scene: Scene) -> Finding:
        """Compare the panel's number with the claimed range."""
        if self.instead:
            better = replace(self, measure="level", column=self.instead, error=0.0, instead="")
            if better._value(scene, self.days) is not None:
                return better.run(scene)
        x = self._value(scene, self.days)
        if x is None:
            absent = f"The panel has no {self.column} on {_listed(self.days)}"
            return Finding(NOT_TESTABLE, "", f"Needs {self.needs}." if self.needs else f"{absent}.")
        inside = self.low <= x <= self.high
        number = f"{shown(x)} {self.unit} (claimed {claimed(self.low, self.high)})"
        what = WHAT.get(self.measure, f"{self.measure.replace('_', ' ')} of {self.column}")
        reason = f"{what[:1].upper()}{what[1:]} on {_listed(self.days)}."
        if self.elsewhere is not None and not inside:
            y = self._value(scene, (self.elsewhere,))
            if y is not None and self.low <= y <= self.high:
                reason += f" The range does hold for {self.elsewhere}: {shown(y)} {self.unit}."
        near = self.low - self.error <= x <= self.high + self.error
        if near and not inside:
            reason += f" Outside the claimed range, but within {self.error:g} {self.unit}: no contradiction."
        return Finding(SUPPORTED if inside else NOT_IDENTIFIED if near else CONTRADICTED, number, reason)

    def _value(self, scene: Scene, days: tuple[date, ...]) -> float | None:
        frame, at = scene.frame, [pd.Timestamp(d) for d in days]
        needed = {"premium": ("future", "price", "future_days"), "turnover": TURNOVER}
        columns = needed.get(self.measure, (self.column,))
        if any(c not in frame for c in columns) or any(d not in frame.index for d in at):
            return None
        x = float(measured(frame, self.measure, self.column, at, scene.min_days))
        return x if np.isfinite(x) else None


@dataclass(frozen=True)
class Record:
    """A day's number against the most extreme one before it.

    ``previous`` is a published record from before the panel begins; the larger of it and the panel's counts.
    """

    column: str
    day: date
    factor: float
    previous: float
    scale: float
    unit: str

    def run(self, scene: Scene) -> Finding:
        """Ratio of the day to the record before it, against the claimed factor."""
        needed = TURNOVER if self.column == "turnover" else (self.column,)
        if any(c not in scene.frame for c in needed) or pd.Timestamp(self.day) not in scene.frame.index:
            return Finding(NOT_TESTABLE, "", f"The panel has no {self.column} on {self.day}.")
        series = self.scale * (
            turnover(scene.frame) if self.column == "turnover" else scene.frame[self.column]
        )
        x, before = float(series[pd.Timestamp(self.day)]), series[series.index < pd.Timestamp(self.day)]
        down = x < 0.0
        known = min(float(before.min()), self.previous) if down else max(float(before.max()), self.previous)
        ratio = x / known
        number = f"{ratio:.2f} times the record before ({x:,.4g} against {known:,.4g} {self.unit})"
        good = ratio >= self.factor
        verdict = SUPPORTED if good else CONTRADICTED
        return Finding(verdict, number, f"Claimed: at least {self.factor:g} times.")


@dataclass(frozen=True)
class Rarity:
    """How much rarer a z-score is than another one, both sides of a normal distribution."""

    z: float
    against: float
    low: float
    high: float
    ratio: bool

    def run(self, scene: Scene) -> Finding:  # noqa: ARG002
        """Tail probabilities by arithmetic."""
        p, q = (2.0 * stats.norm.sf(v) for v in (self.z, self.against))
        x, unit = (q / p, "times") if self.ratio else (units.PERCENT * p, "%")
        good = self.low <= x <= self.high
        number = f"{x:.3g} {unit} (claimed {claimed(self.low, self.high)})"
        verdict = SUPPORTED if good else CONTRADICTED
        return Finding(verdict, number, "Two-sided tail of a normal distribution.")


@dataclass(frozen=True)
class FirstBelow:
    """The first close of a column below a level falls on a stated day."""

    column: str
    level: float
    day: date
    unit: str

    def run(self, scene: Scene) -> Finding:
        """Find the first close below."""
        if self.column not in scene.frame:
            return Finding(NOT_TESTABLE, "", f"The panel has no {self.column}.")
        series = scene.frame[self.column]
        below = series[series < self.level]
        if below.empty:
            return Finding(CONTRADICTED, f"never below {self.level} {self.unit}", "Closes only.")
        first = pd.Timestamp(below.index[0])
        if first == series.index[0]:
            return Finding(NOT_TESTABLE, "", "The panel begins below the level.")
        number = f"first close below {self.level:g} on {first.date()} at {below.iloc[0]:g} {self.unit}"
        verdict = SUPPORTED if first.date() == self.day else CONTRADICTED
        return Finding(verdict, number, f"Claimed: {self.day}.")


def shown(x: float) -> str:
    """A number with four digits, or all before the point where there are more."""
    return f"{x:,.0f}" if abs(x) >= 1e4 else f"{x:,.4g}"


def claimed(low: float, high: float) -> str:
    """A claimed range in words."""
    if low <= ANY_NUMBER[0]:
        return f"at most {shown(high)}"
    return f"at least {shown(low)}" if high >= ANY_NUMBER[1] else f"{shown(low)} to {shown(high)}"


def _listed(days: tuple[date, ...]) -> str:
    return ", ".join(str(d) for d in days)


# --- readers ----------------------------------------------------------------------------------------------
def read_figure(t: Table, g: Ground) -> Figure:
    """Read a ``figure`` test."""
    measure = t.text("measure", choices=MEASURES)
    column = measure if measure in ("premium", "turnover") else read_column(t, "column", g)
    days = read_days(t, g.calendar, g.window)
    low, high = read_bounds(t)
    unit, error = read_unit(t, column), t.number("error", 0.0, low=0.0)
    instead = read_column(t, "instead", g) if "instead" in t.data else ""
    elsewhere, needs = _elsewhere(t, g), t.text("needs", None)
    return Figure(measure, column, days, low, high, unit, elsewhere, error, instead, needs)


def read_column(t: Table, key: str, g: Ground) -> str:
    name = str(t.text(key))
    if name not in g.columns:
        t.refuse(key, f"the universe has no column {name!r}", f"Use one of {', '.join(g.columns)}.")
    return name


def _elsewhere(t: Table, g: Ground) -> date | None:
    day = t.day("elsewhere", None)
    if day is not None and not is_session(day, g.calendar):
        t.refuse("elsewhere", f"{day} is not a trading day of {g.calendar}", "Give a trading day.")
    return day


def read_bounds(t: Table) -> tuple[float, float]:
    """``at_least`` and ``at_most``; one of them may be left out."""
    low, high = t.number("at_least", ANY_NUMBER[0]), t.number("at_most", ANY_NUMBER[1])
    if (low, high) == ANY_NUMBER or low > high:
        t.refuse("at_least", "gives no range with at_most", "Give at_least, at_most, or both in order.")
    return float(low), float(high)


def read_record(t: Table, g: Ground) -> Record:
    """Read a ``record`` test of a column, or of ``measure = "turnover"``."""
    day = read_day(t, g.calendar, g.window)
    measure = t.text("measure", choices=("turnover",)) if "measure" in t.data else ""
    column = measure or read_column(t, "column", g)
    factor, previous, scale = t.number("factor", 1.0), t.number("previous"), t.number("scale", 1.0)
    return Record(column, day, factor, previous, scale, read_unit(t, column))


def read_rarity(t: Table, g: Ground) -> Rarity:  # noqa: ARG001
    """Read a ``rarity`` test."""
    z, against = t.number("z"), t.number("against", 3.0)
    return Rarity(z, against, *read_bounds(t), t.flag("ratio", True))


def read_first_below(t: Table, g: Ground) -> FirstBelow:
    """Read a ``first_below`` test."""
    day = read_day(t, g.calendar, g.window)
    column = read_column(t, "column", g)
    return FirstBelow(column, t.number("level"), day, read_unit(t, column))
