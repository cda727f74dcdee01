"""Tests that look at a fit: its decomposition, parameters and rivals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from model.events.claims.figure_tests import claimed, read_bounds
from model.events.claims.finding import (
    CONTRADICTED,
    NOT_IDENTIFIED,
    NOT_TESTABLE,
    SUPPORTED,
    Finding,
    Scene,
    of_probability,
)
from model.events.quantities import (
    PARTS,
    SIDES,
    Ground,
    Quantity,
    is_largest,
    part_draws,
    read_day,
    read_quantity,
)
from model.mechanisms.names import parameter_names
from model.toml_table import Table

LEVELS = (0.055, 0.5, 0.945)
MAIN, OTHER = "vendor", "next_day"


def _readings(scene: Scene) -> list[str]:
    return [r for r in (MAIN, OTHER) if r in scene.decompositions]


def _agree(verdicts: list[str]) -> str:
    """One verdict over datings: the same in all, or not identified."""
    return verdicts[0] if len(set(verdicts)) == 1 else NOT_IDENTIFIED


def _learned(scene: Scene, label: str) -> bool | None:
    """Whether the fit calls a quantity identified in its readings; None where it does not say."""
    found = [scene.identified[label, r] for r in _readings(scene) if (label, r) in scene.identified]
    return all(found) if found else None


def _concluded(
    scene: Scene, probabilities: dict[str, float], labels: list[str], number: str, what: str
) -> Finding:
    """Verdict of probabilities per reading; a quantity that only the prior speaks about is not identified."""
    shown = ", ".join(f"P = {p:.2f} ({r.replace('_', '-')})" for r, p in probabilities.items())
    number = f"{number}; {shown}" if number else shown
    verdict = _agree([of_probability(p) for p in probabilities.values()])
    blind = [x for x in labels if _learned(scene, x) is False]
    if blind:
        return Finding(NOT_IDENTIFIED, number, f"{what} Mostly the prior's: {', '.join(blind)}.")
    return Finding(verdict, number, what)


@dataclass(frozen=True)
class Sign:
    """A quantity lies on one side of a threshold."""

    quantity: Quantity
    side: str
    threshold: float

    def run(self, scene: Scene) -> Finding:
        """Probability under each dating."""
        if not _readings(scene) or not _covers(scene, self.quantity.days):
            return Finding(NOT_TESTABLE, "", "The fit does not cover the days.")
        p, number = {}, ""
        for r in _readings(scene):
            q = self.quantity.draws(scene.decompositions[r])
            p[r] = float(np.mean(q < self.threshold if self.side == "below" else q > self.threshold))
            low, mid, high = np.quantile(q, LEVELS)
            number = number or f"{mid:+.3g} [{low:.3g}, {high:.3g}] {self.quantity.unit}"
        what = f"{self.quantity.kind} of {self.quantity.part} {self.side} {self.threshold:g}."
        return _concluded(scene, p, _labels(self.quantity), number, what)


def _covers(scene: Scene, days: tuple[date, ...]) -> bool:
    dates = {pd.Timestamp(d).date() for d in scene.decompositions[_readings(scene)[0]]["date"].to_numpy()}
    return set(days) <= dates


def _labels(q: Quantity) -> list[str]:
    """Names in the manifest's identification list that speak about the quantity (channels stand for triggers)."""
    kind = "return" if q.kind.startswith("return") else "flow"
    return [f"{kind}:{q.part}:{d}" for d in q.days]


@dataclass(frozen=True)
class Largest:
    """A part is the largest component on the days, in absolute size."""

    quantity: Quantity

    def run(self, scene: Scene) -> Finding:
        """Probability under each dating."""
        q = self.quantity
        if not _readings(scene) or not _covers(scene, q.days):
            return Finding(NOT_TESTABLE, "", "The fit does not cover the days.")
        p = {
            r: float(is_largest(scene.decompositions[r], q.kind, q.part, q.days).mean())
            for r in _readings(scene)
        }
        total = scene.decompositions[_readings(scene)[0]]
        rest = float(np.median(np.abs(part_draws(total, q.kind, "unattributed", q.days).sum(axis=1))))
        own = float(np.median(part_draws(total, q.kind, q.part, q.days).sum(axis=1)))
        number = f"{own:+.3g} against {rest:.3g} unattributed"
        return _concluded(scene, p, _labels(q), number, f"{q.part} is the largest component of {q.kind}.")


@dataclass(frozen=True)
class Larger:
    """One part is larger in absolute size than another."""

    quantity: Quantity
    than: str

    def run(self, scene: Scene) -> Finding:
        """Probability under each dating."""
        q = self.quantity
        if not _readings(scene) or not _covers(scene, q.days):
            return Finding(NOT_TESTABLE, "", "The fit does not cover the days.")
        p, number = {}, ""
        for r in _readings(scene):
            ds = scene.decompositions[r]
            a, b = (part_draws(ds, q.kind, part, q.days).sum(axis=1) for part in (q.part, self.than))
            p[r] = float(np.mean(np.abs(a) > np.abs(b)))
            number = number or f"{np.median(a):+.3g} against {np.median(b):+.3g}"
        return _concluded(scene, p, _labels(q), number, f"{q.part} is larger than {self.than} in {q.kind}.")


@dataclass(frozen=True)
class ExpectedFlow:
    """The flow expected on a day, given its return, lies in a range."""

    day: date
    low: float
    high: float

    def run(self, scene: Scene) -> Finding:
        """Probability under each dating."""
        if not _readings(scene) or not _covers(scene, (self.day,)):
            return Finding(NOT_TESTABLE, "", "The fit does not cover the day.")
        p, number = {}, ""
        for r in _readings(scene):
            x = scene.decompositions[r]["expected_flow"].sel(date=pd.Timestamp(self.day)).to_numpy()
            p[r] = float(np.mean((x >= self.low) & (x <= self.high)))
            low, mid, high = np.quantile(x, LEVELS)
            number = number or f"{mid:+.0f} [{low:.0f}, {high:.0f}] USD m"
        return _concluded(scene, p, [], number, f"Expected flow: {claimed(self.low, self.high)} USD m.")


@dataclass(frozen=True)
class Parameter:
    """A parameter lies on one side of a threshold, and the data have something to say about it."""

    name: str
    side: str
    threshold: float

    def run(self, scene: Scene) -> Finding:
        """Posterior probability and whether the variance fell."""
        if not _readings(scene):
            return Finding(NOT_TESTABLE, "", "There is no fit.")
        p, number = {}, ""
        for r in _readings(scene):
            x = scene.posteriors[r][self.name].to_numpy().ravel()
            p[r] = float(np.mean(x < self.threshold if self.side == "below" else x > self.threshold))
            low, mid, high = np.quantile(x, LEVELS)
            number = number or f"{mid:.3g} [{low:.3g}, {high:.3g}]"
        return _concluded(scene, p, [self.name], number, f"{self.name} {self.side} {self.threshold:g}.")


@dataclass(frozen=True)
class RivalClaim:
    """A rival story predicts better (``holds``) or worse than the model."""

    rival: str
    holds: bool

    def run(self, scene: Scene) -> Finding:
        """Difference of expected log predictive density, from a finished comparison."""
        row = scene.rivals.get(self.rival)
        if row is None:
            return Finding(NOT_TESTABLE, "", "Run scripts/compare.py on this fit first.")
        gain, error = float(row["gain"]), float(row["gain_se"])
        number = f"elpd {gain:+.2f} (s.e. {error:.2f}) against the model, weight {float(row['weight']):.2f}"
        if row.get("converged") is False:
            return Finding(NOT_IDENTIFIED, number, "The rival's sampling did not converge.")
        if abs(gain) < 2.0 * error or abs(gain) < 4.0:
            told = f" Told apart by {row['separated_by']}." if row.get("separated_by") else ""
            return Finding(NOT_IDENTIFIED, number, f"Tied with the model on these data.{told}")
        good = (gain > 0.0) == self.holds
        return Finding(SUPPORTED if good else CONTRADICTED, number, "Predicts the days better or worse.")


@dataclass(frozen=True)
class NotSupplied:
    """Nothing supplied can speak about the claim; ``needs`` says what could."""

    needs: str
    roles: tuple[str, ...]

    def run(self, scene: Scene) -> Finding:
        """Say what is needed; complain when it is there after all."""
        there = [r for r in self.roles if r in scene.supplied]
        hint = f" The panel does have {', '.join(there)}: write a test." if there else ""
        return Finding(NOT_TESTABLE, "", f"Needs {self.needs}.{hint}")


# --- readers ----------------------------------------------------------------------------------------------
def read_sign(t: Table, g: Ground) -> Sign:
    """Read a ``sign`` test."""
    return Sign(
        read_quantity(t, g.calendar, g.window), t.text("side", choices=SIDES), t.number("threshold", 0.0)
    )


def read_largest(t: Table, g: Ground) -> Largest:
    """Read a ``largest`` test."""
    return Largest(read_quantity(t, g.calendar, g.window, unit=False))


def read_larger(t: Table, g: Ground) -> Larger:
    """Read a ``larger`` test."""
    quantity = read_quantity(t, g.calendar, g.window, unit=False)
    return Larger(quantity, t.text("than", choices=PARTS[quantity.kind]))


def read_expected(t: Table, g: Ground) -> ExpectedFlow:
    """Read an ``expected_flow`` test."""
    day = read_day(t, g.calendar, g.window)
    t.text("unit", choices=("USD m",))
    return ExpectedFlow(day, *read_bounds(t))


def read_parameter(t: Table, g: Ground) -> Parameter:  # noqa: ARG001
    """Read a ``parameter`` test."""
    name = t.text("parameter", choices=parameter_names())
    return Parameter(name, t.text("side", choices=SIDES), t.number("threshold", 0.0))


def read_rival(t: Table, g: Ground) -> RivalClaim:  # noqa: ARG001
    """Read a ``rival`` test."""
    return RivalClaim(t.text("rival"), t.flag("holds"))


def read_not_supplied(t: Table, g: Ground) -> NotSupplied:  # noqa: ARG001
    """Read a ``not_supplied`` test."""
    return NotSupplied(t.text("needs"), t.columns("roles", ["none"]))
