"""From checks to a verdict: pass needs every deciding check to be True."""

from itertools import product

import pytest

from model.gate.result import Check
from model.gate.verdict import AGREEMENT, DECIDING, RULE, decide


def checks(**states):
    return [Check(name, states.get(name, True), f"{name}.") for name in DECIDING]


def test_all_true_passes(thresholds):
    assert decide(checks(), thresholds)[0] == "pass"


@pytest.mark.parametrize(("name", "state"), list(product(DECIDING, (False, None))))
def test_anything_else_does_not(thresholds, name, state):
    verdict, reasons = decide(checks(**{name: state}), thresholds)
    expected = "fail" if state is False and name in (RULE, AGREEMENT) else "inconclusive"
    assert verdict == expected
    assert reasons == [f"{name}."]


@pytest.mark.parametrize("name", DECIDING)
def test_a_check_that_was_not_run_is_unknown(thresholds, name):
    left = [c for c in checks() if c.name != name]
    verdict, reasons = decide(left, thresholds)
    assert verdict == "inconclusive"
    assert "not run" in reasons[0]


def test_too_many_untestable_statements(thresholds):
    table = [{"violated": None}] * 3 + [{"violated": False}] * 7
    mixed = [Check(RULE, True, "", table), *checks()[1:]]
    assert decide(mixed, thresholds)[0] == "inconclusive"
    assert decide([Check(RULE, True, "", table[3:]), *checks()[1:]], thresholds)[0] == "pass"
