r"""Linear-Gaussian latents in sparse rows: exact marginal likelihood, its gradient, and exact draws.

Every equation that is linear in the daily latents :math:`x` is a *row*

.. math:: a_j^\top x = b_j + e_j, \qquad e_j \sim N(0, v_j), \qquad w_j \in \{0, 1\}

where priors and measurements look the same and ``w_j = 0`` drops a missing measurement. With as many
normalised prior rows as unknowns, the posterior precision is :math:`Q = \sum_j w_j a_j a_j^\top / v_j` and

.. math:: \log p(b) = -\tfrac12 \sum_j w_j [\log 2\pi v_j + e_j(\mu)^2/v_j] + \tfrac n2 \log 2\pi - \tfrac12 \log |Q|.

The day ordering makes :math:`Q` banded (booking lags reach three days, a weekly print one week), so one
evaluation costs :math:`O(n\,w^2)`; the gradient needs :math:`Q^{-1}` only inside the band (Takahashi's
recursion; Rue and Held, *Gaussian Markov Random Fields*, 2005, ch. 2). Linear in the number of days.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

LOG_2PI = float(np.log(2.0 * np.pi))
# Fast arithmetic, but a NaN stays a NaN: an impossible factorisation must be recognised.
_jit = numba.njit(cache=True, fastmath={"reassoc", "contract", "arcp", "nsz", "afn"}, error_model="numpy")


class RowPattern(NamedTuple):
    """Which unknowns each row touches (compressed sparse rows).

    Attributes
    ----------
    indptr : numpy.ndarray
        ``Shape: (R + 1,)``; row j owns entries ``indptr[j]:indptr[j + 1]``.
    indices : numpy.ndarray
        ``Shape: (nnz,)``; column of each entry.
    size : int
        Number of unknowns n.
    bandwidth : int
        Largest distance between two columns of one row.
    """

    indptr: np.ndarray
    indices: np.ndarray
    size: int
    bandwidth: int

    @classmethod
    def from_rows(cls, rows: list[np.ndarray], size: int) -> RowPattern:
        """Pattern from a list of column arrays, one per row."""
        indptr = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
        indices = np.concatenate(rows).astype(np.int64)
        bandwidth = max(int(r.max() - r.min()) for r in rows)
        return cls(indptr, indices, size, max(bandwidth, 1))


@_jit
def _precision(indptr, indices, coef, target, var, weight, n, w):
    """Banded precision (row-oriented, diagonal last) and information vector."""
    q = np.zeros((n, w + 1))
    eta = np.zeros(n)
    for j in range(len(target)):
        if weight[j] == 0.0:
            continue
        inv = weight[j] / var[j]
        for s in range(indptr[j], indptr[j + 1]):
            c = indices[s]
            a = coef[s] * inv
            eta[c] += a * target[j]
            for t in range(indptr[j], indptr[j + 1]):
                d = indices[t] - c + w
                if d <= w:
                    q[c, d] += a * coef[t]
    return q, eta


@_jit
def _cholesky(q, n, w):
    """Overwrite the banded precision with its lower Cholesky factor; half the log determinant."""
    half_logdet = 0.0
    for i in range(n):
        lo = max(0, i - w)
        for j in range(lo, i):
            start = max(lo, j - w)
            acc = q[i, j - i + w]
            oi, oj = w - i, w - j
            for k in range(start, j):
                acc -= q[i, k + oi] * q[j, k + oj]
            q[i, j + oi] = acc / q[j, w]
        acc = q[i, w]
        for k in range(w - (i - lo), w):
            acc -= q[i, k] * q[i, k]
        if not acc > 0.0:
            return np.nan
        q[i, w] = np.sqrt(acc)
        half_logdet += np.log(q[i, w])
    return half_logdet


@_jit
def _solve_upper(chol, b, n, w):
    """Solve L' x = b in place."""
    for i in range(n - 1, -1, -1):
        b[i] /= chol[i, w]
        for k in range(max(0, i - w), i):
            b[k] -= chol[i, k - i + w] * b[i]


@_jit
def _solve(chol, b, n, w):
    """Solve L L' x = b in place."""
    for i in range(n):
        acc = b[i]
        for k in range(max(0, i - w), i):
            acc -= chol[i, k - i + w] * b[k]
        b[i] = acc / chol[i, w]
    _solve_upper(chol, b, n, w)


@_jit
def _selected_inverse(chol, n, w):
    """Covariance inside the band, ``Shape: (n, 2w + 1)``, entry (i, j) at ``[i, j - i + w]``."""
    cov = np.zeros((n, 2 * w + 1))
    column = np.zeros(w + 1)
    for j in range(n - 1, -1, -1):
        hi = min(n - 1, j + w)
        inv = 1.0 / chol[j, w]
        for k in range(j + 1, hi + 1):
            column[k - j] = chol[k, j - k + w] * inv
        diag = inv * inv
        for i in range(j + 1, hi + 1):
            acc = 0.0
            shift = j - i + w
            for k in range(1, hi - j + 1):
                acc -= cov[i, k + shift] * column[k]
            cov[i, shift] = acc
            cov[j, i - j + w] = acc
            diag -= acc * column[i - j]
        cov[j, w] = diag
    return cov


@_jit
def marginal(indptr, indices, coef, target, var, weight, n, w):
    """Log marginal likelihood and its gradient.

    Returns
    -------
    logp : float
    d_coef : numpy.ndarray
        ``Shape: (nnz,)``.
    d_target, d_var : numpy.ndarray
        ``Shape: (R,)``.
    """
    rows = len(target)
    d_coef = np.zeros(len(coef))
    d_target = np.zeros(rows)
    d_var = np.zeros(rows)
    chol, mean = _precision(indptr, indices, coef, target, var, weight, n, w)
    half_logdet = _cholesky(chol, n, w)
    if np.isnan(half_logdet):
        return -np.inf, d_coef, d_target, d_var
    _solve(chol, mean, n, w)
    cov = _selected_inverse(chol, n, w)
    logp = 0.5 * n * LOG_2PI - half_logdet
    for j in range(rows):
        if weight[j] == 0.0:
            continue
        start, end = indptr[j], indptr[j + 1]
        e = -target[j]
        for s in range(start, end):
            e += coef[s] * mean[indices[s]]
        inv = 1.0 / var[j]
        quad = 0.0
        for s in range(start, end):
            c = indices[s]
            acc = 0.0
            for t in range(start, end):
                acc += cov[c, indices[t] - c + w] * coef[t]
            d_coef[s] = -(e * mean[c] + acc) * inv
            quad += coef[s] * acc
        logp -= 0.5 * (LOG_2PI + np.log(var[j]) + e * e * inv)
        d_target[j] = e * inv
        d_var[j] = 0.5 * inv * ((e * e + quad) * inv - 1.0)
    return logp, d_coef, d_target, d_var


@_jit
def draw(indptr, indices, coef, target, var, weight, n, w, noise):
    """Posterior mean and one exact posterior draw of the latents.

    Parameters
    ----------
    noise : numpy.ndarray
        ``Shape: (n,)`` standard normal numbers.

    Returns
    -------
    mean, sample : numpy.ndarray
        ``Shape: (n,)`` each.
    """
    chol, mean = _precision(indptr, indices, coef, target, var, weight, n, w)
    _cholesky(chol, n, w)
    _solve(chol, mean, n, w)
    sample = noise.copy()
    _solve_upper(chol, sample, n, w)
    return mean, mean + sample
