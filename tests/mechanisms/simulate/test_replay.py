"""The day-by-day simulator: inverse of itself, closed books, and the loop's change of variables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from replay_support import assert_reproduces, drawn_shocks, moved
from synthetic import PRE_SAMPLE, event_design, random_parameters, small_design, with_gaps

from model.inference.arrays import arrays
from model.inference.inputs import evaluate
from model.mechanisms.simulate import day as simulate_day
from model.mechanisms.simulate import replay as simulate
from model.mechanisms.simulate.lines import groups_of
from model.mechanisms.simulate.records import Shocks
from model.mechanisms.simulate.regressors import Rebuild
from model.mechanisms.simulate.replay import extract_shocks, replay, simulate_panel
from model.panel import trailing


# --- oracle of the likelihood -------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("reading", ["vendor", "next_day", "late_creation"])
@pytest.mark.parametrize("gaps", [0.0, 0.08])
def test_a_draws_shocks_reproduce_the_event(seed, reading, gaps):
    design = with_gaps(event_design(reading), gaps, seed)
    p = random_parameters(design, seed)
    shocks, latents = drawn_shocks(p, design, seed)
    simulated = replay(p, design, shocks)
    assert_reproduces(design, simulated)
    np.testing.assert_allclose(simulated.flows, latents.flows, atol=1e-9)


def test_a_draws_shocks_reproduce_awkward_days():
    """Late listing, two regimes, prints missing from the first day on."""
    design = with_gaps(small_design(4), 0.3, 4, first=0)
    assert np.isnan(design.flows[:PRE_SAMPLE]).any()
    p = random_parameters(design, 4)
    shocks, _ = drawn_shocks(p, design)
    assert_reproduces(design, replay(p, design, shocks))


def test_trades_equal_the_vectorised_ones():
    """Trades at the observed returns, component by component, against the equations that the sampler uses."""
    design = event_design("vendor")
    p = random_parameters(design, 3)
    shocks, latents = drawn_shocks(p, design)
    trades = replay(p, design, shocks).trades
    known = {
        n: k.drive + k.lagged + k.response + k.night for n, k in evaluate(p, arrays(design), np).known.items()
    }
    np.testing.assert_allclose(trades.basis, known["basis"] + latents.basis, atol=1e-10)
    np.testing.assert_allclose(trades.dealer, known["dealer"], atol=1e-10)
    np.testing.assert_allclose(trades.multi_asset, known["multi_asset"], atol=1e-10)
    mean = p["fund_share"] * p["mean_flow"] + p["fund_mean"]
    mean = (mean + p["mean_memory"] * (design.recent - design.recent_weight * mean)).sum(axis=1)
    own = mean + p["flow_persistence"] * (design.flows_lag.sum(axis=1) - mean)
    np.testing.assert_allclose(trades.directional, known["directional"] + own, atol=1e-10)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_change_of_variables(seed):
    """A return moves by 1 / J with the price shock: the loop is solved here without any slope."""
    design = small_design(seed)
    p = random_parameters(design, seed)
    p |= {"response_today": 0.15, "impact": 1.2, "dealer_sign": 0.9}
    shocks, _ = drawn_shocks(p, design)
    jacobian = evaluate(p, arrays(design), np).jacobian
    h = 1e-5
    for t in range(PRE_SAMPLE, design.days):
        up, down = (replay(p, design, moved(shocks, "price", t, s * h)).returns[t] for s in (1, -1))
        assert (up - down) / (2 * h) == pytest.approx(1.0 / jacobian[t], rel=1e-6)
    assert np.abs(jacobian - 1.0).max() > 0.1


# --- closed books -------------------------------------------------------------------------------------------
def quiet(p):
    """No reaction to flows or yesterday's return, so that an impulse ends before the panel does."""
    off = ("flow_persistence", "lagged_flow_return", "lagged_return", "response_yesterday")
    return p | dict.fromkeys((*off, "response_yesterday_crash"), 0.0)


@pytest.mark.parametrize("mask", ["none", "event", "all", "random"])
@pytest.mark.parametrize(("shock", "day"), [("basis", 6), ("demand", 9), ("implied_vol", 12), ("price", 5)])
def test_each_trade_is_booked_once(mask, shock, day):
    design = event_design("next_day")
    rng = np.random.default_rng(1)
    masks = {
        "none": np.zeros_like(design.next_day),
        "event": design.next_day,
        "all": np.ones_like(design.next_day),
        "random": rng.integers(0, 2, design.next_day.shape) * 1.0,
    }
    some = rng.integers(0, 2, design.next_day.shape) * 1.0
    design = replace(design, next_day=masks[mask], late_window=some)
    p = quiet(random_parameters(design, 5)) | {"vanna": 0.03, "late_creation": 0.4}
    p["kernel"] = rng.dirichlet([1.0, 1.0, 1.0], size=p["kernel"].shape[:2])
    shocks, _ = drawn_shocks(p, design)
    before, after = replay(p, design, shocks), replay(p, design, moved(shocks, shock, day, 0.7))
    traded = {
        n: getattr(after.trades, n) - getattr(before.trades, n)
        for n in after.trades._fields
        if n != "further"
    }
    traded["dealer"] = p["booked_hedge"] * traded["dealer"]
    printed = (after.flows - before.flows).sum()
    total = sum(x.sum() for x in traded.values())
    assert abs(total) > 1e-6
    assert printed == pytest.approx(total, abs=1e-10)


def test_nothing_is_printed_before_it_is_traded():
    design = event_design("vendor")
    p = random_parameters(design, 6)
    shocks, _ = drawn_shocks(p, design)
    t = 20
    change = replay(p, design, moved(shocks, "demand", t, 0.5)).flows - replay(p, design, shocks).flows
    assert (change[:t] == 0.0).all()
    assert change[t].sum() > 0.0


def test_the_next_day_reading_moves_the_whole_trade():
    """A masked fund prints nothing of the day's trades on that day."""
    design = event_design("vendor")
    mask = np.zeros_like(design.next_day)
    mask[20, 0] = 1.0
    design = replace(design, next_day=mask)
    p = quiet(random_parameters(design, 7))
    shocks, _ = drawn_shocks(p, design)
    change = replay(p, design, moved(shocks, "demand", 20, 0.5)).flows - replay(p, design, shocks).flows
    assert change[20, 0] == 0.0
    assert change[21, 0] > 0.0
    assert (change[20, 1:] > 0.0).all()


def test_late_creation_moves_its_share_of_the_trade_and_no_price():
    """The share is printed as the rest is, one day later: over lags zero to three."""
    design = event_design("vendor")
    window = np.zeros_like(design.late_window)
    window[20, 0] = 1.0
    p = quiet(random_parameters(design, 7))
    shocks, _ = drawn_shocks(p, design)

    def answer(share):
        q, late = p | {"late_creation": share}, replace(design, late_window=window)
        before, after = replay(q, late, shocks), replay(q, late, moved(shocks, "demand", 20, 0.5))
        return after.flows - before.flows, after.returns - before.returns

    none, none_returns = answer(0.0)
    some, some_returns = answer(0.4)
    moved_on = 0.6 * none[20:24, 0] + 0.4 * none[19:23, 0]
    np.testing.assert_allclose(some[20:24, 0], moved_on, atol=1e-10)
    assert some[23, 0] > 0.0
    np.testing.assert_allclose(some.sum(axis=0), none.sum(axis=0), atol=1e-10)
    np.testing.assert_allclose(some[:, 1:], none[:, 1:], atol=1e-10)
    np.testing.assert_allclose(some_returns, none_returns, atol=1e-10)
    assert none[20, 0] > 0.0


# --- signs --------------------------------------------------------------------------------------------------
def typical(design):
    p = random_parameters(design, 8, inner=0.0)
    return p | {"return_state": np.zeros(design.days), "flow_state": np.zeros(design.days), "iv_crash": 0.3}


def test_sign_of_each_shock():
    """Flow, return, premium and implied volatility on the day of a buying shock of 0.1 bn."""
    design = event_design("vendor")
    p = typical(design)
    shocks, _ = drawn_shocks(p, design)
    before = replay(p, design, shocks)
    t = 25
    effect = {}
    for name in ("basis", "demand"):
        after = replay(p, design, moved(shocks, name, t, 0.1))
        flow = (after.flows - before.flows)[t].sum()
        others = [getattr(after, n)[t] - getattr(before, n)[t] for n in ("returns", "premium", "iv_change")]
        effect[name] = np.array([flow, *others])
    np.testing.assert_array_equal(np.sign(effect["demand"]), [1, 1, 1, -1])
    assert effect["basis"][0] > 0.0
    assert effect["basis"][2] < 0.0
    assert 0.0 <= effect["basis"][1] < 0.2 * effect["demand"][1]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_short_gamma_amplifies_and_long_gamma_damps(sign):
    design = event_design("vendor")
    p = typical(design) | {"vanna": 0.0, "knock_in": 0.0, "response_today": 0.0, "response_today_crash": 0.0}
    shocks, _ = drawn_shocks(p | {"dealer_sign": 0.0}, design)
    t = 40
    shocks = moved(shocks, "price", t, -8.0)
    still, hedged = (replay(p | {"dealer_sign": s}, design, shocks) for s in (0.0, 0.8 * sign))
    assert still.returns[t] < -2.0
    assert np.sign(hedged.trades.dealer[t]) == -sign
    assert np.sign(abs(hedged.returns[t]) - abs(still.returns[t])) == sign


# --- panels -------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def drawn():
    design = with_gaps(event_design("next_day"), 0.05, 2)
    p = random_parameters(design, 12)
    return p, design, *simulate_panel(p, design, np.random.default_rng(4))


def test_a_drawn_panel_keeps_shapes_and_gaps(drawn):
    _, design, panel, _ = drawn
    for name, old in design.to_arrays().items():
        new = panel.to_arrays()[name]
        assert new.shape == old.shape, name
        np.testing.assert_array_equal(np.isfinite(new), np.isfinite(old), err_msg=name)
    for name in ("factor_returns", "stress", "listed", "tenor", "regime", "next_day", "week"):
        np.testing.assert_array_equal(getattr(panel, name), getattr(design, name))
    np.testing.assert_array_equal(panel.returns[:PRE_SAMPLE], design.returns[:PRE_SAMPLE])
    assert np.abs(panel.returns - design.returns)[PRE_SAMPLE:].min() > 0.0


def test_a_drawn_panel_is_what_its_truth_says(drawn):
    """True latents give back the true shocks, and those the panel."""
    p, _, panel, truth = drawn
    basis = truth.basis + p["basis_stress"] * panel.stress
    rate = arrays(panel)["rate"]
    own = {g: x * groups_of(panel)[g].unit(rate) for g, x in truth.shocks.own.items()}
    latents = simulate.Latents(basis, truth.demand, truth.premium, truth.flows, own)
    shocks = extract_shocks(p, panel, latents)
    seen = np.isfinite(panel.flows) | (np.arange(panel.days) >= PRE_SAMPLE)[:, None]
    for name in set(Shocks._fields) - {"fund_noise", "own", "error"}:
        start = PRE_SAMPLE if name == "price" else 0
        found, true = getattr(shocks, name)[start:], getattr(truth.shocks, name)[start:]
        np.testing.assert_allclose(found, true, atol=1e-9, err_msg=name)
    gap = (shocks.fund_noise - truth.shocks.fund_noise)[PRE_SAMPLE:][seen[PRE_SAMPLE:]]
    np.testing.assert_allclose(gap, 0.0, atol=1e-9)
    assert_reproduces(panel, replay(p, panel, shocks))


def test_a_drawn_panels_regressors_follow_its_own_path(drawn):
    """Rebuilt regressors equal those computed at once from the simulated path."""
    _, _, panel, _ = drawn
    before = panel.price[0] * np.exp(-panel.returns[0] / 100.0)
    price = np.concatenate([[before], panel.price])
    returns = np.concatenate([[np.nan], panel.returns])
    volatility = trailing.volatility(returns, panel.volatility[0])
    np.testing.assert_allclose(panel.volatility, volatility[1:], rtol=1e-12)
    ratio = trailing.volatility_ratio(volatility, panel.volatility[0])[1:]
    np.testing.assert_allclose(panel.ratio, ratio, rtol=1e-12)
    np.testing.assert_allclose(panel.gamma, trailing.gamma_proxy(price, volatility)[1:], atol=1e-9)
    total, weight = trailing.recent_flow(panel.flows, panel.listed)
    np.testing.assert_allclose(panel.recent, total + (1.0 - weight) * panel.recent[0], atol=1e-12)
    np.testing.assert_array_equal(panel.returns_lag[1:], panel.returns[:-1])
    np.testing.assert_array_equal(panel.flows_lag[1:], (panel.flows[:-1] * panel.listed[1:]))


def test_the_observed_path_rebuilds_itself():
    design = event_design("vendor")
    path, rebuild = simulate._start(design, None), Rebuild(design)
    for t in range(design.days):
        rebuild.morning(path, t)
        rebuild.evening(path, t)
    for name in ("ratio", "gamma", "volatility", "recent", "activity", "price", "live"):
        np.testing.assert_allclose(
            getattr(path, name), getattr(design, name), rtol=1e-9, atol=1e-9, err_msg=name
        )
    assert np.abs(path.barrier - design.barrier).max() < 1.5


def test_the_same_seed_draws_the_same_panel(drawn):
    p, design, panel, truth = drawn
    again, same = simulate_panel(p, design, np.random.default_rng(4))
    other, _ = simulate_panel(p, design, np.random.default_rng(5))
    np.testing.assert_array_equal(again.returns, panel.returns)
    np.testing.assert_array_equal(same.basis, truth.basis)
    assert (other.returns[PRE_SAMPLE:] != panel.returns[PRE_SAMPLE:]).all()


def test_shocks_have_the_stated_scales():
    """Standardised shocks of 150 panels: unit variance within five standard errors."""
    design = event_design("vendor")
    p = random_parameters(design, 13)
    rng = np.random.default_rng(0)
    scaled = {
        "basis": [],
        "demand": [],
        "fund_noise": [],
        "premium_noise": [],
        "price": [],
        "night": [],
        "positions": [],
    }
    for _ in range(150):
        panel, truth = simulate_panel(p, design, rng)
        size = np.exp(truth.flow_state)
        log_scale = p["volatility_gamma"] * panel.gamma + p["volatility_ratio"] * np.log(panel.ratio)
        price = p["residual_scale"] * np.exp(log_scale + p["return_tail"] * truth.return_state)
        fund = np.sqrt((p["fund_noise"] * size[:, None]) ** 2 + design.basket_bn**2)
        noise = p["premium_total"] * np.sqrt(p["premium_noise_share"])
        scaled["basis"].append(truth.shocks.basis / p["basis_scale"])
        scaled["demand"].append(truth.shocks.demand / (p["demand_scale"] * size))
        scaled["fund_noise"].append((truth.shocks.fund_noise / fund)[PRE_SAMPLE:].ravel())
        scaled["premium_noise"].append(truth.shocks.premium_noise[np.isfinite(design.premium)] / noise)
        session = np.sqrt(1.0 - arrays(panel)["opens"] * p["overnight_share"])
        scaled["price"].append((truth.shocks.price / (session * price))[PRE_SAMPLE:])
        night = truth.shocks.night / (np.sqrt(p["overnight_share"]) * price)
        scaled["night"].append(night[arrays(panel)["opens"] > 0.0])
        scaled["positions"].append(truth.shocks.positions / p["positions_noise"])
    for name, parts in scaled.items():
        x = np.concatenate(parts)
        assert abs((x**2).mean() - 1.0) < 5.0 * np.sqrt(2.0 / len(x)), name
        assert abs(x.mean()) < 5.0 / np.sqrt(len(x)), name


def test_a_loop_without_end_is_refused(monkeypatch):
    design = small_design()
    p = random_parameters(design, 1) | {"response_today": 5.0, "impact": 2.0}
    shocks, _ = drawn_shocks(p, design)
    monkeypatch.setattr(simulate_day, "_damping", lambda *_: 1.0)
    with pytest.raises(ArithmeticError, match="Jacobian"):
        replay(p, design, shocks)
