"""Curves of a dealer book: against scipy, finite differences and a dense search for the steepest point."""

from __future__ import annotations

import numpy as np
import pytest
from book_support import random_curves
from scipy.interpolate import CubicHermiteSpline

from model.mechanisms.hedge_curves import BookToday, HedgeCurves, hermite, slope_range

SEEDS = range(6)


@pytest.mark.parametrize("seed", SEEDS)
def test_inside_the_knots_the_curve_is_scipys(seed):
    grid, knots = random_curves(seed)
    r = np.linspace(grid[0], grid[-1], 1001)
    for value, slope in knots:
        spline = CubicHermiteSpline(grid, value, slope)
        found = hermite(grid, value, slope, r)
        np.testing.assert_allclose(found[0], spline(r), atol=1e-12)
        np.testing.assert_allclose(found[1], spline(r, 1), atol=1e-11)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_slope_is_the_finite_difference_everywhere(seed):
    """Inside, outside and across the ends: one continuous slope."""
    grid, knots = random_curves(seed)
    h = 1e-7
    rng = np.random.default_rng(seed)
    r = np.concatenate([rng.uniform(-90.0, 80.0, 300), grid[[0, -1]] + 0.5 * h, grid[[0, -1]] - 0.5 * h])
    for value, slope in knots:
        up, down = hermite(grid, value, slope, r + h)[0], hermite(grid, value, slope, r - h)[0]
        np.testing.assert_allclose(hermite(grid, value, slope, r)[1], (up - down) / (2 * h), atol=2e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_bounds_are_reached_and_never_passed(seed):
    grid, knots = random_curves(seed)
    r = np.linspace(grid[0] - 20.0, grid[-1] + 20.0, 400_001)
    for value, slope in knots:
        seen = hermite(grid, value, slope, r)[1]
        low, high = slope_range(grid, value, slope)
        assert low <= seen.min() + 1e-12
        assert high >= seen.max() - 1e-12
        assert low == pytest.approx(seen.min(), abs=1e-3)
        assert high == pytest.approx(seen.max(), abs=1e-3)


def test_a_straight_line_has_one_slope():
    grid = np.array([-4.0, 0.0, 1.0, 7.0])
    assert slope_range(grid, 0.3 * grid, np.full(4, 0.3)) == pytest.approx((0.3, 0.3))


def curves(seed=0, days=6, covered=(1, 4)):
    grid, knots = random_curves(seed)
    return HedgeCurves(days, np.array(covered), grid, np.stack([knots, 2.0 * knots]))


def test_days_without_a_book_have_no_demand():
    book = curves()
    value, slope = book.at(np.full((5, 6), -3.0))
    assert value.shape == slope.shape == (5, 6, 3)
    free = [0, 2, 3, 5]
    assert (value[:, free] == 0.0).all()
    assert (slope[:, free] == 0.0).all()
    np.testing.assert_allclose(value[:, 4], 2.0 * value[:, 1])
    assert (np.abs(value[:, 1]) > 0.0).all()
    np.testing.assert_array_equal(book.on, [0, 1, 0, 0, 1, 0])
    np.testing.assert_array_equal(book.steepness.top[free], 0.0)
    np.testing.assert_allclose(book.steepness.top[4], 2.0 * book.steepness.top[1])


def test_a_days_book_is_its_own():
    book = curves()
    today = BookToday(book.on, *book.at(np.full(6, -1.0)), *book.steepness, book)
    r = np.linspace(-40.0, 30.0, 101)
    for t in (1, 4):
        day = today.on_day(t)
        for found, expected in zip(day.at(r), book.at(np.tile(r[:, None], 6)), strict=True):
            np.testing.assert_array_equal(found, expected[:, t])
        np.testing.assert_array_equal((day.top, day.bottom), [x[t] for x in book.steepness])
    assert today.on_day(2) is None


def test_a_scalar_return_serves_every_day():
    book = curves()
    np.testing.assert_array_equal(book.at(-2.0)[0], book.at(np.full(6, -2.0))[0])


def test_numbers_are_looked_up_and_symbols_stay_at_the_observed_return():
    book = curves()
    seen = book.at(np.full(6, -1.0))
    today = BookToday(book.on, *seen, *book.steepness, book)
    np.testing.assert_array_equal(today.at(np.full(6, 2.0))[0], book.at(2.0)[0])
    symbol = object()
    assert today.at(symbol)[0] is seen[0]
