"""What is known, bounded, not narrowed or open about every part of a day: one rule, used by headline and table."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from model.report.figures.fit_view import FitView
from model.report.figures.palette import colour
from model.report.figures.summary import HIGH, LOW, LOWER, MEAN, UPPER, Summary, summarise
from model.report.page.answer import SURE, contribution, percentile_text, rank_of, unusual
from model.report.tables.lines import BEFORE, MIXTURE, UNITS
from model.report.tables.text import amount

KNOWN, BOUNDED, ASSUMED, OPEN, REST = "known", "bounded", "not narrowed", "open", "unattributed"
SMALL = 0.25
"""A part whose 89 % interval stays inside this share of the observed value, and inside the floor below, is bounded."""
FLOOR = {"flow": 50.0, "return": 1.0}
"""On a day that hardly moved, this size counts as small; USD m, log-%."""
MEANING = {
    KNOWN: "the sign is settled, and data moved it",
    BOUNDED: "small, whatever its sign",
    ASSUMED: "the sign holds under what was assumed; data did not narrow it",
    OPEN: "not even the sign is settled",
    REST: "what no part accounts for",
}


class Part(NamedTuple):
    """One line of one quantity on one day, by channel. ``mean`` and the others in USD m or log-%."""

    key: str
    title: str
    kind: str
    colour: str
    mean: float
    low: float
    lower: float
    upper: float
    high: float
    negative: float
    label: str

    def printed(self, quantity: str) -> bool:
        """Whether the line is worth a row: what began before the window is left out where it prints as zero."""
        return self.key not in BEFORE or any(
            amount(x, quantity) != "0" for x in (self.low, self.mean, self.high)
        )

    @property
    def size(self) -> float:
        """Farthest end of the 89 % interval from zero."""
        return max(abs(self.low), abs(self.high))


class Day(NamedTuple):
    """One quantity on one day. ``rank``: percentile of the observed value in the model's own predictions."""

    quantity: str
    day: pd.Timestamp
    observed: float
    parts: tuple[Part, ...]
    rank: float = float("nan")

    @property
    def standing(self) -> str:
        """Where the observed value stood among the model's own predictions of it; empty where it made none."""
        return f"{unusual(self.rank)}: {percentile_text(self.rank)}" if self.rank == self.rank else ""

    @property
    def rest(self) -> Part:
        """The unattributed part."""
        return next(p for p in self.parts if p.key == "unattributed")

    def among(self, *labels: str) -> list[Part]:
        """Additive parts with these labels, largest first."""
        found = [p for p in self.parts if p.kind != "split" and p.label in labels]
        return sorted(found, key=lambda p: -abs(p.mean))


def lead(view: FitView) -> str:
    """The reading that headline, first picture and table show: both datings weighed, if they were, else the first."""
    return MIXTURE if MIXTURE in view.decomposition else view.main


def event_parts(view: FitView) -> dict[str, tuple[Day, ...]]:
    """By quantity, one :class:`Day` an event day."""
    reading = lead(view)
    return {
        q: tuple(_day(view, reading, s, q, d) for d in view.days)
        for q in UNITS
        for s in [summarise(view.decomposition[reading], q, "channel", [d.date() for d in view.days])]
    }


def _day(view: FitView, reading: str, s: Summary, quantity: str, d: pd.Timestamp) -> Day:
    i, seen = s.on(d), float(s.observed[s.on(d)])
    parts = []
    for k, line in enumerate(s.lines):
        v, negative = s.values[i, k], float(s.negative[i, k])
        moved = view.identified(contribution(quantity, line.key, d), reading)
        mean, low, lower, upper, high = (float(v[n]) for n in (MEAN, LOW, LOWER, UPPER, HIGH))
        label = label_of(line.key, low, high, negative, moved, max(SMALL * abs(seen), FLOOR[quantity]))
        parts.append(
            Part(
                line.key,
                line.title,
                line.kind,
                colour(line.key),
                mean,
                low,
                lower,
                upper,
                high,
                negative,
                label,
            )
        )
    return Day(quantity, d, seen, tuple(parts), rank_of(view, view.main, d, quantity))


def label_of(key: str, low: float, high: float, negative: float, moved: bool | None, small: float) -> str:
    """The rule. ``moved``: whether data narrowed it; ``small``: size that counts as small."""
    if key == "unattributed":
        return REST
    sure = not 1 - SURE < negative < SURE
    if sure and moved is not False:
        return KNOWN
    if max(abs(low), abs(high)) <= small:
        return BOUNDED
    return ASSUMED if sure else OPEN


def main_day(days: tuple[Day, ...]) -> Day:
    """The day that moved most."""
    return max(days, key=lambda d: abs(d.observed) if d.observed == d.observed else -1.0)
