"""Turn a posterior into the next fit's prior set: margins, widened, with lineage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tomlkit

from model.inference.build import DIMS
from model.inference.draws import Draws
from model.mechanisms.design import Design
from model.mechanisms.names import parameter_names
from model.priors.prior_set import Prior, PriorSet
from model.priors.vary import HELD

WIDENING = 2.0
"""Factor on every standard deviation: statistics of the same market count less than new data."""
KEPT = (
    *HELD,
    "gamma_state",
    "knock_in",
    "dealer_sign",
    "crypto_sign",
    "etf_book_scale",
    "crypto_book_scale",
    "note_share",
    "late_creation",
)
"""Held parameters, and those of one week, one note, one book or one event's days: nothing carries over."""


def learned_set(
    posterior: Draws,
    literature: PriorSet,
    design: Design,
    name: str,
    lineage: Mapping[str, Any],
    origin: str = "learn_priors",
) -> tomlkit.TOMLDocument:
    """Prior set learned from a posterior.

    Each margin keeps its family (half-normals become log-normals), with the posterior's centre and twice its
    spread, but never a wider spread than the literature's. Correlations are not kept.

    Parameters
    ----------
    posterior : mapping
        Draws, each ``Shape: (S, ...)``.
    literature : PriorSet
        The set the posterior was computed with.
    design : Design
    name : str
    lineage : mapping
        Stored under ``[meta]``.
    origin : str
        The script that writes the set.
    """
    doc = tomlkit.document()
    doc.add(
        tomlkit.comment(
            f"Learned by scripts/{origin}.py; do not edit. Spreads of margins are twice the posterior's."
        )
    )
    first, last = design.dates[0].date(), design.dates[-1].date()
    meta = {"name": name, "kind": "learned", "learned_from": [first, last], "widening": WIDENING, **lineage}
    doc["meta"] = meta
    parameters = tomlkit.table()
    for parameter in parameter_names():
        parameters[parameter] = _entry(parameter, posterior[parameter], literature[parameter], design, last)
    doc["parameter"] = parameters
    return doc


def _entry(name: str, draws: np.ndarray, prior: Prior, design: Design, last) -> dict[str, Any]:
    source = f"posterior through {last}, spread doubled" if name not in KEPT else prior.source
    base = {"unit": prior.unit, "source": source}
    if name in KEPT:
        return _scalar(prior.dist, dict(prior.args)) | base
    if prior.dist == "Dirichlet":
        return base | _dirichlet(name, draws, prior, design, source)
    members = {"factor": design.factors, "fund": design.funds}.get(DIMS.get(name, ("",))[0])
    if members is None:
        return _margin(draws, prior) | base
    whole = _scalar(prior.dist, dict(prior.args)) | base
    items = {
        m: _margin(draws[:, i], prior.items.get(m, prior)) | {"source": source} for i, m in enumerate(members)
    }
    return whole | {"item": {m: {k: v for k, v in e.items() if k != "dist"} for m, e in items.items()}}


def _margin(x: np.ndarray, prior: Prior) -> dict[str, Any]:
    """One margin in its family, twice as wide, at most as wide as the prior it came from."""
    if prior.dist in ("LogNormal", "HalfNormal"):
        logs = np.log(x)
        limit = prior.args["sigma"] if prior.dist == "LogNormal" else 1.0
        return _scalar("LogNormal", {"mu": logs.mean(), "sigma": min(WIDENING * logs.std(), limit)})
    if prior.dist == "Beta":
        wide = min(WIDENING * x.std(), float(prior.frozen().std()))
        mean = float(x.mean())
        total = max(mean * (1.0 - mean) / wide**2 - 1.0, 1.5)
        return _scalar("Beta", {"alpha": mean * total, "beta": (1.0 - mean) * total})
    return _scalar("Normal", {"mu": x.mean(), "sigma": min(WIDENING * x.std(), prior.args["sigma"])})


def _scalar(dist: str, arguments: dict[str, Any]) -> dict[str, Any]:
    rounded = {k: float(f"{float(v):.4g}") for k, v in arguments.items()}
    interval = Prior(dist, rounded, "", "").ppf([0.05, 0.95])
    return {"dist": dist, **rounded, "interval90": [float(f"{v:.5g}") for v in interval]}


def _dirichlet(name: str, draws: np.ndarray, prior: Prior, design: Design, source: str) -> dict[str, Any]:
    """Moment-matched concentrations with a quarter of the posterior's precision; kernels of the last regime."""
    if name == "fund_share":
        a = _concentrations(draws)
        return {"dist": "Dirichlet", "a": dict(zip(design.funds, a, strict=True))}
    last = draws[:, -1]
    items = {f: {"a": _concentrations(last[:, i]), "source": source} for i, f in enumerate(design.funds)}
    return {"dist": "Dirichlet", "a": list(prior.args["a"]), "item": items}


def _concentrations(x: np.ndarray) -> list[float]:
    mean, var = x.mean(axis=0), x.var(axis=0)
    total = float(np.median(mean * (1.0 - mean) / var - 1.0)) / WIDENING**2
    return [float(f"{max(m * total, 1.0):.4g}") for m in mean]
