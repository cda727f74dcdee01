"""Positions, in per cent of a row, of the bars and intervals that stand in the page's own tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from model.report.page.parts import Day, Part

MARGIN = 0.03


class Scale(NamedTuple):
    """A row's ends, in the quantity's own unit."""

    low: float
    high: float

    def at(self, x: float) -> float:
        """Where a value stands, in per cent from the left, kept inside the row."""
        width = self.high - self.low
        share = (x - self.low) / width if width > 0 else 0.5
        return round(100 * min(max(share, 0.0), 1.0), 2)


class Step(NamedTuple):
    """A bar of the first picture. ``start``, ``end`` and the interval's ends in the day's unit."""

    title: str
    colour: str
    part: Part | None
    start: float
    end: float
    low: float
    lower: float
    upper: float
    high: float
    scale: Scale


def scale_over(values: Iterable[float]) -> Scale:
    """A scale that holds all values and zero, with a margin."""
    found = [v for v in values if np.isfinite(v)] + [0.0]
    low, high = min(found), max(found)
    margin = MARGIN * (high - low or 1.0)
    return Scale(low - margin, high + margin)


def scale_of(d: Day) -> Scale:
    """One scale for every part of a day."""
    return scale_over([d.observed, *(x for p in d.parts for x in (p.low, p.high))])


def steps(d: Day) -> list[Step]:
    """The waterfall of a day: additive parts one after the other, then the observed value."""
    ends, at = [], 0.0
    parts = [p for p in d.parts if p.kind != "split" and p.printed(d.quantity)]
    for p in parts:
        ends.append((at, at + p.mean))
        at += p.mean
    reach = [x for (a, b), p in zip(ends, parts, strict=True) for x in (a, b, a + p.low, a + p.high)]
    scale = scale_over([*reach, d.observed])
    out = [
        Step(p.title, p.colour, p, a, b, a + p.low, a + p.lower, a + p.upper, a + p.high, scale)
        for (a, b), p in zip(ends, parts, strict=True)
    ]
    seen = d.observed if np.isfinite(d.observed) else 0.0
    return [*out, Step("Observed", "", None, 0.0, seen, seen, seen, seen, seen, scale)]
