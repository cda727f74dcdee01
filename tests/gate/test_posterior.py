"""After sampling: hidden nodes are the simulator's own, and a model that breaks a claim is found out."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic import event_design, random_parameters, small_design

from model.errors import DataError
from model.gate.checks.posterior import DETERMINED, check_posterior, join_readings
from model.gate.declared import declared_graph, design_frame
from model.gate.frame import gate_frame
from model.gate.latents import check_reading, hidden_nodes
from model.gate.result import AFTER_SAMPLING, Check
from model.gate.world import draw
from model.inference.arrays import arrays
from model.mechanisms.day import local_groups, shock_groups
from model.mechanisms.design import PRE_SAMPLE
from model.mechanisms.simulate.lines import groups_of
from model.mechanisms.simulate.replay import simulate_panel
from tests.gate.conftest import frame_of

SAMPLES = 20


def simulated(design, seed):
    """A panel from the model with its truth in the form of posterior draws."""
    p = random_parameters(design, seed, inner=0.4)  # wider draws explode over 500 days
    panel, truth = simulate_panel(p, design, np.random.default_rng(seed))
    p |= {"return_state": truth.return_state, "flow_state": truth.flow_state}
    answer = p["basis_premium"] * truth.shocks.futures_demand
    answer[0] = 0.0
    rate, lines = arrays(panel)["rate"], groups_of(panel)
    own = {g: x * lines[g].unit(rate) for g, x in truth.shocks.own.items()}
    silent = dict.fromkeys(local_groups(), np.zeros(panel.days))
    groups = silent | own | {"basis": truth.shocks.basis + answer, "demand": truth.demand}
    latents = np.stack([*(groups[g] for g in shock_groups()), truth.premium], axis=1)
    repeated = {k: np.repeat(np.asarray(v)[None], SAMPLES, axis=0) for k, v in p.items()}
    return panel, truth, repeated, np.repeat(latents[None], SAMPLES, axis=0), truth.flows[None]


@pytest.fixture(scope="module")
def long_panel():
    return simulated(small_design(days=500), 4)


def test_hidden_nodes_are_the_simulators_shocks_and_trades(long_panel):
    panel, truth, draws, latents, flows = long_panel
    nodes = hidden_nodes(draws, latents, flows, panel, 1)
    modelled = slice(PRE_SAMPLE, None)
    seen = np.isfinite(panel.iv_change[modelled])
    for s in (0, SAMPLES - 1):
        assert nodes["basis"][s, modelled] == pytest.approx(truth.basis[modelled])
        assert nodes["futures_demand"][s, modelled] == pytest.approx(truth.shocks.futures_demand[modelled])
        shock = nodes["iv_shock"][s, modelled]
        assert shock[seen] == pytest.approx(truth.shocks.implied_vol[modelled][seen])
        assert np.isnan(shock[~seen]).all()
    assert all(np.isnan(x[:, :PRE_SAMPLE]).all() for x in nodes.values())


def test_directional_trades_are_those_decided_before_the_return(long_panel):
    panel, truth, draws, latents, flows = long_panel
    nodes = hidden_nodes(draws, latents, flows, panel, 1)
    no_answer = draws | {k: 0.0 * draws[k] for k in ("response_today", "response_today_crash")}
    same = hidden_nodes(no_answer, latents, flows, panel, 1)
    both, again = (n["directional"] + n["multi_asset"] for n in (nodes, same))
    np.testing.assert_allclose(both[:, PRE_SAMPLE:], again[:, PRE_SAMPLE:], atol=1e-12)
    total = truth.multi_asset + truth.directional
    assert np.abs(both[0] - total)[PRE_SAMPLE:].max() > 0.01


def test_draws_of_the_model_itself_are_not_flagged(long_panel):
    panel, _, draws, latents, flows = long_panel
    check = check_reading(draws, latents, flows, panel, 1)
    assert check.passed is True, check.sentence
    assert not any(r["violated"] for r in check.table)
    assert max(r["noticed_from"] for r in check.table) < 0.2
    sides = [r["short"].split(" | ")[0] for r in check.table]
    assert len(sides) > 60
    assert not any(name in side for side in sides for name in DETERMINED)


def test_a_hidden_shock_that_follows_stress_is_flagged(long_panel):
    panel, _, draws, latents, flows = long_panel
    moved = replace(panel, iv_change=panel.iv_change + 1.5 * panel.stress)
    check = check_reading(draws, latents, flows, moved, 1)
    assert check.passed is False
    worst = check.table[0]
    assert worst["violated"]
    assert worst["share_violated"] == 1.0
    assert {"iv_shock[t]", "stress[t]"} == set(worst["short"].split(" | ")[0].split(" _||_ "))
    assert "stress[t]" in check.sentence


def test_hidden_trades_that_foresee_a_market_are_flagged(long_panel):
    panel, _, draws, latents, flows = long_panel
    ahead = latents.copy()
    ahead[:, :-1, shock_groups().index("basis")] += 0.5 * panel.factor_returns[1:, 0]
    check = check_reading(draws, ahead, flows, panel, 1)
    assert check.passed is False
    assert any(
        "basis[t-1]" in r["short"] and "factor.igv[t]" in r["short"] for r in check.table if r["violated"]
    )


def test_sixty_days_cannot_say_but_still_find_the_gross():
    panel, _, draws, latents, flows = simulated(event_design(), 3)
    check = check_reading(draws, latents, flows, panel, 1)
    assert check.passed is None
    assert "says little" in check.sentence
    moved = replace(panel, iv_change=panel.iv_change + 20.0 * panel.stress)
    assert check_reading(draws, latents, flows, moved, 1).passed is False


def test_the_check_is_deterministic_and_takes_few_draws(long_panel, monkeypatch):
    panel, _, draws, latents, flows = long_panel
    first, again = (check_reading(draws, latents, flows, panel, 1) for _ in range(2))
    assert first == again
    sizes = []

    def seen(nodes, *arguments):
        sizes.append(len(nodes["basis"]))
        return check_posterior(nodes, *arguments)

    monkeypatch.setattr("model.gate.latents.check_posterior", seen)
    many = {k: np.repeat(v[:1], 450, axis=0) for k, v in draws.items()}
    check_reading(many, np.repeat(latents[:1], 450, axis=0), flows, panel, 1)
    assert sizes == [200]


def test_draws_in_a_linear_world_that_obey_the_graph_and_that_do_not(truth, graph, thresholds):
    open_world = replace(
        truth, observed=(*truth.observed, "basis"), latents=tuple(b for b in truth.latents if b != "basis")
    )
    drawn = {k: v[0] for k, v in draw(open_world, np.random.default_rng(2), 1, 400).items()}
    basis = drawn.pop("basis")
    daily = frame_of(truth, 400, 2, gaps=False)[["return[t]"]].assign(**drawn).drop(columns="return[t]")
    frame = gate_frame(daily.assign(scale=1.0).rename(columns={"flow": "flow_total"}))
    noise = np.random.default_rng(3).standard_normal((30, 400))
    good = check_posterior({"basis": basis + 0.05 * noise}, frame, graph, thresholds)
    assert good.passed is True, good.table
    ahead = np.roll(drawn["factor.b"], -1) * 2 + basis + 0.05 * noise
    bad = check_posterior({"basis": ahead}, frame, graph, thresholds)
    assert bad.passed is False
    assert any("factor.b" in r["short"] for r in bad.table if r["violated"])


def test_draws_must_be_latents_of_the_frames_days(thresholds):
    design = event_design()
    frame, graph = design_frame(design), declared_graph(design.factors)
    with pytest.raises(DataError, match="no latent"):
        check_posterior({"return": np.zeros((2, design.days))}, frame, graph, thresholds)
    with pytest.raises(DataError, match="shape"):
        check_posterior({"basis": np.zeros((2, design.days - 1))}, frame, graph, thresholds)


@pytest.mark.parametrize(
    ("each", "joint"),
    [
        ((True, True), True),
        ((True, None), None),
        ((None, False), False),
        ((True, False), False),
        ((), None),
    ],
)
def test_one_reading_that_fails_decides(each, joint):
    checks = {f"reading_{i}": Check("x", p, f"said {p}.", [{"short": "a"}]) for i, p in enumerate(each)}
    found = join_readings(checks)
    assert found.passed is joint
    assert found.name == AFTER_SAMPLING
    assert [r["reading"] for r in found.table] == list(checks)
    assert all(f"said {p}." in found.sentence for p in each)


@pytest.mark.slow
def test_panels_from_the_model_are_flagged_no_more_often_than_promised():
    """60 panels of 500 days, parameters from the priors; one draw each is the hardest case for the share."""
    flagged = sum(
        check_reading(draws, latents, flows, panel, seed).passed is False
        for seed in range(60)
        for panel, _, draws, latents, flows in [simulated(small_design(days=500), 100 + seed)]
    )
    assert flagged <= 5
