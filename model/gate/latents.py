"""Posterior draws of the graph's hidden nodes, as the graph means them: decided before the day's return is known.

Within-day feedback is collapsed into the solved return, so a hidden trade node stands for what a component
does apart from its answer to today's return. Dealers' node is left out: without a shock of its own, it is a
multiple of the implied-volatility shock before the return is known.
"""

from __future__ import annotations

import numpy as np

from model.attribution.ledger import Ledger, make_ledger
from model.gate.checks.posterior import check_posterior
from model.gate.declared import design_frame, graph_of
from model.gate.result import Check
from model.gate.thresholds import load_thresholds
from model.inference.draws import Draws
from model.mechanisms.components import COMPONENTS
from model.mechanisms.day import shock_groups
from model.mechanisms.design import PRE_SAMPLE, Design


def _own_shocks(design: Design) -> list[str]:
    """Components with a shock of their own that are at work."""
    return [
        c.name for c in COMPONENTS if c.shock and (not c.needs or any(n in design.measured for n in c.needs))
    ]


def hidden_nodes(
    draws: Draws, latents: np.ndarray, flows: np.ndarray, design: Design, seed: int
) -> dict[str, np.ndarray]:
    """Hidden nodes of the graph on every day of every draw.

    Parameters
    ----------
    draws, latents, flows
        From :mod:`model.inference.draws`.
    design : Design
    seed : int
        For the prior-driven split of a shared shock.

    Returns
    -------
    dict of str to numpy.ndarray
        Base name to ``Shape: (samples, days)``; NaN before the first modelled day and where the implied
        volatility is missing. USD bn, % of price, vol points.
    """
    ledger = make_ledger(draws, latents, flows, design, np.random.default_rng(seed))
    out = {}
    for name in _own_shocks(design):
        account = ledger.accounts[name]
        answered = account.answers[0] + account.night_slope * ledger.night.returns
        out[name] = ledger.trades[name] - answered
    out["futures_demand"] = _futures_demand(draws, latents[..., -1], ledger, design)
    for c in COMPONENTS:
        if c.night and c.name in out:
            # Before the open it is a node of its own: what it decided then is in the overnight return.
            out[c.night] = latents[..., shock_groups().index(c.night)].copy()
            out[c.name] = out[c.name] - out[c.night]
    seen = np.isfinite(design.iv_change)
    out["iv_shock"] = np.where(seen, ledger.state.iv_shock, np.nan)
    for x in out.values():
        x[:, :PRE_SAMPLE] = np.nan
    return out


def _futures_demand(draws: Draws, premium: np.ndarray, ledger: Ledger, design: Design) -> np.ndarray:
    """The premium's equation solved for its shock. % of price."""
    p = {k: draws[k][:, None] for k in ("premium_persistence", "premium_return", "premium_impact")}
    before = np.concatenate([np.full((len(premium), 1), np.nan), premium[:, :-1]], axis=1)
    expected = p["premium_persistence"] * before + p["premium_return"] * design.returns
    return premium - expected + p["premium_impact"] * ledger.trades["basis"]


def check_reading(draws: Draws, latents: np.ndarray, flows: np.ndarray, design: Design, seed: int) -> Check:
    """The graph's claims about hidden nodes on evenly spaced draws of one reading.

    Parameters
    ----------
    draws, latents, flows
        From :mod:`model.inference.draws`.
    design : Design
    seed : int
    """
    limits = load_thresholds()
    few = np.unique(np.linspace(0, len(latents) - 1, limits.posterior_draws).astype(int))
    some = {name: value[few] for name, value in draws.items()}
    prints = flows if len(flows) == 1 else flows[few]
    nodes = hidden_nodes(some, latents[few], prints, design, seed)
    return check_posterior(nodes, design_frame(design), graph_of(design), limits)
