"""The vectorised equations: the loop's Jacobian, its bound, and where each trade goes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from synthetic import event_design, random_parameters, small_design

from model.inference.arrays import arrays
from model.inference.build import _implied_vol
from model.inference.inputs import evaluate
from model.mechanisms import price as impact
from model.mechanisms.components import COMPONENTS
from model.mechanisms.components.dealer import iv_fall
from model.mechanisms.day import answer, group_leader, linked_groups, local_groups, make_state, shock_groups
from model.mechanisms.design import PRE_SAMPLE

SEEDS = (1, 2, 3, 4)


def lively(design, seed):
    """Parameters with strong answers to the return."""
    p = random_parameters(design, seed)
    return p | {"dealer_sign": 0.9, "impact": 1.5, "response_today": 0.1, "vanna": -0.02, "iv_crash": 1.0}


@pytest.mark.parametrize("seed", SEEDS)
def test_jacobian_is_the_slope_of_z_in_the_return(seed):
    """The price row's target moves by J with the day's own return, everything else and futures demand fixed."""
    design = small_design(seed)
    p, d = lively(design, seed) | {"futures_price": 0.0}, arrays(design)
    eq = evaluate(p, d, np)
    shock = np.nan_to_num(eq.iv_shock)
    h = 1e-5
    targets = []
    for step in (h, -h):
        # Implied volatility moves along, so that its shock stays the one of the day.
        along = answerless_iv(p, d, step)
        moved = evaluate(p, d | {"returns": d["returns"] + step, "iv_change": along}, np)
        np.testing.assert_allclose(moved.iv_shock, shock, atol=1e-12)
        targets.append(moved.rows["price"].target)
    np.testing.assert_allclose((targets[0] - targets[1]) / (2 * h), eq.jacobian, rtol=1e-6)
    assert np.abs(eq.jacobian - 1.0).max() > 0.1


def answerless_iv(p, d, step):
    """Change of implied volatility that leaves its shock alone when the return moves by ``step``."""
    return d["iv_change"] - iv_fall(p, d["returns"] + step)[0] + iv_fall(p, d["returns"])[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_one_price_solves_each_day(seed):
    """Whatever the parameters, the Jacobian stays above one minus the gain's bound at every return."""
    design = small_design(seed)
    p = lively(design, seed) | {"impact": 20.0, "gamma_scale": 1.0, "knock_in": 2.0}
    d = arrays(design)
    state = make_state(p, d)
    lowest = np.inf
    for r in np.linspace(-40.0, 25.0, 261):
        slopes = [answer(c, p, state, np.full(design.days, r)).slope for c in COMPONENTS]
        lowest = min(lowest, impact.jacobian(state.impact, slopes).min())
    assert 1.0 - impact.MAX_GAIN <= lowest < 0.6


def test_damping_by_hand():
    lam = np.array([0.5, 0.5, 0.5])
    factor = impact.damping(lam, [np.array([1.0, 0.0, -3.0]), np.array([0.6, 0.0, 0.0])])
    np.testing.assert_allclose(factor, [1.0 / np.sqrt(2.0), 1.0, 1.0])


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_sign_of_gamma_decides_amplification(sign):
    design = small_design(1)
    p = random_parameters(design, 1) | {"vanna": 0.0, "knock_in": 0.0}
    p |= {"response_today": 0.0, "response_today_crash": 0.0, "dealer_sign": 0.7 * sign}
    jacobian = evaluate(p, arrays(design), np).jacobian
    assert (np.sign(1.0 - jacobian) == sign).all()


def test_without_answers_the_jacobian_is_one():
    design = small_design(1)
    off = ("vanna", "knock_in", "response_today", "response_today_crash", "dealer_sign")
    p = random_parameters(design, 1) | dict.fromkeys(off, 0.0)
    np.testing.assert_allclose(evaluate(p, arrays(design), np).jacobian, 1.0, atol=1e-14)


def test_implied_volatility_shock_is_what_return_and_stress_leave():
    design = small_design(2)
    p = random_parameters(design, 2) | {"iv_response": 0.3, "iv_crash": 0.0, "iv_rally": 0.0, "iv_drift": 0.1}
    p["iv_stress"] = 0.7
    shock = evaluate(p, arrays(design), np).iv_shock
    seen = np.isfinite(design.iv_change)
    np.testing.assert_allclose(
        shock[seen], (design.iv_change + 0.3 * design.returns - 0.1 - 0.7 * design.stress)[seen]
    )
    assert not seen.all()
    assert (shock[~seen] == 0.0).all()


def test_trades_go_to_the_loading_of_their_component():
    """Hedges reach creations through the option fund, and only their booked share."""
    design = event_design()
    p = random_parameters(design, 3)
    eq = evaluate(p, arrays(design), np)
    trades = dict(zip(("demand", "basis", "option_fund"), eq.inputs.trades, strict=True))
    known = eq.known
    hedge = known["dealer"].drive + known["dealer"].response
    np.testing.assert_allclose(trades["option_fund"], p["booked_hedge"] * hedge)
    np.testing.assert_allclose(trades["basis"], known["basis"].drive)
    directional = known["directional"].lagged + known["directional"].response + known["directional"].night
    np.testing.assert_allclose(trades["demand"], known["multi_asset"].drive + directional)


def test_loadings_of_the_basis_trade_are_pooled_towards_demands():
    design = small_design()
    p = random_parameters(design, 1) | {"basis_tilt": np.zeros(3)}
    weights = evaluate(p, arrays(design), np).inputs.weights
    np.testing.assert_allclose(weights[1], weights[0])
    np.testing.assert_array_equal(weights[2], design.option_fund)
    p["basis_tilt"] = np.array([np.log(2.0), 0.0, 0.0])
    weights = evaluate(p, arrays(design), np).inputs.weights
    np.testing.assert_allclose(weights[1] / weights[0], [2.0, 1.0, 1.0])


def test_residual_scale_by_hand():
    design = small_design()
    days = design.days
    d = arrays(replace(design, gamma=np.full(days, 0.5), ratio=np.full(days, np.e)))
    p = {"residual_scale": 2.0, "volatility_gamma": 0.2, "volatility_ratio": 0.5}
    p |= {"return_tail": 0.3, "return_state": np.full(days, -1.0)}
    np.testing.assert_allclose(impact.residual_var(p, d), (2.0 * np.exp(0.1 + 0.5 - 0.3)) ** 2)


def test_flow_scale_is_a_precision():
    design = small_design()
    p = random_parameters(design, 1) | {"flow_state": np.full(design.days, np.log(2.0))}
    np.testing.assert_allclose(evaluate(p, arrays(design), np).inputs.flow_mix, 0.25)


def test_shock_groups_follow_the_registry():
    own = [c for c in COMPONENTS if c.shock]
    assert shock_groups()[:4] == ("basis", "demand", "crypto", "crypto_night")
    assert set(shock_groups()) == {c.shock.group for c in own} | {c.night for c in own if c.night}
    assert set(linked_groups()) == {c.shock.group for c in own if "flow" in c.reaches}
    assert shock_groups() == (*linked_groups(), *local_groups())
    assert all(g in (group_leader(g).shock.group, group_leader(g).night) for g in shock_groups())


def test_missing_numbers_are_never_read():
    """Whatever stands in place of a missing change of volatility, the equations are the same."""
    design = small_design(2)
    p, d = random_parameters(design, 2), arrays(design)
    other = d | {"iv_change": np.where(d["iv_observed"] > 0, d["iv_change"], 99.0)}
    for a, b in zip(evaluate(p, d, np).inputs, evaluate(p, other, np).inputs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_day_that_is_wild_for_the_price_is_wild_for_implied_volatility():
    """The density of implied-volatility shocks is Student's t with the day's own scale, on days that have one."""
    design = event_design()
    p, d = random_parameters(design, 5) | {"iv_day": 1.3, "return_tail": 0.5}, arrays(design)
    p["return_state"] = np.random.default_rng(0).standard_normal(design.days)
    shock = evaluate(p, d, np).iv_shock
    scale = p["iv_scale"] * np.exp(1.3 * 0.5 * p["return_state"])
    expected = stats.t.logpdf(shock, p["iv_tail"], scale=scale)[np.isfinite(design.iv_change)]
    skipped = np.isfinite(design.iv_change[:PRE_SAMPLE]).sum()
    assert _implied_vol(p, d, shock).eval() == pytest.approx(expected[skipped:].sum())
