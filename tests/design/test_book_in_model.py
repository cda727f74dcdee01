"""The dealer book inside the model: the loop, the venues, the replay, and what it does not change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from book_support import booked_event, strong, wild_design
from replay_support import assert_reproduces, drawn_shocks, moved
from scipy.integrate import quad
from synthetic import PRE_SAMPLE, event_design, literature, random_parameters

from model.attribution.ledger import make_ledger
from model.attribution.loop import solve_loop
from model.dealer_book import SignPrior
from model.design.book_days import GRID, knots, sign_priors, with_books
from model.errors import DataError
from model.events.card import event_panel
from model.inference.arrays import arrays
from model.inference.draws import one, prior_draws, prior_latents
from model.inference.inputs import evaluate
from model.mechanisms import price as impact
from model.mechanisms.components import COMPONENTS
from model.mechanisms.components.dealer import COMPONENT as DEALER
from model.mechanisms.components.dealer import book_steepest, iv_fall
from model.mechanisms.day import answer, answer_off_fund, make_state
from model.mechanisms.simulate.book import day_book
from model.mechanisms.simulate.replay import replay, simulate_panel

SEEDS = range(4)
QUIET = (
    "vanna",
    "knock_in",
    "response_today",
    "response_today_crash",
    "response_overnight",
    "crypto_follow",
    "crypto_forced",
)


# --- replay: the simulator solves the loop by root finding, without slopes ------------------------------------
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("reading", ["vendor", "next_day"])
def test_a_draws_shocks_reproduce_the_event_with_its_book(seed, reading):
    design = booked_event(reading)
    p = strong(design, seed)
    shocks, _ = drawn_shocks(p, design, seed)
    assert_reproduces(design, replay(p, design, shocks))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_draws_shocks_reproduce_wild_books(seed):
    design = wild_design(seed)
    p = strong(design, seed)
    shocks, _ = drawn_shocks(p, design, seed)
    assert_reproduces(design, replay(p, design, shocks))


@pytest.mark.parametrize("seed", SEEDS)
def test_hedges_equal_the_vectorised_ones(seed):
    design = wild_design(seed)
    p = strong(design, seed)
    shocks, _ = drawn_shocks(p, design, seed)
    known = evaluate(p, arrays(design), np).known["dealer"]
    trades = replay(p, design, shocks).trades.dealer
    np.testing.assert_allclose(trades, known.drive + known.response, atol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_return_moves_by_one_over_the_jacobian(seed):
    design = wild_design(seed)
    p = strong(design, seed)
    shocks, _ = drawn_shocks(p, design)
    jacobian = evaluate(p, arrays(design), np).jacobian
    h = 1e-5
    for t in design.book_days:
        up, down = (replay(p, design, moved(shocks, "price", t, s * h)).returns[t] for s in (1, -1))
        assert (up - down) / (2 * h) == pytest.approx(1.0 / jacobian[t], rel=1e-5)
    assert np.abs(jacobian[design.book_days] - 1.0).max() > 0.01


# --- the loop ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(12))
def test_one_price_solves_each_day_whatever_the_book(seed):
    """Random books, signs, scales and a huge impact: the Jacobian stays above its bound at every return."""
    rng = np.random.default_rng(seed)
    design = wild_design(seed)
    p = random_parameters(design, seed) | {
        "impact": float(rng.uniform(0.5, 30.0)),
        "dealer_sign": float(rng.uniform(-1.0, 1.0)),
        "crypto_sign": float(rng.uniform(-1.0, 1.0)),
        "etf_book_scale": float(rng.lognormal(0.0, 1.0)),
        "note_share": float(rng.uniform()),
    }
    state = make_state(p, arrays(design))
    for r in np.linspace(-70.0, 60.0, 521):
        slopes = [answer(c, p, state, np.full(design.days, r)).slope for c in COMPONENTS]
        assert impact.jacobian(state.impact, slopes).min() >= 1.0 - impact.MAX_GAIN


@pytest.mark.parametrize("seed", SEEDS)
def test_the_jacobian_is_positive_on_the_path_of_the_event(seed):
    """From yesterday's price to today's, and well beyond, with the event's own book at its largest."""
    design = booked_event()
    p = strong(design, seed, dealer_sign=1.0, crypto_sign=1.0, etf_book_scale=4.0, crypto_book_scale=5.0)
    p["impact"] = 4.0
    state = make_state(p, arrays(design))
    t = design.book_days[0]
    lowest = np.inf
    for share in np.linspace(0.0, 2.0, 41):
        slopes = [answer(c, p, state, share * design.returns).slope for c in COMPONENTS]
        lowest = min(lowest, impact.jacobian(state.impact, slopes)[t])
    assert 1.0 - impact.MAX_GAIN <= lowest < 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bound_of_the_slope_holds_and_equals_the_simulators(seed):
    design = wild_design(seed)
    p = strong(design, seed)
    state = make_state(p, arrays(design))
    bound = book_steepest(p, state)
    other = DEALER.max_slope(p, state)
    for r in np.linspace(-50.0, 40.0, 181):
        assert (DEALER.response(p, state, np.full(design.days, r)).slope <= other + 1e-12).all()
    for t in design.book_days:
        day = day_book(p, design, t)
        assert day is not None
        assert bound[t] == pytest.approx(day.steepest(), rel=1e-12)


def test_the_slope_of_the_price_equation_is_its_finite_difference():
    design = wild_design(2)
    p, d = strong(design, 2) | {"futures_price": 0.0}, arrays(design)
    h = 1e-6
    targets = []
    for step in (h, -h):
        # From the same close before: the price moves with the return.
        near = replace(design, returns=design.returns + step, price=design.price * np.exp(step / 100.0))
        change = d["iv_change"] - iv_fall(p, near.returns)[0] + iv_fall(p, design.returns)[0]
        targets.append(evaluate(p, arrays(near) | {"iv_change": change}, np).rows["price"].target)
    found = evaluate(p, d, np).jacobian
    np.testing.assert_allclose((targets[0] - targets[1]) / (2 * h), found, rtol=1e-5)


def test_the_solved_return_closes_the_loop_with_a_book():
    design = wild_design(1)
    p, d = strong(design, 1), arrays(design)
    state = make_state(p, d)
    pressure = np.random.default_rng(0).normal(0.0, 8.0, (50, design.days))
    r = solve_loop(p, state, state.impact, pressure)
    total = sum(answer(c, p, state, r).value for c in COMPONENTS)
    np.testing.assert_allclose(r - state.impact * total, pressure, atol=1e-8)


# --- venues -----------------------------------------------------------------------------------------------------
def only(name):
    """Signs that leave one venue."""
    signs = {"dealer_sign": 0.0, "crypto_sign": 0.0, "note_share": 0.0}
    return signs | {name: 0.8} | dict.fromkeys(QUIET, 0.0)


@pytest.mark.parametrize(("sign", "flows"), [("dealer_sign", True), ("crypto_sign", False)])
def test_both_venues_move_the_price_and_one_of_them_flow(sign, flows):
    design = booked_event()
    t = design.book_days[0]
    p = random_parameters(design, 3) | only(sign)
    without = p | {sign: 0.0}
    with_it, base = (evaluate(x, arrays(design), np) for x in (p, without))
    assert abs(with_it.rows["price"].target - base.rows["price"].target)[t] > 0.05
    gap = with_it.inputs.trades[:, t] - base.inputs.trades[:, t]
    assert (abs(gap[2]) > 1e-3) == flows
    assert (gap[:2] == 0.0).all()


@pytest.mark.parametrize("sign", ["dealer_sign", "crypto_sign"])
def test_short_gamma_in_a_fall_means_dealers_sell(sign):
    """5 February: a fall of 14 %, a book of short puts."""
    design = booked_event()
    t = design.book_days[0]
    for size in (0.5, -0.5):
        p = random_parameters(design, 3) | only(sign) | {sign: size}
        state = make_state(p, arrays(design))
        assert np.sign(answer(DEALER, p, state, design.returns).value[t]) == -np.sign(size)


def test_simulated_flows_never_hold_the_crypto_hedge():
    """The simulator: a different crypto sign, the price shock adjusted so that the return stays, same flows."""
    design = booked_event()
    t = int(design.book_days[0])
    p = random_parameters(design, 3) | only("crypto_sign")
    shocks, _ = drawn_shocks(p, design)
    other = p | {"crypto_sign": 0.1}
    lift = {}
    for name, q in (("p", p), ("other", other)):
        state = make_state(q, arrays(design))
        hedge = answer(DEALER, q, state, design.returns).value[t]
        rest = sum(answer(c, q, state, design.returns).value[t] for c in COMPONENTS) - hedge
        assert rest == 0.0
        lift[name] = state.impact[t] * hedge
    again = replay(other, design, moved(shocks, "price", t, lift["p"] - lift["other"]))
    assert again.returns[t] == pytest.approx(design.returns[t], abs=1e-9)
    assert abs(lift["p"] - lift["other"]) > 0.05
    seen = np.isfinite(design.flows)
    np.testing.assert_allclose(again.flows[seen], design.flows[seen], atol=1e-9)


def test_without_a_crypto_book_its_sign_does_nothing():
    design = wild_design(1)
    curves = design.book_knots.copy()
    curves[:, 1] = 0.0
    design = replace(design, book_knots=curves)
    p = strong(design, 1)
    state = make_state(p, arrays(design))
    assert (answer_off_fund(DEALER, p, state, design.returns).value == 0.0).all()
    one_sign, other = (
        evaluate(p | {"crypto_sign": s}, arrays(design), np).rows["price"].target for s in (0.9, -0.9)
    )
    np.testing.assert_array_equal(one_sign, other)


def test_the_ledger_books_the_fund_venue_only():
    design = booked_event()
    shares = np.full(len(design.funds), 1.0 / len(design.funds))
    draws = prior_draws(literature(), design, shares, 5, 0)
    latents, flows = prior_latents(draws, design, 0), np.nan_to_num(design.flows)[None]
    book = make_ledger(draws, latents, flows, design, np.random.default_rng(0))
    t = design.book_days[0]
    for s in range(5):
        p = one(draws, s)
        known = evaluate(p, arrays(design), np).known["dealer"]
        whole = (known.drive + known.response)[t]
        assert book.trades["dealer"][s, t] == pytest.approx(whole)
        in_shares = p["booked_hedge"] * (whole - known.off_fund[t])
        assert book.accounts["dealer"].by_fund[s, t].sum() == pytest.approx(in_shares)
        assert abs(known.off_fund[t]) > 1e-4


# --- the day and the days beside it --------------------------------------------------------------------------------
def test_other_days_keep_the_proxy():
    booked, plain = booked_event(), event_design()
    p = random_parameters(booked, 5)
    a, b = (evaluate(p, arrays(d), np) for d in (booked, plain))
    t = booked.book_days[0]
    others = np.arange(booked.days) != t
    np.testing.assert_array_equal(a.jacobian[others], b.jacobian[others])
    np.testing.assert_array_equal(a.rows["price"].target[others], b.rows["price"].target[others])
    assert a.jacobian[t] != b.jacobian[t]


def test_on_the_books_day_the_proxy_says_nothing():
    design = booked_event()
    p = random_parameters(design, 5)
    other = p | {"gamma_scale": 9.0, "gamma_tilt": -1.0, "knock_in": 3.0}
    t = design.book_days[0]
    a, b = (evaluate(x, arrays(design), np) for x in (p, other))
    assert a.jacobian[t] == b.jacobian[t]
    assert a.jacobian[t - 1] != b.jacobian[t - 1]


def test_curves_start_from_yesterdays_price_and_volatility(card, book):
    """The value at the day's return is the integral of the slope; both by the standalone book."""
    panel = event_panel(card)
    design, use = with_books(event_design(), panel, [book])
    t = design.book_days[0]
    assert use.days == ("2026-02-05",)
    assert use.books[0].spot == pytest.approx(design.price[t - 1])
    assert use.books[0].vol == pytest.approx(panel.frame.loc[design.dates[t - 1], "implied_vol"])
    for k in range(3):
        value, slope = (x[t, k] for x in design.book.at(design.returns))
        moves = quad(lambda r, k=k: design.book.at(r)[1][t, k], 0.0, design.returns[t], limit=200)[0]
        assert value == pytest.approx(moves, abs=1e-6)
        assert np.isfinite(slope)


def test_no_look_ahead(card, book):
    """Nothing of the day itself, or after it, enters the curves."""
    panel = event_panel(card)
    frame = panel.frame.copy()
    numbers = frame.select_dtypes("number").columns
    frame.loc[frame.index >= "2026-02-05", numbers] *= 1.3
    late = panel._with(frame, panel.listed)
    a, b = (with_books(event_design(), x, [book])[0].book_knots for x in (panel, late))
    np.testing.assert_array_equal(a, b)
    assert frame["price"].iloc[-1] != panel.frame["price"].iloc[-1]


def test_notes_are_bounded_by_their_notional(book):
    """The curve of the notes at share one: nothing is sold beyond the cap at any return."""
    curve = knots(book, book.spot, book.vol)[2, 0]
    assert curve.shape == GRID.shape
    assert -1e-3 * book.note_cap_usd_m < curve.min() < 0.0
    assert curve[len(GRID) // 2] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"day": None}, "for which day"),
        ({"day": date(2026, 3, 20)}, "not among the days"),
        ({"as_of": "later"}, "not before"),
    ],
)
def test_a_book_of_the_wrong_day_is_refused(card, book, change, words):
    if "as_of" in change:
        change = {"as_of": book.as_of + timedelta(days=1)}
    with pytest.raises(DataError, match=words):
        with_books(event_design(), event_panel(card), [replace(book, **change)])


# --- signs -----------------------------------------------------------------------------------------------------------
def test_put_and_call_flow_moves_the_prior_of_the_sign():
    belief = SignPrior().moved_by_flow(300.0, 100.0)
    moved_set = sign_priors(literature(), {"crypto_sign": (belief.mean, belief.sd)})
    assert moved_set["crypto_sign"].frozen().mean() > 0.1
    assert moved_set["dealer_sign"] is literature()["dealer_sign"]
    draws = moved_set["crypto_sign"].ppf([0.05, 0.95])
    np.testing.assert_allclose(draws, moved_set["crypto_sign"].interval90)


def test_an_unmoved_belief_leaves_the_prior_as_it_is():
    same = sign_priors(literature(), {"dealer_sign": (0.0, 0.5), "crypto_sign": (0.0, 0.5)})
    for name in ("dealer_sign", "crypto_sign"):
        assert same[name] is literature()[name]


# --- panels --------------------------------------------------------------------------------------------------------
def test_a_drawn_panel_is_evaluated_on_its_own_returns():
    design = booked_event()
    p = strong(design, 5) | {"crypto_follow": 0.0, "crypto_forced": 0.0}
    panel, truth = simulate_panel(p, design, np.random.default_rng(1))
    np.testing.assert_array_equal(panel.book_knots, design.book_knots)
    known = evaluate(p, arrays(panel), np).known["dealer"]
    t = design.book_days[0]
    assert panel.returns[t] != design.returns[t]
    np.testing.assert_allclose(
        truth.dealer[PRE_SAMPLE:], (known.drive + known.response)[PRE_SAMPLE:], atol=1e-9
    )


def test_prior_draws_decompose_with_a_book():
    design = booked_event()
    shares = np.full(len(design.funds), 1.0 / len(design.funds))
    draws = prior_draws(literature(), design, shares, 20, 0)
    latents = prior_latents(draws, design, 0)
    from model.attribution.decompose import decompose

    parts = decompose(draws, latents, np.nan_to_num(design.flows)[None], design, 0)
    t = design.book_days[0]
    total = parts.return_trigger[:, t].sum(axis=1)
    np.testing.assert_allclose(total, design.returns[t], atol=1e-8)
    assert parts.return_channel[:, t, 2].std() > 0.05
