"""What moved what: prior beside posterior for every structural parameter, and the pairs that trade off."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from model.mechanisms.components import COMPONENTS
from model.report.figures.fit_view import FitView
from model.report.figures.parameters import main_parameters, units_of
from model.report.figures.style import named
from model.report.figures.summary import LEVELS

STRONG = 0.3
"""Correlation from which a pair is said to trade off."""
PAIRS, DRAWN = 10, 4


class Spread(NamedTuple):
    """Five numbers of one distribution: mean, 5.5 %, 25 %, 75 %, 94.5 %."""

    mean: float
    low: float
    lower: float
    upper: float
    high: float


class Learned(NamedTuple):
    """One parameter."""

    name: str
    title: str
    component: str
    unit: str
    prior: Spread | None
    posterior: Spread
    moved: bool | None


class Pair(NamedTuple):
    """Two parameters and the correlation of their posterior draws."""

    first: str
    second: str
    correlation: float


def learned(view: FitView) -> list[Learned]:
    """One row a scalar parameter, price impact first, then by component."""
    owner = {p: c.title for c in COMPONENTS for p in c.priors}
    units = units_of()
    out = []
    for name in main_parameters(view):
        after = view.scalar(view.main, "posterior", name)
        assert after is not None, "main_parameters names only what is there"
        before = view.scalar(view.main, "prior", name)
        out.append(
            Learned(
                name,
                named(name),
                owner.get(name, "Price"),
                units.get(name, ""),
                None if before is None else spread(before),
                spread(after),
                view.identified(name),
            )
        )
    return out


def spread(draws: np.ndarray) -> Spread:
    """Mean and the ends of the two intervals."""
    x = draws.ravel()
    return Spread(float(x.mean()), *(float(v) for v in np.quantile(x, LEVELS)))


def pairs(view: FitView) -> tuple[list[Pair], list[tuple[str, np.ndarray, str, np.ndarray]]]:
    """The strongest pairs, and the draws of the first few for a figure."""
    draws = {n: view.scalar(view.main, "posterior", n) for n in main_parameters(view)}
    flat = {n: d.ravel() for n, d in draws.items() if d is not None and d.std() > 0.0}
    names = list(flat)
    if len(names) < 2:
        return [], []
    matrix = np.corrcoef(np.stack([flat[n] for n in names]))
    at = [(i, j) for i in range(len(names)) for j in range(i) if abs(matrix[i, j]) >= STRONG]
    at = sorted(at, key=lambda ij: -abs(matrix[ij]))[:PAIRS]
    found = [Pair(named(names[j]), named(names[i]), float(matrix[i, j])) for i, j in at]
    return found, [(named(names[j]), flat[names[j]], named(names[i]), flat[names[i]]) for i, j in at[:DRAWN]]


def rows(view: FitView) -> list[dict[str, Any]]:
    """Rows for the page, each on a scale of its own that holds prior and posterior."""
    out = []
    for x in learned(view):
        both = [x.posterior] + ([x.prior] if x.prior else [])
        ends = min(s.low for s in both), max(s.high for s in both)
        out.append({"row": x, "low": ends[0], "high": ends[1], "digits": _digits(ends[1] - ends[0])})
    return out


def _digits(width: float) -> int:
    """Decimals that tell the ends of an interval apart."""
    return int(np.clip(2 - np.floor(np.log10(width)), 0, 5)) if width > 0 else 2
