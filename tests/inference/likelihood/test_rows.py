"""The banded Gaussian system against a dense one."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy import stats

from model.inference.likelihood import rows as gaussian
from model.inference.likelihood.rows import Band, Measured, Rows, make_band

DAYS, WIDTH = 6, 2


NOTHING = Measured(
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros(1, np.int64),
    np.zeros((0, DAYS)),
    *(np.zeros((0, DAYS)) for _ in range(3)),
)


@numba.njit
def _marginal(families, measured, band):
    return gaussian.marginal(families, measured, band)


@numba.njit
def _draw(families, measured, band, noise):
    return gaussian.draw(families, measured, band, noise)


def marginal(families, band):
    return _marginal(families, NOTHING, band)


def draw(families, band, noise):
    return _draw(families, NOTHING, band, noise)


def as_measured(rows: Rows) -> Measured:
    """One row a day each, with the same columns."""
    columns, count, days = rows.coef.shape
    return Measured(
        np.tile(rows.lag, count),
        np.tile(rows.slot, count),
        columns * np.arange(count + 1),
        np.ascontiguousarray(rows.coef.swapaxes(0, 1)).reshape(-1, days),
        *(x.copy() for x in (rows.target, rows.var, rows.weight)),
    )


def test_measured_rows_are_rows(system):
    """The same equations handed over ready-made: the same density, and the same derivatives in their place."""
    prior, seen = copy(system)
    value = marginal((prior, seen), band_of(system))
    alone, _ = copy(system)
    measured = as_measured(system[1])
    assert _marginal((alone,), measured, band_of(system)) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(measured.target, seen.target, rtol=1e-10)
    np.testing.assert_allclose(measured.var, seen.var, rtol=1e-10)
    slopes = measured.coef.reshape(len(seen.target), len(seen.lag), DAYS).swapaxes(0, 1)
    np.testing.assert_allclose(slopes, seen.coef, rtol=1e-9, atol=1e-12)


def family(rng, columns, rows, prior=False):
    """Random rows; a prior family is unit lower triangular, one row per unknown of the day."""
    lag, slot = np.array(columns, dtype=np.int64).T.copy()
    coef = rng.normal(size=(len(lag), rows, DAYS))
    if prior:
        for r in range(rows):
            own = [c for c in range(len(lag)) if lag[c] == 0]
            for c in own:
                coef[c, r] = coef[c, r] if slot[c] < r else float(slot[c] == r)
    weight = np.ones((rows, DAYS)) if prior else rng.integers(0, 2, (rows, DAYS)).astype(float)
    return Rows(lag, slot, coef, rng.normal(size=(rows, DAYS)), rng.uniform(0.3, 2.0, (rows, DAYS)), weight)


@pytest.fixture
def system():
    """A prior row per unknown that reaches back a day, and measurements of today up to two days back."""
    rng = np.random.default_rng(3)
    prior = family(rng, [(0, 0), (0, 1), (1, 1)], 2, prior=True)
    seen = family(rng, [(0, 1), (1, 0), (2, 0), (2, 1)], 3)
    return prior, seen


def band_of(system) -> Band:
    return make_band(DAYS, WIDTH, [(f.lag, f.slot, np.ones((len(f.lag), DAYS), bool)) for f in system])


def copy(system):
    return tuple(Rows(*[x.copy() for x in f]) for f in system)


def dense(rows: Rows):
    """Matrix, targets, variances and weights of a family."""
    _, count, days = rows.coef.shape
    a = np.zeros((count * days, DAYS * WIDTH))
    for c, (lag, slot) in enumerate(zip(rows.lag, rows.slot, strict=True)):
        for r in range(count):
            for t in range(lag, days):
                a[r * days + t, (t - lag) * WIDTH + slot] += rows.coef[c, r, t]
    return a, rows.target.ravel(), rows.var.ravel(), rows.weight.ravel()


def oracle(system):
    """Marginal likelihood as a dense normal: prior rows give the unknowns, the rest measure."""
    (a, target, var, _), (h, y, noise, weight) = dense(system[0]), dense(system[1])
    solve = np.linalg.inv(a)
    seen = weight > 0
    cov = h[seen] @ solve @ np.diag(var) @ solve.T @ h[seen].T + np.diag(noise[seen])
    return stats.multivariate_normal(h[seen] @ solve @ target, cov).logpdf(y[seen]) - np.linalg.slogdet(a)[1]


def posterior(system):
    """Dense posterior mean and covariance."""
    a, target, var, weight = (np.concatenate(x) for x in zip(*(dense(f) for f in system), strict=True))
    cov = np.linalg.inv(a.T @ np.diag(weight / var) @ a)
    return cov @ a.T @ (weight / var * target), cov


def test_value_equals_the_dense_normal(system):
    assert abs(np.linalg.det(dense(system[0])[0])) == pytest.approx(1.0)
    assert marginal(copy(system), band_of(system)) == pytest.approx(oracle(system), abs=1e-10)


def test_a_dropped_row_says_nothing(system):
    before = marginal(copy(system), band_of(system))
    r, t = np.argwhere(system[1].weight == 0.0)[0]
    system[1].target[r, t], system[1].var[r, t] = 1e6, 1e-9
    after = copy(system)
    assert marginal(after, band_of(system)) == pytest.approx(before, abs=1e-12)
    assert after[1].target[r, t] == after[1].var[r, t] == 0.0
    assert np.abs(after[1].coef[:, r, t]).max() == 0.0


@pytest.mark.parametrize("field", ["coef", "target", "var"])
@pytest.mark.parametrize("which", [0, 1])
def test_derivatives_by_finite_differences(system, field, which):
    derivatives = copy(system)
    marginal(derivatives, band_of(system))
    found = getattr(derivatives[which], field)
    numbers = getattr(system[which], field)
    for k in range(numbers.size):
        if field == "coef":
            c, _, t = np.unravel_index(k, numbers.shape)
            if t < system[which].lag[c]:
                continue
        values = []
        for step in (1e-5, -1e-5):
            moved = copy(system)
            getattr(moved[which], field).flat[k] += step
            values.append(marginal(moved, band_of(system)))
        assert found.flat[k] == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-5, abs=1e-6)


def test_draws_have_the_dense_posterior(system):
    mean, cov = posterior(system)
    n = len(mean)
    found, _ = draw(copy(system), band_of(system), np.zeros(n))
    np.testing.assert_allclose(found, mean, atol=1e-10)
    spread = np.column_stack([draw(copy(system), band_of(system), e)[1] - found for e in np.eye(n)])
    np.testing.assert_allclose(spread @ spread.T, cov, atol=1e-10)


def test_an_impossible_precision_is_recognised(system):
    system[1].var[:] = -1e-3
    assert marginal(copy(system), band_of(system)) == -np.inf


def test_many_variances_in_one_logarithm():
    """Variances are multiplied before a logarithm is taken: tiny ones of many rows must not underflow."""
    rng = np.random.default_rng(0)
    prior, seen = family(rng, [(0, 0), (0, 1), (1, 1)], 2, prior=True), family(rng, [(0, 0), (0, 1)], 60)
    seen.var[:] = 1e-12
    seen.weight[:] = 1.0
    value = marginal(copy((prior, seen)), band_of((prior, seen)))
    a, target, var, weight = (np.concatenate(x) for x in zip(*(dense(f) for f in (prior, seen)), strict=True))
    mean, cov = posterior((prior, seen))
    error = a @ mean - target
    rows = -0.5 * (np.log(2 * np.pi * var) + error**2 / var) @ weight
    expected = rows + 0.5 * len(mean) * np.log(2 * np.pi) + 0.5 * np.linalg.slogdet(cov)[1]
    assert value == pytest.approx(expected, rel=1e-6)
