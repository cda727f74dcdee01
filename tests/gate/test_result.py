"""Typed results: three verdicts, never a bare bool."""

import numpy as np
import pytest

from model.errors import GateError
from model.gate.result import Check, GateResult


def result(verdict="pass", **kwargs):
    checks = [Check("one", None, "said", [{"p": np.float64(0.25), "flag": np.True_, "n": np.int64(3)}])]
    return GateResult(verdict, ["because"], None, checks, "d" * 64, "g" * 64, 1, {"days": 61}, **kwargs)


def test_round_trip():
    back = GateResult.from_json(result("inconclusive").to_json())
    assert back.verdict == "inconclusive"
    assert back.checks[0].table == [{"p": 0.25, "flag": True, "n": 3}]
    assert back.facts["days"] == 61
    with pytest.raises(GateError, match="Unknown gate verdict"):
        GateResult.from_json(result().to_json().replace('"pass"', '"ok"'))


def test_neither_result_nor_check_has_a_truth_value():
    with pytest.raises(TypeError):
        bool(result())
    with pytest.raises(TypeError):
        bool(Check("one", True, ""))


def test_require():
    result("pass").require()
    with pytest.raises(GateError, match="inconclusive") as caught:
        result("inconclusive").require()
    assert caught.value.exit_code == 5
    with pytest.raises(GateError):
        result("inconclusive").require("   ")
    result("inconclusive").require("61 days cannot tell")
    with pytest.raises(GateError, match="failed"):
        result("fail").require("I insist")


def test_only_an_inconclusive_verdict_takes_a_reason():
    assert result("inconclusive").accept("short").accepted_reason == "short"
    result("inconclusive").accept("short").require()
    assert result("fail").accept("I insist").accepted_reason is None
    assert result("pass").accept("no need").accepted_reason is None
