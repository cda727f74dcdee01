"""The simulated null: violations this very graph yields when it is true, at this n, with these gaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.gate.frame import base_columns
from model.gate.graph import Graph
from model.gate.independences import Independence
from model.gate.partial import Outcome, examine

Columns = Mapping[str, np.ndarray]
BLOCK = 100
"""Panels examined at once (memory)."""


@dataclass(frozen=True)
class Null:
    """Violation counts of panels in which the graph is true. ``counts`` ``Shape: (panels,)``."""

    counts: np.ndarray
    level: float
    outcome: Outcome

    def p(self, observed: int) -> float:
        """Monte-Carlo p-value of a count: exact when the null is right, whatever the number of panels."""
        return float((1 + np.sum(self.counts >= observed)) / (1 + len(self.counts)))

    @property
    def critical(self) -> int:
        """Smallest count that fails."""
        return next(c for c in range(int(self.counts.max()) + 2) if self.p(c) <= self.level)


def violated(outcome: Outcome, family: float) -> np.ndarray:
    """Which statements are violated: p below ``family`` over the number of testable ones. Same shape as p."""
    testable = np.maximum(np.isfinite(outcome.p).sum(axis=1, keepdims=True), 1)
    return np.nan_to_num(outcome.p, nan=1.0) < family / testable


def examine_all(
    columns: Columns, statements: Sequence[Independence], graph: Graph, spare_rows: int
) -> Outcome:
    """:func:`model.gate.partial.examine` in blocks of panels; differing gaps are examined panel by panel."""
    panels = len(next(iter(columns.values())))
    size = BLOCK if _same_gaps(columns) else 1
    parts = [
        examine({k: v[i : i + size] for k, v in columns.items()}, statements, graph, spare_rows)
        for i in range(0, panels, size)
    ]
    effect, p = (np.concatenate([getattr(part, name) for part in parts]) for name in ("effect", "p"))
    return Outcome(effect, p, np.min([part.rows for part in parts], axis=0))


def stacked(
    simulate: Callable[[np.random.Generator], pd.DataFrame], rng: np.random.Generator, panels: int
) -> dict[str, np.ndarray]:
    """Gate frames from a caller's simulator as columns. ``Shape: (panels, days)`` per base name."""
    drawn = [base_columns(simulate(rng)) for _ in range(panels)]
    return {str(name): np.stack([d[name].to_numpy(float) for d in drawn]) for name in drawn[0]}


def _same_gaps(columns: Columns) -> bool:
    return all((np.isnan(v) == np.isnan(v[:1])).all() for v in columns.values())
