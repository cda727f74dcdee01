"""One day of the simulator: what is known before the return, the price that solves the day, trades and prints.

The equations are those of :mod:`model.mechanisms.simulate.replay`, stated without the components that the likelihood calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.optimize import brentq

from model import units
from model.mechanisms.design import PRE_SAMPLE, Design
from model.mechanisms.price import MAX_GAIN
from model.mechanisms.simulate.book import day_book
from model.mechanisms.simulate.lines import bend, lines_of
from model.mechanisms.simulate.records import Morning, SimulatedPath
from model.mechanisms.smooth import KINK_WIDTH
from model.panel.trailing import SIZE_RANGE

Parameters = Mapping[str, Any]
NIGHT_HOURS = 17.0 / 24.0
"""16:00 to 09:00, as a share of the day."""


def morning(
    p: Parameters,
    design: Design,
    path: SimulatedPath,
    t: int,
    basis_shock: float,
    own_shocks: Mapping[str, float],
) -> Morning:
    """What the day's loop and prints depend on besides the other shocks and the return."""
    lam = p["impact"] * path.ratio[t]
    tilt = math.exp(p["gamma_tilt"] * path.gamma[t] + p["gamma_state"][design.week[t]])
    book = day_book(p, design, t)
    gamma = p["dealer_sign"] * p["gamma_scale"] * tilt if book is None else 0.0
    steepness = path.live[t].sum() / design.barrier_width
    steepest = book.steepest() if book else gamma + 0.5 * p["knock_in"] * steepness
    lines, rate = lines_of(design), unit_rate(design, path, t)
    further = sum(line.push(p, lam, rate) * line.steepest(p, rate) for line in lines.values())
    return_lag = path.returns[t - 1] if t else design.returns_lag[0]
    flows_lag = design.listed[t] * path.flows[t - 1] if t else np.nan_to_num(design.flows_lag[0])
    rho = p["flow_persistence"]
    mean = p["fund_share"] * p["mean_flow"] + p["fund_mean"]
    mean = mean + p["mean_memory"] * (path.recent[t] - design.recent_weight[t] * mean)
    size = min(max(units.bn_to_thousand_units(design.calm_price) / rate, SIZE_RANGE[0]), SIZE_RANGE[1])
    yesterday = size * _bent(p["response_yesterday"], p["response_yesterday_crash"], return_lag)
    return Morning(
        impact=lam,
        damping=_damping(p, lam, steepest, further, size),
        gamma=gamma,
        return_lag=return_lag,
        flows_lag=flows_lag,
        basis=basis_shock - p["basis_stress"] * design.stress[t],
        multi_asset=-p["stress_flow"] * design.stress[t] + p["basket_flow"] * design.basket[t],
        directional=yesterday,
        own=design.listed[t] * (mean + rho * (flows_lag - mean)),
        book=book,
        further={
            k: line.before(p, design, path, t) + line.unit(rate) * sum(own_shocks[g] for g in line.groups)
            for k, line in lines.items()
        },
        rate=rate,
        size=size,
        night_shock={
            k: line.unit(rate) * own_shocks[line.groups[1]]
            for k, line in lines.items()
            if len(line.groups) > 1
        },
    )


def unit_rate(design: Design, path: SimulatedPath, t: int) -> float:
    """Thousand units of the underlying that a USD bn bought at the close before."""
    before = path.price[t - 1] if t else design.price[0] * math.exp(-design.returns[0] / units.PERCENT)
    return float(units.bn_to_thousand_units(before))


def _damping(p: Parameters, lam: float, steepest: float, further: float, size: float) -> float:
    """Factor on all answers to the return, from the most that they could add at any return."""
    bends = max(0.0, -p["vanna"] * p["iv_crash"]) + max(0.0, p["vanna"] * p["iv_rally"])
    vanna = bends - p["vanna"] * p["iv_response"]
    demand = size * max(p["response_today"], p["response_today"] - p["response_today_crash"])
    gain = lam * (steepest + vanna + demand) + further
    return 1.0 / math.hypot(1.0, max(gain, 0.0) / MAX_GAIN)


def opens(design: Design, t: int) -> bool:
    """Whether the day's overnight return is known."""
    return t >= PRE_SAMPLE and bool(np.isfinite(design.measured.get("overnight", np.full(t + 1, np.nan))[t]))


def night_pressure(p: Parameters, design: Design, m: Morning, t: int) -> float:
    """What presses on the price before the open, without the answers to it and the price shock. log-%."""
    lines = lines_of(design)
    crypto = sum(lines[k].push(p, m.impact, m.rate) * x for k, x in m.night_shock.items())
    return (
        NIGHT_HOURS * p["drift"]
        + p["factor_night"] * float(design.night_factors[t] @ p["factor_beta"])
        + p["lagged_return"] * m.return_lag
        + p["lagged_flow_return"] * m.flows_lag.sum()
        + crypto
    )


def night_excess(p: Parameters, design: Design, m: Morning, o: float) -> float:
    """An overnight return less the pressure of those who answer it before the open. log-%."""
    answers = (
        line.push(p, m.impact, m.rate) * m.damping * line.answer(p, o, m.rate)
        for line in lines_of(design).values()
    )
    return o - sum(answers)


def solve_night(p: Parameters, design: Design, m: Morning, t: int, z: float) -> float:
    """The return at which the overnight loop closes."""
    return _solve(lambda o: night_excess(p, design, m, o) - z, z, design, t)


def pressure(
    p: Parameters, design: Design, path: SimulatedPath, m: Morning, t: int, w: float, v: float, x: float
) -> float:
    """z: what presses on the price before anybody answers the return, without the price shock. log-%.

    Where the overnight return is known, what pressed before the open is left out: it is in that return.
    """
    lines = lines_of(design)
    known = opens(design, t)
    unhedged = (1.0 - p["hedged_share"]) * m.basis
    traded = unhedged + m.multi_asset + m.directional + m.own.sum() + x + _vanna_before(p, design, t, v)
    further = sum(lines[k].push(p, m.impact, m.rate) * x for k, x in m.further.items())
    factors = design.factor_returns[t]
    if known:
        factors = factors + (p["factor_night"] - 1.0) * design.night_factors[t]
    night = night_pressure(p, design, m, t) if known else 0.0
    return (
        p["drift"]
        + float(factors @ p["factor_beta"])
        + p["lagged_return"] * m.return_lag
        + p["lagged_flow_return"] * m.flows_lag.sum()
        + p["futures_price"] * w
        + p["common_demand"] * path.ratio[t] * x
        + m.impact * traded
        + further
        - night
    )


def excess(p: Parameters, design: Design, path: SimulatedPath, m: Morning, t: int, r: float) -> float:
    """A return less the pressure of those who answer it; the day's return makes it equal z. log-%."""
    lines = lines_of(design)
    further = sum(lines[k].push(p, m.impact, m.rate) * x for k, x in _further(p, design, m, r).items())
    before = night_excess(p, design, m, m.night)
    return r - m.impact * (_hedge(p, design, path, m, t, r) + _answer(p, m, r)) - further - before


def solve_day(p: Parameters, design: Design, path: SimulatedPath, m: Morning, t: int, z: float) -> float:
    """The return at which the day's loop closes: bracket, then Brent."""

    return _solve(lambda r: excess(p, design, path, m, t, r) - z, z + m.night, design, t)


def _solve(gap: Callable[[float], float], z: float, design: Design, t: int) -> float:
    reach = 1.0
    while gap(z - reach) > 0.0 or gap(z + reach) < 0.0:
        reach *= 2.0
        if reach > 1e6:
            day = design.dates[t].date()
            raise ArithmeticError(
                f"No return closes the loop of {day}: its Jacobian is not positive everywhere."
            )
    return float(brentq(gap, z - reach, z + reach, xtol=1e-14, rtol=1e-15 * 5, maxiter=200))


def trade(p: Parameters, design: Design, path: SimulatedPath, m: Morning, t: int, v: float, x: float) -> None:
    """Book the day's trades, given its return: each once, over today and the following days."""
    r = path.returns[t]
    today = _answer(p, m, r)
    hedge = _vanna_before(p, design, t, v) + _hedge(p, design, path, m, t, r)
    in_shares = hedge - (m.damping * m.book.crypto(r) if m.book else 0.0)
    path.basis[t], path.multi_asset[t], path.dealer[t] = m.basis, m.multi_asset, hedge
    path.directional[t] = m.directional + m.own.sum() + today
    path.demand[t], path.rate[t] = x, m.rate
    for name, answered in _further(p, design, m, r).items():
        path.further[name][t] = m.further[name] + answered
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
    kernel = p["kernel"][design.regime[t]]
    shares = np.zeros((len(kernel), design.booking_lags))
    for i, usual in enumerate(kernel):
        late = p["late_creation"] if design.late_window[t, i] else 0.0
        for k, share in enumerate(usual):
            shares[i, k] += (1.0 - late) * share
            if late:
                shares[i, k + 1] += late * share
        if design.next_day[t, i]:
            shares[i] = 0.0
            shares[i, 1] = 1.0
    return shares


def arrivals(path: SimulatedPath, t: int) -> np.ndarray:
    """Trades of today and the days before that carry today's date. ``Shape: (I,)``, USD bn."""
    lags = range(min(path.sent.shape[2], t + 1))
    return sum((path.sent[t - k, :, k] for k in lags), np.zeros(path.sent.shape[1]))


def premium_mean(p: Parameters, path: SimulatedPath, t: int) -> float:
    """Premium's deviation before futures demand. % of price."""
    drawn = p["premium_persistence"] * path.deviation[t - 1]
    return drawn + p["premium_return"] * path.returns[t] - p["premium_impact"] * path.basis[t]


def _bent(slope: float, flattening: float, r: float) -> float:
    """Response that flattens below the kink. USD bn."""
    return slope * r + flattening * bend(r)


def iv_fall(p: Parameters, r: float) -> float:
    """Fall of implied volatility that the return explains. Vol points."""
    rally = 0.5 * (r + math.hypot(r, KINK_WIDTH) - KINK_WIDTH)
    return p["iv_response"] * r - p["iv_crash"] * bend(r) - p["iv_rally"] * rally


def _vanna_before(p: Parameters, design: Design, t: int, v: float) -> float:
    """Hedges of the volatility move that does not answer the return: stress and its own shock. USD bn."""
    return p["vanna"] * (p["iv_stress"] * design.stress[t] + v)


def _sold_behind(distance: float, width: float) -> float:
    """Share of a note sold once the price stands ``distance`` below its barrier."""
    return 0.5 * (1.0 + distance / math.hypot(distance, width))


def _hedge(p: Parameters, design: Design, path: SimulatedPath, m: Morning, t: int, r: float) -> float:
    """Dealers' trades along the day's return: gamma, vanna, knock-ins. USD bn."""
    vanna = -p["vanna"] * iv_fall(p, r)
    if m.book:
        return m.damping * (m.book.every(r) + vanna)
    sold = 0.0
    for barrier, live in zip(path.barrier[t], path.live[t], strict=True):
        if live:
            width = design.barrier_width
            sold += live * (_sold_behind(barrier - r, width) - _sold_behind(barrier, width))
    return m.damping * (m.gamma * r + vanna - p["knock_in"] * sold)


def _further(p: Parameters, design: Design, m: Morning, r: float) -> dict[str, float]:
    """Answers of components that move the price alone. USD bn."""
    return {k: m.damping * line.answer(p, r, m.rate) for k, line in lines_of(design).items()}


def _answer(p: Parameters, m: Morning, r: float) -> float:
    """Directional trades in answer to today's return. USD bn."""
    overnight = (p["response_overnight"] - p["response_today"]) * m.night
    return m.damping * m.size * (_bent(p["response_today"], p["response_today_crash"], r) + overnight)


def _spread(weights: np.ndarray, listed: np.ndarray) -> np.ndarray:
    """Shares of the listed funds. ``Shape: (I,)``."""
    total = float((weights * listed).sum())
    return weights * listed / total if total > 0.0 else np.zeros(len(listed))


def residual_scale(p: Parameters, path: SimulatedPath, t: int) -> float:
    """Ex-ante scale of the price shock on a day of median scale. log-%."""
    log_scale = p["volatility_gamma"] * path.gamma[t] + p["volatility_ratio"] * math.log(path.ratio[t])
    return p["residual_scale"] * math.exp(log_scale)
