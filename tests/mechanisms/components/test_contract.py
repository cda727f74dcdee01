"""What every registered mechanism must fulfil; a fifth one is tested here without a new line."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from book_support import wild_design
from component_support import parameters, state
from synthetic import parameter_names, with_sessions

from model.gate.graph import TIMED, WEEKLY, build_graph
from model.inference.arrays import arrays
from model.inference.inputs import evaluate
from model.mechanisms import booking as observation
from model.mechanisms import price as impact
from model.mechanisms.booking import LOADINGS
from model.mechanisms.components import COMPONENTS, State
from model.mechanisms.measurements import MEASUREMENTS
from model.priors.prior_set import load_priors

RETURNS = np.linspace(-30.0, 20.0, 501)
SEEDS = range(12)
OBSERVED = {
    "stress",
    "factor",
    "gamma",
    "volatility",
    "recent_flow",
    "return",
    "flow",
    "premium",
    "iv_change",
    "positions",
}
"""Nodes that are measured or known; every other one must be declared latent by somebody."""

every = pytest.mark.parametrize("component", COMPONENTS, ids=lambda c: c.name)


def base(node: str) -> str:
    return node.partition("[")[0]


def test_names_are_unique():
    assert len({c.name for c in COMPONENTS}) == len({c.title for c in COMPONENTS}) == len(COMPONENTS)


@every
def test_edges_are_timed(component):
    for cause, effect in component.edges:
        for node in (cause, effect):
            assert TIMED.match(node) or node.endswith(WEEKLY), node


@every
def test_edges_name_declared_latents(component):
    """A node of an edge is observed or declared latent; a declared latent is in an edge."""
    nodes = {n for edge in component.edges for n in edge}
    unknown = {n for n in nodes if base(n) not in OBSERVED}
    declared = set(component.latents)
    assert {base(n) for n in unknown} == {base(n) for n in declared}
    assert declared <= nodes


@every
def test_no_effect_before_its_cause(component):
    for cause, effect in component.edges:
        before, after = TIMED.match(cause), TIMED.match(effect)
        if before and after:
            assert int(before["offset"] or 0) <= int(after["offset"] or 0), (cause, effect)


@every
def test_trades_reach_return_and_flow(component):
    """What it says it reaches, and nothing else."""
    for node in ("return", "flow"):
        assert ((f"{component.name}[t]", f"{node}[t]") in component.edges) == (node in component.reaches)


def test_the_graph_can_be_built_and_is_acyclic():
    graph = build_graph([*COMPONENTS])
    assert {c.name for c in COMPONENTS} <= set(graph.latents)
    assert {"return", "flow"} <= set(graph.observed)


@every
def test_priors_exist(component):
    load_priors("literature").require(component.priors)
    assert len(set(component.priors)) == len(component.priors)


def test_shared_equations_priors_exist():
    load_priors("literature").require([*impact.PRIORS, *observation.PRIORS])


def test_no_prior_is_declared_and_never_used():
    """Every declared parameter is read by the equations, or by what stands beside them."""
    design = wild_design(0)
    used = set()

    class Watched(dict):
        def __getitem__(self, name):
            used.add(name)
            return super().__getitem__(name)

    p = Watched(parameters())
    p["return_state"] = p["flow_state"] = np.zeros(design.days)
    for taker in [m.name for m in MEASUREMENTS if m.supplied and m.name != "overnight"]:
        evaluate(p, arrays(with_sessions(design, 1, taker)), np)
    outside_the_equations = {
        "iv_scale",
        "iv_day",
        "iv_tail",
        "multi_asset_share",
        "flow_tail",
        "flow_memory",
        "day_shared",
    }
    assert set(parameter_names()) - used == outside_the_equations


@every
def test_signs_are_claims(component):
    assert set(component.signs) == {"flow", "return", "premium", "implied_vol"}
    assert set(component.signs.values()) <= {-1, 0, 1, None}


@every
def test_loading_is_known(component):
    assert component.loading in LOADINGS


def test_members_of_a_shock_group_are_alike():
    """Their sum is one latent: same loading, same pressure, same booking; exactly one takes the remainder."""
    groups = {}
    for c in COMPONENTS:
        if c.shock:
            groups.setdefault(c.shock.group, []).append(c)
    assert groups
    for members in groups.values():
        assert sum(c.shock.share is None for c in members) == 1
        for a, b in pairwise(members):
            assert a.loading == b.loading
            for seed in SEEDS:
                p = parameters(seed)
                assert a.price_share(p, state(seed)) == b.price_share(p, state(seed))
                assert a.booked(p) == b.booked(p)


@every
def test_no_answer_to_no_return(component):
    for seed in SEEDS:
        p, s = parameters(seed), state(seed)
        assert component.response(p, s, 0.0).value == pytest.approx(0.0, abs=1e-15)
        assert component.lag_response(p, state(), 0.0) == pytest.approx(0.0, abs=1e-15)


@every
def test_slope_by_finite_differences(component):
    h = 1e-5
    for seed in SEEDS:
        p, s = parameters(seed), state(seed)
        for r in (-20.0, -8.0, -5.0, -1.0, 0.0, 0.3, 6.0):
            up, down = component.response(p, s, r + h).value, component.response(p, s, r - h).value
            assert component.response(p, s, r).slope == pytest.approx((up - down) / (2 * h), abs=1e-7)


@every
def test_max_slope_bounds_every_slope(component):
    for seed in SEEDS:
        flips = {"vanna": 0.03, "iv_response": -0.5} if seed % 2 else {"response_today_crash": -0.03}
        p, s = parameters(seed, **flips), state(seed)
        steepest = max(component.response(p, s, r).slope for r in RETURNS)
        assert steepest <= component.max_slope(p, s) + 1e-12


@every
def test_days_at_once_equal_days_one_by_one(component):
    """The same text serves a vector of days and a single day."""
    p = parameters(3)
    days = [state(k, barrier_width=1.2) for k in range(5)]
    stacked = {
        f.name: np.stack([getattr(d, f.name) for d in days])
        for f in fields(State)
        if f.name not in ("barrier_width", "book", "supplied")
    }
    together = State(**stacked, barrier_width=1.2)
    r = np.array([-12.0, -4.0, 0.0, 1.0, 5.0])
    response = component.response(p, together, r)
    for t, day in enumerate(days):
        one = component.response(p, day, r[t])
        assert np.broadcast_to(response.value, 5)[t] == pytest.approx(one.value)
        assert np.broadcast_to(response.slope, 5)[t] == pytest.approx(one.slope)
        assert np.broadcast_to(component.drive(p, together), 5)[t] == pytest.approx(component.drive(p, day))
        assert np.broadcast_to(component.max_slope(p, together), 5)[t] == pytest.approx(
            component.max_slope(p, day)
        )


@every
def test_shares_are_shares(component):
    for seed in SEEDS:
        p = parameters(seed)
        shares = [component.booked(p)]
        if "flow" in component.reaches:
            shares.append(component.price_share(p, state(seed)))
        assert all(0.0 <= share <= 1.0 for share in shares)
