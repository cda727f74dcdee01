"""Where chains start: nearer to the data along the whole span's numbers, never below where they were."""

from __future__ import annotations

import dataclasses

import numpy as np
import nutpie
import pymc as pm
import pytest
from scipy import stats
from scipy.optimize import minimize

from model.inference.starts import among, density, descended

BLOCK = np.array([0, 1])
DATA = np.array([260.0, 301.0, 344.0])


@pytest.fixture(scope="module")
def compiled():
    """A mean far from its prior's centre and a scale, and five numbers that stay where they are."""
    with pm.Model() as model:
        mean = pm.Normal("mean", 0.0, 1000.0)
        scale = pm.LogNormal("scale", 0.0, 1.0)
        pm.Normal("daily", 0.0, 1.0, shape=5)
        pm.Normal("seen", mean, scale, observed=DATA)
    return nutpie.compile_pymc_model(model)


def _by_hand(x):
    prior = stats.norm.logpdf(x[0], 0.0, 1000.0) + stats.norm.logpdf(x[1:]).sum()
    return prior + stats.norm.logpdf(DATA, x[0], np.exp(x[1])).sum()


def test_density_is_the_models(compiled):
    """Against SciPy's densities and differences of them."""
    x = np.array([290.0, 3.5, 0.3, -1.0, 0.0, 2.0, 0.7])
    value, gradient = density(compiled, x)
    assert value == pytest.approx(_by_hand(x))
    slopes = [(_by_hand(x + e) - _by_hand(x - e)) / 2e-5 for e in 1e-5 * np.eye(7)]
    np.testing.assert_allclose(gradient, slopes, atol=1e-5)


def test_starts_are_at_the_data_and_daily_numbers_are_where_they_were(compiled):
    """From thousands of nats below to the mode that SciPy finds without the model."""
    model = descended(compiled, BLOCK, [])
    mode = minimize(lambda x: -_by_hand([*x, 0, 0, 0, 0, 0]), [DATA.mean(), 3.0], method="Nelder-Mead").x
    for seed in range(5):
        before, after = compiled.initial_point_func(seed), model.initial_point_func(seed)
        np.testing.assert_array_equal(after[2:], before[2:])
        assert density(compiled, before)[0] < -1000.0
        np.testing.assert_allclose(after[:2], mode, atol=0.01)


def test_same_seed_same_start(compiled):
    model = descended(compiled, BLOCK, [])
    np.testing.assert_array_equal(model.initial_point_func(3), model.initial_point_func(3))


def test_a_start_where_the_model_cannot_be_evaluated_is_left_alone(compiled):
    lost = np.array([np.nan, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    model = descended(dataclasses.replace(compiled, initial_point_func=lambda _: lost.copy()), BLOCK, [])
    np.testing.assert_array_equal(model.initial_point_func(0), lost)


def test_chains_start_at_one_of_the_points_by_seed(compiled):
    points = np.arange(28.0).reshape(4, 7)
    model = among(compiled, points)
    picked = [int(model.initial_point_func(seed)[0] / 7) for seed in range(40)]
    assert set(picked) == {0, 1, 2, 3}
    np.testing.assert_array_equal(model.initial_point_func(5), points[picked[5]])


def test_points_are_not_handed_out_to_be_changed(compiled):
    points = np.zeros((1, 7))
    among(compiled, points).initial_point_func(0)[:] = 1.0
    assert not points.any()
