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

import numpy as np

from model.kernels import jit

LOG_2PI = float(np.log(2.0 * np.pi))


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
    first : numpy.ndarray
        ``Shape: (n,)``; the first unknown that shares a row with each unknown. Factors have no entry before it.
    """

    indptr: np.ndarray
    indices: np.ndarray
    size: int
    bandwidth: int
    first: np.ndarray

    @classmethod
    def from_rows(cls, rows: list[np.ndarray], size: int) -> RowPattern:
        """Pattern from a list of column arrays, one per row."""
        indptr = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
        indices = np.concatenate(rows).astype(np.int64)
        bandwidth = max(int(r.max() - r.min()) for r in rows)
        first = np.arange(size)
        for r in rows:
            first[r] = np.minimum(first[r], r.min())
        return cls(indptr, indices, size, max(bandwidth, 1), first)


@jit
def _same_columns(indptr, indices, j):
    """Whether row j touches the same unknowns as row j - 1 (funds of one day do)."""
    if j == 0:
        return False
    length = indptr[j + 1] - indptr[j]
    if indptr[j] - indptr[j - 1] != length:
        return False
    for s in range(length):
        if indices[indptr[j] + s] != indices[indptr[j - 1] + s]:
            return False
    return True


@jit
def _longest(indptr):
    longest = 0
    for j in range(len(indptr) - 1):
        longest = max(longest, indptr[j + 1] - indptr[j])
    return longest


@jit
def _precision(indptr, indices, coef, target, var, weight, n, w):
    """Banded precision (row-oriented, diagonal last) and information vector.

    Consecutive rows with the same columns are summed in a small dense block first.
    """
    q = np.zeros((n, w + 1))
    eta = np.zeros(n)
    size = _longest(indptr)
    block = np.zeros((size, size))
    side = np.zeros(size)
    rows = len(target)
    for j in range(rows):
        start, end = indptr[j], indptr[j + 1]
        length = end - start
        if weight[j] != 0.0:
            inv = weight[j] / var[j]
            for s in range(length):
                a = coef[start + s] * inv
                side[s] += a * target[j]
                for t in range(s + 1):
                    block[s, t] += a * coef[start + t]
        if j + 1 == rows or not _same_columns(indptr, indices, j + 1):
            for s in range(length):
                c = indices[start + s]
                eta[c] += side[s]
                side[s] = 0.0
                for t in range(s + 1):
                    e = indices[start + t]
                    if e <= c:
                        q[c, e - c + w] += block[s, t]
                    else:
                        q[e, c - e + w] += block[s, t]
                    block[s, t] = 0.0
    return q, eta


@jit
def _cholesky(q, first, n, w):
    """Overwrite the banded precision with its lower Cholesky factor; half the log determinant."""
    half_logdet = 0.0
    for i in range(n):
        lo = first[i]
        row = q[i]
        oi = w - i
        for j in range(lo, i):
            other = q[j]
            oj = w - j
            acc = row[j + oi]
            for k in range(max(lo, first[j]), j):
                acc -= row[k + oi] * other[k + oj]
            row[j + oi] = acc / other[w]
        acc = row[w]
        for k in range(lo + oi, w):
            acc -= row[k] * row[k]
        if not acc > 0.0:
            return np.nan
        row[w] = np.sqrt(acc)
        half_logdet += np.log(row[w])
    return half_logdet


@jit
def _solve_upper(chol, b, n, w):
    """Solve L' x = b in place."""
    for i in range(n - 1, -1, -1):
        b[i] /= chol[i, w]
        for k in range(max(0, i - w), i):
            b[k] -= chol[i, k - i + w] * b[i]


@jit
def _solve(chol, b, n, w):
    """Solve L L' x = b in place."""
    for i in range(n):
        acc = b[i]
        for k in range(max(0, i - w), i):
            acc -= chol[i, k - i + w] * b[k]
        b[i] = acc / chol[i, w]
    _solve_upper(chol, b, n, w)


@jit
def _selected_inverse(chol, first, n, w):
    """Covariance inside the band, ``Shape: (n, 2w + 1)``, entry (i, j) at ``[i, j - i + w]``."""
    cov = np.zeros((n, 2 * w + 1))
    column = np.empty(w + 1)
    member = np.empty(w + 1, np.int64)
    for j in range(n - 1, -1, -1):
        inv = 1.0 / chol[j, w]
        count = 0
        for i in range(j + 1, min(n - 1, j + w) + 1):
            if first[i] <= j:
                member[count] = i
                column[count] = chol[i, j - i + w] * inv
                count += 1
        diag = inv * inv
        for a in range(count):
            i = member[a]
            row = cov[i]
            shift = w - i
            acc = 0.0
            for b in range(count):
                acc -= row[member[b] + shift] * column[b]
            row[j + shift] = acc
            cov[j, i - j + w] = acc
            diag -= acc * column[a]
        cov[j, w] = diag
    return cov


@jit
def marginal(indptr, indices, first, coef, target, var, weight, n, w):
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
    half_logdet = _cholesky(chol, first, n, w)
    if np.isnan(half_logdet):
        return -np.inf, d_coef, d_target, d_var
    _solve(chol, mean, n, w)
    cov = _selected_inverse(chol, first, n, w)
    logp = 0.5 * n * LOG_2PI - half_logdet
    size = _longest(indptr)
    block = np.empty((size, size))
    for j in range(rows):
        start, end = indptr[j], indptr[j + 1]
        length = end - start
        if not _same_columns(indptr, indices, j):
            for s in range(length):
                c = indices[start + s]
                for t in range(length):
                    block[s, t] = cov[c, indices[start + t] - c + w]
        if weight[j] == 0.0:
            continue
        e = -target[j]
        for s in range(start, end):
            e += coef[s] * mean[indices[s]]
        inv = 1.0 / var[j]
        quad = 0.0
        for s in range(length):
            acc = 0.0
            for t in range(length):
                acc += block[s, t] * coef[start + t]
            d_coef[start + s] = -(e * mean[indices[start + s]] + acc) * inv
            quad += coef[start + s] * acc
        logp -= 0.5 * (LOG_2PI + np.log(var[j]) + e * e * inv)
        d_target[j] = e * inv
        d_var[j] = 0.5 * inv * ((e * e + quad) * inv - 1.0)
    return logp, d_coef, d_target, d_var


@jit
def draw(indptr, indices, first, coef, target, var, weight, n, w, noise):
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
    _cholesky(chol, first, n, w)
    _solve(chol, mean, n, w)
    sample = noise.copy()
    _solve_upper(chol, sample, n, w)
    return mean, mean + sample
