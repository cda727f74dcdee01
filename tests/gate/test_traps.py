"""Where dowhy falls open, the gate does not: inconclusive or fail, never pass. One test per trap."""

from dataclasses import replace
from types import SimpleNamespace

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from model.errors import DataError
from model.gate import dowhy_bridge, run_gate
from model.gate.checks.agreement import check_agreement
from model.gate.checks.falsification import check_falsification
from model.gate.checks.identification import answer_questions
from model.gate.checks.simultaneity import check_simultaneity, robustness_value
from model.gate.frame import base_columns, expand
from model.gate.independences import Independence, implied_independences
from tests.gate.conftest import chain, frame_of


def verdict_of(frame, graph, thresholds):
    result = run_gate(frame, graph, thresholds, seed=1, alternatives=())
    assert result.verdict != "pass"
    return result


def test_without_a_trap_the_same_run_passes(frame, graph, bare):
    assert run_gate(frame, graph, bare, seed=1, alternatives=()).verdict == "pass"


def test_rejection_results_are_truthy_both():
    from dowhy.gcm.validation import RejectionResult

    assert bool(RejectionResult.REJECTED)
    assert bool(RejectionResult.NOT_REJECTED)
    assert dowhy_bridge.read_flag(RejectionResult.REJECTED) is True
    assert dowhy_bridge.read_flag(RejectionResult.NOT_REJECTED) is False
    assert dowhy_bridge.read_flag(None) is None
    assert dowhy_bridge.read_flag("no") is None
    assert dowhy_bridge.read_flag(SimpleNamespace()) is None


def test_saturated_graph_claims_nothing_and_does_not_pass(frame, bare):
    names = ["stress", "return", "flow", "premium"]
    edges = [
        (f"{a}[t-{k}]" if k else f"{a}[t]", f"{b}[t]")
        for i, a in enumerate(names)
        for j, b in enumerate(names)
        for k in (0, 1)
        if k or i < j
    ]
    graph = chain(*edges)
    assert implied_independences(graph) == ()
    result = verdict_of(frame, graph, bare)
    assert result.verdict == "inconclusive"
    assert result.check("implied independences").passed is None


def test_dowhy_itself_calls_nothing_tested_a_pass():
    from dowhy.causal_refuters.graph_refuter import GraphRefuter

    refuter = GraphRefuter(pd.DataFrame({"a": [0.0, 1.0], "b": [1.0, 0.0]}))
    refuter.refute_model([])
    assert refuter._refutation_passed is True
    world = nx.DiGraph([("a", "b")])
    found = dowhy_bridge.refute_graph(world, pd.DataFrame({"a": [0.0], "b": [0.0]}), [], 1)
    assert (found.asked, found.answered, found.satisfied) == (0, 0, 0)


def test_latent_between_everything_leaves_nothing_to_test(frame, bare):
    graph = chain(*(("u[t]", f"{b}[t]") for b in ("stress", "return", "flow")), latents=("u[t]",))
    found = check_falsification(frame, graph, 1)
    assert found.passed is None
    verdict_of(frame, graph, bare)


def test_unidentified_effect_is_said_not_raised(graph, thresholds):
    from dowhy.causal_identifier import identify_effect_auto
    from dowhy.causal_identifier.auto_identifier import EstimandType

    hidden = nx.DiGraph([("u", "x"), ("u", "y"), ("x", "y")])
    estimand = identify_effect_auto(hidden, ["x"], ["y"], ["x", "y"], EstimandType.NONPARAMETRIC_ATE)
    assert bool(estimand)
    assert dowhy_bridge.read_estimand(estimand, ["x", "y"]).method is None
    answers = {a.question.title: a for a in answer_questions(graph, thresholds)}
    assert not answers["The price moves flows"].identified
    assert "not identified" in answers["The price moves flows"].how
    assert not answers["Stress moves the basis trade, which moves flows"].identified
    assert answers["Risk factors move the price (a)"].identified


def test_hidden_variables_are_no_instruments():
    graph = nx.DiGraph([("z", "x"), ("x", "y"), ("u", "x"), ("u", "y")])
    assert dowhy_bridge.identify(graph, "x", "y", ["x", "y"]).method is None
    assert dowhy_bridge.identify(graph, "x", "y", ["x", "y", "z"]).instruments == ("z",)


def test_absent_column_is_named(frame, graph, bare):
    gone = frame[[c for c in frame if not c.startswith("iv_change")]]
    result = verdict_of(gone, graph, bare)
    assert "iv_change (absent)" in result.check("data").sentence
    with pytest.raises(DataError, match="iv_change"):
        dowhy_bridge.estimate(gone, "iv_change[t]", "return[t]", [], 1, 2, 0.8)
    with pytest.raises(DataError, match="iv_change"):
        dowhy_bridge.refute_graph(nx.DiGraph(), gone, [Independence("iv_change[t]", "return[t]", ())], 1)


def test_constant_column_is_no_evidence_of_independence(frame, graph, bare):
    base = base_columns(frame)
    base["iv_change"] = 0.0
    result = verdict_of(expand(base), graph, bare)
    rows = result.check("implied independences").table
    about = [r for r in rows if "iv_change[t]" in r["short"].split(" | ")[0]]
    assert about
    assert all(r["violated"] is None for r in about)


def test_integer_columns_are_not_tested_as_categories(frame, graph, bare):
    base = base_columns(frame)
    base["flow"] = (base["flow"] * 3).round().fillna(0).astype(int)
    rows = run_gate(expand(base), graph, bare, seed=1, alternatives=()).check("implied independences").table
    assert any(r["p"] is not None and "flow[t-1]" in r["short"] for r in rows)


def test_persistence_alone_is_not_dependence(graph):
    """iid tests on levels reject two independent AR(1) columns; the gate's statements carry own lags."""
    for s in implied_independences(graph):
        for name in (s.x, s.y):
            base, day = name.split("[t")
            earlier = f"{base}[t{int(day.rstrip(']') or 0) - 1:+d}]"
            assert earlier in s.given or name == earlier, str(s)


def test_dowhy_disagreement_fails_the_gate(frame, graph, bare, monkeypatch):
    wrong = Independence("stress[t]", "return[t]", ())
    check = check_agreement(frame, graph, [wrong], 1)
    assert check.passed is False
    monkeypatch.setattr("model.gate.run.implied_independences", lambda *_: (wrong,))
    assert verdict_of(frame, graph, bare).verdict == "fail"


def test_robustness_value_does_not_see_reverse_causality(frame, graph, thresholds):
    check = check_simultaneity(frame, graph, thresholds)
    assert check.passed is False
    row = next(r for r in check.table if r["cause"] == "flow[t]")
    assert row["robustness"] > 0.15
    assert row["two_way"] is True
    assert "robustness value" in check.sentence
    assert robustness_value(0.0) == 0.0


def test_global_random_state_and_logging_come_back(frame):
    import logging
    import random

    np.random.seed(5)  # noqa: NPY002
    random.seed(5)
    expected = np.random.random(3), random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    random.seed(5)
    dowhy_bridge.estimate(frame, "factor.a[t]", "return[t]", ["stress[t]"], 9, 2, 0.8)
    assert (np.random.random(3) == expected[0]).all()  # noqa: NPY002
    assert random.random() == expected[1]
    assert logging.root.manager.disable == 0


def test_estimate_is_deterministic_and_close_to_least_squares(frame):
    first, again = (
        dowhy_bridge.estimate(frame, "factor.a[t]", "return[t]", ["stress[t]", "factor.b[t]"], 9, 4, 0.8)
        for _ in range(2)
    )
    assert first == again
    data = frame[["factor.a[t]", "return[t]", "stress[t]", "factor.b[t]"]].dropna()
    x = np.column_stack([np.ones(len(data)), data.drop(columns="return[t]")])
    assert first.value == pytest.approx(np.linalg.lstsq(x, data["return[t]"], rcond=None)[0][1], abs=1e-8)
    assert abs(first.placebo) < abs(first.value) / 2


def test_short_sample_is_inconclusive_not_pass(truth, graph, thresholds):
    result = run_gate(frame_of(truth, 61, 3), graph, replace(thresholds, questions=()), seed=1)
    assert result.verdict == "inconclusive"
    assert "named wrong graphs" in " ".join(result.reasons)


def test_permutation_test_is_context_only(frame):
    good = chain(("factor.a[t]", "return[t]"), ("return[t]", "iv_change[t]"))
    bad = chain(("factor.a[t]", "iv_change[t]"), ("iv_change[t]", "stress[t]"), ("return[t]", "flow[t]"))
    for graph, violated in ((good, False), (bad, True)):
        check = check_falsification(frame, graph, 1)
        assert check.passed is None
        assert check.table[0]["tests"] > 0
        assert (check.table[0]["violations"] > 0) is violated
