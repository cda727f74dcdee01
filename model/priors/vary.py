"""Prior sets derived from others: one prior replaced, spreads multiplied."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from model.errors import PriorError
from model.priors.prior_set import Prior, PriorSet

HELD = ("impact", "vanna")
"""Parameters that say which of two numbers of one day moved the other: price and flow, price and implied volatility.

No instrument tells. What a panel seems to say about them rests on the shape and spread of the responses alone, and
is what a regression would say: impact would be learned as 2.9 % per USD bn, five times the literature's. They are held
at their judged centre where a whole panel is fitted or learned from, and keep their judged prior in a learned set.
"""
HOLD = 0.1
"""Factor on the spread of a held parameter."""


def as_prior(old: Prior, dist: str, args: Mapping[str, float], source: str) -> Prior:
    """A prior of the same unit with another distribution and no exceptions."""
    new = Prior(dist, dict(args), old.unit, source)
    low, high = (float(x) for x in new.ppf(np.array([0.05, 0.95])))
    return replace(new, interval90=(low, high))


def with_priors(priors: PriorSet, changed: Mapping[str, Prior], label: str) -> PriorSet:
    """The set with some priors replaced, under a name and hash of its own."""
    if not changed:
        return priors
    if priors.joint is not None:
        raise PriorError(
            f"{priors.name!r} has correlated priors, which cannot be changed one by one.",
            "Compare and vary a fit whose set has no [joint].",
        )
    text = priors.sha256 + repr(
        sorted((k, v.dist, sorted(v.args.items()), sorted(v.items)) for k, v in changed.items())
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    return replace(
        priors,
        name=f"{priors.name}, {label}",
        parameters=dict(priors.parameters) | dict(changed),
        sha256=digest,
    )


def widened(priors: PriorSet, factor: float) -> PriorSet:
    """Every prior's spread multiplied by a factor: standard deviations, log spreads, concentrations by its square.

    Beta arguments and Dirichlet concentrations stay above one, as everywhere in the model.
    """
    changed = {name: wider(p, factor) for name, p in priors.parameters.items()}
    return with_priors(priors, changed, f"spreads x {factor:g}")


def wider(p: Prior, factor: float) -> Prior:
    """One prior with its spread multiplied by a factor; see :func:`widened`."""
    args: dict[str, Any] = dict(p.args)
    if "sigma" in args:
        args["sigma"] = factor * args["sigma"]
    if p.dist == "Beta":
        total = (args["alpha"] + args["beta"] + 1.0) / factor**2 - 1.0
        mean = args["alpha"] / (args["alpha"] + args["beta"])
        total = max(total, 1.05 / min(mean, 1.0 - mean))
        args = {"alpha": mean * total, "beta": (1.0 - mean) * total}
    if p.dist == "Dirichlet":
        args = {k: _flatter(v, factor) for k, v in args.items()}
    items = {k: wider(v, factor) for k, v in p.items.items()}
    new = replace(p, args=args, items=items, source=f"{p.source}; spread x {factor:g}")
    if p.dist == "Dirichlet":
        return new
    return replace(new, interval90=(float(new.ppf(0.05)), float(new.ppf(0.95))))


def _flatter(value: Any, factor: float) -> Any:
    if isinstance(value, dict):
        return {k: _flatter(v, factor) for k, v in value.items()}
    if isinstance(value, list):
        return [_flatter(v, factor) for v in value]
    return max(float(value) / factor**2, 1.0)


def held(priors: PriorSet) -> PriorSet:
    """The set for a whole panel: held parameters close to their judged centre."""
    return with_priors(priors, {n: wider(priors[n], HOLD) for n in HELD}, "held")
