"""Posterior (or prior) draws as flat dictionaries, and exact draws of the daily latents given each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from model.inference.arrays import arrays, make_frame, system_data
from model.inference.build import DIMS, concentration, coords
from model.inference.inputs import Equations, evaluate
from model.inference.likelihood.entry import draw_latents
from model.inference.likelihood.system import Frame
from model.inference.local import draw_local
from model.mechanisms.day import (
    day_factor,
    group_leader,
    linked_groups,
    local_groups,
    make_state,
    shock_groups,
)
from model.mechanisms.design import Design
from model.mechanisms.measurements import PREMIUM, PRINTS, Row
from model.mechanisms.measurements.premium import GROUP, innovation_var
from model.mechanisms.names import parameter_names
from model.mechanisms.price import flow_scale
from model.mechanisms.simulate.records import Latents
from model.priors.prior_set import PriorSet

Draws = Mapping[str, np.ndarray]
STATES = ("return_state", "flow_state")


def thin(posterior: xr.Dataset, count: int) -> dict[str, np.ndarray]:
    """About ``count`` evenly spaced draws over all chains. Each value ``Shape: (S, ...)``."""
    stacked = posterior.stack(sample=("chain", "draw")).transpose("sample", ...)
    keep = np.unique(np.linspace(0, stacked.sizes["sample"] - 1, count).astype(int))
    return {str(n): stacked[n].to_numpy()[keep] for n in [*parameter_names(), *STATES]}


def prior_draws(
    priors: PriorSet, design: Design, base_shares: np.ndarray, count: int, seed: int
) -> dict[str, np.ndarray]:
    """Independent draws from the priors, in the same form. Each value ``Shape: (S, ...)``."""
    rng = np.random.default_rng(seed)
    sizes = {k: len(v) for k, v in coords(design).items()}
    out: dict[str, np.ndarray] = {}
    for name in parameter_names():
        shape = tuple(sizes[d] for d in DIMS.get(name, ()))
        out[name] = _prior_draw(priors, name, design, base_shares, (count, *shape), rng)
    if priors.joint is not None:
        out |= priors.joint.draw(count, rng)
    out["return_state"] = rng.standard_normal((count, design.days))
    own = rng.standard_normal((count, design.days))
    own -= own.mean(axis=1, keepdims=True)
    p = {k: out[k][:, None] for k in ("flow_tail", "flow_memory", "day_shared")}
    out["flow_state"] = flow_scale(p, np.log(design.activity), out["return_state"], own)
    return out


def _prior_draw(priors: PriorSet, name: str, design: Design, base_shares, shape, rng):
    prior = priors[name]
    if prior.dist == "Dirichlet":
        if name == "fund_share":
            return rng.dirichlet(concentration(prior, design, base_shares, name), shape[0])
        a = concentration(prior, design, base_shares, name)
        return np.stack([[rng.dirichlet(x, shape[0]) for x in regime] for regime in a]).transpose(2, 0, 1, 3)
    members = {"factor": design.factors, "fund": design.funds}.get(DIMS.get(name, ("",))[0])
    if members is None:
        return prior.frozen().rvs(shape, random_state=rng)
    columns = [prior.items.get(m, prior).frozen().rvs(shape[:-1], random_state=rng) for m in members]
    return np.stack(columns, axis=-1)


def one(draws: Draws, s: int) -> dict[str, np.ndarray]:
    """Parameters of draw ``s``."""
    return {k: v[s] for k, v in draws.items()}


def posterior_latents(
    draws: Draws, design: Design, use_positions: bool, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Exact draws of the daily latents given each draw of the parameters.

    Returns
    -------
    latents : numpy.ndarray
        ``Shape: (S, T, G + 1)``: shock of each group in registry order, local ones included, USD bn; then the premium's
        deviation, % of price.
    flows : numpy.ndarray
        ``Shape: (S, T, I)`` or ``(1, T, I)``: prints with missing ones drawn, USD bn.
    """
    rng = np.random.default_rng(seed)
    d, frame = arrays(design, use_positions), make_frame(design)
    data = system_data(d)
    count = len(draws["impact"])
    groups, linked = shock_groups(), linked_groups()
    at = [groups.index(g) for g in linked] + [len(groups)]
    latents = np.empty((count, design.days, len(groups) + 1))
    gaps, last = frame.missing >= 0, d["read"][-1] == 0.0
    unseen = bool(gaps.any() or last.any())
    flows = np.repeat(d["flows"][None], count if unseen else 1, axis=0)
    for s in range(count):
        equations = evaluate(one(draws, s), d, np)
        noise = rng.standard_normal(len(frame.first) + (len(last) if last.any() else 0))
        _, x, prints = draw_latents(equations.inputs, data, frame, noise)
        latents[s][:, at] = x[frame.column]
        for g, shock in _local(equations, d, frame, x, rng).items():
            latents[s, :, groups.index(g)] = shock
        if unseen:
            flows[s][gaps] = x[frame.missing[gaps]]
            flows[s, -1, last] = prints[last]
    return latents, flows


def by_name(latents: np.ndarray, prints: np.ndarray) -> Latents:
    """One draw of the latents as the simulator names them.

    Parameters
    ----------
    latents : numpy.ndarray
        ``Shape: (T, G + 1)``, from :func:`posterior_latents`.
    prints : numpy.ndarray
        ``Shape: (T, I)``.
    """
    groups = {g: latents[:, i] for i, g in enumerate(shock_groups())}
    own = {g: groups[g] for g in local_groups()}
    return Latents(groups["basis"], groups["demand"], latents[:, -1], prints, own)


def _local(equations: Equations, d, frame: Frame, x: np.ndarray, rng) -> dict[str, np.ndarray]:
    """Local shocks, given one draw of the system's unknowns. ``(T,)`` each, USD bn."""
    if not equations.local_var:
        return {}
    left = np.stack([row.target - explained(row, d, frame, x) for row in equations.rows.values()])
    return draw_local(list(equations.rows.values()), d["row_weight"], equations.local_var, left, rng)


def explained(row: Row, d, frame: Frame, x: np.ndarray) -> np.ndarray:
    """What the system's unknowns add up to in a row. ``(T,)``."""
    names = {g: i for i, g in enumerate(linked_groups())} | {PREMIUM: frame.column.shape[1] - 1}
    out = np.zeros(len(d["returns"]))
    for (unknown, lag), value in row.coefficients.items():
        if unknown == PRINTS:
            for m, fund in enumerate(frame.gap_fund):
                days = np.flatnonzero(fund[: len(out) - lag] >= 0)
                out[days + lag] += value[m][days + lag] * x[frame.missing[days, fund[days]]]
        elif unknown in names:
            own = np.broadcast_to(value, len(out))[lag:]
            out[lag:] += own * x[frame.column[: len(out) - lag, names[unknown]]]
    return out


def prior_latents(draws: Draws, design: Design, seed: int) -> np.ndarray:
    """Latents from the prior: shocks drawn, premium deviation left at zero. ``Shape: (S, T, G + 1)``."""
    rng = np.random.default_rng(seed)
    count, groups = len(draws["impact"]), shock_groups()
    latents = np.zeros((count, design.days, len(groups) + 1))
    p = {k: (v[:, None] if v.ndim == 1 else v) for k, v in draws.items()}
    state = make_state(p, arrays(design))
    for g, name in enumerate(groups):
        sd = np.sqrt(group_leader(name).shock_var(p, state, name)) * np.ones((count, design.days))
        if name == GROUP:
            sd = np.sqrt(sd**2 + (draws["basis_premium"] ** 2 * innovation_var(draws))[:, None])
        sd = sd * np.sqrt(day_factor(group_leader(name), p))
        latents[..., g] = sd * rng.standard_normal(sd.shape)
    return latents
