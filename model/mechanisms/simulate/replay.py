r"""The same equations a second time: plain NumPy, one day after the other.

Independent of :mod:`model.mechanisms.day` and :mod:`model.inference.likelihood.system`: nothing is vectorised over
days, no component is called, and the day's loop

.. math:: r_t - \lambda_t\,q_t\,[H_r(r_t) + k_0(r_t)] = z_t + \epsilon_t

(``q`` the damping that keeps its gain bounded) is solved by root finding, without slope or Jacobian. It is
the oracle of the likelihood (a draw's shocks fed through :func:`replay` give back the observed panel), the
generator of panels with known truth, and the engine of counterfactuals.

.. math::
    B_t &= b_f w_t - a_B\,stress_t + u_t \\
    g_t &= \varphi g_{t-1} + d_r r_t - c_B B_t + w_t, \qquad f_t = y_0 \tau_t + g_t + n_t \\
    z_t &= \text{drift} + \beta' x_t + d_2 r_{t-1} + d_1 \textstyle\sum_i F_{i,t-1} + \varsigma w_t \\
        &\quad + \kappa_t x_t + \lambda_t\,[(1-h)B_t + M_t + D^{pre}_t + V (c_S\,stress_t + v_t)] \\
    F_{i,t} &= \textstyle\sum_k \pi_{i,t-k,k} Z_{i,t-k} + e_{i,t}

A share :math:`\delta` of the trades of days in the design's late window is created a day later: that day's
:math:`\pi_0`, :math:`\pi_1`, ... are printed one day after what is created at once.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from model import units
from model.mechanisms.design import PRE_SAMPLE, PREMIUM_START_VAR, Design
from model.mechanisms.simulate.day import (
    Parameters,
    arrivals,
    excess,
    iv_fall,
    morning,
    night_excess,
    night_pressure,
    opens,
    premium_mean,
    pressure,
    residual_scale,
    solve_day,
    solve_night,
    trade,
    unit_rate,
)
from model.mechanisms.simulate.lines import groups_of, lines_of, readings_of
from model.mechanisms.simulate.records import Latents, Shocks, Simulated, SimulatedPath, Trades, Truth
from model.mechanisms.simulate.regressors import Rebuild


def replay(p: Parameters, design: Design, shocks: Shocks) -> Simulated:
    """Run the days forward from shocks, feeding back the path's own returns and flows.

    Regressors of the design (factors, stress, scales, gamma, barriers, price of a unit) stay on the realised
    path, as do the dealer book's curves. The days before the first modelled one keep their observed returns
    and prints.

    Parameters
    ----------
    p : mapping
        Parameters by name.
    design : Design
    shocks : Shocks

    Raises
    ------
    ArithmeticError
        If no return solves a day's loop.
    """
    path = _start(design, shocks)
    for t in range(design.days):
        _live_through(p, design, path, shocks, t)
    return _as_simulated(p, design, path, shocks)


def extract_shocks(p: Parameters, design: Design, latents: Latents) -> Shocks:
    """Shocks behind the observed panel, given one draw of its unknowns: the inverse of :func:`replay`.

    Parameters
    ----------
    p : mapping
    design : Design
    latents : Latents
    """
    path = _start(design, None)
    path.flows[:] = latents.flows
    path.deviation[:] = latents.premium
    out = _no_shocks(design)
    out.demand[:] = latents.demand
    for t in range(design.days):
        _look_back(p, design, path, latents, out, t)
    weekly = _position_means(p, design, path)
    seen = np.isfinite(design.premium)
    for name, reading in readings_of(design).items():
        means = np.array([reading.mean(p, path, t) for t in range(design.days)])
        out.error[name][:] = np.nan_to_num(design.measured[name] - means)
    noise = design.premium - p["carry"] * design.tenor - path.deviation
    out.premium_noise[:] = np.where(seen, np.nan_to_num(noise), 0.0)
    out.positions[:] = design.positions - weekly
    return out


def simulate_panel(p: Parameters, design: Design, rng: np.random.Generator) -> tuple[Design, Truth]:
    """Draw a panel from the model on a design's dates, exogenous regressors and gaps.

    Fresh shocks and day scales are drawn; volatility, its ratio, the gamma proxy, barriers, prices and lags
    are rebuilt from the simulated path; a dealer book's curves stay as functions of the day's return. The days
    before the first modelled one keep returns and prints.

    Parameters
    ----------
    p : mapping
        Parameters by name; day scales in it are ignored.
    design : Design
    rng : numpy.random.Generator

    Returns
    -------
    Design
        Same shapes and gaps.
    Truth
    """
    return_state = rng.standard_normal(design.days)
    noise = rng.standard_normal(design.days)
    alone = math.sqrt(1.0 - p["day_shared"] ** 2) * (noise - noise.mean())
    flow_state = p["flow_tail"] * (p["day_shared"] * return_state + alone)
    shocks, multi_asset = _draw_shocks(p, design, return_state, rng)
    path = _start(design, shocks)
    own = design.one_off * rng.standard_normal(design.days) if len(design.one_off) else np.zeros(design.days)
    rebuild = Rebuild(design)
    for t in range(design.days):
        rebuild.morning(path, t)
        flow_state[t] += p["flow_memory"] * math.log(path.activity[t])
        _scale_flows(p, design, shocks, multi_asset, math.exp(flow_state[t]), t)
        shocks.price[t] = shocks.price[t] * residual_scale(p, path, t) + own[t]
        shocks.night[t] = shocks.night[t] * residual_scale(p, path, t)
        _live_through(p, design, path, shocks, t)
        rebuild.evening(path, t)
    simulated = _as_simulated(p, replace(design, price=path.price), path, shocks)
    truth = Truth(
        path.basis,
        path.dealer,
        path.multi_asset + multi_asset,
        path.directional + shocks.demand - multi_asset,
        shocks.demand,
        path.deviation,
        path.flows,
        return_state,
        flow_state,
        shocks,
        path.further,
    )
    return _as_design(design, path, simulated), truth


def _start(design: Design, shocks: Shocks | None) -> SimulatedPath:
    """The design's path, with room for what the days bring."""
    days, funds, lags = *design.flows.shape, design.booking_lags
    flows = np.nan_to_num(design.flows)
    if shocks is not None:
        gaps = ~np.isfinite(design.flows[:PRE_SAMPLE])
        flows[:PRE_SAMPLE][gaps] = shocks.fund_noise[:PRE_SAMPLE][gaps]
    copied = {
        name: getattr(design, name).copy()
        for name in (
            "ratio",
            "gamma",
            "volatility",
            "recent",
            "activity",
            "price",
            "barrier",
            "live",
            "returns",
            "iv_change",
        )
    }
    empty = {
        n: np.zeros(days)
        for n in ("deviation", "basis", "dealer", "multi_asset", "directional", "demand", "night", "rate")
    }
    further = {name: np.zeros(days) for name in lines_of(design)}
    measured = {name: np.zeros(days) for name in design.measured}
    return SimulatedPath(
        **copied, **empty, flows=flows, sent=np.zeros((days, funds, lags)), further=further, measured=measured
    )


def _no_shocks(design: Design) -> Shocks:
    shapes = {"fund_noise": design.flows.shape, "positions": design.positions.shape}
    daily = [name for name in Shocks._fields if name not in ("own", "error")]
    return Shocks(
        **{name: np.zeros(shapes.get(name, design.days)) for name in daily},
        own={group: np.zeros(design.days) for group in groups_of(design)},
        error={name: np.zeros(design.days) for name in design.measured},
    )


def _live_through(p: Parameters, design: Design, path: SimulatedPath, shocks: Shocks, t: int) -> None:
    """One day forward: trades before the return, the return, hedges and responses, prints, premium."""
    w, v, x = shocks.futures_demand[t], shocks.implied_vol[t], shocks.demand[t]
    basis_shock = shocks.basis[t] + (p["basis_premium"] * w if t else 0.0)
    m = morning(p, design, path, t, basis_shock, {k: shock[t] for k, shock in shocks.own.items()})
    if opens(design, t):
        z = night_pressure(p, design, m, t) + shocks.night[t]
        path.night[t] = solve_night(p, design, m, t, z)
        m = m._replace(night=path.night[t])
    if t >= PRE_SAMPLE:
        z = pressure(p, design, path, m, t, w, v, x) + shocks.price[t]
        path.returns[t] = solve_day(p, design, path, m, t, z)
    r = path.returns[t]
    path.iv_change[t] = p["iv_drift"] - iv_fall(p, r) + p["iv_stress"] * design.stress[t] + v
    trade(p, design, path, m, t, v, x)
    if t >= PRE_SAMPLE:
        path.flows[t] = design.listed[t] * (arrivals(path, t) + shocks.fund_noise[t])
    path.deviation[t] = w if t == 0 else premium_mean(p, path, t) + w
    for name, reading in readings_of(design).items():
        path.measured[name][t] = reading.mean(p, path, t) + shocks.error[name][t]
    if "overnight" in path.measured:
        path.measured["overnight"][t] = path.night[t]


def _look_back(
    p: Parameters, design: Design, path: SimulatedPath, latents: Latents, out: Shocks, t: int
) -> None:
    """One day backward: the shocks that must have happened for the day to be as it was."""
    for group, line in groups_of(design).items():
        out.own[group][t] = latents.own[group][t] / line.unit(unit_rate(design, path, t))
    m = morning(p, design, path, t, latents.basis[t], {k: shock[t] for k, shock in out.own.items()})
    if opens(design, t):
        path.night[t] = design.measured["overnight"][t]
        m = m._replace(night=path.night[t])
        out.night[t] = night_excess(p, design, m, m.night) - night_pressure(p, design, m, t)
    path.basis[t] = m.basis
    w = path.deviation[t] - (premium_mean(p, path, t) if t else 0.0)
    out.futures_demand[t] = w
    out.basis[t] = latents.basis[t] - (p["basis_premium"] * w if t else 0.0)
    r, change = path.returns[t], design.iv_change[t]
    explained = p["iv_drift"] - iv_fall(p, r) + p["iv_stress"] * design.stress[t]
    v = change - explained if np.isfinite(change) else 0.0
    out.implied_vol[t] = v
    trade(p, design, path, m, t, v, latents.demand[t])
    if t >= PRE_SAMPLE:
        z = pressure(p, design, path, m, t, w, v, latents.demand[t])
        out.price[t] = excess(p, design, path, m, t, r) - z
        out.fund_noise[t] = design.listed[t] * (path.flows[t] - arrivals(path, t))
    else:
        out.fund_noise[t] = np.where(np.isfinite(design.flows[t]), 0.0, path.flows[t])


def _position_means(p: Parameters, design: Design, path: SimulatedPath) -> np.ndarray:
    """Expected change of positions in each week, given the basis trades. ``Shape: (W,)``, thousand units."""
    out = p["positions_drift"] + p["positions_expiry"] * design.position_expiry
    for week, days in enumerate(design.position_days):
        for t in days:
            out[week] += path.basis[t] * units.bn_to_thousand_units(design.price[t])
    return out


def _as_simulated(p: Parameters, design: Design, path: SimulatedPath, shocks: Shocks) -> Simulated:
    premium = p["carry"] * design.tenor + path.deviation + shocks.premium_noise
    trades = Trades(path.basis, path.dealer, path.multi_asset, path.directional, shocks.demand, path.further)
    positions = _position_means(p, design, path) + shocks.positions
    return Simulated(path.returns, path.flows, path.iv_change, premium, positions, trades, path.measured)


def _as_design(design: Design, path: SimulatedPath, simulated: Simulated) -> Design:
    """The path as a design: same dates, same gaps."""

    def with_gaps(new: np.ndarray, old: np.ndarray) -> np.ndarray:
        return np.where(np.isfinite(old), new, np.nan)

    flows = with_gaps(simulated.flows, design.flows)
    return replace(
        design,
        returns=path.returns,
        returns_lag=np.concatenate([design.returns_lag[:1], path.returns[:-1]]),
        flows=flows,
        flows_lag=np.concatenate([design.flows_lag[:1], flows[:-1] * design.listed[1:]]),
        vendor_pull=np.zeros((0, 0)),
        vendor_var=np.zeros((0, 0)),
        gamma=path.gamma,
        ratio=path.ratio,
        volatility=path.volatility,
        recent=path.recent,
        activity=path.activity,
        total=with_gaps(simulated.flows.sum(axis=1), design.total) if len(design.total) else design.total,
        iv_change=with_gaps(simulated.iv_change, design.iv_change),
        premium=with_gaps(simulated.premium, design.premium),
        measured={k: with_gaps(simulated.measured[k], v) for k, v in design.measured.items()},
        price=path.price,
        positions=simulated.positions,
        barrier=path.barrier,
        live=path.live,
    )


def _scale_flows(p: Parameters, design: Design, shocks: Shocks, multi_asset, size: float, t: int) -> None:
    """Give a day's shocks of flows the day's size."""
    shocks.demand[t] *= size
    multi_asset[t] *= size
    if t >= PRE_SAMPLE:
        shocks.fund_noise[t] *= np.sqrt((size * p["fund_noise"]) ** 2 + design.basket_bn**2)


def _draw_shocks(p: Parameters, design: Design, return_state, rng) -> tuple[Shocks, np.ndarray]:
    """Fresh shocks, those of prices and flows in units of their ex-ante scale, and multi-asset's part of demand."""
    days, funds = design.flows.shape
    share, noise_share = p["multi_asset_share"], p["premium_noise_share"]
    multi_asset = p["demand_scale"] * math.sqrt(share) * rng.standard_normal(days)
    directional = p["demand_scale"] * math.sqrt(1.0 - share) * rng.standard_normal(days)
    w = p["premium_total"] * math.sqrt(1.0 - noise_share) * rng.standard_normal(days)
    w[0] = math.sqrt(PREMIUM_START_VAR) * rng.standard_normal()
    fund_noise = rng.standard_normal((days, funds))
    fund_noise[:PRE_SAMPLE] = p["fund_share"] * p["mean_flow"] + p["fund_mean"]
    day = np.exp(p["iv_day"] * p["return_tail"] * return_state)
    v = p["iv_scale"] * day * rng.standard_t(p["iv_tail"], days) * np.isfinite(design.iv_change)
    premium_noise = p["premium_total"] * math.sqrt(noise_share) * rng.standard_normal(days)
    scale = np.exp(p["return_tail"] * return_state)
    own = {
        group: np.array([line.spread(p, group, s) for s in scale]) * rng.standard_normal(days)
        for group, line in groups_of(design).items()
    }
    known = np.array([opens(design, t) for t in range(days)])
    night = known * math.sqrt(p["overnight_share"])
    session = np.sqrt(1.0 - night**2)
    error = {
        name: np.array([reading.spread(p, s) for s in scale])
        * rng.standard_normal(days)
        * np.isfinite(design.measured[name])
        for name, reading in readings_of(design).items()
    }
    shocks = Shocks(
        basis=p["basis_scale"] * rng.standard_normal(days),
        futures_demand=w,
        demand=multi_asset + directional,
        price=session * scale * rng.standard_normal(days),
        night=night * scale * rng.standard_normal(days),
        implied_vol=v,
        fund_noise=fund_noise,
        premium_noise=premium_noise * np.isfinite(design.premium),
        positions=p["positions_noise"] * rng.standard_normal(len(design.positions)),
        own=own,
        error=error,
    )
    return shocks, multi_asset
