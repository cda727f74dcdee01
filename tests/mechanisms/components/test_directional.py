"""Directional demand: reaction to returns that flattens in a crash, persistence, mean."""

from __future__ import annotations

import numpy as np
import pytest
from component_support import parameters, state

from model.mechanisms.components.directional import COMPONENT as DIRECTIONAL

BY_HAND = {
    "response_today": 0.04,
    "response_today_crash": 0.04,
    "response_yesterday": 0.03,
    "response_yesterday_crash": 0.01,
}


def test_response_is_linear_on_ordinary_days():
    p = parameters(**BY_HAND)
    for r in (-2.0, 1.0, 4.0):
        assert DIRECTIONAL.response(p, state(), r).value == pytest.approx(0.04 * r, abs=0.003)
        assert DIRECTIONAL.lag_response(p, state(), r) == pytest.approx(0.03 * r, abs=0.003)


def test_response_flattens_below_the_kink():
    """Slope 0.04 to -5 %, none below: a fall of 15 % sells no more than one of 6 %."""
    p = parameters(**BY_HAND)
    assert DIRECTIONAL.response(p, state(), -15.0).value == pytest.approx(-0.04 * 5.0, abs=0.01)
    assert DIRECTIONAL.response(p, state(), -15.0).slope == pytest.approx(0.0, abs=2e-3)
    assert DIRECTIONAL.lag_response(p, state(), -15.0) == pytest.approx(-0.03 * 5.0 - 0.02 * 10.0, abs=0.01)


def test_buying_follows_rises():
    p = parameters(**BY_HAND)
    assert DIRECTIONAL.response(p, state(), -3.0).value < 0.0 < DIRECTIONAL.response(p, state(), 3.0).value


def test_mean_and_persistence_per_fund():
    share, extra = np.array([0.5, 0.3, 0.2]), np.array([0.01, -0.01, 0.0])
    p = parameters(flow_persistence=0.4, mean_memory=0.5, mean_flow=0.1, fund_share=share, fund_mean=extra)
    assert DIRECTIONAL.fund_lag(p) == 0.4
    recent, weight = np.array([[0.04, 0.0, 0.01]]), np.array([[0.5, 0.0, 1.0]])
    mean = 0.1 * share + extra
    drifted = mean + 0.5 * np.array([0.04 - 0.5 * mean[0], 0.0, 0.01 - mean[2]])
    found = DIRECTIONAL.fund_mean(p, state(recent=recent, recent_weight=weight))
    np.testing.assert_allclose(found, 0.6 * drifted[None])


def test_a_fund_at_its_mean_stays_there():
    """Whatever has been seen of it, and whatever the memory."""
    p = parameters()
    mean = p["fund_share"] * p["mean_flow"] + p["fund_mean"]
    weight = np.linspace(0.0, 1.0, len(mean))
    seen = state(recent=(weight * mean)[None], recent_weight=weight[None])
    np.testing.assert_allclose(DIRECTIONAL.fund_mean(p, seen)[0] + DIRECTIONAL.fund_lag(p) * mean, mean)


def test_the_steepest_answer_covers_a_response_that_steepens():
    p = parameters(**BY_HAND) | {"response_today_crash": -0.02}
    assert DIRECTIONAL.max_slope(p, state()) == pytest.approx(0.06)
