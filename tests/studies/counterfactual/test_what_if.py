"""Counterfactuals: nothing set gives the data back, effects add up, known answers come out."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from book_support import booked_event
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import event_design, literature

from model.errors import UsageError
from model.inference.arrays import arrays
from model.inference.draws import one, prior_draws
from model.mechanisms.components.dealer import COMPONENT as DEALER
from model.mechanisms.day import answer, make_state
from model.mechanisms.design import PRE_SAMPLE
from model.panel.universe import load_universe
from model.studies.counterfactual import NAMES, Setting, read_setting, what_if
from model.studies.counterfactual.cut import cut
from model.studies.counterfactual.scenario import mirrored, scenario
from model.studies.counterfactual.state import rebuilt
from model.studies.counterfactual.what_if import shapley

SHARES = np.array([f.base_share for f in load_universe("us-spot-btc").funds])
COUNT = 6


@cache
def draws():
    return prior_draws(literature(), event_design(), SHARES, COUNT, 3)


def run(*pairs, **more):
    return what_if(draws() | more, event_design(), tuple(Setting(*p) for p in pairs), 1)


def test_settings_of_one_give_the_observed_days():
    everything = [n for n in NAMES if n != "sign"]
    for names in (everything[:5], everything[5:10], everything[10:]):
        result = run(*((n, 1.0) for n in names))
        np.testing.assert_allclose(
            result.counterfactual, np.broadcast_to(result.observed, result.counterfactual.shape), atol=1e-7
        )
    np.testing.assert_allclose(result.observed[:, 0], [-434.1, 371.1], atol=1e-6)
    np.testing.assert_allclose(result.observed[:, 1], [-14.22, 9.51], atol=0.01)


def test_a_book_stays_on_its_day():
    design = booked_event()
    short, t = cut(design, 10, design.days), int(design.book_days[0])
    assert short.book_days.tolist() == [t - 10]
    for ours, whole in zip(short.book.at(short.returns), design.book.at(design.returns), strict=True):
        np.testing.assert_array_equal(ours, whole[10:])
    assert cut(design, t + 1, design.days).book is None


def test_hedges_of_a_book_can_be_removed():
    """Nobody else answers the return: without gamma and notes it lacks what the book's hedges pressed, no more."""
    design = booked_event()
    alone = (
        "vanna",
        "response_today",
        "response_today_crash",
        "response_overnight",
        "crypto_follow",
        "crypto_forced",
    )
    few = prior_draws(literature(), design, SHARES, COUNT, 3) | dict.fromkeys(alone, np.zeros(COUNT))
    same = what_if(few, design, (Setting("gamma", 1.0), Setting("notes", 1.0)), 1)
    np.testing.assert_allclose(same.counterfactual - same.observed, 0.0, atol=1e-7)
    gone = what_if(few, design, (Setting("gamma", 0.0), Setting("notes", 0.0)), 1)
    t = int(design.book_days[0])
    pressed = np.array([_pressed(one(few, s), design)[t] for s in range(COUNT)])
    assert np.abs(pressed).max() > 0.1
    np.testing.assert_allclose(gone.counterfactual[:, 0, 1], design.returns[t] - pressed, atol=1e-8)
    signs = [what_if(few, design, (Setting("sign", x),), 1).counterfactual[:, 0, 1] for x in (1.0, -1.0)]
    assert (signs[0] < signs[1]).all()


def _pressed(p, design):
    """Dealers' answer to the return in the price, log-%."""
    state = make_state(p, arrays(design))
    return state.impact * answer(DEALER, p, state, design.returns).value


def test_effects_add_up_to_the_counterfactual():
    result = run(("gamma", 0.0), ("impact", 0.5), ("directional", 0.0))
    np.testing.assert_allclose(result.shapley.sum(axis=0), result.counterfactual - result.observed, atol=1e-9)
    assert np.abs(result.shapley).max() > 0.01


def test_without_impact_nobody_moves_the_price():
    lonely = {"lagged_flow_return": np.zeros(COUNT)}
    result = run(("impact", 0.0), **lonely)
    again = run(("impact", 0.0), ("gamma", 0.0), ("basis_stock", 0.0), **lonely)
    np.testing.assert_allclose(result.counterfactual[..., 1], again.counterfactual[..., 1], atol=1e-9)


def test_gamma_amplifies_a_fall_by_the_sign_of_the_dealers():
    for sign, way in ((0.9, 1.0), (-0.9, -1.0)):
        forced = {
            "dealer_sign": np.full(COUNT, sign), "gamma_scale": np.full(COUNT, 0.3), "impact": np.full(COUNT, 0.8),
            "vanna": np.zeros(COUNT), "knock_in": np.zeros(COUNT),
        }  # fmt: skip
        removed = run(("gamma", 0.0), **forced)
        change = removed.counterfactual[:, 0, 1] - removed.observed[0, 1]
        assert (way * change > 0.0).all()


def test_half_the_basis_stock_halves_the_direct_flow():
    whole = {"impact": np.full(COUNT, 1e-9), "flow_persistence": np.zeros(COUNT)}
    whole["lagged_flow_return"] = np.zeros(COUNT)
    half, none = run(("basis_stock", 0.5), **whole), run(("basis_stock", 0.0), **whole)
    np.testing.assert_allclose(
        half.counterfactual[..., 0] - half.observed[:, 0],
        0.5 * (none.counterfactual[..., 0] - none.observed[:, 0]),
        atol=1e-4,
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=8, max_size=8))
def test_shapley_values_are_efficient_and_symmetric(x):
    keys = [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    values = {k: np.array(v) for k, v in zip(keys, x, strict=True)}
    got = shapley(values, 3)
    assert got.sum() == pytest.approx(values[(0, 1, 2)] - values[()], abs=1e-9)
    twins = values | {(1,): values[(0,)], (1, 2): values[(0, 2)]}
    got = shapley(twins, 3)
    assert got[0] == pytest.approx(got[1], abs=1e-9)


def test_shapley_of_two_by_hand():
    values = {(): np.array(0.0), (0,): np.array(1.0), (1,): np.array(2.0), (0, 1): np.array(6.0)}
    np.testing.assert_allclose(shapley(values, 2), [2.5, 3.5])


@pytest.mark.parametrize("text", ["gama=0", "gamma", "gamma=x", "gamma=inf", "parameter:nobody=1"])
def test_unknown_settings_are_refused(text):
    with pytest.raises(UsageError):
        what_if(draws(), event_design(), (read_setting(text),), 1)


def test_too_many_or_doubled_settings_are_refused():
    with pytest.raises(UsageError, match="twice"):
        run(("gamma", 0.0), ("gamma", 0.5))
    with pytest.raises(UsageError, match="settings"):
        run()


def test_a_cut_design_keeps_its_days():
    design = event_design()
    short = cut(design, 10, 20)
    assert short.days == 10
    np.testing.assert_array_equal(short.returns, design.returns[10:20])
    np.testing.assert_array_equal(short.option_fund, design.option_fund)
    assert short.position_days == ()


def test_the_state_is_rebuilt_only_where_the_path_departs():
    design, universe = event_design(), load_universe("us-spot-btc")
    start = min(design.event_days)
    same = rebuilt(design, start, design.returns[start : start + 3], universe)
    for name, value in same.items():
        np.testing.assert_allclose(value, getattr(design, name), atol=1e-9)
    calm = rebuilt(design, start, np.array([0.0]), universe)
    np.testing.assert_allclose(calm["ratio"][: start + 1], design.ratio[: start + 1])
    assert calm["volatility"][start + 1] < design.volatility[start + 1]
    assert calm["gamma"][start + 1] < design.gamma[start + 1]


def test_a_scenario_is_larger_with_short_gamma_and_smaller_with_long():
    base = draws() | {
        "gamma_scale": np.full(COUNT, 0.3),
        "impact": np.full(COUNT, 0.8),
        "vanna": np.zeros(COUNT),
    }
    design = event_design()
    for sign, way in ((0.9, 1.0), (-0.9, -1.0)):
        got = scenario(base | {"dealer_sign": np.full(COUNT, sign)}, design, 15.0, 3, "XNYS")
        first = {k: v[:, 0, 1] for k, v in got.paths.items()}
        assert (way * (first["as it stands"] - first["no gamma"]) > 0.0).all()
    assert got.dates == ("2026-03-02", "2026-03-03", "2026-03-04")
    np.testing.assert_allclose(got.paths["no gamma"][:, 0, 2], 0.0, atol=1e-9)


def test_a_symmetric_squeeze_is_hedged_by_the_events_book():
    """Without gamma of the proxy all hedging is the book's: what dealers buy is its option curves at the fall."""
    design, none = booked_event(), np.zeros(COUNT)
    base = draws() | {"gamma_scale": none, "vanna": none, "impact": np.full(COUNT, 1e-9)}
    signs = {n: np.full(COUNT, 0.8) for n in ("dealer_sign", "crypto_sign")}
    scales = {n: np.ones(COUNT) for n in ("etf_book_scale", "crypto_book_scale")}
    quiet = dict.fromkeys(("drift", "lagged_return", "lagged_flow_return"), none)
    got = scenario(base | signs | scales | quiet, design, 15.0, 1, "XNYS").paths["symmetric"][:, 0]
    assert design.book is not None
    curves, _ = design.book.at(-got[0, 1])
    sold = 0.8 * curves[int(design.book_days[0]), :2].sum()
    np.testing.assert_allclose(got[:, 2], -1e3 * sold, rtol=1e-3)
    assert (got[:, 2] > 500.0).all()
    grid, knots = mirrored(design.book_grid, design.book_knots[0])
    assert 0.0 in grid
    np.testing.assert_allclose(grid, -grid[::-1])
    np.testing.assert_allclose(knots[:, 0], -knots[:, 0, ::-1], atol=1e-12)


def test_no_shock_and_no_answers_leave_only_drift():
    quiet = {k: np.zeros(COUNT) for k in ("impact", "drift", "lagged_return", "lagged_flow_return")}
    got = scenario(draws() | quiet, replace(event_design()), 0.0, 2, "XNYS")
    np.testing.assert_allclose(got.paths["as it stands"][..., 1], 0.0, atol=1e-9)
    with pytest.raises(UsageError):
        scenario(draws(), event_design(), -100.0, 2, "XNYS")
    assert PRE_SAMPLE == 2
