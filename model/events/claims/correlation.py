"""A claim that one thing moved more closely with a second than with a third."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from model.events.claims.figure_tests import read_column
from model.events.claims.finding import CONTRADICTED, NOT_IDENTIFIED, NOT_TESTABLE, SUPPORTED, Finding, Scene
from model.events.quantities import Ground, read_span
from model.toml_table import Table

BOOTSTRAPS = 4000


@dataclass(frozen=True)
class Correlation:
    """Daily returns of ``one`` move more with ``two`` than with ``three`` over a span."""

    one: str
    two: str
    three: str
    start: date
    end: date

    def run(self, scene: Scene) -> Finding:
        """Difference of the two correlations with a bootstrap interval over days."""
        frame = scene.frame
        absent = [c for c in (self.one, self.two, self.three) if c not in frame]
        if absent:
            return Finding(NOT_TESTABLE, "", f"The panel has no {', '.join(absent)}.")
        r = (
            frame[[self.one, self.two, self.three]]
            .apply(np.log)
            .diff()[str(self.start) : str(self.end)]
            .dropna()
        )
        x = r.to_numpy(float)
        if len(x) < 10:
            return Finding(NOT_TESTABLE, "", f"Only {len(x)} days.")
        a, b = _pair(x)
        rng = np.random.default_rng(0)
        draws = [np.subtract(*_pair(x[rng.integers(0, len(x), len(x))])) for _ in range(BOOTSTRAPS)]
        low, high = np.quantile(draws, [0.055, 0.945])
        verdict = SUPPORTED if low > 0.0 else CONTRADICTED if high < 0.0 else NOT_IDENTIFIED
        number = f"{a:.2f} against {b:.2f}, difference [{low:.2f}, {high:.2f}]"
        return Finding(
            verdict, number, f"{len(x)} days, {r.index[0].date()} to {r.index[-1].date()}, 89 % bootstrap."
        )


def _pair(x: np.ndarray) -> tuple[float, float]:
    c = np.corrcoef(x.T)
    return float(c[0, 1]), float(c[0, 2])


def read_correlation(t: Table, g: Ground) -> Correlation:
    """Read a ``correlation`` test; ``days`` are its first and last day."""
    start, end = read_span(t, g.calendar, g.window)
    return Correlation(
        read_column(t, "one", g), read_column(t, "two", g), read_column(t, "three", g), start, end
    )
