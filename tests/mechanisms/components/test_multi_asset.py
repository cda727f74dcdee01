"""Multi-asset trades: sold under stress, bought with the risk basket."""

from __future__ import annotations

import pytest
from component_support import parameters, state

from model.mechanisms.components.multi_asset import COMPONENT as MULTI_ASSET


def test_drive_by_hand():
    p = parameters(stress_flow=0.02, basket_flow=0.03)
    assert MULTI_ASSET.drive(p, state(stress=2.0, basket=-3.0)) == pytest.approx(-0.04 - 0.09)


@pytest.mark.parametrize(("stress", "basket", "sign"), [(1.0, 0.0, -1), (0.0, -1.0, -1), (-1.0, 1.0, 1)])
def test_risk_up_or_basket_down_means_selling(stress, basket, sign):
    p = parameters(stress_flow=0.02, basket_flow=0.02)
    assert MULTI_ASSET.drive(p, state(stress=stress, basket=basket)) * sign > 0.0


def test_it_presses_fully_and_is_booked_fully():
    p = parameters()
    assert MULTI_ASSET.price_share(p, state()) == MULTI_ASSET.booked(p) == 1.0


def test_its_shock_is_a_share_of_demand():
    assert MULTI_ASSET.shock.group == "demand"
    assert MULTI_ASSET.shock.share == "multi_asset_share"
