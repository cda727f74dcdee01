"""The banded Gaussian system against a dense one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from model import gaussian
from model.gaussian import RowPattern

UNKNOWNS = 7


@pytest.fixture
def system():
    """A prior row per unknown, each touching its neighbours, and measurements of up to three unknowns."""
    rng = np.random.default_rng(3)
    rows = [np.arange(max(0, j - 2), j + 1) for j in range(UNKNOWNS)]
    rows += [np.array([0, 2]), np.array([3]), np.array([2, 3, 5]), np.array([4, 6]), np.array([1, 3])]
    pattern = RowPattern.from_rows(rows, UNKNOWNS)
    coef = rng.normal(size=len(pattern.indices))
    coef[pattern.indptr[1 : UNKNOWNS + 1] - 1] = 1.0
    target = rng.normal(size=len(rows))
    target[:UNKNOWNS] *= 0.3
    weight = np.ones(len(rows))
    weight[UNKNOWNS + 1] = 0.0
    return pattern, coef, target, rng.uniform(0.3, 2.0, len(rows)), weight


def dense(pattern, coef):
    """Rows as a matrix."""
    a = np.zeros((len(pattern.indptr) - 1, pattern.size))
    for j in range(len(a)):
        for s in range(pattern.indptr[j], pattern.indptr[j + 1]):
            a[j, pattern.indices[s]] += coef[s]
    return a


def oracle(pattern, coef, target, var, weight):
    """Marginal likelihood as a dense normal: triangular prior rows give the unknowns, the rest measure."""
    a = dense(pattern, coef)
    prior, seen = np.arange(UNKNOWNS), np.flatnonzero(weight[UNKNOWNS:]) + UNKNOWNS
    solve = np.linalg.inv(a[prior])
    mean = solve @ target[prior]
    cov = solve @ np.diag(var[prior]) @ solve.T
    y_cov = a[seen] @ cov @ a[seen].T + np.diag(var[seen])
    return stats.multivariate_normal(a[seen] @ mean, y_cov).logpdf(target[seen])


def posterior(pattern, coef, target, var, weight):
    """Dense posterior mean and covariance."""
    a = dense(pattern, coef)
    cov = np.linalg.inv(a.T @ np.diag(weight / var) @ a)
    return cov @ a.T @ (weight / var * target), cov


def marginal(system):
    pattern, *rest = system
    return gaussian.marginal(
        pattern.indptr, pattern.indices, pattern.first, *rest, pattern.size, pattern.bandwidth
    )


def test_value_equals_the_dense_normal(system):
    assert marginal(system)[0] == pytest.approx(oracle(*system), abs=1e-10)


def test_a_dropped_row_says_nothing(system):
    pattern, coef, target, var, weight = system
    before = marginal(system)
    target, var = target.copy(), var.copy()
    target[UNKNOWNS + 1], var[UNKNOWNS + 1] = 1e6, 1e-9
    after = marginal((pattern, coef, target, var, weight))
    assert after[0] == pytest.approx(before[0], abs=1e-12)
    assert after[2][UNKNOWNS + 1] == after[3][UNKNOWNS + 1] == 0.0


def assert_gradient(system, which):
    """One gradient against central differences."""
    gradient = marginal(system)[which]
    step = 1e-6
    for k in range(len(system[which])):
        value = []
        for sign in (1.0, -1.0):
            moved = [x.copy() if n == which else x for n, x in enumerate(system)]
            moved[which][k] += sign * step
            value.append(marginal(tuple(moved))[0])
        assert gradient[k] == pytest.approx((value[0] - value[1]) / (2 * step), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("which", [1, 2, 3], ids=["coef", "target", "var"])
def test_gradient_by_finite_differences(system, which):
    assert_gradient(system, which)


def test_neighbouring_rows_with_the_same_columns(system):
    """Such rows are summed in one block: with and without a dropped one between them."""
    pattern, coef, target, var, weight = system
    rows = [pattern.indices[a:b] for a, b in zip(pattern.indptr[:-1], pattern.indptr[1:], strict=True)]
    rows += [np.array([5, 2, 3])] * 4
    rng = np.random.default_rng(1)
    longer = RowPattern.from_rows(rows, UNKNOWNS)
    coef = np.concatenate([coef, rng.normal(size=12)])
    target, var = np.concatenate([target, rng.normal(size=4)]), np.concatenate([var, rng.uniform(1, 2, 4)])
    for last in ([1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0]):
        grown = (longer, coef, target, var, np.concatenate([weight, last]))
        assert marginal(grown)[0] == pytest.approx(oracle(*grown), abs=1e-10)
        assert_gradient(grown, 1)


def test_draw_has_the_posterior_mean_and_covariance(system):
    """The draw is mean + A noise, exactly: A A' is the posterior covariance."""
    pattern, *rest = system
    mean, cov = posterior(*system)

    def draw(noise):
        where = pattern.indptr, pattern.indices, pattern.first
        return gaussian.draw(*where, *rest, pattern.size, pattern.bandwidth, noise)

    centre, at_zero = draw(np.zeros(UNKNOWNS))
    np.testing.assert_allclose(centre, mean, atol=1e-12)
    np.testing.assert_allclose(at_zero, mean, atol=1e-12)
    spread = np.column_stack([draw(e)[1] - mean for e in np.eye(UNKNOWNS)])
    np.testing.assert_allclose(spread @ spread.T, cov, atol=1e-12)


def test_an_impossible_system_has_no_likelihood(system):
    pattern, coef, target, var, weight = system
    weight = weight.copy()
    weight[:] = 0.0
    logp, *gradients = marginal((pattern, coef, target, var, weight))
    assert logp == -np.inf
    assert all((g == 0.0).all() for g in gradients)
