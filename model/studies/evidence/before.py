"""A day lived again with fresh shocks: what a statement's probability was before the data, draw by draw.

The days before are those that happened. Needed by conditional statements, whose likelihood is normalised by the
probability that they would hold (Antolin-Diaz and Rubio-Ramirez 2018, the importance weight's denominator).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from model.attribution.ledger import Ledger
from model.attribution.loop import fresh_iv_shock, solve_loop
from model.inference.arrays import arrays
from model.inference.draws import Draws
from model.mechanisms import price as impact
from model.mechanisms.components import COMPONENTS, State
from model.mechanisms.day import answer
from model.mechanisms.design import Design
from model.mechanisms.hedge_curves import BookToday
from model.mechanisms.measurements.premium import innovation_var

REPEATS = 200


class Happened(NamedTuple):
    """What is known of the draws after the data.

    Attributes
    ----------
    draws : mapping
    ledger : Ledger
    shocks : dict of str to numpy.ndarray
        Each component's own shock, ``(S, T)``, USD bn, split as in the ledger.
    triggers : numpy.ndarray
        ``Shape: (S, T, J)``, log-%: the return by trigger.
    design : Design
    """

    draws: Draws
    ledger: Ledger
    shocks: dict[str, np.ndarray]
    triggers: np.ndarray
    design: Design


class FreshDay(NamedTuple):
    """Trades per component ``(S, R)``, USD bn, and return by trigger ``(S, R, J)``, log-%."""

    trades: dict[str, np.ndarray]
    triggers: np.ndarray


def fresh_day(h: Happened, t: int, rng: np.random.Generator, repeats: int = REPEATS) -> FreshDay:
    """Draw a day's shocks ``repeats`` times for every draw and let the day happen.

    Parameters
    ----------
    h : Happened
    t : int
        Row of the day.
    rng : numpy.random.Generator
    repeats : int
    """
    p = {k: v[:, None] for k, v in h.draws.items() if v.ndim == 1}
    lam, state, r = h.ledger.lam[:, t, None], _at(h.ledger.state, t), h.design.returns[t]
    shape = (len(lam), repeats)
    fresh, unattributed = _shocks(h, p, t, shape, rng)
    change = {c.name: fresh[c.name] - h.shocks[c.name][:, t, None] for c in COMPONENTS}
    change["dealer"] = p["vanna"] * (fresh["dealer"] - h.ledger.state.iv_shock[:, t, None])
    push = {c.name: lam * c.price_share(p, state) * change[c.name] for c in COMPONENTS}
    answered = {c.name: answer(c, p, state, r).value for c in COMPONENTS}
    pressure = _pressure(h, t)[:, None, :] + np.zeros((*shape, 1))
    pressure[..., 0] += unattributed - h.ledger.price_shock[:, t, None]
    for j, c in enumerate(COMPONENTS, start=1):
        pressure[..., j] += push[c.name]
    z = pressure.sum(axis=2)
    returns = solve_loop(p, state, lam, z)
    trades = {
        c.name: h.ledger.trades[c.name][:, t, None]
        + change[c.name]
        + answer(c, p, state, returns).value
        - answered[c.name]
        for c in COMPONENTS
    }
    return FreshDay(trades, pressure * (returns / np.where(z == 0.0, 1.0, z))[..., None])


def _pressure(h: Happened, t: int) -> np.ndarray:
    """Pressure behind the return by trigger, before the day's loop. ``Shape: (S, J)``, log-%."""
    slope = h.ledger.average_slopes(h.design).today_price[:, t]
    return h.triggers[:, t] * (1.0 - h.ledger.lam[:, t] * slope)[:, None]


def _shocks(h: Happened, p, t: int, shape: tuple[int, int], rng):
    """Fresh shocks per component (the dealer's is implied volatility's) and the unattributed pressure."""
    b_f, futures_price = h.draws["basis_premium"], h.draws["futures_price"]
    w = np.sqrt(innovation_var(h.draws))[:, None] * rng.standard_normal(shape)
    share = p["multi_asset_share"]
    d = arrays(h.design)
    redrawn = dict(p) | {"return_state": rng.standard_normal(shape)}
    day = np.exp(p["return_tail"] * redrawn["return_state"])
    own = rng.standard_normal(shape)
    size = impact.flow_scale(p, np.log(h.design.activity[t]), redrawn["return_state"], own)
    demand = p["demand_scale"] * np.exp(size)
    sd = np.sqrt(impact.residual_var(redrawn, {k: d[k][t] for k in ("gamma", "log_ratio", "one_off_var")}))
    iv = fresh_iv_shock(p, day, rng)
    shocks = {
        "basis": b_f[:, None] * w + p["basis_scale"] * rng.standard_normal(shape),
        "multi_asset": np.sqrt(share) * demand * rng.standard_normal(shape),
        "directional": np.sqrt(1.0 - share) * demand * rng.standard_normal(shape),
        "dealer": iv * np.isfinite(h.design.iv_change[t]),
    }
    common = impact.common(p, d["ratio"][t]) * (shocks["multi_asset"] + shocks["directional"])
    for c in COMPONENTS:
        if c.reaches == ("return",):
            groups = [g for g in (c.shock.group if c.shock else None, c.night) if g]
            var = sum(c.shock_var(p, _at(h.ledger.state, t), g) for g in groups) * day**2
            shocks[c.name] = np.sqrt(var) * rng.standard_normal(shape)
    return shocks, sd * rng.standard_normal(shape) + futures_price[:, None] * w + common


def _at(state: State, t: int) -> State:
    """One day's state for arrays ``(S, R)``."""
    fields: dict[str, Any] = {}
    for name in ("stress", "basket", "gamma", "gamma_state", "impact", "iv_shock", "night", "rate", "size"):
        value = np.asarray(getattr(state, name))
        fields[name] = value[:, t, None] if value.ndim == 2 else value[t]
    book = state.book.on_day(t) if isinstance(state.book, BookToday) else None
    return replace(state, **fields, barrier=state.barrier[t], live=state.live[t], book=book)
