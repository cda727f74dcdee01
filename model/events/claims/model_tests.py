"""Tests that look at a fit: its decomposition, parameters and rivals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import xarray as xr

from model.events.claims.bounds import bound_sentence
from model.events.claims.conditions import (
    ABOVE,
    BELOW,
    EITHER,
    Condition,
    on_side,
    read_also,
    read_side,
)
from model.events.claims.figure_tests import claimed, read_bounds
from model.events.claims.finding import (
    BOUNDED_OUT,
    CONTRADICTED,
    NOT_IDENTIFIED,
    NOT_TESTABLE,
    SUPPORTED,
    SURE,
    Finding,
    Scene,
    of_probability,
)
from model.events.quantities import (
    COMPONENT_NAMES,
    PARTS,
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
NOT_COVERED = Finding(NOT_TESTABLE, "", "The fit does not cover the days.")


def _readings(scene: Scene) -> list[str]:
    return [r for r in (MAIN, OTHER) if r in scene.decompositions]


def _named(reading: str) -> str:
    return reading.replace("_", "-")


def _measured(
    scene: Scene, days: Iterable[date], holds: Callable[[xr.Dataset], tuple[np.ndarray, str]]
) -> tuple[dict[str, float], str] | None:
    """Probability of a claim under each dating, and its numbers under the first; None where the fit lacks a day."""
    readings = _readings(scene)
    if not readings or not _covers(scene, days):
        return None
    found = {r: holds(scene.decompositions[r]) for r in readings}
    return {r: float(np.mean(draws)) for r, (draws, _) in found.items()}, found[readings[0]][1]


def _agree(verdicts: list[str]) -> str:
    """One verdict over datings: the same in all, or not identified."""
    return verdicts[0] if len(set(verdicts)) == 1 else NOT_IDENTIFIED


def _learned(scene: Scene, label: str) -> bool | None:
    """Whether the fit calls a quantity identified in its readings; None where it does not say."""
    found = [scene.identified[label, r] for r in _readings(scene) if (label, r) in scene.identified]
    return all(found) if found else None


def _concluded(
    scene: Scene,
    probabilities: dict[str, float],
    number: str,
    labels: list[str],
    what: str,
    bound: str = "",
) -> Finding:
    """Verdict of probabilities per reading.

    A quantity that only the prior speaks about is not identified, unless its interval has no room for the claim: then the
    claim is bounded out, with ``bound`` saying by what.
    """
    shown = ", ".join(f"P = {p:.2f} ({_named(r)})" for r, p in probabilities.items())
    number = f"{number}; {shown}" if number else shown
    verdict = _agree([of_probability(p) for p in probabilities.values()])
    blind = [x for x in labels if _learned(scene, x) is False]
    if blind and verdict == CONTRADICTED and bound:
        return Finding(BOUNDED_OUT, number, f"{what} {bound}")
    if blind:
        return Finding(NOT_IDENTIFIED, number, f"{what} Mostly the prior's: {', '.join(blind)}.")
    return Finding(verdict, number, what)


@dataclass(frozen=True)
class Sign:
    """A quantity lies on one side of a threshold, and so do those that the claim joins to it."""

    quantity: Quantity
    side: str
    threshold: float
    also: tuple[Condition, ...] = ()

    def run(self, scene: Scene) -> Finding:
        """Probability of the joint event under each dating."""
        every = (Condition(self.quantity, self.side, self.threshold), *self.also)

        def joint(ds: xr.Dataset) -> tuple[np.ndarray, str]:
            return np.all([c.holds(ds) for c in every], axis=0), "; ".join(_spread(c, ds) for c in every)

        found = _measured(scene, [d for c in every for d in c.quantity.days], joint)
        if found is None:
            return NOT_COVERED
        what = f"{' and '.join(str(c) for c in every)}{', together' if self.also else ''}."
        labels, bound = [x for c in every for x in _labels(c.quantity)], ""
        if not self.also and self.threshold:
            draws = self.quantity.draws(scene.decompositions[_readings(scene)[0]])
            bound = bound_sentence(scene, self.quantity, draws, self.threshold)
        return _concluded(scene, *found, labels, what, bound)


def _spread(c: Condition, ds: xr.Dataset) -> str:
    low, mid, high = np.quantile(c.quantity.draws(ds), LEVELS)
    return f"{mid:+.3g} [{low:.3g}, {high:.3g}] {c.quantity.unit}"


def _covers(scene: Scene, days: Iterable[date]) -> bool:
    dates = {pd.Timestamp(d).date() for d in scene.decompositions[_readings(scene)[0]]["date"].to_numpy()}
    return set(days) <= dates


def _labels(q: Quantity) -> list[str]:
    """Names in the manifest's identification list that speak about the quantity (channels stand for triggers)."""
    kind = "return" if q.kind.startswith("return") else "flow"
    return [f"{kind}:{q.part}:{d}" for d in q.days]


@dataclass(frozen=True)
class Largest:
    """A part is the largest component on the days, in the direction that the claim names."""

    quantity: Quantity
    side: str

    def run(self, scene: Scene) -> Finding:
        """Probability of direction and rank together, under each dating."""
        q = self.quantity

        def first(ds: xr.Dataset) -> tuple[np.ndarray, str]:
            own, rest = (_total(ds, q.kind, part, q.days) for part in (q.part, "unattributed"))
            number = f"{np.median(own):+.3g} against {np.median(np.abs(rest)):.3g} unattributed"
            return is_largest(ds, q.kind, q.part, q.days) & on_side(own, self.side), number

        found = _measured(scene, q.days, first)
        if found is None:
            return NOT_COVERED
        main = scene.decompositions[_readings(scene)[0]]
        what = f"{q.part} is {_directed(self.side)}the largest component of {q.kind}."
        others = [_total(main, q.kind, c, q.days) for c in COMPONENT_NAMES if c != q.part]
        needed = float(np.median(np.abs(others).max(axis=0)))
        needed = -needed if self.side == BELOW else needed
        bound = bound_sentence(scene, q, _total(main, q.kind, q.part, q.days), needed)
        return _concluded(scene, *found, _labels(q), what, bound)


@dataclass(frozen=True)
class Larger:
    """One part is larger in absolute size than another, and works in the direction that the claim names."""

    quantity: Quantity
    than: str
    side: str

    def run(self, scene: Scene) -> Finding:
        """Probability of direction and size together, under each dating."""
        q = self.quantity

        def larger(ds: xr.Dataset) -> tuple[np.ndarray, str]:
            a, b = (_total(ds, q.kind, part, q.days) for part in (q.part, self.than))
            number = f"{np.median(a):+.3g} against {np.median(b):+.3g}"
            return (np.abs(a) > np.abs(b)) & on_side(a, self.side), number

        found = _measured(scene, q.days, larger)
        if found is None:
            return NOT_COVERED
        what = f"{q.part} is {_directed(self.side)}larger than {self.than} in {q.kind}."
        return _concluded(scene, *found, _labels(q), what)


def _total(ds: xr.Dataset, kind: str, part: str, days: tuple[date, ...]) -> np.ndarray:
    return part_draws(ds, kind, part, days).sum(axis=1)


def _directed(side: str) -> str:
    return "" if side == EITHER else f"{side} zero and "


@dataclass(frozen=True)
class ExpectedFlow:
    """A flow in a range was to be expected on a day, given what its close showed."""

    day: date
    low: float
    high: float

    def run(self, scene: Scene) -> Finding:
        """The range against the predictive distribution: supported where the centre surely lies in it, contradicted
        where hardly any flow does."""
        if not _readings(scene) or not _covers(scene, (self.day,)):
            return Finding(NOT_TESTABLE, "", "The fit does not cover the day.")
        verdicts, number = [], []
        for r in _readings(scene):
            here = scene.decompositions[r].sel(date=pd.Timestamp(self.day))
            flow, mean = here["expected_flow"].to_numpy(), here["expected_mean"].to_numpy()
            inside, centred = (float(np.mean((x >= self.low) & (x <= self.high))) for x in (flow, mean))
            verdict = (
                SUPPORTED if centred >= SURE else CONTRADICTED if inside <= 1.0 - SURE else NOT_IDENTIFIED
            )
            verdicts.append(verdict)
            low, mid, high = np.quantile(flow, LEVELS)
            number.append(
                f"{mid:+.0f} [{low:.0f}, {high:.0f}] USD m, P(flow in the range) = {inside:.2f} ({_named(r)})"
            )
        reason = f"Flow to be expected at the day's close, predictive: {claimed(self.low, self.high)} USD m."
        return Finding(_agree(verdicts), "; ".join(number), reason)


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
            p[r] = float(np.mean(on_side(x, self.side, self.threshold)))
            low, mid, high = np.quantile(x, LEVELS)
            number = number or f"{mid:.3g} [{low:.3g}, {high:.3g}]"
        return _concluded(scene, p, number, [self.name], f"{self.name} {self.side} {self.threshold:g}.")


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
        number = f"elpd {gain:+.2f} (s.e. {error:.2f}) against the model"
        if row.get("converged") is False:
            return Finding(NOT_IDENTIFIED, number, "The rival's sampling did not converge.")
        if abs(gain) < 2.0 * error or abs(gain) < 4.0:
            told = f" Told apart by {row['separated_by']}." if row.get("separated_by") else ""
            return Finding(NOT_IDENTIFIED, number, f"Tied with the model on these data.{told}")
        good = (gain > 0.0) == self.holds
        number += f", weight {float(row['weight']):.2f}"
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
    """Read a ``sign`` test; ``also`` are further quantities with a side each."""
    quantity, side = read_quantity(t, g.calendar, g.window), read_side(t)
    return Sign(quantity, side, t.number("threshold", 0.0), read_also(t, g))


def read_largest(t: Table, g: Ground) -> Largest:
    """Read a ``largest`` test."""
    return Largest(read_quantity(t, g.calendar, g.window, unit=False), read_side(t, (BELOW, ABOVE, EITHER)))


def read_larger(t: Table, g: Ground) -> Larger:
    """Read a ``larger`` test."""
    quantity = read_quantity(t, g.calendar, g.window, unit=False)
    return Larger(
        quantity, t.text("than", choices=PARTS[quantity.kind]), read_side(t, (BELOW, ABOVE, EITHER))
    )


def read_expected(t: Table, g: Ground) -> ExpectedFlow:
    """Read an ``expected_flow`` test."""
    day = read_day(t, g.calendar, g.window)
    t.text("unit", choices=("USD m",))
    return ExpectedFlow(day, *read_bounds(t))


def read_parameter(t: Table, g: Ground) -> Parameter:  # noqa: ARG001
    """Read a ``parameter`` test."""
    return Parameter(t.text("parameter", choices=parameter_names()), read_side(t), t.number("threshold", 0.0))


def read_rival(t: Table, g: Ground) -> RivalClaim:  # noqa: ARG001
    """Read a ``rival`` test."""
    return RivalClaim(t.text("rival"), t.flag("holds"))


def read_not_supplied(t: Table, g: Ground) -> NotSupplied:  # noqa: ARG001
    """Read a ``not_supplied`` test."""
    return NotSupplied(t.text("needs"), t.columns("roles", ["none"]))
