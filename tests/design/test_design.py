"""Arrays of a fit: values by hand from the embedded panel, alignment of lags, no look-ahead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from synthetic import PRE_SAMPLE, event_design

from model.design.make import make_design, next_day_mask
from model.errors import DataError
from model.events.card import load_event
from model.events.switches import Mechanisms

EARLY = (date(2026, 1, 5), date(2026, 1, 6))


@pytest.fixture(scope="module")
def card():
    return replace(load_event("2026-02-05"), days=EARLY)


def day_of(design, text):
    return int(design.dates.get_loc(pd.Timestamp(text)))


def test_values_of_the_event_by_hand():
    """From the panel's row of 2026-02-05 and the row before it."""
    design = event_design()
    t = day_of(design, "2026-02-05")
    assert design.returns[t] == pytest.approx(100.0 * np.log(63620 / 73338))
    assert design.flows[t].sum() == pytest.approx(-0.4341, abs=1e-4)
    assert design.flows[t, design.funds.index("ibit")] == pytest.approx(-0.1753)
    assert design.flows_lag[t].sum() == pytest.approx(-0.5449, abs=1e-4)
    assert design.iv_change[t] == pytest.approx(87.77 - 52.91)
    assert design.premium[t] == pytest.approx(100.0 * (63795 / 63620 - 1.0))
    assert design.tenor[t] == pytest.approx(22 / 365)
    igv, mstr = 100.0 * np.log([79.67 / 83.84, 106.99 / 129.09])
    assert design.factor_returns[t, 0] == pytest.approx((igv - 0.03 * mstr) / 0.97)
    assert design.basket[t] == pytest.approx(design.factor_returns[t].mean())


def test_stress_of_the_event():
    """Change of the stress index over the trailing deviation of its changes."""
    design = event_design()
    t = day_of(design, "2026-02-05")
    assert 1.0 < design.stress[t] < 3.0
    assert design.stress[t] > 0.0 > design.stress[t + 1]


def test_weekly_positions_by_hand():
    """Contracts of five units between 3 and 10 February, over the days after the first date."""
    design = event_design()
    ends = [str(design.dates[w[-1]].date()) for w in design.position_days]
    week = ends.index("2026-02-10")
    assert design.positions[week] == pytest.approx((13871 - 15875) * 5 / 1000)
    assert [str(design.dates[t].date()) for t in design.position_days[week]] == [
        "2026-02-04",
        "2026-02-05",
        "2026-02-06",
        "2026-02-09",
        "2026-02-10",
    ]
    assert design.position_expiry[ends.index("2026-02-03")] == 1.0
    assert design.position_expiry[week] == 0.0
    days = np.concatenate(design.position_days)
    assert days.min() >= PRE_SAMPLE
    assert len(set(days.tolist())) == len(days)


def test_lags_are_the_days_before():
    design = event_design()
    np.testing.assert_array_equal(design.returns_lag[1:], design.returns[:-1])
    np.testing.assert_array_equal(design.flows_lag[1:], design.flows[:-1])
    np.testing.assert_allclose(np.diff(100.0 * np.log(design.price)), design.returns[1:], atol=1e-9)


def test_premium_says_nothing_near_expiry():
    design = event_design()
    near = design.tenor * 365 < 5
    assert near.any()
    assert np.isnan(design.premium[near]).all()
    assert np.isfinite(design.premium[~near]).all()


def test_barriers_are_measured_from_the_close_before():
    design = event_design()
    t = day_of(design, "2026-02-03")
    assert design.barrier[t, 0] == pytest.approx(100.0 * np.log(43.6 / 44.22))
    assert design.live[t].sum() == pytest.approx(1.0)
    assert design.live[t + 1, 0] == 0.0
    crash = day_of(design, "2026-02-05")
    assert design.barrier[crash, 1] == pytest.approx(100.0 * np.log(38.5 / 41.57))
    assert (design.live[crash + 1] == 0.0).all()


def test_next_day_mask_holds_the_event_only():
    design, card = event_design(), load_event("2026-02-05")
    mask = next_day_mask(design, card)
    assert mask.sum() == 2.0
    assert mask[list(design.event_days), design.funds.index("ibit")].tolist() == [1.0, 1.0]


def test_the_cards_switches_reach_the_design(event_panel, card):
    """By default hedges are settled in the option fund and nothing is created late; each switch changes one array."""
    usual = make_design(event_panel, card)
    assert usual.option_fund.sum() == 1.0
    assert (usual.late_window == 0.0).all()
    on, off = (
        make_design(event_panel, replace(card, mechanisms=Mechanisms(**switch)))
        for switch in ({"late_creation": True}, {"hedge_settlement": False})
    )
    np.testing.assert_array_equal(on.late_window, next_day_mask(usual, card))
    np.testing.assert_array_equal(on.option_fund, usual.option_fund)
    assert (off.option_fund == 0.0).all()
    np.testing.assert_array_equal(off.late_window, usual.late_window)


@pytest.mark.parametrize("last", ["2026-01-13", "2026-01-30", "2026-02-05"])
def test_no_look_ahead(event_panel, card, last):
    """Ending the panel earlier leaves every earlier number bit-identical."""
    whole = make_design(event_panel, card)
    cut = make_design(event_panel.window("2025-12-01", last), card)
    assert cut.days < whole.days
    for name, short in cut.to_arrays().items():
        long = whole.to_arrays()[name]
        np.testing.assert_array_equal(short, long[: len(short)], err_msg=name)
    for short, long in zip(cut.position_days, whole.position_days, strict=False):
        np.testing.assert_array_equal(short, long)
    assert cut.basket_bn == whole.basket_bn


def test_the_future_moves_no_earlier_number(event_panel, card):
    """Changing the last day changes nothing before it."""
    frame = event_panel.frame.copy()
    numbers = frame.select_dtypes("number").columns
    frame.loc[frame.index[-1], numbers] *= 1.5
    changed = make_design(event_panel._with(frame, event_panel.listed), card)
    whole = make_design(event_panel, card)
    moved = 0
    for name, old in whole.to_arrays().items():
        new = changed.to_arrays()[name]
        if len(old) == whole.days:
            np.testing.assert_array_equal(new[:-1], old[:-1], err_msg=name)
            moved += not np.array_equal(new[-1], old[-1], equal_nan=True)
    assert moved >= 5


def test_a_short_panel_is_refused(event_panel, card):
    with pytest.raises(DataError, match="at least 20"):
        make_design(event_panel.window("2026-01-08", "2026-01-30"), card)


def test_a_panel_without_the_event_is_refused(event_panel):
    with pytest.raises(DataError, match="2026-02-05"):
        make_design(event_panel.window("2025-12-01", "2026-01-30"), load_event("2026-02-05"))


def test_an_event_too_early_is_refused(event_panel, card):
    with pytest.raises(DataError, match="first days"):
        make_design(event_panel, replace(card, days=(date(2025, 12, 4),)))
