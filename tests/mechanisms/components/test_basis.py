"""Basis trade: unwound under stress, hedged against the price."""

from __future__ import annotations

import pytest
from component_support import parameters, state

from model.mechanisms.components.basis import COMPONENT as BASIS


def test_stress_unwinds():
    p = parameters(basis_stress=0.02)
    assert BASIS.drive(p, state(stress=2.5)) == pytest.approx(-0.05)
    assert BASIS.drive(p, state(stress=-1.0)) == pytest.approx(0.02)


def test_only_the_unhedged_share_presses_on_the_price():
    p = parameters(hedged_share=0.9)
    assert BASIS.price_share(p, state()) == pytest.approx(0.1)
    assert BASIS.booked(p) == 1.0


def test_a_delta_neutral_pair_leaves_the_price_alone():
    assert BASIS.price_share(parameters(hedged_share=1.0), state()) == 0.0


def test_it_answers_no_return():
    p, s = parameters(), state()
    assert BASIS.response(p, s, -13.0) == (0.0, 0.0)
    assert BASIS.lag_response(p, state(), -13.0) == 0.0
