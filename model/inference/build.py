"""The PyMC model: named priors, shared data, and one exact marginal likelihood of all days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from model.errors import PriorError
from model.inference.arrays import CHANGEABLE, arrays, make_frame
from model.inference.correlated import symbolic
from model.inference.inputs import evaluate
from model.inference.likelihood.op import system_likelihood
from model.inference.transforms import (
    half_normal_quantile,
    isometric_simplex,
    rare_last_simplex,
    soft_log,
    standard,
)
from model.mechanisms import price as impact
from model.mechanisms.design import LAGS, PRE_SAMPLE, Design
from model.mechanisms.names import parameter_names
from model.priors.correlated import from_standard
from model.priors.prior_set import Prior, PriorSet

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
WEAK = (
    "knock_in",
    "iv_crash",
    "basis_scale",
    "crypto_follow",
    "crypto_forced",
    "taker_noise",
    "taker_utc_noise",
)
"""Amounts that data may leave at their prior; those that data always inform keep the logarithm."""
SCALES = {
    "scalars_HalfNormal_weak": half_normal_quantile,
    "scalars_LogNormal_weak": soft_log,
    "scalars_Normal": standard,
}
"""Groups of scalars sampled on another scale than PyMC's."""
COMMON = "common_demand"
COMMON_MEAN, MEANS = "mean_flow", "fund_mean"
DAY_INFORMATION = 10.0
"""What one day's flows say of its log scale, in inverse variance: median over the days of the long panel."""
SIGN, SIGN_EFFECTS = "dealer_sign", ("gamma_scale", "impact", "booked_hedge")
OWN_SCALE = {SIGN: "TruncatedNormal", COMMON: "Normal"}
"""Parameters sampled on a scale of their own, and the prior that allows it."""


def coords(design: Design) -> dict[str, Any]:
    """Coordinates of the model's dimensions."""
    return {
        "factor": list(design.factors),
        "fund": list(design.funds),
        "lag": list(range(LAGS)),
        "regime": list(range(int(design.regime.max()) + 1)),
        "week": list(range(int(design.week.max()) + 1)),
        "date": [str(d.date()) for d in design.dates],
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
        p = _scalars(priors) | _joint(priors, design)
        if _own_scale(SIGN, priors):
            p[SIGN] = _sign(priors, p)
        if _own_scale(COMMON, priors):
            p[COMMON] = _common(priors, p)
        summed = all(_has(n, "Normal", priors) for n in (COMMON_MEAN, MEANS))
        plain = [n for n in DIMS if n not in p and not (summed and n == MEANS)]
        p |= {n: _variable(n, priors[n], design, base_shares) for n in plain}
        if summed:
            p[MEANS] = _means(priors, design, base_shares, p)
        p["return_state"] = pm.Normal("return_state", 0.0, 1.0, dims="date")
        d = _symbolic(arrays(design))
        p["flow_state"] = _flow_state(p, d["log_activity"])
        eq = evaluate(p, d, pt)
        pm.Potential("daily", system_likelihood(eq.inputs, d["system"], make_frame(design)))
        pm.Potential("loop", pt.sum(pt.log(eq.jacobian[PRE_SAMPLE:])))
        pm.Potential("implied_vol", _implied_vol(p, d, eq.iv_shock))
    return model


def _implied_vol(p, d, shock):
    """Student-t density of implied-volatility shocks on the days that have one."""
    nu, scale = p["iv_tail"], impact.iv_scale(p)
    const = pt.gammaln(0.5 * (nu + 1.0)) - pt.gammaln(0.5 * nu) - 0.5 * pt.log(np.pi * nu) - pt.log(scale)
    density = const - 0.5 * (nu + 1.0) * pt.log1p((shock / scale) ** 2 / nu)
    return pt.sum((d["iv_observed"] * density)[PRE_SAMPLE:])


def _symbolic(values: dict[str, Any]) -> dict[str, Any]:
    """Arrays that readings and simulations exchange come out of one shared vector; the rest are constants.

    One vector, because each shared variable costs seconds of compilation.
    """
    flat = pm.Data("data", pack(values))
    out, start = dict(values), 0
    for name in CHANGEABLE:
        shape = values[name].shape
        size = int(np.prod(shape))
        out[name] = flat[start : start + size].reshape(shape)
        start += size
    return out


def pack(values: dict[str, Any]) -> np.ndarray:
    """Exchangeable arrays as one vector."""
    return np.concatenate([np.asarray(values[n], float).ravel() for n in CHANGEABLE])


def shared_data(design: Design, use_positions: bool = True) -> dict[str, np.ndarray]:
    """Value of the model's shared data for another design with the same dates and gaps."""
    return {"data": pack(arrays(design, use_positions))}


def _own_scale(name: str, priors: PriorSet) -> bool:
    """Whether a parameter is sampled on a scale of its own: the dealers' sign and the common part of demand."""
    return name in OWN_SCALE and _has(name, OWN_SCALE[name], priors)


def _has(name: str, dist: str, priors: PriorSet) -> bool:
    """Whether a parameter has a prior of its own, and of this distribution."""
    return priors[name].dist == dist and not (priors.joint and name in priors.joint.names)


def scalar_groups(priors: PriorSet) -> dict[str, tuple[str, ...]]:
    """Scalar parameters by distribution; each group is sampled as one vector."""
    groups: dict[str, tuple[str, ...]] = {}
    for name in parameter_names():
        if (
            name not in DIMS
            and not _own_scale(name, priors)
            and not (priors.joint and name in priors.joint.names)
        ):
            key = f"scalars_{priors[name].dist}"
            key += "_weak" if name in WEAK else ""
            groups[key] = (*groups.get(key, ()), name)
    return groups


def _scalars(priors: PriorSet) -> dict[str, Any]:
    """One vector per distribution: sixty single variables would triple the time to compile."""
    out: dict[str, Any] = {}
    for key, names in scalar_groups(priors).items():
        dist = priors[names[0]].dist
        columns: dict[str, Any] = {
            a: np.array([priors[n].args[a] for n in names], float) for a in priors[names[0]].args
        }
        if key in SCALES:
            columns["default_transform"] = SCALES[key]
        vector = getattr(pm, dist)(key, **columns, shape=len(names))
        out |= {n: vector[i] for i, n in enumerate(names)}
    return out


def _sign(priors: PriorSet, p):
    """The dealers' sign, its prior unchanged, sampled on a scale that shrinks as their gamma's effects grow.

    Data speak of sign times effect, on the price and on booked flows: where an effect is large the sign is narrow, a
    funnel that costs small steps everywhere.
    """
    typical = {n: priors[n].ppf(0.5) for n in SIGN_EFFECTS}
    gamma, impact, booked = (p[n] / typical[n] for n in SIGN_EFFECTS)
    prior = priors[SIGN]
    mu, sigma, low, high = (prior.args[a] for a in ("mu", "sigma", "lower", "upper"))
    shrink = 1.0 / pt.sqrt(1.0 + gamma**2 * (impact**2 + 10.0 * booked**2))
    share = pt.sigmoid(2.0 * shrink * pm.Flat(f"{SIGN}_free"))
    value = low + (high - low) * share
    density = -0.5 * ((value - mu) / sigma) ** 2
    pm.Potential(f"{SIGN}_prior", density + pt.log(share * (1.0 - share) * shrink))
    return pm.Deterministic(SIGN, value)


def _flow_state(p, log_activity):
    """Days' log scales of flows, their prior unchanged, each sampled in units of what its day would leave of it.

    Where days differ little the data say little of one day: on its own scale it would be a funnel, narrow as days'
    common spread goes to zero. Where they differ much each day's flows tell its scale, and in units of the spread
    that would be the funnel. What it shares with the price's scale stands in its density: flows speak of the sum of both
    parts, so the sum is sampled.
    """
    wide = pt.sqrt(1.0 + DAY_INFORMATION * p["flow_tail"] ** 2)
    both = pm.ZeroSumNormal("flow_state_free", sigma=wide, dims="date") / wide
    shared, price = p["day_shared"], p["return_state"] - pt.mean(p["return_state"])
    own = (both - shared * price) / pt.sqrt(1.0 - shared**2)
    free = both.shape[0] - 1
    density = 0.5 * pt.sum(both**2 - own**2) - 0.5 * free * pt.log(1.0 - shared**2)
    pm.Potential("flow_state_shared", density)
    scale = impact.flow_scale(p, log_activity, p["return_state"], own)
    return pm.Deterministic("flow_state", scale, dims="date")


def _common(priors: PriorSet, p):
    """The common part of demand, its prior unchanged, sampled as a sum with impact: data speak of the sum."""
    prior = priors[COMMON].args
    value = pm.Flat(f"{COMMON}_free") - p["impact"]
    pm.Potential(f"{COMMON}_prior", -0.5 * ((value - prior["mu"]) / prior["sigma"]) ** 2)
    return pm.Deterministic(COMMON, value)


def _means(priors: PriorSet, design: Design, base_shares: np.ndarray, p):
    """Funds' own means, their prior unchanged, sampled as their sum with the common mean: data speak of the sum.

    The sums are sampled through a root of their covariance, were daily flows independent normal: funds share their
    buyers, so what is not known of their means is mostly common to all.
    """
    mu, sigma = (np.asarray(priors[MEANS].argument(k, design.funds)) for k in ("mu", "sigma"))
    common, share = priors[COMMON_MEAN].args, base_shares / base_shares.sum()
    prior = np.diag(sigma**2 * np.ones(len(share))) + common["sigma"] ** 2 * np.outer(share, share)
    root = _typical_spread(design, prior)
    total = mu + common["mu"] * share + pt.sum(root * pm.Flat(f"{MEANS}_free", dims="fund"), axis=-1)
    value = total - p["fund_share"] * p[COMMON_MEAN]
    pm.Potential(f"{MEANS}_prior", pt.sum(-0.5 * ((value - mu) / sigma) ** 2))
    return pm.Deterministic(MEANS, value, dims="fund")


JOINT = "joint"
"""Name of the standard normal vector behind correlated priors."""


def _joint(priors: PriorSet, design: Design) -> dict[str, Any]:
    """Parameters with correlated priors, if the set has any."""
    if priors.joint is None:
        return {}
    names = coords(design)
    for dim, members in priors.joint.members.items():
        if tuple(str(m) for m in names[dim]) != members:
            raise PriorError(
                f"Prior set {priors.name!r} was learned for {dim} {', '.join(members)}, the design has "
                f"{', '.join(str(m) for m in names[dim])}.",
                "Use a set learned for this universe and span.",
            )
    return symbolic(priors.joint, JOINT)


def _named_joint(posterior: xr.Dataset, priors: PriorSet) -> xr.Dataset:
    """Parameters behind the joint vector, under their own names."""
    if priors.joint is None:
        return posterior
    z = posterior[JOINT].to_numpy()
    values = from_standard(priors.joint, z.reshape(-1, z.shape[-1]))
    parts = {
        n: (("chain", "draw", *DIMS.get(n, ())), v.reshape(*z.shape[:2], *v.shape[1:]))
        for n, v in values.items()
    }
    return posterior.drop_vars([JOINT, *posterior[JOINT].dims[2:]], errors="ignore").assign(parts)


def split_scalars(posterior: xr.Dataset, priors: PriorSet) -> xr.Dataset:
    """Give scalar parameters their own names again."""
    for key, names in scalar_groups(priors).items():
        dim = posterior[key].dims[-1]
        parts = {n: posterior[key].isel({dim: i}, drop=True) for i, n in enumerate(names)}
        posterior = posterior.drop_vars([key, dim], errors="ignore").assign(parts)
    return _named_joint(posterior, priors)


def _variable(name: str, prior: Prior, design: Design, base_shares: np.ndarray):
    dims = DIMS.get(name)
    if prior.dist == "Dirichlet":
        a = concentration(prior, design, base_shares, name)
        shares = rare_last_simplex if name == "kernel" else isometric_simplex
        return pm.Dirichlet(name, a=a, dims=dims, default_transform=shares)
    members = {"factor": design.factors, "fund": design.funds}.get(dims[0]) if dims else None
    arguments = {k: (prior.argument(k, members) if members else prior.args[k]) for k in prior.args}
    if prior.dist == "Normal":
        arguments["default_transform"] = standard
    return getattr(pm, prior.dist)(name, **arguments, dims=dims)


def _typical_spread(design: Design, prior: np.ndarray) -> np.ndarray:
    """A root of the funds' mean flows' covariance, were daily flows independent normal. ``Shape: (I, I)``.

    Days with a missing print are left out: this is a scale to sample on, no part of the density.
    """
    flows = design.flows[PRE_SAMPLE:]
    complete = flows[np.isfinite(flows).all(axis=1)]
    sampling = np.cov(complete.T) / (design.days - PRE_SAMPLE) if len(complete) > 1 else prior
    return np.linalg.cholesky(prior - prior @ np.linalg.solve(prior + sampling, prior) + 1e-6 * prior)


def concentration(prior: Prior, design: Design, base_shares: np.ndarray, name: str) -> np.ndarray:
    """Concentrations of a Dirichlet prior: ``(I,)`` for fund shares, ``(R, I, LAGS)`` for kernels."""
    if name == "fund_share" and "a" in prior.args:
        return np.array([prior.args["a"][f] for f in design.funds], dtype=float)
    if name == "fund_share":
        return 1.0 + prior.args["concentration"] * base_shares / base_shares.sum()
    regimes = int(design.regime.max()) + 1
    return np.array(
        [[prior.items.get(f, prior).args["a"] for f in design.funds] for _ in range(regimes)], dtype=float
    )
