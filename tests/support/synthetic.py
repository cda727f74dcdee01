"""Random parameters and small designs with every awkward feature, shared by the tests of the core."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from model.design.make import make_design, next_day_mask
from model.events.card import event_panel, load_event
from model.inference.arrays import arrays, make_frame, system_data
from model.inference.inputs import evaluate
from model.mechanisms.design import LAGS, PRE_SAMPLE, Design
from model.mechanisms.names import parameter_names
from model.priors.prior_set import PriorSet, load_priors

EVENT = "2026-02-05"
SHAPED = {
    "factor_beta": "factors",
    "gamma_state": "weeks",
    "fund_mean": "funds",
    "basis_tilt": "funds",
    "fund_noise": "funds",
}


@cache
def literature() -> PriorSet:
    """The literature priors, read once."""
    return load_priors("literature")


def random_parameters(design: Design, seed: int, inner: float = 0.8) -> dict:
    """Parameters from the inner part of the literature priors, and day scales."""
    rng = np.random.default_rng(seed)
    priors = literature()
    sizes = {"factors": len(design.factors), "funds": len(design.funds), "weeks": int(design.week.max()) + 1}
    p = {}
    for name in parameter_names():
        if name == "fund_share":
            p[name] = rng.dirichlet(np.full(sizes["funds"], 5.0))
        elif name == "kernel":
            p[name] = rng.dirichlet([8.0, 4.0, 2.0], size=(int(design.regime.max()) + 1, sizes["funds"]))
        else:
            quantile = rng.uniform(0.5 - inner / 2, 0.5 + inner / 2, size=sizes.get(SHAPED.get(name, "")))
            p[name] = priors[name].ppf(quantile)
    noise = rng.standard_normal(design.days)
    p["return_state"] = rng.standard_normal(design.days)
    own = np.sqrt(1.0 - p["day_shared"] ** 2) * (noise - noise.mean())
    mixed = p["day_shared"] * p["return_state"] + own
    p["flow_state"] = p["flow_tail"] * mixed + p["flow_memory"] * np.log(design.activity)
    return p


@cache
def event_design(reading: str = "vendor") -> Design:
    """Design of the embedded event."""
    card = load_event(EVENT)
    design = make_design(event_panel(card), card)
    if reading == "late_creation":
        return replace(design, late_window=next_day_mask(design, card))
    return replace(design, next_day=next_day_mask(design, card)) if reading == "next_day" else design


def with_gaps(design: Design, share: float, seed: int, first: int = PRE_SAMPLE) -> Design:
    """The design with some prints removed from day ``first`` on."""
    rng = np.random.default_rng(seed)
    gone = (rng.uniform(size=design.flows.shape) < share) & (design.listed > 0)
    gone[:first] = False
    flows = np.where(gone, np.nan, design.flows)
    lags = np.concatenate([design.flows_lag[:1], flows[:-1] * design.listed[1:]])
    return replace(design, flows=flows, flows_lag=lags)


def small_design(seed: int = 0, days: int = 9, funds: int = 3) -> Design:
    """A few days: late listing, two kernel regimes, a next-day mask, late creation, notes, weekly positions, no gaps."""
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2025-03-03", periods=days)
    listed = np.ones((days, funds))
    listed[:4, -1] = 0.0
    returns = rng.normal(-1.0, 4.0, days)
    flows = rng.normal(0.0, 0.2, (days, funds)) * listed
    factors = rng.normal(0.0, 1.0, (days, 2))
    premium = rng.normal(0.3, 0.2, days)
    premium[[0, days // 2]] = np.nan
    iv_change = rng.normal(0.0, 2.0, days)
    iv_change[3] = np.nan
    next_day = np.zeros((days, funds))
    next_day[[3, days - 2], 0] = 1.0
    late_window = np.zeros((days, funds))
    late_window[[3, 4, days - 3], :2] = 1.0
    barrier = np.column_stack([rng.uniform(-8.0, -3.0, days), np.zeros(days)])
    live = np.column_stack([np.full(days, 0.5), np.zeros(days)])
    ratio = rng.uniform(0.6, 1.6, days)
    return Design(
        dates=dates,
        funds=tuple(f"f{i}" for i in range(funds)),
        factors=("igv", "gld"),
        returns=returns,
        returns_lag=np.concatenate([[0.4], returns[:-1]]),
        flows=flows,
        flows_lag=np.concatenate([np.full((1, funds), 0.1) * listed[0], flows[:-1] * listed[1:]]),
        listed=listed,
        factor_returns=factors,
        basket=factors.mean(axis=1),
        stress=rng.standard_normal(days),
        gamma=rng.uniform(-1.0, 1.5, days),
        ratio=ratio,
        volatility=2.5 * ratio,
        recent=rng.normal(0.02, 0.1, (days, funds)) * listed,
        recent_weight=rng.uniform(0.1, 0.9, (days, funds)) * listed,
        activity=rng.uniform(0.5, 2.0, days),
        calm_flow=0.25,
        calm_price=70_000.0,
        iv_change=iv_change,
        premium=premium,
        tenor=np.linspace(0.08, 0.01, days),
        price=60_000.0 * np.exp(np.cumsum(returns) / 100.0),
        week=(np.arange(days) // 5).astype(np.int64),
        positions=rng.normal(0.0, 3.0, 2),
        position_days=(np.arange(2, 5), np.arange(5, 8)),
        position_expiry=np.array([0.0, 1.0]),
        regime=(np.arange(days) >= days // 2).astype(np.int64),
        next_day=next_day,
        late_window=late_window,
        barrier=barrier,
        live=live,
        option_fund=np.eye(funds)[0],
        event_days=(6, 7),
        basket_bn=0.002,
        barrier_width=1.5,
    )


def with_sessions(design: Design, seed: int, taker: str = "taker_flow") -> Design:
    """The design with overnight returns and taker flow, some of them missing."""
    rng = np.random.default_rng(seed + 100)
    night = 0.6 * design.returns + rng.normal(0.0, 1.0, design.days)
    flow = 4.0 * design.returns + rng.normal(0.0, 5.0, design.days)
    night[4 % design.days] = flow[5 % design.days] = np.nan
    factors = 0.4 * design.factor_returns + rng.normal(0.0, 0.3, design.factor_returns.shape)
    return replace(design, measured={"overnight": night, taker: flow}, night_factors=factors)


def system_of(p: dict, design: Design, use_positions: bool = True):
    """Inputs, data and frame of the Gaussian system, in one memory layout: each layout compiles anew."""
    d = arrays(design, use_positions)
    parts = evaluate(p, d, np).inputs, system_data(d), make_frame(design)
    return tuple(type(part)(*(np.array(x, order="C") for x in part)) for part in parts)


__all__ = [
    "LAGS",
    "PRE_SAMPLE",
    "event_design",
    "parameter_names",
    "random_parameters",
    "small_design",
    "system_of",
    "with_gaps",
    "with_sessions",
]
