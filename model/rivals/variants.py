"""Variants of a fit: a rival's mechanisms switched off or regressors added, and priors changed for sensitivity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from model.design import Design
from model.priors import Prior, PriorSet
from model.rivals.rival import Rival
from model.vary_priors import as_prior, with_priors

NOTHING = 1e-5
"""Scale of a prior that switches its parameter off; small against every unit in use."""
ONE_OFF_SD = 10.0
"""log-%: prior scale of a single day's own price shock."""
DECAY_SD = 1.0
"""log-% per day at the start of a fading deleveraging."""
_OFF: dict[str, dict[str, tuple[str, dict[str, float]]]] = {
    "dealer": {
        "gamma_scale": ("LogNormal", {"mu": float(np.log(NOTHING)), "sigma": 0.1}),
        "vanna": ("Normal", {"mu": 0.0, "sigma": NOTHING}),
        "knock_in": ("HalfNormal", {"sigma": NOTHING}),
    },
    "multi_asset": {
        "stress_flow": ("Normal", {"mu": 0.0, "sigma": NOTHING}),
        "basket_flow": ("Normal", {"mu": 0.0, "sigma": NOTHING}),
        "multi_asset_share": ("Beta", {"alpha": 1.0, "beta": 1000.0}),
    },
    "basis": {
        "basis_scale": ("LogNormal", {"mu": float(np.log(NOTHING)), "sigma": 0.1}),
        "basis_stress": ("Normal", {"mu": 0.0, "sigma": NOTHING}),
        "basis_premium": ("Normal", {"mu": 0.0, "sigma": NOTHING}),
    },
    "common_factor": {"factor_beta": ("Normal", {"mu": 0.0, "sigma": NOTHING})},
}


def of_rival(rival: Rival, design: Design, priors: PriorSet) -> tuple[Design, PriorSet]:
    """Design and priors of a rival story.

    Parameters
    ----------
    rival : Rival
    design : Design
    priors : PriorSet

    Raises
    ------
    PriorError
        If the set's priors are correlated: they cannot be switched off one by one.
    """
    changed: dict[str, Prior] = {}
    for mechanism in rival.off:
        for name, (dist, args) in _OFF[mechanism].items():
            changed[name] = as_prior(priors[name], dist, args, f"rival {rival.key}: switched off")
    columns, scales = _regressors(rival, design)
    if columns:
        beta = changed.get("factor_beta", priors["factor_beta"])
        items = dict(beta.items) | {
            k: as_prior(beta, "Normal", {"mu": 0.0, "sigma": s}, f"rival {rival.key}")
            for k, s in scales.items()
        }
        changed["factor_beta"] = replace(beta, items=items)
        design = replace(
            design,
            factors=(*design.factors, *columns),
            factor_returns=np.column_stack([design.factor_returns, *columns.values()]),
        )
    return design, with_priors(priors, changed, f"rival {rival.key}")


def _regressors(rival: Rival, design: Design) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    columns, scales = {}, {}
    for day in rival.one_off:
        key = f"one_off_{day}"
        columns[key] = np.asarray(design.dates == pd.Timestamp(day)).astype(float)
        scales[key] = ONE_OFF_SD
    if rival.decay_from is not None:
        since = np.busday_count(np.datetime64(rival.decay_from, "D"), design.dates.to_numpy("datetime64[D]"))
        columns["decay"] = np.where(since >= 0, -(0.5 ** (since / rival.half_life)), 0.0)
        scales["decay"] = DECAY_SD
    return columns, scales


def of_sign(priors: PriorSet, sign: float) -> PriorSet:
    """Dealers short gamma (+1) or long (-1) for certain."""
    old = priors["dealer_sign"]
    args = dict(old.args) | ({"lower": 0.0} if sign > 0 else {"upper": 0.0})
    new = as_prior(old, "TruncatedNormal", args, "sensitivity: sign fixed")
    return with_priors(priors, {"dealer_sign": new}, "short gamma" if sign > 0 else "long gamma")


def without_seed(priors: PriorSet, design: Design) -> tuple[PriorSet, Design]:
    """Priors that name the seed as their source made neutral and wide, and the seed's note barriers removed."""
    changed = {}
    for name, p in priors.parameters.items():
        if "seed" in p.source.lower() and p.dist == "Normal":
            changed[name] = as_prior(p, "Normal", {"mu": 0.0, "sigma": 2.0 * p.args["sigma"]}, "neutral")
        elif any("seed" in i.source.lower() for i in p.items.values()):
            changed[name] = as_prior(p, p.dist, p.args, "neutral")
    clean = replace(design, live=np.zeros_like(design.live), barrier=np.zeros_like(design.barrier))
    return with_priors(priors, changed, "without the seed"), clean
