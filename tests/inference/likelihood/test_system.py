"""The Gaussian system against a dense normal that the day-by-day simulator builds, and its derivatives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dense_support import dense_logpdf, dense_system, prints_of, small, used_unknowns
from synthetic import (
    PRE_SAMPLE,
    event_design,
    random_parameters,
    small_design,
    system_of,
    with_gaps,
    with_sessions,
)

from model.inference.arrays import make_frame
from model.inference.likelihood.entry import draw_latents, value_and_gradient
from model.inference.likelihood.system import Inputs, booking
from model.mechanisms.components import COMPONENTS

# --- the oracle ---------------------------------------------------------------------------------------------


# --- likelihood and draws -----------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("gaps", [0.0, 0.25])
def test_likelihood_equals_the_dense_normal(seed, gaps):
    design = with_gaps(small_design(seed), gaps, seed)
    p = random_parameters(design, seed)
    value, _ = value_and_gradient(*system_of(p, design))
    assert value == pytest.approx(dense_logpdf(p, design), rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("taker", ["taker_flow", "taker_utc"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_likelihood_with_sessions_and_taker_flow(seed, taker):
    """Two equations a day, local shocks integrated out: the dense normal in which they are unknowns like any other."""
    design = with_sessions(with_gaps(small_design(seed), 0.25, seed), seed, taker)
    p = random_parameters(design, seed)
    value, _ = value_and_gradient(*system_of(p, design))
    assert value == pytest.approx(dense_logpdf(p, design), rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_likelihood_with_two_fifths_created_late(seed):
    """The simulator creates two fifths of the window's trades a day later, and the density is that of its prints."""
    design = with_gaps(small_design(seed), 0.25, seed)
    assert make_frame(design).reach[0] == 4
    p = random_parameters(design, seed) | {"late_creation": 0.4}
    value, _ = value_and_gradient(*system_of(p, design))
    assert value == pytest.approx(dense_logpdf(p, design), rel=1e-9, abs=1e-7)
    without, _ = value_and_gradient(*system_of(p | {"late_creation": 0.0}, design))
    assert abs(value - without) > 1e-3


@pytest.mark.parametrize("make", [small_design, event_design])
def test_without_a_late_window_the_share_is_nowhere(make):
    """Switched off, the likelihood and its other derivatives are the same to the last bit, whatever the share."""
    design = make()
    design = with_gaps(replace(design, late_window=np.zeros_like(design.late_window)), 0.1, 3)
    p = random_parameters(design, 4)
    found = [value_and_gradient(*system_of(p | {"late_creation": x}, design)) for x in (0.0, 0.37, 1.0)]
    for value, gradient in found:
        assert value == found[0][0]
        assert gradient.late[0] == 0.0
        for a, b in zip(gradient, found[0][1], strict=True):
            np.testing.assert_array_equal(a, b)


def test_created_late_in_full_is_the_next_day_reading_where_all_is_booked_at_once():
    """The next-day reading is exactly one day whatever the kernel; a late trade still takes the kernel's time."""
    p = random_parameters(event_design(), 6) | {"late_creation": 1.0}
    at_once = p | {"kernel": np.zeros_like(p["kernel"]) + [1.0, 0.0, 0.0]}
    for q, same in ((at_once, True), (p, False)):
        late, _ = value_and_gradient(*system_of(q, event_design("late_creation")))
        moved, _ = value_and_gradient(*system_of(q, event_design("next_day")))
        assert (abs(late - moved) < 1e-9 * abs(moved)) == same


def test_a_late_window_reaches_one_lag_further_and_only_from_its_days():
    """Other days keep the narrow band: nothing else can be booked at the fourth lag."""
    plain, late = make_frame(event_design()), make_frame(event_design("late_creation"))
    assert (plain.reach[0], late.reach[0]) == (3, 4)
    wider = np.flatnonzero((plain.first != late.first).reshape(plain.column.shape[0], -1).any(axis=1))
    window = np.flatnonzero(event_design("late_creation").late_window.any(axis=1))
    np.testing.assert_array_equal(wider, window + 3)


@pytest.mark.parametrize("seed", [1, 2])
def test_hedges_that_no_creation_settles_leave_the_prints(seed):
    """Without the option fund the density is the simulator's, and the booked share of hedges plays no part."""
    design = with_gaps(small_design(seed), 0.25, seed)
    design = replace(design, option_fund=np.zeros_like(design.option_fund))
    p = random_parameters(design, seed)
    value, gradient = value_and_gradient(*system_of(p, design))
    assert value == pytest.approx(dense_logpdf(p, design), rel=1e-9, abs=1e-7)
    assert all(np.isfinite(g).all() for g in gradient)
    other, _ = value_and_gradient(*system_of(p | {"booked_hedge": 0.9}, design))
    assert other == value


@pytest.mark.parametrize("reading", ["vendor", "next_day", "late_creation"])
def test_likelihood_on_the_event(reading):
    design = with_gaps(event_design(reading), 0.03, 5)
    p = random_parameters(design, 11)
    value, _ = value_and_gradient(*system_of(p, design))
    assert value == pytest.approx(dense_logpdf(p, design), rel=1e-8)


def test_weekly_positions_can_be_left_out():
    p, design = small()
    with_them, _ = value_and_gradient(*system_of(p, design))
    without, _ = value_and_gradient(*system_of(p, design, use_positions=False))
    assert without == pytest.approx(dense_logpdf(p, design, use_positions=False), rel=1e-9)
    assert without != pytest.approx(with_them, abs=1e-3)


def test_draws_have_the_dense_posterior():
    p, design = small()
    inputs, data, frame = system_of(p, design)
    (c1, c2), (l1, l2), (v1, v2) = dense_system(p, design)
    precision = l1.T @ np.diag(1.0 / v1) @ l1 + l2.T @ np.diag(1.0 / v2) @ l2
    mean = -np.linalg.solve(precision, l1.T @ (c1 / v1) + l2.T @ (c2 / v2))
    used, n = used_unknowns(frame), len(frame.first)
    linked = np.s_[: len(used)]  # shocks that live for a day stand behind them, and are drawn elsewhere
    found, *_ = draw_latents(inputs, data, frame, np.zeros(n))
    np.testing.assert_allclose(found[used], mean[linked], rtol=1e-7, atol=1e-9)
    spread = np.column_stack([draw_latents(inputs, data, frame, e)[1] - found for e in np.eye(n)])[used]
    np.testing.assert_allclose(
        spread @ spread.T, np.linalg.inv(precision)[linked, linked], rtol=1e-6, atol=1e-9
    )


def test_prints_missing_on_the_last_day_widen_nothing_and_are_drawn_from_their_dense_normal():
    full = small_design(2)
    p, t = random_parameters(full, 2), full.days - 1
    flows = full.flows.copy()
    listed = full.listed[t] > 0
    flows[t, listed] = np.nan
    evening = replace(full, flows=flows)
    assert make_frame(evening).shape.tolist() == make_frame(full).shape.tolist()
    inputs, data, frame = system_of(p, evening)
    value, _ = value_and_gradient(inputs, data, frame)
    assert value == pytest.approx(dense_logpdf(p, evening), rel=1e-9)
    # The same from the complete panel: a print is what was seen less its own shock, which nothing tells.
    (c1, c2), (l1, l2), (v1, v2) = dense_system(p, full)
    today = prints_of(full, t, True)
    rows, shift, var = np.vstack([l1, l2]), np.concatenate([c1, c2]), np.concatenate([v1, v2])
    precision = rows[~today].T @ (rows[~today] / var[~today, None])
    middle = -np.linalg.solve(precision, rows[~today].T @ (shift[~today] / var[~today]))
    mean = full.flows[t, listed] - shift[today] - rows[today] @ middle
    cov = rows[today] @ np.linalg.solve(precision, rows[today].T) + np.diag(var[today])
    n, funds = len(frame.first), len(listed)
    at_zero = draw_latents(inputs, data, frame, np.zeros(n + funds)).last_prints
    np.testing.assert_allclose(at_zero[listed], mean, rtol=1e-7, atol=1e-9)
    steps = [draw_latents(inputs, data, frame, e).last_prints - at_zero for e in np.eye(n + funds)]
    spread = np.column_stack(steps)[listed]
    np.testing.assert_allclose(spread @ spread.T, cov, rtol=1e-6, atol=1e-9)


# --- derivatives --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("field", Inputs._fields)
def test_gradient_by_finite_differences(field):
    p, design = small()
    inputs, data, frame = system_of(p, design)
    _, gradient = value_and_gradient(inputs, data, frame)
    gradient = gradient[Inputs._fields.index(field)]
    values = np.ascontiguousarray(getattr(inputs, field), dtype=float)
    assert gradient.shape == values.shape

    def value(k, step):
        moved = values.copy()
        moved.flat[k] += step
        return value_and_gradient(inputs._replace(**{field: moved}), data, frame)[0]

    found = np.zeros(values.size)
    for k in range(values.size):
        step = 2e-5 * max(abs(values.flat[k]), 0.02)
        slopes = [(value(k, h) - value(k, -h)) / (2.0 * h) for h in (step, 2.0 * step)]
        found[k] = (4.0 * slopes[0] - slopes[1]) / 3.0
    size = max(np.abs(gradient).max(), 1.0)
    np.testing.assert_allclose(gradient.ravel(), found, rtol=2e-5, atol=2e-6 * size)


def test_every_input_matters():
    p, design = small()
    _, gradient = value_and_gradient(*system_of(p, design))
    silent = [f for f, g in zip(Inputs._fields, gradient, strict=True) if not np.abs(g).max() > 0.0]
    assert silent == []


# --- properties ---------------------------------------------------------------------------------------------
def test_permuting_funds_changes_nothing():
    p, design = small()
    order = np.array([2, 0, 1])
    moved = replace(
        design,
        funds=tuple(design.funds[i] for i in order),
        option_fund=design.option_fund[order],
        **{
            n: np.ascontiguousarray(getattr(design, n)[:, order])
            for n in ("flows", "flows_lag", "recent", "recent_weight", "listed", "next_day", "late_window")
        },
    )
    q = p | {n: p[n][order] for n in ("fund_share", "fund_mean", "basis_tilt", "fund_noise")}
    q["kernel"] = np.ascontiguousarray(p["kernel"][:, order])
    a, _ = value_and_gradient(*system_of(p, design))
    b, _ = value_and_gradient(*system_of(q, moved))
    assert b == pytest.approx(a, rel=1e-11)


PER_BN = {
    **dict.fromkeys(("impact", "common_demand", "lagged_flow_return", "premium_impact"), -1),
    **dict.fromkeys(("basis_scale", "basis_stress", "basis_premium", "gamma_scale", "vanna", "knock_in"), 1),
    **dict.fromkeys(
        ("stress_flow", "basket_flow", "demand_scale", "mean_flow", "fund_mean", "fund_noise"), 1
    ),
    **dict.fromkeys(("response_today", "response_today_crash"), 1),
    **dict.fromkeys(("response_yesterday", "response_yesterday_crash"), 1),
}
"""Power of the flow unit in each parameter's unit."""


def test_flows_in_another_unit():
    """In USD m instead of USD bn the density of each print falls by the unit, and nothing else changes.

    A component that moves the price alone has units of its own, and is silent here.
    """
    p, design = small()
    p |= {n: 1e-12 for c in COMPONENTS if "flow" not in c.reaches for n in c.off}
    unit = 1000.0
    q = p | {n: p[n] * unit**power for n, power in PER_BN.items()}
    scaled = {
        n: getattr(design, n) * unit
        for n in ("flows", "flows_lag", "recent", "calm_flow", "price", "calm_price", "basket_bn")
    }
    prints = (np.isfinite(design.flows) & (design.listed > 0))[PRE_SAMPLE:].sum()
    a, _ = value_and_gradient(*system_of(p, design))
    b, _ = value_and_gradient(*system_of(q, replace(design, **scaled)))
    assert b == pytest.approx(a - prints * np.log(unit), rel=1e-9)


def test_implied_volatility_in_another_unit():
    p, design = small()
    unit = 0.01
    names = ("iv_response", "iv_crash", "iv_rally", "iv_stress", "iv_drift", "iv_scale")
    q = p | {n: p[n] * unit for n in names}
    q["vanna"] = p["vanna"] / unit
    a, _ = value_and_gradient(*system_of(p, design))
    b, _ = value_and_gradient(*system_of(q, replace(design, iv_change=design.iv_change * unit)))
    assert b == pytest.approx(a, rel=1e-11)


def test_each_trade_is_booked_once():
    """Shares booked over the following days sum to one, whatever kernel, regime, reading or late share."""
    p, design = small()
    p["late_creation"] = 0.4
    rng = np.random.default_rng(0)
    for mask in (
        design.next_day,
        np.ones_like(design.next_day),
        rng.integers(0, 2, design.flows.shape) * 1.0,
    ):
        shares, load, _ = booking.py_func(*system_of(p, replace(design, next_day=mask)))
        assert len(shares) == 4
        np.testing.assert_allclose(shares.sum(axis=0), 1.0, atol=1e-14)
        assert (shares >= 0.0).all()
        assert (shares[[0, 2, 3]][:, mask.T > 0] == 0.0).all()
        assert (shares[3][design.late_window.T == 0] == 0.0).all()
        np.testing.assert_allclose(load.sum(axis=1), np.ones((len(load), design.days)), atol=1e-14)
        assert (load[:, design.listed.T == 0] == 0.0).all()


def test_the_late_share_is_booked_a_day_later():
    """By hand: what is late takes the kernel's time from the next day on; the next-day reading comes first."""
    p, design = small()
    p["late_creation"] = 0.4
    shares, _, _ = booking.py_func(*system_of(p, design))
    kernel = p["kernel"][design.regime[4], 1]
    a, b, c = kernel
    by_hand = [0.6 * a, 0.6 * b + 0.4 * a, 0.6 * c + 0.4 * b, 0.4 * c]
    np.testing.assert_allclose(shares[:, 1, 4], by_hand, rtol=1e-14)
    np.testing.assert_array_equal(shares[:, 0, 3], [0.0, 1.0, 0.0, 0.0])
    np.testing.assert_array_equal(shares[:, 2, 4], [*p["kernel"][design.regime[4], 2], 0.0])


def test_prints_of_unlisted_funds_are_not_read():
    p, design = small()
    inputs, data, frame = system_of(p, design)
    flows = data.flows.copy()
    flows[design.listed == 0] = 1e3
    before, _ = value_and_gradient(inputs, data, frame)
    after, _ = value_and_gradient(inputs, data._replace(flows=flows), frame)
    assert after == before


def test_unknowns_are_numbered_once_and_rows_stay_inside_the_band():
    _, design = small()
    frame = make_frame(design)
    used = used_unknowns(frame)
    assert len(np.unique(used)) == len(used) == frame.column.size + int((frame.missing >= 0).sum())
    reach = np.arange(len(frame.first)) - frame.first
    assert reach.min() == 0
    assert reach.max() <= frame.shape[1]
