r"""The same equations a second time: plain NumPy, one day after the other.

Independent of :mod:`model.equations` and :mod:`model.system`: nothing is vectorised over days, no component
is called, and the day's loop

.. math:: r_t - \lambda_t\,q_t\,[H_r(r_t) + k_0(r_t)] = z_t + \epsilon_t

(``q`` the damping that keeps its gain bounded) is solved by root finding, without slope or Jacobian. It is
the oracle of the likelihood (a draw's shocks fed through :func:`replay` give back the observed panel), the
generator of panels with known truth, and the engine of counterfactuals.

.. math::
    B_t &= b_f w_t - a_B\,stress_t + u_t \\
    g_t &= \varphi g_{t-1} + d_r r_t - c_B B_t + w_t, \qquad f_t = y_0 \tau_t + g_t + n_t \\
    z_t &= \text{drift} + \beta' x_t + d_2 r_{t-1} + d_1 \textstyle\sum_i F_{i,t-1} + \varsigma w_t \\
        &\quad + \lambda_t\,[(1-h)B_t + M_t + D^{pre}_t + V v_t] \\
    F_{i,t} &= \textstyle\sum_k \pi_{i,t-k,k} Z_{i,t-k} + e_{i,t}

A share :math:`\delta` of the trades of days in the design's late window is printed on the next day whatever
:math:`\pi` says.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq

from model import trailing, units
from model.design import PRE_SAMPLE, Design
from model.impact import MAX_GAIN
from model.simulate_book import DayBook, day_book
from model.smooth import KINK_AT, KINK_WIDTH
from model.system import PREMIUM_START_VAR, Frame

Parameters = Mapping[str, Any]
LIVE_WITHIN = 40.0
"""log-%; barriers further away than this are left out, as in :mod:`model.design`."""


class Shocks(NamedTuple):
    """Everything that moves a panel and is explained by nothing else.

    Attributes
    ----------
    basis : numpy.ndarray
        ``Shape: (T,)``, USD bn; basis trades that answer neither futures demand nor stress.
    futures_demand : numpy.ndarray
        ``Shape: (T,)``, % of price; on day 0 the premium's deviation itself.
    demand : numpy.ndarray
        ``Shape: (T,)``, USD bn; multi-asset and directional shocks together.
    price : numpy.ndarray
        ``Shape: (T,)``, log-%; unused before the first modelled day.
    implied_vol : numpy.ndarray
        ``Shape: (T,)``, vol points; zero where implied volatility is missing.
    fund_noise : numpy.ndarray
        ``Shape: (T, I)``, USD bn; before the first modelled day the print itself where none was published.
    premium_noise : numpy.ndarray
        ``Shape: (T,)``, % of price; zero where the premium is missing.
    positions : numpy.ndarray
        ``Shape: (W,)``, thousand units.
    """

    basis: np.ndarray
    futures_demand: np.ndarray
    demand: np.ndarray
    price: np.ndarray
    implied_vol: np.ndarray
    fund_noise: np.ndarray
    premium_noise: np.ndarray
    positions: np.ndarray


class Latents(NamedTuple):
    """One draw of the unknowns by name; see :func:`read_latents`.

    Attributes
    ----------
    basis, demand : numpy.ndarray
        ``Shape: (T,)``, USD bn; the groups' shocks (``basis`` includes the answer to futures demand).
    premium : numpy.ndarray
        ``Shape: (T,)``, % of price; deviation of the premium from its carry.
    flows : numpy.ndarray
        ``Shape: (T, I)``, USD bn; missing prints drawn.
    """

    basis: np.ndarray
    demand: np.ndarray
    premium: np.ndarray
    flows: np.ndarray


class Trades(NamedTuple):
    """Trades by component, each ``Shape: (T,)``, USD bn, positive = buys.

    ``multi_asset`` and ``directional`` leave out their shared shock, which is ``demand``; ``dealer`` is the
    whole hedge, of which only the booked share reaches creations.
    """

    basis: np.ndarray
    dealer: np.ndarray
    multi_asset: np.ndarray
    directional: np.ndarray
    demand: np.ndarray


class Simulated(NamedTuple):
    """A panel produced from shocks.

    Attributes
    ----------
    returns : numpy.ndarray
        ``Shape: (T,)``, log-%.
    flows : numpy.ndarray
        ``Shape: (T, I)``, USD bn; without gaps, zero for funds not listed.
    iv_change : numpy.ndarray
        ``Shape: (T,)``, vol points.
    premium : numpy.ndarray
        ``Shape: (T,)``, % of price.
    positions : numpy.ndarray
        ``Shape: (W,)``, thousand units.
    trades : Trades
    """

    returns: np.ndarray
    flows: np.ndarray
    iv_change: np.ndarray
    premium: np.ndarray
    positions: np.ndarray
    trades: Trades


class Truth(NamedTuple):
    """What a simulated panel hides.

    Attributes
    ----------
    basis, dealer, multi_asset, directional : numpy.ndarray
        ``Shape: (T,)``, USD bn; the components' trades, own shocks included.
    demand : numpy.ndarray
        ``Shape: (T,)``, USD bn; multi-asset and directional shocks together.
    premium : numpy.ndarray
        ``Shape: (T,)``, % of price; deviation of the premium from its carry.
    flows : numpy.ndarray
        ``Shape: (T, I)``, USD bn; without gaps.
    return_state, flow_state : numpy.ndarray
        ``Shape: (T,)``; the days' scales.
    shocks : Shocks
    """

    basis: np.ndarray
    dealer: np.ndarray
    multi_asset: np.ndarray
    directional: np.ndarray
    demand: np.ndarray
    premium: np.ndarray
    flows: np.ndarray
    return_state: np.ndarray
    flow_state: np.ndarray
    shocks: Shocks


@dataclass
class _Path:
    """A path being written: the day's regressors, then what the day brings. Shapes as in :class:`Design`."""

    ratio: np.ndarray
    gamma: np.ndarray
    volatility: np.ndarray
    price: np.ndarray
    barrier: np.ndarray
    live: np.ndarray
    returns: np.ndarray
    flows: np.ndarray
    iv_change: np.ndarray
    deviation: np.ndarray
    basis: np.ndarray
    dealer: np.ndarray
    multi_asset: np.ndarray
    directional: np.ndarray
    sent: np.ndarray


class _Morning(NamedTuple):
    """What is known before the day's return.

    Trades in USD bn, ``impact`` in log-% per USD bn, signed ``gamma`` in USD bn per log-%; ``damping`` is a
    factor; a ``book`` takes the place of gamma and knock-ins.
    """

    impact: float
    damping: float
    gamma: float
    return_lag: float
    flows_lag: np.ndarray
    basis: float
    multi_asset: float
    directional: float
    own: np.ndarray
    book: DayBook | None


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
    noise = design.premium - p["carry"] * design.tenor - path.deviation
    out.premium_noise[:] = np.where(seen, np.nan_to_num(noise), 0.0)
    out.positions[:] = design.positions - weekly
    return out


def read_latents(design: Design, frame: Frame, unknowns: np.ndarray) -> Latents:
    """Name the entries of one vector of unknowns (:func:`model.system.draw_latents`).

    Parameters
    ----------
    design : Design
    frame : Frame
        From :func:`model.frame.make_frame`.
    unknowns : numpy.ndarray
        ``Shape: (n,)``.
    """
    basis = int(frame.basis[0])
    groups = frame.column.shape[1] - 1
    demand = [g for g in range(groups) if g != basis]
    gaps = frame.missing >= 0
    flows = np.where(gaps, 0.0, np.nan_to_num(design.flows))
    flows[gaps] = unknowns[frame.missing[gaps]]
    return Latents(
        unknowns[frame.column[:, basis]],
        unknowns[frame.column[:, demand]].sum(axis=1),
        unknowns[frame.column[:, groups]],
        flows,
    )


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
    flow_state = p["flow_tail"] * (noise - noise.mean())
    shocks, multi_asset = _draw_shocks(p, design, return_state, flow_state, rng)
    path = _start(design, shocks)
    rebuild = _Rebuild(design)
    for t in range(design.days):
        rebuild.morning(path, t)
        shocks.price[t] *= _residual_scale(p, path, t)
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
    )
    return _as_design(design, path, simulated), truth


def _start(design: Design, shocks: Shocks | None) -> _Path:
    """The design's path, with room for what the days bring."""
    days, funds, lags = *design.flows.shape, PRE_SAMPLE + 1
    flows = np.nan_to_num(design.flows)
    if shocks is not None:
        gaps = ~np.isfinite(design.flows[:PRE_SAMPLE])
        flows[:PRE_SAMPLE][gaps] = shocks.fund_noise[:PRE_SAMPLE][gaps]
    copied = {
        name: getattr(design, name).copy()
        for name in ("ratio", "gamma", "volatility", "price", "barrier", "live", "returns", "iv_change")
    }
    empty = {n: np.zeros(days) for n in ("deviation", "basis", "dealer", "multi_asset", "directional")}
    return _Path(**copied, **empty, flows=flows, sent=np.zeros((days, funds, lags)))


def _no_shocks(design: Design) -> Shocks:
    shapes = {"fund_noise": design.flows.shape, "positions": design.positions.shape}
    return Shocks(**{name: np.zeros(shapes.get(name, design.days)) for name in Shocks._fields})


# --- one day ----------------------------------------------------------------------------------------------
def _live_through(p: Parameters, design: Design, path: _Path, shocks: Shocks, t: int) -> None:
    """One day forward: trades before the return, the return, hedges and responses, prints, premium."""
    w, v, x = shocks.futures_demand[t], shocks.implied_vol[t], shocks.demand[t]
    basis_shock = shocks.basis[t] + (p["basis_premium"] * w if t else 0.0)
    m = _morning(p, design, path, t, basis_shock)
    if t >= PRE_SAMPLE:
        z = _pressure(p, design, m, t, w, v, x) + shocks.price[t]
        path.returns[t] = _solve_day(p, design, path, m, t, z)
    r = path.returns[t]
    path.iv_change[t] = p["iv_drift"] - _iv_fall(p, r) + v
    _trade(p, design, path, m, t, v, x)
    if t >= PRE_SAMPLE:
        path.flows[t] = design.listed[t] * (_arrivals(path, t) + shocks.fund_noise[t])
    path.deviation[t] = w if t == 0 else _premium_mean(p, path, t) + w


def _look_back(p: Parameters, design: Design, path: _Path, latents: Latents, out: Shocks, t: int) -> None:
    """One day backward: the shocks that must have happened for the day to be as it was."""
    m = _morning(p, design, path, t, latents.basis[t])
    path.basis[t] = m.basis
    w = path.deviation[t] - (_premium_mean(p, path, t) if t else 0.0)
    out.futures_demand[t] = w
    out.basis[t] = latents.basis[t] - (p["basis_premium"] * w if t else 0.0)
    r, change = path.returns[t], design.iv_change[t]
    v = change - p["iv_drift"] + _iv_fall(p, r) if np.isfinite(change) else 0.0
    out.implied_vol[t] = v
    _trade(p, design, path, m, t, v, latents.demand[t])
    if t >= PRE_SAMPLE:
        z = _pressure(p, design, m, t, w, v, latents.demand[t])
        out.price[t] = _excess(p, design, path, m, t, r) - z
        out.fund_noise[t] = design.listed[t] * (path.flows[t] - _arrivals(path, t))
    else:
        out.fund_noise[t] = np.where(np.isfinite(design.flows[t]), 0.0, path.flows[t])


def _morning(p: Parameters, design: Design, path: _Path, t: int, basis_shock: float) -> _Morning:
    """What the day's loop and prints depend on besides shocks and the return."""
    lam = p["impact"] * path.ratio[t]
    tilt = math.exp(p["gamma_tilt"] * path.gamma[t] + p["gamma_state"][design.week[t]])
    book = day_book(p, design, t)
    gamma = p["dealer_sign"] * p["gamma_scale"] * tilt if book is None else 0.0
    steepness = path.live[t].sum() / design.barrier_width
    steepest = book.steepest() if book else gamma + 0.5 * p["knock_in"] * steepness
    return_lag = path.returns[t - 1] if t else design.returns_lag[0]
    flows_lag = design.listed[t] * path.flows[t - 1] if t else np.nan_to_num(design.flows_lag[0])
    rho = p["flow_persistence"]
    mean = p["fund_share"] * p["mean_flow"] + p["fund_mean"]
    yesterday = _bent(p["response_yesterday"], p["response_yesterday_crash"], return_lag)
    return _Morning(
        impact=lam,
        damping=_damping(p, lam, steepest),
        gamma=gamma,
        return_lag=return_lag,
        flows_lag=flows_lag,
        basis=basis_shock - p["basis_stress"] * design.stress[t],
        multi_asset=-p["stress_flow"] * design.stress[t] + p["basket_flow"] * design.basket[t],
        directional=yesterday,
        own=design.listed[t] * (mean + rho * (flows_lag - mean)),
        book=book,
    )


def _damping(p: Parameters, lam: float, steepest: float) -> float:
    """Factor on all answers to the return, from the most that they could add at any return."""
    bends = max(0.0, -p["vanna"] * p["iv_crash"]) + max(0.0, p["vanna"] * p["iv_rally"])
    vanna = bends - p["vanna"] * p["iv_response"]
    demand = max(p["response_today"], p["response_today"] - p["response_today_crash"])
    gain = lam * (steepest + vanna + demand)
    return 1.0 / math.hypot(1.0, max(gain, 0.0) / MAX_GAIN)


def _pressure(p: Parameters, design: Design, m: _Morning, t: int, w: float, v: float, x: float) -> float:
    """z: what presses on the price before anybody answers the return, without the price shock. log-%."""
    unhedged = (1.0 - p["hedged_share"]) * m.basis
    traded = unhedged + m.multi_asset + m.directional + m.own.sum() + x + p["vanna"] * v
    return (
        p["drift"]
        + float(design.factor_returns[t] @ p["factor_beta"])
        + p["lagged_return"] * m.return_lag
        + p["lagged_flow_return"] * m.flows_lag.sum()
        + p["futures_price"] * w
        + m.impact * traded
    )


def _excess(p: Parameters, design: Design, path: _Path, m: _Morning, t: int, r: float) -> float:
    """A return less the pressure of those who answer it; the day's return makes it equal z. log-%."""
    return r - m.impact * (_hedge(p, design, path, m, t, r) + _answer(p, m, r))


def _solve_day(p: Parameters, design: Design, path: _Path, m: _Morning, t: int, z: float) -> float:
    """The return at which the day's loop closes: bracket, then Brent."""

    def gap(r: float) -> float:
        return _excess(p, design, path, m, t, r) - z

    reach = 1.0
    while gap(z - reach) > 0.0 or gap(z + reach) < 0.0:
        reach *= 2.0
        if reach > 1e6:
            day = design.dates[t].date()
            raise ArithmeticError(
                f"No return closes the loop of {day}: its Jacobian is not positive everywhere."
            )
    return float(brentq(gap, z - reach, z + reach, xtol=1e-14, rtol=1e-15 * 5, maxiter=200))


def _trade(p: Parameters, design: Design, path: _Path, m: _Morning, t: int, v: float, x: float) -> None:
    """Book the day's trades, given its return: each once, over today and the following days."""
    r = path.returns[t]
    today = _answer(p, m, r)
    hedge = p["vanna"] * v + _hedge(p, design, path, m, t, r)
    in_shares = hedge - (m.damping * m.book.crypto(r) if m.book else 0.0)
    path.basis[t], path.multi_asset[t], path.dealer[t] = m.basis, m.multi_asset, hedge
    path.directional[t] = m.directional + m.own.sum() + today
    tilted = p["fund_share"] * np.exp(p["basis_tilt"])
    reached = (
        m.own
        + _spread(p["fund_share"], design.listed[t]) * (m.multi_asset + m.directional + today + x)
        + _spread(tilted, design.listed[t]) * m.basis
        + _spread(design.option_fund, design.listed[t]) * p["booked_hedge"] * in_shares
    )
    path.sent[t] = reached[:, None] * _printed(p, design, t)


def _printed(p: Parameters, design: Design, t: int) -> np.ndarray:
    """Shares of the funds' trades of day t that are printed 0, 1, ... days later. ``Shape: (I, K)``."""
    shares = p["kernel"][design.regime[t]].copy()
    tomorrow = np.eye(shares.shape[1])[1]
    some = design.late_window[t] > 0
    shares[some] += p["late_creation"] * (tomorrow - shares[some])
    shares[design.next_day[t] > 0] = tomorrow
    return shares


def _arrivals(path: _Path, t: int) -> np.ndarray:
    """Trades of today and the days before that carry today's date. ``Shape: (I,)``, USD bn."""
    return sum((path.sent[t - k, :, k] for k in range(path.sent.shape[2])), np.zeros(path.sent.shape[1]))


def _premium_mean(p: Parameters, path: _Path, t: int) -> float:
    """Premium's deviation before futures demand. % of price."""
    drawn = p["premium_persistence"] * path.deviation[t - 1]
    return drawn + p["premium_return"] * path.returns[t] - p["premium_impact"] * path.basis[t]


# --- shapes, written out ----------------------------------------------------------------------------------
def _bend(r: float) -> float:
    """Smooth max(0, KINK_AT - r), zero at r = 0. log-%."""
    u = KINK_AT - r
    return 0.5 * (u - KINK_AT + math.hypot(u, KINK_WIDTH) - math.hypot(KINK_AT, KINK_WIDTH))


def _bent(slope: float, flattening: float, r: float) -> float:
    """Response that flattens below the kink. USD bn."""
    return slope * r + flattening * _bend(r)


def _iv_fall(p: Parameters, r: float) -> float:
    """Fall of implied volatility that the return explains. Vol points."""
    rally = 0.5 * (r + math.hypot(r, KINK_WIDTH) - KINK_WIDTH)
    return p["iv_response"] * r - p["iv_crash"] * _bend(r) - p["iv_rally"] * rally


def _sold_behind(distance: float, width: float) -> float:
    """Share of a note sold once the price stands ``distance`` below its barrier."""
    return 0.5 * (1.0 + distance / math.hypot(distance, width))


def _hedge(p: Parameters, design: Design, path: _Path, m: _Morning, t: int, r: float) -> float:
    """Dealers' trades along the day's return: gamma, vanna, knock-ins. USD bn."""
    vanna = -p["vanna"] * _iv_fall(p, r)
    if m.book:
        return m.damping * (m.book.every(r) + vanna)
    sold = 0.0
    for barrier, live in zip(path.barrier[t], path.live[t], strict=True):
        if live:
            width = design.barrier_width
            sold += live * (_sold_behind(barrier - r, width) - _sold_behind(barrier, width))
    return m.damping * (m.gamma * r + vanna - p["knock_in"] * sold)


def _answer(p: Parameters, m: _Morning, r: float) -> float:
    """Directional trades in answer to today's return. USD bn."""
    return m.damping * _bent(p["response_today"], p["response_today_crash"], r)


def _spread(weights: np.ndarray, listed: np.ndarray) -> np.ndarray:
    """Shares of the listed funds. ``Shape: (I,)``."""
    total = float((weights * listed).sum())
    return weights * listed / total if total > 0.0 else np.zeros(len(listed))


# --- panels -----------------------------------------------------------------------------------------------
def _position_means(p: Parameters, design: Design, path: _Path) -> np.ndarray:
    """Expected change of positions in each week, given the basis trades. ``Shape: (W,)``, thousand units."""
    out = p["positions_drift"] + p["positions_expiry"] * design.position_expiry
    for week, days in enumerate(design.position_days):
        for t in days:
            out[week] += path.basis[t] * units.bn_to_thousand_units(design.price[t])
    return out


def _as_simulated(p: Parameters, design: Design, path: _Path, shocks: Shocks) -> Simulated:
    premium = p["carry"] * design.tenor + path.deviation + shocks.premium_noise
    trades = Trades(path.basis, path.dealer, path.multi_asset, path.directional, shocks.demand)
    positions = _position_means(p, design, path) + shocks.positions
    return Simulated(path.returns, path.flows, path.iv_change, premium, positions, trades)


def _as_design(design: Design, path: _Path, simulated: Simulated) -> Design:
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
        gamma=path.gamma,
        ratio=path.ratio,
        volatility=path.volatility,
        iv_change=with_gaps(simulated.iv_change, design.iv_change),
        premium=with_gaps(simulated.premium, design.premium),
        price=path.price,
        positions=simulated.positions,
        barrier=path.barrier,
        live=path.live,
    )


def _residual_scale(p: Parameters, path: _Path, t: int) -> float:
    """Ex-ante scale of the price shock on a day of median scale. log-%."""
    log_scale = p["volatility_gamma"] * path.gamma[t] + p["volatility_ratio"] * math.log(path.ratio[t])
    return p["residual_scale"] * math.exp(log_scale)


def _draw_shocks(p: Parameters, design: Design, return_state, flow_state, rng) -> tuple[Shocks, np.ndarray]:
    """Fresh shocks (price shocks in units of their ex-ante scale), and multi-asset's part of demand."""
    days, funds = design.flows.shape
    share, noise_share = p["multi_asset_share"], p["premium_noise_share"]
    day_scale = np.exp(flow_state)
    multi_asset = p["demand_scale"] * math.sqrt(share) * day_scale * rng.standard_normal(days)
    directional = p["demand_scale"] * math.sqrt(1.0 - share) * day_scale * rng.standard_normal(days)
    w = p["premium_total"] * math.sqrt(1.0 - noise_share) * rng.standard_normal(days)
    w[0] = math.sqrt(PREMIUM_START_VAR) * rng.standard_normal()
    fund_sd = np.sqrt((day_scale[:, None] * p["fund_noise"]) ** 2 + design.basket_bn**2)
    fund_noise = fund_sd * rng.standard_normal((days, funds))
    fund_noise[:PRE_SAMPLE] = p["fund_share"] * p["mean_flow"] + p["fund_mean"]
    v = p["iv_scale"] * rng.standard_t(p["iv_tail"], days) * np.isfinite(design.iv_change)
    premium_noise = p["premium_total"] * math.sqrt(noise_share) * rng.standard_normal(days)
    shocks = Shocks(
        basis=p["basis_scale"] * rng.standard_normal(days),
        futures_demand=w,
        demand=multi_asset + directional,
        price=np.exp(p["return_tail"] * return_state) * rng.standard_normal(days),
        implied_vol=v,
        fund_noise=fund_noise,
        premium_noise=premium_noise * np.isfinite(design.premium),
        positions=p["positions_noise"] * rng.standard_normal(len(design.positions)),
    )
    return shocks, multi_asset


class _Rebuild:
    """Regressors that follow the path: volatility, its ratio, gamma proxy, prices, barriers."""

    def __init__(self, design: Design):
        self.level = float(design.volatility[0] / design.ratio[0])
        first = units.PERCENT * math.log(design.price[0]) - design.returns[0]
        self.log_close = [float(first)]
        before = np.concatenate([[first], units.PERCENT * np.log(design.price[:-1])])
        self.notes: dict[int, tuple[float, float]] = {}
        for n in range(design.live.shape[1]):
            for t in np.flatnonzero(design.live[:, n])[:1]:
                self.notes[n] = (float(before[t] + design.barrier[t, n]), float(design.live[t, n]))

    def morning(self, path: _Path, t: int) -> None:
        """Write the day's regressors from the days before it."""
        if t:
            keep = 0.5 ** (1.0 / trailing.VOLATILITY_HALF_LIFE)
            path.volatility[t] = math.sqrt(
                keep * path.volatility[t - 1] ** 2 + (1.0 - keep) * path.returns[t - 1] ** 2
            )
            keep = 0.5 ** (1.0 / trailing.LEVEL_HALF_LIFE)
            self.level = keep * self.level + (1.0 - keep) * path.volatility[t - 1]
            path.ratio[t] = np.clip(path.volatility[t] / self.level, *trailing.RATIO_RANGE)
            fall = max(self.log_close[-trailing.HIGH_WINDOW :]) - self.log_close[-1]
            typical = path.volatility[t] * math.sqrt(trailing.HIGH_WINDOW)
            path.gamma[t] = np.clip(fall / typical - trailing.TYPICAL_DRAWDOWN, -1.0, 2.0)
        for n, (level, share) in self.notes.items():
            self._note(path, t, n, level, share)

    def _note(self, path: _Path, t: int, n: int, level: float, share: float) -> None:
        """Distance of a barrier from the last close; a note dies with the first close behind it."""
        distance = level - self.log_close[-1]
        alive = min(self.log_close) > level and abs(distance) < LIVE_WITHIN
        path.barrier[t, n] = distance if alive else 0.0
        path.live[t, n] = share if alive else 0.0

    def evening(self, path: _Path, t: int) -> None:
        """Write the day's close."""
        self.log_close.append(self.log_close[-1] + float(path.returns[t]))
        path.price[t] = math.exp(self.log_close[-1] / units.PERCENT)
