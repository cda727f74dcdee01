"""A finished fit's posterior as the next fit's prior set, with correlations, forgetting and lineage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import tomlkit

from model.errors import PriorError
from model.inference.build import DIMS, coords
from model.inference.draws import Draws
from model.mechanisms.design import Design
from model.mechanisms.names import parameter_names
from model.priors.correlated import IDENTITY, INTERVAL, LOG, RATIOS, Entry, Joint, learn, to_table
from model.priors.prior_set import PriorSet
from model.studies.learning.learn import KEPT, learned_set
from model.studies.reopen import Opened

_MAPS = {"Normal": IDENTITY, "LogNormal": LOG, "HalfNormal": LOG, "Beta": INTERVAL, "TruncatedNormal": INTERVAL,
         "Dirichlet": RATIOS}  # fmt: skip


def entries_of(posterior: Draws, priors: PriorSet) -> tuple[Entry, ...]:
    """Every parameter that carries over, with its map; parameters of one week, note or book do not."""
    out = []
    for name in parameter_names():
        if name in KEPT:
            continue
        old = next((e for e in priors.joint.entries if e.name == name), None) if priors.joint else None
        prior = priors[name]
        low, high = (
            (prior.args.get("lower", 0.0), prior.args.get("upper", 1.0))
            if old is None
            else (old.low, old.high)
        )
        kind = _MAPS[prior.dist] if old is None else old.map
        out.append(Entry(name, kind, posterior[name].shape[1:], float(low), float(high)))
    return tuple(out)


def carried(
    posterior: Draws, priors: PriorSet, design: Design, forgetting: float
) -> tuple[Joint, dict[str, np.ndarray]]:
    """The joint distribution of what carries over, and the draws as the next fit will see them.

    Booking kernels are those of the last regime.
    """
    draws = {k: np.asarray(v) for k, v in posterior.items()}
    draws["kernel"] = draws["kernel"][:, -1:]
    entries = entries_of(draws, priors)
    names = coords(design)
    used = {d for e in entries for d in DIMS.get(e.name, ())}
    members = {d: tuple(str(m) for m in names[d]) for d in sorted(used - {"regime"})}
    return learn(draws, entries, forgetting, members), draws


def next_set(
    posterior: Draws,
    priors: PriorSet,
    design: Design,
    name: str,
    forgetting: float,
    lineage: Mapping[str, Any],
) -> tomlkit.TOMLDocument:
    """The next prior set.

    Parameters
    ----------
    posterior : mapping
        Draws, each ``Shape: (S, ...)``.
    priors : PriorSet
        The set of the fit.
    design : Design
    name : str
    forgetting : float
        In (0, 1]; divides the covariance.
    lineage : mapping
        Stored under ``[meta]``.

    Raises
    ------
    PriorError
    """
    joint, draws = carried(posterior, priors, design, forgetting)
    meta = {**lineage, "forgetting": forgetting}
    doc = learned_set(draws, replace(priors, joint=None), design, name, meta, "update_priors")
    doc["meta"]["margin_widening"] = doc["meta"].pop("widening")
    doc["meta"]["note"] = (
        "Correlations under [joint]; the margins are for reading and for parameters outside it."
    )
    first = priors.learned_from[0] if priors.learned_from else design.dates[0].date()
    doc["meta"]["learned_from"] = [first, design.dates[-1].date()]
    doc["joint"] = to_table(joint)
    return doc


def lineage_of(opened: Opened, reading: str) -> dict[str, Any]:
    """Where the set comes from: fit, hashes, days, and the set before it."""
    m, priors = opened.fit.manifest, opened.subject.priors
    return {
        "event": m["event"],
        "reading": reading,
        "days_of_the_fit": m["dates"],
        "parent": priors.name,
        "parent_sha256": priors.sha256,
        "parent_learned_from": [str(d) for d in priors.learned_from or ()],
        "design_sha256": m["hashes"]["design"],
        "panel_sha256": m["hashes"]["data"],
        "posterior_sha256": m["files"]["posterior.nc"],
        "seed": m["seed"],
    }


def require_new_days(priors: PriorSet, first: date) -> None:
    """Raise unless a fit's days come after those its prior was learned from.

    Raises
    ------
    PriorError
    """
    if priors.learned_from is not None and first <= priors.learned_from[1]:
        raise PriorError(
            f"The fit begins on {first}; its prior was learned through {priors.learned_from[1]}.",
            "Fit days after those the prior was learned from, in time order.",
        )
