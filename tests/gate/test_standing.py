"""A column that does not vary costs its own claims; a gate that tested nothing needs a reason that says so."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from model.errors import GateError
from model.gate.graph import split
from model.gate.independences import implied_independences
from model.gate.result import RULE, UNTESTED, Check, GateResult
from model.gate.run import run_gate
from model.gate.testable import standing, without


@pytest.fixture(scope="module")
def limits(thresholds):
    return replace(thresholds, null_panels=39, power_panels=20)


def frozen(frame, base: str):
    """The frame with one column that does not vary, at every lag."""
    out = frame.copy()
    out[[c for c in out if split(c)[0] == base]] = np.nan
    return out


@pytest.mark.parametrize("base", ["factor.a", "stress", "gamma", "premium"])
def test_a_column_that_stands_costs_its_own_claims_alone(base, frame, graph, limits) -> None:
    claims = implied_independences(graph, limits.max_lag, limits.own_lags)
    mine = [s for s in claims if base in {split(s.x)[0], split(s.y)[0]}]
    result = run_gate(frozen(frame, base), graph, limits, seed=1)
    rows = result.check(RULE).table
    untested = [r["statement"] for r in rows if r["violated"] is None]
    assert {str(s) for s in mine} <= set(untested)
    assert result.tested >= len(claims) - len(mine) - 2
    assert result.facts["standing"] == [base]
    assert base in result.check("data").sentence
    assert result.verdict == "inconclusive"
    assert json.loads(result.to_json())["facts"]["standing"] == [base]


def test_without_a_column_the_graph_keeps_the_rest(graph) -> None:
    rest = without(graph, ["factor.a"])
    assert set(graph.observed) - set(rest.observed) == {"factor.a"}
    assert rest.latents == graph.latents
    assert "factor.a" not in rest.outside
    assert without(graph, []) is graph


def test_price_and_flow_are_never_taken_out(frame, graph) -> None:
    from model.gate.frame import base_columns

    assert standing(base_columns(frozen(frame, "return")), graph) == ()
    assert standing(base_columns(frozen(frame, "flow")), graph) == ()
    assert standing(base_columns(frame), graph) == ()


def nothing(violated: list) -> GateResult:
    table = [{"statement": "x", "violated": v} for v in violated]
    return GateResult("inconclusive", ["why"], None, [Check(RULE, None, "s", table)], "d", "g", 0)


@pytest.mark.parametrize("violated", [[], [None], [None, None]])
def test_a_gate_that_tested_nothing_is_not_accepted_for_little_power(violated) -> None:
    result = nothing(violated)
    assert result.tested == 0
    reason = "power is low on sixty days"
    assert result.accept(reason).accepted_reason is None
    for call in (lambda: result.require(reason), result.accept(reason).require):
        with pytest.raises(GateError, match="tested nothing") as caught:
            call()
        assert UNTESTED in caught.value.remedy
    said = f"{UNTESTED.capitalize()} a demonstration on constant prices"
    assert result.accept(said).accepted_reason == said
    result.accept(said).require()


def test_a_gate_that_tested_something_is_accepted_as_before() -> None:
    result = nothing([None, False])
    assert result.tested == 1
    result.accept("power is low on sixty days").require()


def test_too_few_days_to_test_anything_is_said(frame, graph, limits) -> None:
    result = run_gate(frame.iloc[:20], graph, limits, seed=1)
    assert result.tested == 0
    assert "tested nothing" in " ".join(result.reasons)
