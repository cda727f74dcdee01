"""The whole gate on worlds whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from model.errors import GateError
from model.gate import GateResult, load_rival, run_gate
from model.gate.checks.alternatives import judge
from model.gate.checks.independence import adjusted_p
from model.gate.frame import gate_frame
from model.gate.null import Null
from model.gate.partial import Outcome
from model.gate.pilot import fit_pilot
from model.gate.world import draw
from tests.gate.conftest import frame_of


@pytest.fixture(scope="module")
def passed(frame, graph, thresholds):
    return run_gate(frame, graph, thresholds, seed=3)


def test_true_graph_passes_with_enough_days(passed):
    assert passed.verdict == "pass", passed.reasons
    power = {r["wrong_graph"]: r for r in passed.check("power against wrong graphs").table}
    assert sum(r["detected"] >= 0.8 for r in power.values()) >= 3
    assert power["Basis moves price fully"]["note"].startswith("no testable implication")
    assert power["Basis moves price fully"]["detected"] < 0.1
    passed.require()


def test_result_round_trips_and_is_deterministic(passed, frame, graph, thresholds):
    back = GateResult.from_json(passed.to_json())
    assert back.data_hash == passed.data_hash
    assert back.check("implied independences").table == passed.check("implied independences").table
    again = run_gate(frame, graph, thresholds, seed=3)
    assert replace(again, facts={}) == replace(passed, facts={})


@pytest.mark.parametrize("name", ["edge_reversed", "common_shock_omitted"])
def test_wrong_worlds_fail_and_no_reason_lifts_it(name, truth, graph, bare):
    world = load_rival(name, graph, bare).world(truth)
    result = run_gate(frame_of(world, 550, 11), graph, bare, seed=1, alternatives=(), accept_reason="go on")
    assert result.verdict == "fail", result.reasons
    assert result.accepted_reason is None
    with pytest.raises(GateError, match="failed"):
        result.require("go on")


def test_wrong_claims_are_refuted_by_data_from_the_model(frame, graph, thresholds):
    rng = np.random.default_rng(1)
    for name in ("no_risk_factors", "volatility_first"):
        assert (
            judge(frame, load_rival(name, graph, thresholds).graph, thresholds, rng)["verdict"] == "refuted"
        ), name
    assert judge(frame, graph, thresholds, rng)["verdict"] == "not refuted"


def test_accepted_reason_is_recorded(short_frame, graph, thresholds):
    result = run_gate(short_frame, graph, thresholds, seed=1, accept_reason="61 days cannot tell")
    assert result.verdict == "inconclusive"
    assert result.accepted_reason == "61 days cannot tell"
    result.require()


def test_callers_simulator_gives_the_null(frame, graph, truth, bare):
    calls = []

    def simulate(rng):
        calls.append(1)
        drawn = {k: v[0] for k, v in draw(truth, rng, 1, 120).items()}
        daily = frame[["return[t]"]].iloc[:120].assign(**drawn).drop(columns="return[t]")
        return gate_frame(daily.assign(scale=1.0).rename(columns={"flow": "flow_total"}))

    few = replace(bare, null_panels=19, power_panels=5)
    result = run_gate(frame, graph, few, seed=1, alternatives=(), simulate=simulate)
    assert len(calls) == 19
    assert result.check("implied independences").passed is not None


def test_null_p_is_exact_and_critical_count_matches():
    null = Null(np.array([0] * 97 + [1, 2]), 0.025, Outcome(*(np.zeros((1, 1)),) * 2, np.zeros(1, int)))
    assert null.p(0) == 1.0
    assert null.p(1) == pytest.approx(3 / 100)
    assert null.p(2) == pytest.approx(2 / 100)
    assert null.critical == 2


def test_adjusted_p_is_benjamini_hochberg():
    p = np.array([0.01, 0.04, np.nan, 0.03])
    assert adjusted_p(p)[[0, 1, 3]] == pytest.approx([0.03, 0.04, 0.04])
    assert np.isnan(adjusted_p(p)[2])


def test_pilot_comes_close_to_the_moments_of_a_world_it_can_represent(frame, graph):
    pilot = fit_pilot(frame, graph)
    assert pilot.distance < 0.1
    assert set(pilot.world.observed) == set(graph.observed)
