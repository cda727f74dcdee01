"""Dealer hedging: signs of gamma, vanna and knock-ins, and magnitudes by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from component_support import parameters, state

from model.mechanisms.components.dealer import COMPONENT as DEALER
from model.mechanisms.components.dealer import iv_fall, knock_in

GAMMA_ONLY = {"vanna": 0.0, "knock_in": 0.0, "gamma_scale": 0.12, "gamma_tilt": 0.2}


@pytest.mark.parametrize(("sign", "r", "bought"), [(1, -5.0, -1), (1, 5.0, 1), (-1, -5.0, 1), (-1, 5.0, -1)])
def test_short_gamma_and_price_down_means_dealers_sell(sign, r, bought):
    p = parameters(**GAMMA_ONLY, dealer_sign=0.5 * sign)
    assert np.sign(DEALER.response(p, state(), r).value) == bought


def test_gamma_by_hand():
    """0.12 bn per 1 %, half of it short, proxy one above its centre, week 10 % above the proxy."""
    p = parameters(**GAMMA_ONLY, dealer_sign=0.5)
    s = state(gamma=1.0, gamma_state=math.log(1.1))
    expected = 0.5 * 0.12 * math.exp(0.2) * 1.1
    assert DEALER.response(p, s, -4.0).value == pytest.approx(-4.0 * expected)
    assert DEALER.max_slope(p, s) == pytest.approx(expected)


def test_volatility_falls_with_a_rise_and_jumps_in_a_crash():
    p = parameters(iv_response=0.3, iv_crash=1.0, iv_rally=0.0)
    assert iv_fall(p, 2.0)[0] == pytest.approx(0.6, abs=0.08)
    assert -iv_fall(p, -13.0)[0] == pytest.approx(0.3 * 13.0 + 1.0 * 8.0, abs=0.1)


def test_volatility_rises_in_a_rally_too():
    p = parameters(iv_response=0.3, iv_crash=1.0, iv_rally=0.9)
    assert -iv_fall(p, 10.0)[0] == pytest.approx((0.9 - 0.3) * 10.0 - 0.45, abs=0.1)
    assert iv_fall(p, 0.0)[0] == pytest.approx(0.0, abs=1e-12)
    p = parameters(iv_response=0.3, iv_crash=0.0, iv_rally=0.0)
    assert -iv_fall(p, -10.0)[0] == pytest.approx(3.0, abs=0.1)


def test_vanna_answers_every_part_of_the_move_of_volatility():
    p = parameters(vanna=0.02, dealer_sign=0.0, knock_in=0.0, iv_response=0.5, iv_crash=0.0, iv_rally=0.0)
    s = state(iv_shock=3.0, stress=2.0)
    assert DEALER.drive(p | {"iv_stress": 0.0}, s) == pytest.approx(0.06)
    assert DEALER.drive(p | {"iv_stress": 0.4}, s) == pytest.approx(0.076)
    assert DEALER.response(p, s, -4.0).value == pytest.approx(0.02 * 0.5 * 4.0)


def test_a_breach_sells_and_is_bounded_by_the_live_notional():
    p = parameters(knock_in=0.3)
    s = state(barrier=np.array([-5.0, 0.0]), live=np.array([0.5, 0.0]), barrier_width=1.0)
    assert knock_in(p, s, 0.0)[0] == pytest.approx(0.0)
    assert -0.01 < knock_in(p, s, -1.0)[0] < 0.0
    assert knock_in(p, s, -40.0)[0] == pytest.approx(-0.15, abs=0.003)
    assert min(knock_in(p, s, r)[0] for r in np.linspace(-90.0, 0.0, 200)) > -0.15


def test_dead_notes_force_nobody():
    p = parameters(knock_in=0.3)
    s = state(barrier=np.array([-5.0, -6.0]), live=np.zeros(2))
    assert knock_in(p, s, -20.0) == (0.0, 0.0)


def test_booked_share():
    assert DEALER.booked(parameters(booked_hedge=0.2)) == 0.2
