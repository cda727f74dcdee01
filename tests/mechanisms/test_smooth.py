"""Smooth shapes against their limits and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from model.mechanisms import smooth

GRID = np.linspace(-25.0, 15.0, 401)


@pytest.mark.parametrize(
    ("shape", "slope"),
    [(smooth.hinge, smooth.hinge_slope), (smooth.rise, smooth.rise_slope), (smooth.step, smooth.step_slope)],
)
def test_slopes_by_finite_differences(shape, slope):
    h = 1e-5
    np.testing.assert_allclose(slope(GRID), (shape(GRID + h) - shape(GRID - h)) / (2 * h), atol=1e-9)


def test_hinge_is_zero_at_zero_and_bends_at_the_kink():
    assert smooth.hinge(0.0) == 0.0
    assert smooth.hinge_slope(0.0) == pytest.approx(0.0, abs=0.011)
    assert smooth.hinge_slope(smooth.KINK_AT) == pytest.approx(-0.5)
    assert smooth.hinge_slope(-40.0) == pytest.approx(-1.0, abs=1e-3)
    assert smooth.hinge(-15.0) == pytest.approx(10.0, abs=0.1)


def test_hinge_slope_stays_between_minus_one_and_zero():
    slope = smooth.hinge_slope(np.linspace(-300.0, 300.0, 5001))
    assert slope.min() >= -1.0
    assert slope.max() <= 0.0
    assert (np.diff(slope) >= 0.0).all()


def test_step_runs_from_zero_to_one():
    assert smooth.step(0.0) == 0.5
    assert smooth.step(-1e4) == pytest.approx(0.0, abs=1e-8)
    assert smooth.step(1e4) == pytest.approx(1.0, abs=1e-8)
    assert smooth.step_slope(GRID).max() == pytest.approx(0.5)


def test_positive_part_and_exponential():
    np.testing.assert_array_equal(smooth.positive_part(np.array([-2.0, 0.0, 3.0])), [0.0, 0.0, 3.0])
    np.testing.assert_allclose(smooth.exp(GRID / 10), np.exp(GRID / 10), rtol=1e-14)
