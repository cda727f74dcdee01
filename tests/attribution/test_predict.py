"""A day's flow before it is known: against the dense joint normal of the simulator, and the scales by brute force."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from dense_support import dense_system, prints_of, shock_variances
from scipy import special, stats
from synthetic import (
    event_design,
    literature,
    random_parameters,
    small_design,
    with_gaps,
    with_sessions,
)

from model.attribution.loop import solve_loop
from model.attribution.predict import Known, predict, within
from model.inference.arrays import arrays
from model.inference.draws import prior_draws
from model.mechanisms.components import COMPONENTS
from model.mechanisms.day import answer, make_state
from model.mechanisms.design import Design
from model.mechanisms.simulate.lines import groups_of
from model.mechanisms.simulate.records import Latents
from model.mechanisms.simulate.replay import extract_shocks, simulate_panel

FINE = np.arange(-6.0, 6.01, 0.2)
ONE_SCALE = [(a, 0.0) for a in FINE], [(0.0, f) for f in FINE]


def first_days(design: Design, t: int) -> Design:
    """Days 0 to t, no weekly positions."""
    cut = {
        f.name: getattr(design, f.name)[: t + 1]
        for f in dataclasses.fields(design)
        if isinstance(getattr(design, f.name), np.ndarray) and len(getattr(design, f.name)) == design.days
    }
    none = {"positions": np.zeros(0), "position_days": (), "position_expiry": np.zeros(0)}
    if len(design.measured):
        cut |= {"measured": {k: v[: t + 1] for k, v in design.measured.items()}}
    cut |= {"dates": design.dates[: t + 1], "event_days": ()}
    return dataclasses.replace(design, **cut, **none)


def iv_shock(p, design, t):
    """The simulator's volatility shock of day t."""
    nothing = np.zeros(design.days)
    own = dict.fromkeys(groups_of(design), nothing)
    found = extract_shocks(p, design, Latents(nothing, nothing, nothing, np.nan_to_num(design.flows), own))
    return found.implied_vol[t]


def oracle(p, design: Design, t: int):
    """Log density, distribution function and mean of day t's total flow given its return, all by dense algebra."""
    past = first_days(design, t)
    p = {k: (v[: t + 1] if k in ("return_state", "flow_state") else v) for k, v in p.items()}
    (c1, c2), (l1, l2), _ = dense_system(p, past, use_positions=False)
    every, offset = np.vstack([l1, l2]), np.concatenate([c1, c2])
    today = prints_of(past, t)
    rows, shift = every[~today], offset[~today]
    # A print is what was seen less its own shock, which is left out of what is known.
    pick, known = -every[today].sum(axis=0), np.nansum(design.flows[t]) - offset[today].sum()
    shock, seen = iv_shock(p, design, t), np.isfinite(design.iv_change[t])
    expected = p["flow_memory"] * np.log(design.activity[t])
    logw, mean, sd = [], [], []

    def variances(a: float, f: float) -> np.ndarray:
        states = {k: p[k].copy() for k in ("return_state", "flow_state")}
        states["return_state"][t], states["flow_state"][t] = a, expected + p["flow_tail"] * f
        var = np.concatenate(shock_variances(p | states, past, use_positions=False))
        return np.append(var[~today], var[today].sum())

    # Each variance goes with one of the two scales or with none.
    usual, by_price, by_flow = variances(0.0, 0.0), *([variances(*x) for x in s] for s in ONE_SCALE)
    for a, wild in zip(FINE, by_price, strict=True):
        for f, large in zip(FINE, by_flow, strict=True):
            var, own_var = np.split(wild + large - usual, [-1])
            precision = rows.T @ (rows / var[:, None])
            middle = -np.linalg.solve(precision, rows.T @ (shift / var))
            rest = shift + rows @ middle
            logdet = np.log(var).sum() + np.linalg.slogdet(precision)[1]
            own = -0.5 * (rest**2 / var).sum() - 0.5 * logdet + stats.norm.logpdf(a)
            own += stats.norm.logpdf(f, p["day_shared"] * a, np.sqrt(1.0 - p["day_shared"] ** 2))
            if seen:
                scale = p["iv_scale"] * np.exp(p["iv_day"] * p["return_tail"] * a)
                own += stats.t.logpdf(shock, p["iv_tail"], scale=scale)
            logw.append(own)
            mean.append(known + pick @ middle)
            sd.append(np.sqrt(own_var.item() + pick @ np.linalg.solve(precision, pick)))
    share = np.exp(np.array(logw) - special.logsumexp(logw))
    mean, sd = np.array(mean), np.array(sd)
    y = design.flows[t][design.listed[t] > 0].sum()
    return np.log(share @ stats.norm.pdf(y, mean, sd)), share @ stats.norm.cdf(y, mean, sd), share @ mean


@pytest.mark.parametrize(
    ("seed", "gaps", "taker"),
    [(1, 0.0, ""), (2, 0.25, ""), (3, 0.25, ""), (1, 0.25, "taker_flow"), (2, 0.0, "taker_utc")],
)
def test_flow_given_the_return_is_that_of_the_dense_normal_over_the_days_scales(seed, gaps, taker):
    """Also with overnight returns and taker flow, whose errors are as wild as the day's price."""
    design = small_design(seed)
    if gaps:
        design = with_gaps(design, gaps, seed)
    if taker:
        design = with_sessions(design, seed, taker)
    p = random_parameters(design, seed)
    draws = {k: np.asarray(v)[None] for k, v in p.items()}
    found = predict(draws, design, within(design), "return")
    complete = np.flatnonzero(np.isfinite(design.flows).all(axis=1))
    days = [t for t in (4, 5, 7, 8) if t in complete]
    assert days
    for t in days:
        logp, below, mean = oracle(p, design, t)
        assert found.log_density[t, 0] == pytest.approx(logp, abs=5e-3, rel=2e-3), t
        assert found.below[t, 0] == pytest.approx(below, abs=2e-3), t
        assert found.mean[0, t, 0] == pytest.approx(mean, abs=2e-3), t


@pytest.mark.parametrize("given", ["past", "factors", "return"])
def test_percentiles_are_uniform_on_panels_of_the_model_itself(given):
    """Flow and return by every question, scales of past days unknown: read from the data, as on a later panel."""
    base = event_design()
    p = random_parameters(base, 7, inner=0.5)
    rng = np.random.default_rng(11)
    flows, returns = [], []
    for k in range(6):
        panel, _ = simulate_panel(p, base, rng)
        draws = {name: np.asarray(v)[None].repeat(40, axis=0) for name, v in p.items()}
        nothing = Known(np.full(panel.days, -1))
        found = predict(draws, panel, nothing, given, seed=k)
        flows.append(found.below[2:, 0])
        returns.append(found.return_below[2:])
    assert stats.kstest(np.concatenate(flows), "uniform").pvalue > 0.01
    if given == "factors":
        pit = np.concatenate(returns) + rng.uniform(-0.5, 0.5, 6 * (base.days - 2)) / 40
        assert stats.kstest(pit, "uniform").pvalue > 0.01


def test_the_return_says_how_wild_the_day_is():
    """After a large move the flow is predicted less sharply, and its demand shock is not carried over whole."""
    design = small_design(4)
    p = random_parameters(design, 4) | {"return_tail": np.array(0.5), "common_demand": np.array(2.0)}
    p |= {"demand_scale": np.array(0.2), "impact": np.array(0.5)}
    draws = {k: np.asarray(v)[None] for k, v in p.items()}
    t, means = 7, {}
    for r in (-1.0, -4.0, -16.0):
        returns = design.returns.copy()
        returns[t] = r
        moved = dataclasses.replace(design, returns=returns, iv_change=np.full(design.days, np.nan))
        means[r] = predict(draws, moved, within(design), "return").mean[0, t, 0]
    per_point = (means[-1.0] - means[-4.0]) / 3.0, (means[-4.0] - means[-16.0]) / 12.0
    assert per_point[1] < 0.8 * per_point[0]


def test_days_that_the_fit_used_do_not_weigh_its_draws_again():
    design = event_design()
    draws = prior_draws(literature(), design, np.full(len(design.funds), 1.0 / len(design.funds)), 30, 3)
    used_days = predict(draws, design, within(design), "return", seed=1)
    np.testing.assert_allclose(used_days.effective, 30.0)
    later = Known(np.where(np.arange(design.days) < 40, np.arange(design.days), -1))
    found = predict(draws, design, later, "return", seed=1)
    assert (found.effective[:40] > 29.9).all()
    assert found.effective[41:].max() < 29.0
    np.testing.assert_allclose(found.log_density[2:40], used_days.log_density[2:40])


def test_a_drawn_return_closes_the_days_loop():
    design = event_design()
    p = random_parameters(design, 5)
    state, pressure = make_state(p, arrays(design)), np.linspace(-12.0, 12.0, design.days)
    r = solve_loop(p, state, state.impact, pressure)
    answers = sum(c.price_share(p, state) * answer(c, p, state, r).value for c in COMPONENTS)
    np.testing.assert_allclose(r - state.impact * answers, pressure, atol=1e-8)


@pytest.mark.parametrize("given", ["past", "factors"])
def test_what_is_drawn_of_one_day_changes_no_other_days_forecast(given):
    """Trades of the days before are booked late: they answered the returns that were seen, not those that were drawn."""
    design = event_design()
    draws = {k: np.asarray(v)[None] for k, v in random_parameters(design, 3).items()}
    every = predict(draws, design, within(design), given, seed=4)
    day = design.days - 5
    alone = predict(draws, design, within(design), given, first=day, seed=4)
    assert np.ptp(every.returns[0, day - 3 : day] - design.returns[day - 3 : day]) > 0.5
    np.testing.assert_allclose(every.returns[0, day], alone.returns[0, day], rtol=1e-10)
    np.testing.assert_allclose(every.mean[0, day], alone.mean[0, day], rtol=1e-10)
