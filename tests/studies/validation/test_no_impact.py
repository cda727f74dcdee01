"""A world without impact: truth, the naive regression's bias, and what passes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from model.studies.validation.calibrate import Plan, subject_of, world
from model.studies.validation.no_impact import FIXED, naive_slope, summary

PLAN = Plan("2026-02-05", "", 60, "literature", False, 2, 300, 300, 1)


def test_a_demand_shock_moves_no_price_in_that_world():
    """The same panel with twice the demand shocks has the same returns."""
    s = subject_of(PLAN)
    truth, panel, _ = world(s.design, s.priors, s.shares, 2, 1, FIXED)
    assert all(truth[n] == x for n, x in FIXED.items())
    louder = FIXED | {"demand_scale": 2.0 * float(truth["demand_scale"])}
    _, other, _ = world(s.design, s.priors, s.shares, 2, 1, louder)
    np.testing.assert_allclose(other.returns, panel.returns, atol=0.05)
    assert np.abs(other.flows - panel.flows).max() > 0.05


def test_least_squares_takes_the_answer_to_the_return_for_impact():
    rng = np.random.default_rng(1)
    returns = 2.5 * rng.standard_normal(2000)
    slope, low, high = naive_slope(returns, 0.05 * returns + 0.2 * rng.standard_normal(2000))
    expected = 0.05 * 2.5**2 / (0.05**2 * 2.5**2 + 0.2**2)
    assert low < expected < high
    assert slope == pytest.approx(expected, rel=0.05)


def test_intervals_away_from_zero_do_not_pass():
    table = pd.DataFrame({"push": np.full(20, 0.1), "push_low": -0.5, "push_high": 0.5,
                          "naive": 2.0, "naive_low": 1.0, "naive_high": 3.0})  # fmt: skip
    said = summary(table).set_index("estimate")
    assert said["passed"].tolist() == [True, None]
    assert said["89 % interval holds zero"].tolist() == [1.0, 0.0]
    assert not summary(table.assign(push_low=0.05))["passed"].iloc[0]
