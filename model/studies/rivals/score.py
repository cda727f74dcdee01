r"""Predictive density of every day's return and total flow, given the days before and a draw of the parameters.

.. math:: p(r_t, F_t \mid \text{past}, \theta) = J_t \, N_2\big((z_t, F_t) - \text{expected}; \Sigma_t\big)

Today's shocks are integrated out: they are normal given the day's two scales, which are integrated by
Gauss-Hermite quadrature, given the day's implied volatility. Yesterday's hidden trades are those of the draw.
Leave-one-out then drops a day's own factor; its figures still serve as yesterday for the next day (Buerkner, Gabry
and Vehtari 2020).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import special, stats

from model.attribution.decompose import expected_flow
from model.attribution.ledger import Ledger, make_ledger
from model.inference.arrays import arrays, measured_rows
from model.inference.draws import Draws, one, posterior_latents
from model.inference.inputs import evaluate
from model.mechanisms import price as impact
from model.mechanisms.components import COMPONENTS
from model.mechanisms.components.dealer import iv_fall
from model.mechanisms.day import answer, group_leader, local_groups, shock_groups
from model.mechanisms.design import PRE_SAMPLE, Design
from model.mechanisms.measurements import Term
from model.mechanisms.measurements.premium import GROUP, innovation_var

NODES = 7
STEP = 1e-4
BLOCK = 500
"""Draws worked on at once: the trades of all draws, days and funds would not fit in memory for a long panel."""


class DayDensities(NamedTuple):
    """Log densities of each day, given the days before.

    Attributes
    ----------
    both : (S, T) of return and total flow, per log-% and USD bn
    price : (S, T) of the return alone, per log-%; the rest is the flow's, given the return
    """

    both: np.ndarray
    price: np.ndarray


def day_densities(draws: Draws, design: Design, use_positions: bool, seed: int) -> np.ndarray:
    """Log density of each modelled day's return and flow. ``Shape: (S, T - 2)``; NaN where a print is missing.

    Unit: density per log-% and USD bn. Parameters are those of :func:`day_parts`.
    """
    return day_parts(draws, design, use_positions, seed).both


def day_parts(draws: Draws, design: Design, use_positions: bool, seed: int) -> DayDensities:
    """Log densities of each modelled day. ``Shape: (S, T - 2)`` each; NaN where a print is missing.

    Parameters
    ----------
    draws : mapping
        Each ``Shape: (S, ...)``.
    design : Design
    use_positions : bool
    seed : int
    """
    count, out = len(draws["impact"]), []
    for start in range(0, count, BLOCK):
        block = {k: v[start : start + BLOCK] for k, v in draws.items()}
        latents, flows = posterior_latents(block, design, use_positions, seed + start)
        out.append(densities_of(block, design, latents, flows, seed))
    both, price = (np.concatenate([x[i] for x in out])[:, PRE_SAMPLE:] for i in range(2))
    return DayDensities(both, price)


def densities_of(
    draws: Draws, design: Design, latents: np.ndarray, flows: np.ndarray, seed: int
) -> DayDensities:
    """The same for given latents ``(S, T, G + 1)`` and prints ``(S or 1, T, I)``, all days. ``Shape: (S, T)`` each."""
    ledger = make_ledger(draws, latents, flows, design, np.random.default_rng(seed))
    p = {k: (v[:, None] if v.ndim == 1 else v) for k, v in draws.items()}
    gap_z, gap_f = _surprises(p, ledger, latents)
    seen_too = measured_today(draws, design)
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    log_w = np.log(weights / weights.sum())
    by_scale = _given_volatility(p, ledger, design, nodes, log_w)
    terms, alone, before = [], [], []
    for a, wa in zip(nodes, by_scale, strict=True):
        for b, wb in zip(nodes, log_w, strict=True):
            moments = _covariance(draws, p, ledger, design, a, b)
            known = np.zeros_like(gap_z)
            gaps = gap_z, gap_f
            if seen_too is not None:
                known, gaps, moments = _given_measured(seen_too, p, ledger, design, a, b, gaps, moments)
            before.append(wa + wb + known)
            terms.append(wa + wb + known + _normal(*gaps, *moments))
            alone.append(wa + wb + known + stats.norm.logpdf(gaps[0], scale=np.sqrt(moments[0])))
    known = special.logsumexp(np.stack(before), axis=0) - np.log(_jacobian(p, ledger, design))
    both, price = (special.logsumexp(np.stack(x), axis=0) - known for x in (terms, alone))
    missing = (~np.isfinite(design.flows) & (design.listed > 0)).any(axis=1)
    both[:, missing], price[:, missing] = np.nan, np.nan
    return DayDensities(both, price)


class MeasuredToday(NamedTuple):
    """What a measurement of local shocks says of today: like implied volatility, the density is given its number.

    Attributes
    ----------
    gap : (S, T) number less what was expected before today's shocks
    coefficients : per shock group (S, T)
    noise : (S, T) variance of its error on a day of median scale
    follows : (S, T) what one log-% of return adds to the number: some of it answers the return
    seen : (T,) 1 where there is a number
    """

    gap: np.ndarray
    coefficients: dict[str, np.ndarray]
    noise: np.ndarray
    follows: np.ndarray
    seen: np.ndarray


def measured_today(draws: Draws, design: Design) -> MeasuredToday | None:
    """The first supplied measurement of shocks that live for a day; the overnight return is part of the return."""
    local = local_groups()
    chosen = [
        m
        for m in measured_rows(design)
        if m.supplied and m.name != "overnight" and any(t.unknown in local for t in m.reads(1))
    ]
    if not chosen:
        return None
    d, groups = arrays(design), shock_groups()
    rows, follows = [], []
    for s in range(len(draws["impact"])):
        p = one(draws, s) | {"return_state": np.zeros(design.days)}
        row = evaluate(p, d, np).rows[chosen[0].name]
        rows.append(row)
        moved = _with_return(p, d, d["returns"] + STEP)
        follows.append((row.target - evaluate(p, moved, np).rows[chosen[0].name].target) / STEP)
    full = np.ones(design.days)
    return MeasuredToday(
        np.stack([r.target * full for r in rows]),
        {g: np.stack([r.coefficients.get(Term(g), 0.0) * full for r in rows]) for g in groups},
        np.stack([r.var * full for r in rows]),
        np.stack(follows),
        chosen[0].weight(d),
    )


def _with_return(p, d, returns: np.ndarray) -> dict[str, Any]:
    """Arrays at other returns, the shock of implied volatility unchanged."""
    along = d["iv_change"] - iv_fall(p, returns)[0] + iv_fall(p, d["returns"])[0]
    return d | {"returns": returns, "iv_change": along}


def _given_measured(m: MeasuredToday, p, ledger: Ledger, design: Design, a: float, b: float, gaps, moments):
    """Log density of the measured number at scale states a and b, and gaps and moments given it.

    The number answers the return in part, so its surprise is counted from what it would have been at the expected return:
    exact where answers are linear.
    """
    factor = _factors(p, design, a, b)
    var = m.noise * factor["price"]
    cov_z, cov_f = np.zeros_like(var), np.zeros_like(var)
    for group, c in m.coefficients.items():
        leader = group_leader(group)
        own = (
            leader.shock_var(p, ledger.state, group)
            * factor[str(leader.shock.scaled_by if leader.shock else None)]
        )
        press = impact.push(p, arrays(design)["ratio"], group, leader.price_share(p, ledger.state))
        load = (ledger.kernel[..., 0] * ledger.accounts[leader.name].booked_load).sum(axis=2)
        var, cov_z, cov_f = var + c**2 * own, cov_z + c * press * own, cov_f + c * load * own
    var_z, var_f, cov = moments
    answer_to = m.follows / _jacobian(p, ledger, design)
    gap = m.gap + answer_to * gaps[0]
    var = var + 2.0 * answer_to * cov_z + answer_to**2 * var_z
    cov_z, cov_f = cov_z + answer_to * var_z, cov_f + answer_to * cov
    weight = m.seen / var
    known = m.seen * stats.norm.logpdf(gap, scale=np.sqrt(var))
    gaps = gaps[0] - weight * cov_z * gap, gaps[1] - weight * cov_f * gap
    return known, gaps, (var_z - weight * cov_z**2, var_f - weight * cov_f**2, cov - weight * cov_z * cov_f)


def _factors(p, design: Design, a: float, b: float) -> dict[str, np.ndarray]:
    """Variance factor of each kind of shock at scale states a and b."""
    flow = impact.scale_mixture(impact.flow_scale(p, np.log(design.activity), a, b))
    price = impact.scale_mixture(p["return_tail"] * a)
    return {"flow": flow, "price": price, "None": np.ones_like(flow)}


def _given_volatility(p, ledger: Ledger, design: Design, nodes, log_w) -> list[np.ndarray]:
    """Log weights of the price scale's nodes, given the day's implied-volatility shock. ``(S, T)`` each.

    The density is of return and flow given implied volatility, whose shock shares the day's scale.
    """
    seen = np.isfinite(design.iv_change)
    found = []
    for a, w in zip(nodes, log_w, strict=True):
        scale = impact.iv_scale(dict(p) | {"return_state": np.full(1, a)})
        density = stats.t.logpdf(ledger.state.iv_shock, p["iv_tail"], scale=scale)
        found.append(w + np.where(seen, density, 0.0))
    total = special.logsumexp(found, axis=0)
    return [w - total for w in found]


def _surprises(p, ledger: Ledger, latents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Price pressure and flow less what was expected before today's shocks. ``(S, T)`` each."""
    gap_z = ledger.price_shock.copy()
    for g, group in enumerate(shock_groups()):
        gap_z = gap_z + ledger.lam * group_leader(group).price_share(p, ledger.state) * latents[..., g]
    return gap_z, ledger.total_flow - expected_flow(ledger)


def _covariance(draws: Draws, p, ledger: Ledger, design: Design, a: float, b: float):
    """Variances of pressure and flow, and their covariance, on a day with scale states a and b. ``(S, T)`` each."""
    b_f, futures, w_var = p["basis_premium"], p["futures_price"], innovation_var(p)
    state, d = dict(p) | {"return_state": np.full(1, a)}, arrays(design)
    ratio = d["ratio"]
    var_z = impact.residual_var(state, d) + futures**2 * w_var
    factor = _factors(p, design, a, b)
    scale = factor["flow"]
    noise = draws["fund_noise"][:, None, :] ** 2 * scale[..., None] + design.basket_bn**2
    var_f = (noise * design.listed).sum(axis=2)
    cov = np.zeros_like(var_f)
    for group in shock_groups():
        leader = group_leader(group)
        press = impact.push(p, ratio, group, leader.price_share(p, ledger.state))
        load = (ledger.kernel[..., 0] * ledger.accounts[leader.name].booked_load).sum(axis=2)
        by = str(leader.shock.scaled_by if leader.shock else None)
        var = leader.shock_var(p, ledger.state, group) * factor[by]
        if group == GROUP:
            var = var + b_f**2 * w_var
            var_z = var_z + 2.0 * press * b_f * futures * w_var
            cov = cov + futures * b_f * w_var * load
        var_z = var_z + press**2 * var
        var_f = var_f + load**2 * var
        cov = cov + press * load * var
    return var_z, var_f, cov


def _normal(x: np.ndarray, y: np.ndarray, var_x, var_y, cov) -> np.ndarray:
    """Log density of a bivariate normal with mean zero."""
    det = var_x * var_y - cov**2
    square = (var_y * x**2 - 2.0 * cov * x * y + var_x * y**2) / det
    return -np.log(2.0 * np.pi) - 0.5 * np.log(det) - 0.5 * square


def _jacobian(p, ledger: Ledger, design: Design) -> np.ndarray:
    """J_t at the observed return. ``(S, T)``."""
    slopes = [
        c.price_share(p, ledger.state) * answer(c, p, ledger.state, design.returns).slope for c in COMPONENTS
    ]
    return impact.jacobian(ledger.lam, slopes) + np.zeros_like(ledger.lam)
