"""The PyMC model: named priors, shared data, and one exact marginal likelihood of all days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from model import impact, observation
from model.components import COMPONENTS
from model.design import LAGS, PRE_SAMPLE, Design
from model.equations import evaluate
from model.frame import CHANGEABLE, arrays, make_frame, system_data
from model.priors import Prior, PriorSet
from model.system_op import system_likelihood

DIMS: Mapping[str, tuple[str, ...]] = {
    "factor_beta": ("factor",),
    "gamma_state": ("week",),
    "fund_mean": ("fund",),
    "basis_tilt": ("fund",),
    "fund_noise": ("fund",),
    "fund_share": ("fund",),
    "kernel": ("regime", "fund", "lag"),
}
"""Parameters that are not scalars."""


def parameter_names() -> tuple[str, ...]:
    """Every free parameter that needs a prior, in a fixed order."""
    names = [n for c in COMPONENTS for n in c.priors]
    return tuple(dict.fromkeys([*names, *impact.PRIORS, *observation.PRIORS]))


def coords(design: Design) -> dict[str, Any]:
    """Coordinates of the model's dimensions."""
    return {
        "factor": list(design.factors),
        "fund": list(design.funds),
        "lag": list(range(LAGS)),
        "regime": list(range(int(design.regime.max()) + 1)),
        "week": list(range(int(design.week.max()) + 1)),
        "date": [str(d.date()) for d in design.dates],
        "position_week": list(range(len(design.positions))),
        "note": list(range(design.barrier.shape[1])),
    }


def build_model(design: Design, priors: PriorSet, base_shares: np.ndarray) -> pm.Model:
    """Build the model.

    Parameters
    ----------
    design : Design
    priors : PriorSet
    base_shares : numpy.ndarray
        ``Shape: (I,)``; the universe's typical fund shares, centre of the loadings' prior.
    """
    priors.require(parameter_names())
    with pm.Model(coords=coords(design)) as model:
        p = {name: _variable(name, priors[name], design, base_shares) for name in parameter_names()}
        p["return_mix"] = _mixing("return_mix", p["return_tail"])
        p["flow_mix"] = _mixing("flow_mix", p["flow_tail"])
        d = _symbolic(arrays(design))
        eq = evaluate(p, d, pt)
        pm.Potential("daily", system_likelihood(*eq.inputs, *system_data(d), *make_frame(design))[0])
        safe = pt.maximum(eq.jacobian[PRE_SAMPLE:], impact.MIN_MARGIN)
        pm.Potential("loop", pt.sum(pt.log(safe)))
        pm.Potential("one_price", pt.switch(pt.min(eq.margin) > impact.MIN_MARGIN, 0.0, -np.inf))
        pm.Potential("implied_vol", _implied_vol(p, d, eq))
    return model


def _implied_vol(p, d, eq):
    """Student-t density of implied-volatility shocks on the days that have one."""
    nu, scale = p["iv_tail"], p["iv_scale"]
    const = pt.gammaln(0.5 * (nu + 1.0)) - pt.gammaln(0.5 * nu) - 0.5 * pt.log(np.pi * nu) - pt.log(scale)
    density = const - 0.5 * (nu + 1.0) * pt.log1p((eq.iv_shock / scale) ** 2 / nu)
    return pt.sum((d["iv_observed"] * density)[PRE_SAMPLE:])


def _symbolic(values: dict[str, Any]) -> dict[str, Any]:
    """Arrays that readings and simulations exchange become shared data; the rest are constants."""
    dims = {
        "flows": ("date", "fund"),
        "flows_lag": ("date", "fund"),
        "next_day": ("date", "fund"),
        "factor_returns": ("date", "factor"),
        "barrier": ("date", "note"),
        "live": ("date", "note"),
        "positions": ("position_week",),
        "use_positions": ("position_week",),
    }
    shared = {n: pm.Data(f"data_{n}", values[n], dims=dims.get(n, ("date",))) for n in CHANGEABLE}
    return values | shared


def shared_data(design: Design, use_positions: bool = True) -> dict[str, np.ndarray]:
    """Values for the model's shared data (names as in the model)."""
    values = arrays(design, use_positions)
    return {f"data_{n}": values[n] for n in CHANGEABLE}


def _mixing(name: str, tail):
    """Per-day precision of a Student-t as a scale mixture of normals."""
    return pm.Gamma(name, alpha=0.5 * tail, beta=0.5 * tail, dims="date")


def _variable(name: str, prior: Prior, design: Design, base_shares: np.ndarray):
    dims = DIMS.get(name)
    if prior.dist == "Dirichlet":
        return pm.Dirichlet(name, a=_concentration(prior, design, base_shares, name), dims=dims)
    members = {"factor": design.factors, "fund": design.funds}.get(dims[0]) if dims else None
    arguments = {k: (prior.argument(k, members) if members else prior.args[k]) for k in prior.args}
    return getattr(pm, prior.dist)(name, **arguments, dims=dims)


def _concentration(prior: Prior, design: Design, base_shares: np.ndarray, name: str) -> np.ndarray:
    if name == "fund_share":
        return prior.args["concentration"] * base_shares / base_shares.sum()
    regimes = int(design.regime.max()) + 1
    return np.array(
        [[prior.items.get(f, prior).args["a"] for f in design.funds] for _ in range(regimes)], dtype=float
    )
