"""Window by window against all at once, on panels simulated from the model itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic import event_design

from model.inference.sample import Settings
from model.mechanisms.design import PRE_SAMPLE
from model.panel.universe import load_universe
from model.priors.prior_set import load_priors
from model.studies.validation.calibrate import world
from model.studies.validation.sequential import SEAMLESS, half, page, sequential_and_joint, twice

SHARES = np.array([f.base_share for f in load_universe("us-spot-btc").funds])


def test_the_halves_of_a_simulated_panel_are_its_days():
    window = replace(event_design(), event_days=())
    _, whole, _ = world(twice(window), load_priors("baseline-2024-2025"), SHARES, 0, 3)
    parts = [half(whole, window, n) for n in (0, 1)]
    assert whole.days == 2 * window.days
    assert whole.dates.is_monotonic_increasing
    for name in ("returns", "flows", "premium", "price", "returns_lag", "flows_lag", "positions", "gamma"):
        joined = np.concatenate([getattr(p, name) for p in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name), err_msg=name)
    assert [len(p.position_days) for p in parts] == [len(window.position_days)] * 2
    assert int(whole.week.max()) + 1 == 2 * (int(window.week.max()) + 1)
    seamless = half(whole, window, 1, PRE_SAMPLE)
    assert seamless.days == window.days + PRE_SAMPLE
    np.testing.assert_array_equal(seamless.returns, whole.returns[-seamless.days :])
    np.testing.assert_array_equal(
        seamless.dates[seamless.position_days[0]], parts[1].dates[window.position_days[0]]
    )
    later = whole.position_days[len(window.position_days)]
    np.testing.assert_array_equal(whole.dates[later], parts[1].dates[window.position_days[0]])


@pytest.mark.slow
def test_sequential_updating_of_the_model_gives_the_joint_fit():
    """Three fits of 60, 62 and 120 days, every day modelled once.

    Tolerance: a quarter of the joint standard deviation, for what the handing over leaves out (a normal for the posterior,
    parameters that start anew, scales that sum to zero per window), plus three Monte Carlo errors; one number in twelve may
    miss it, because some ninety are compared and a posterior has tails that a normal has not.
    """
    window = replace(event_design(), event_days=())
    table, done = sequential_and_joint(
        window,
        load_priors("baseline-2024-2025"),
        SHARES,
        Settings(4, 500, 300, 11),
        lambda _: None,
        (SEAMLESS,),
    )
    assert all(d.r_hat_max < 1.05 and d.divergences <= 4 for d in done.values())
    assert len(table) > 60
    assert table["agrees"].mean() >= 11 / 12
    assert table["gap_sd"].abs().median() < 0.15
    assert table["ratio"].median() == pytest.approx(1.0, abs=0.1)
    assert "numbers carry over" in "".join(str(b) for b in page(table, done, window.days))
