"""One-day-ahead replicates of return and total flow: what the model expected to see each day."""

from __future__ import annotations

import numpy as np
import xarray as xr

from model import units
from model.attribution.ledger import Ledger, make_ledger
from model.inference.arrays import arrays
from model.inference.draws import Draws
from model.mechanisms import price as impact
from model.mechanisms.components import COMPONENTS, State
from model.mechanisms.day import answer, group_leader, shock_groups
from model.mechanisms.design import PRE_SAMPLE, Design
from model.mechanisms.measurements.premium import GROUP, innovation_var

NEWTON_STEPS = 60


def replicate(draws: Draws, latents: np.ndarray, flows: np.ndarray, design: Design, seed: int) -> xr.Dataset:
    """Draw each day's return and flow again, given the days before it.

    Today's shocks and day scales are drawn afresh; yesterday's trades are kept. Flow is drawn given the
    observed return (a nowcast); the return is drawn by solving the day's loop.

    Returns
    -------
    xarray.Dataset
        ``flow`` (USD m) and ``return`` (log-%), dims ``sample, date``, modelled days only.
    """
    rng = np.random.default_rng(seed)
    book = make_ledger(draws, latents, flows, design, rng)
    d = arrays(design)
    shape = book.lam.shape
    scale = np.exp(draws["flow_tail"][:, None] * rng.standard_normal(shape))
    fresh = {g: _fresh(draws, book.state, g, scale, rng) for g in shock_groups()}
    futures = np.sqrt(innovation_var(draws))[:, None] * rng.standard_normal(shape)
    fresh[GROUP] += draws["basis_premium"][:, None] * futures
    flow = _flow(draws, book, latents, fresh, scale, design, rng)
    ret = _return(draws, book, latents, fresh, draws["futures_price"][:, None] * futures, d, rng)
    keep = slice(PRE_SAMPLE, None)
    return xr.Dataset(
        {
            "flow": (("sample", "date"), units.bn_to_usd_m(flow[:, keep])),
            "return": (("sample", "date"), ret[:, keep]),
        },
        coords={"date": design.dates[keep].to_numpy()},
        attrs={"flow_unit": "USD m", "return_unit": "log-%"},
    )


def _fresh(draws: Draws, state: State, group: str, scale: np.ndarray, rng) -> np.ndarray:
    leader = group_leader(group)
    by_flow = leader.shock is not None and leader.shock.scaled_by == "flow"
    p = {k: (v[:, None] if v.ndim == 1 else v) for k, v in draws.items()}
    sd = np.sqrt(leader.shock_var(p, state, group)) * (scale if by_flow else 1.0)
    return sd * rng.standard_normal(scale.shape)


def _group_load(book: Ledger, group: str) -> np.ndarray:
    return book.accounts[group_leader(group).name].booked_load


def _flow(draws, book: Ledger, latents, fresh, scale, design: Design, rng) -> np.ndarray:
    """Total flow given the observed return."""
    today = np.zeros_like(book.fund_noise)
    for g, group in enumerate(shock_groups()):
        today += _group_load(book, group) * (fresh[group] - latents[..., g])[..., None]
    sd = np.sqrt((draws["fund_noise"][:, None, :] * scale[..., None]) ** 2 + design.basket_bn**2)
    noise = sd * rng.standard_normal(sd.shape) * design.listed
    change = (book.kernel[..., 0] * today + noise - book.fund_noise).sum(axis=2)
    return book.total_flow + change


def _return(draws, book: Ledger, latents, fresh, unattributed, d, rng) -> np.ndarray:
    """Return solving the loop at redrawn pressure.

    The unattributed price shock, redrawn as a whole, contains futures demand and the common part of demand.
    """
    p = {k: (v[:, None] if v.ndim == 1 else v) for k, v in draws.items()}
    state = book.state
    answers = sum(c.price_share(p, state) * answer(c, p, state, d["returns"]).value for c in COMPONENTS)
    pressure = d["returns"] - book.lam * answers - book.price_shock + unattributed
    for g, group in enumerate(shock_groups()):
        share = group_leader(group).price_share(p, state)
        pressure = pressure + book.lam * share * (fresh[group] - latents[..., g])
    pressure = pressure + impact.common(p, d["ratio"]) * fresh[impact.COMMON_GROUP]
    redrawn = dict(p) | {"return_state": rng.standard_normal(book.lam.shape)}
    day = np.exp(p["return_tail"] * redrawn["return_state"])
    sd = np.sqrt(impact.residual_var(redrawn, d))
    iv_change = d["iv_observed"] * fresh_iv_shock(p, day, rng) - state.iv_shock
    pressure = pressure + book.lam * p["vanna"] * iv_change + sd * rng.standard_normal(day.shape)
    return solve_loop(p, state, book.lam, pressure)


def fresh_iv_shock(p, day: np.ndarray, rng) -> np.ndarray:
    """Implied-volatility shocks drawn for days of these price scales. Vol points."""
    tail = np.broadcast_to(p["iv_tail"], day.shape)
    return p["iv_scale"] * day ** p["iv_day"] * rng.standard_t(tail)


def solve_loop(p, state, lam: np.ndarray, pressure: np.ndarray) -> np.ndarray:
    """Return r with r - lam R(r) = pressure; unique because the loop's Jacobian is positive everywhere."""
    r = pressure.copy()
    for _ in range(NEWTON_STEPS):
        value, slope = 0.0, 0.0
        for c in COMPONENTS:
            trades, share = answer(c, p, state, r), c.price_share(p, state)
            value, slope = value + share * trades.value, slope + share * trades.slope
        step = (r - lam * value - pressure) / np.maximum(1.0 - lam * slope, 0.05)
        r = r - np.clip(step, -5.0, 5.0)
        if np.abs(step).max() < 1e-10:
            break
    return r
