r"""Linear-Gaussian latents in repeated rows: exact marginal likelihood, its gradient, and exact draws.

Every equation that is linear in the daily latents :math:`x` is a *row*

.. math:: a_j^\top x = b_j + e_j, \qquad e_j \sim N(0, v_j), \qquad w_j \in \{0, 1\}

where priors and measurements look the same and ``w_j = 0`` drops a missing measurement. With as many
normalised prior rows as unknowns, the posterior precision is :math:`Q = \sum_j w_j a_j a_j^\top / v_j` and

.. math:: \log p(b) = -\tfrac12 \sum_j w_j [\log 2\pi v_j + e_j(\mu)^2/v_j] + \tfrac n2 \log 2\pi - \tfrac12 \log |Q|.

The same rows return every day (:class:`Rows`), so all sums over rows run over days in the innermost, contiguous
loop. The day ordering makes :math:`Q` banded (booking lags reach three days, a weekly print one week), so one
evaluation costs :math:`O(n\,w^2)`; the gradient needs :math:`Q^{-1}` only inside the band (Takahashi's
recursion; Rue and Held, *Gaussian Markov Random Fields*, 2005, ch. 2). Linear in the number of days.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from model.kernels import jit

LOG_2PI = float(np.log(2.0 * np.pi))
LOG_EVERY = 8
"""Variances multiplied before one logarithm is taken: far from under- and overflow, and logarithms are slow."""


class Rows(NamedTuple):
    """R equations repeated on T days, each touching the same C unknowns relative to its day.

    Unknown ``slot`` of day ``t`` is number ``t * width + slot``.

    Attributes
    ----------
    lag, slot : numpy.ndarray
        ``Shape: (C,)``; column c is unknown ``slot[c]`` of day ``t - lag[c]``; before day 0 there is none.
    coef : numpy.ndarray
        ``Shape: (C, R, T)``.
    target, var, weight : numpy.ndarray
        ``Shape: (R, T)``; weight 0 drops a row.

    Notes
    -----
    :func:`marginal` replaces ``coef``, ``target`` and ``var`` by the derivatives of its result.
    """

    lag: np.ndarray
    slot: np.ndarray
    coef: np.ndarray
    target: np.ndarray
    var: np.ndarray
    weight: np.ndarray


class Band(NamedTuple):
    """Which unknowns may share a row.

    Attributes
    ----------
    first : numpy.ndarray
        ``Shape: (n,)``; the first unknown that shares a row with each unknown. Factors have no entry before it.
    shape : numpy.ndarray
        ``Shape: (2,)``; unknowns per day and largest distance between two columns of one row.
    """

    first: np.ndarray
    shape: np.ndarray


def make_band(days: int, width: int, columns: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Band:
    """Band of a system.

    Parameters
    ----------
    days, width : int
    columns : iterable of (lag, slot, used)
        Per family of rows; ``used (C, T)`` is False where a column's coefficient is always zero.
    """
    first = np.arange(days * width)
    bandwidth = 1
    for lag, slot, used in columns:
        for t in range(days):
            rows = np.array(
                [(t - k) * width + s for k, s, u in zip(lag, slot, used[:, t], strict=True) if u and t >= k]
            )
            if len(rows):
                first[rows] = np.minimum(first[rows], rows.min())
        distance = width * lag[:, None] - slot[:, None] - (width * lag - slot)
        bandwidth = max(bandwidth, int(np.abs(distance).max(initial=0)))
    return Band(first, np.array([width, bandwidth]))


@jit
def empty_rows(lag, slot, rows, days):
    """Rows with zero coefficients and targets, unit variances and weights."""
    columns = len(lag)
    return Rows(
        lag,
        slot,
        np.zeros((columns, rows, days)),
        np.zeros((rows, days)),
        np.ones((rows, days)),
        np.ones((rows, days)),
    )


@jit
def _scatter(values, band, width, w, lag_a, slot_a, lag_b, slot_b):
    """Add one product of columns per day to the banded precision."""
    i = slot_a - lag_a * width
    j = slot_b - lag_b * width
    if i < j:
        i, j = j, i
    k = j - i + w
    for t in range(max(lag_a, lag_b), len(values)):
        band[t * width + i, k] += values[t]


@jit
def _add(rows, band, eta, width, w):
    """Add a family of rows to the banded precision and the information vector."""
    columns, count, days = rows.coef.shape
    acc = np.empty(days)
    info = rows.weight / rows.var
    scaled = np.empty((count, days))
    for c in range(columns):
        acc[:] = 0.0
        for r in range(count):
            a, b, i, s = rows.coef[c, r], rows.target[r], info[r], scaled[r]
            for t in range(days):
                s[t] = a[t] * i[t]
                acc[t] += s[t] * b[t]
        start = rows.slot[c] - rows.lag[c] * width
        for t in range(rows.lag[c], days):
            eta[t * width + start] += acc[t]
        for e in range(c + 1):
            acc[:] = 0.0
            for r in range(count):
                s, a = scaled[r], rows.coef[e, r]
                for t in range(days):
                    acc[t] += s[t] * a[t]
            _scatter(acc, band, width, w, rows.lag[c], rows.slot[c], rows.lag[e], rows.slot[e])


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
            row[j + oi] = acc * other[w]
        acc = row[w]
        for k in range(lo + oi, w):
            acc -= row[k] * row[k]
        if not acc > 0.0:
            return np.nan
        half_logdet += 0.5 * np.log(acc)
        row[w] = 1.0 / np.sqrt(acc)
    return half_logdet


@jit
def _solve_upper(chol, first, b, n, w):
    """Solve L' x = b in place (the diagonal of ``chol`` holds reciprocals)."""
    for i in range(n - 1, -1, -1):
        b[i] *= chol[i, w]
        for k in range(first[i], i):
            b[k] -= chol[i, k - i + w] * b[i]


@jit
def _solve(chol, first, b, n, w):
    """Solve L L' x = b in place."""
    for i in range(n):
        acc = b[i]
        for k in range(first[i], i):
            acc -= chol[i, k - i + w] * b[k]
        b[i] = acc * chol[i, w]
    _solve_upper(chol, first, b, n, w)


@jit
def _selected_inverse(chol, first, n, w):
    """Covariance inside the band, ``Shape: (n, 2w + 1)``, entry (i, j) at ``[i, j - i + w]``."""
    cov = np.zeros((n, 2 * w + 1))
    column = np.empty(w + 1)
    member = np.empty(w + 1, np.int64)
    for j in range(n - 1, -1, -1):
        inv = chol[j, w]
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
def _moments(rows, mean, cov, width, w):
    """Posterior means ``(C, T)`` and covariances ``(C, C, T)`` of the unknowns each day's rows touch."""
    columns, _, days = rows.coef.shape
    mu = np.zeros((columns, days))
    sigma = np.zeros((columns, columns, days))
    for c in range(columns):
        i = rows.slot[c] - rows.lag[c] * width
        for t in range(rows.lag[c], days):
            mu[c, t] = mean[t * width + i]
        for e in range(c + 1):
            k = rows.slot[e] - rows.lag[e] * width - i + w
            for t in range(max(rows.lag[c], rows.lag[e]), days):
                sigma[c, e, t] = cov[t * width + i, k]
            if e < c:
                sigma[e, c] = sigma[c, e]
    return mu, sigma


@jit
def _log_density(rows, error):
    """Sum of the rows' normal log densities at the posterior mean."""
    count, days = rows.target.shape
    product = np.ones(days)
    total = 0.0
    for r in range(count):
        e, v, m = error[r], rows.var[r], rows.weight[r]
        for t in range(days):
            total -= m[t] * (LOG_2PI + e[t] * e[t] / v[t])
            product[t] *= 1.0 + m[t] * (v[t] - 1.0)
        if r % LOG_EVERY == LOG_EVERY - 1 or r == count - 1:
            for t in range(days):
                total -= np.log(product[t])
                product[t] = 1.0
    return 0.5 * total


@jit
def _differentiate(rows, mean, cov, width, w):
    """Replace a family's numbers by their derivatives; its share of the log marginal likelihood."""
    columns, count, days = rows.coef.shape
    mu, sigma = _moments(rows, mean, cov, width, w)
    error = np.empty((count, days))
    for r in range(count):
        acc = error[r]
        acc[:] = -rows.target[r]
        for c in range(columns):
            a, x = rows.coef[c, r], mu[c]
            for t in range(days):
                acc[t] += a[t] * x[t]
    logp = _log_density(rows, error)
    spread = np.empty((columns, days))
    quad, info = np.empty(days), np.empty(days)
    for r in range(count):
        e, v, m = error[r], rows.var[r], rows.weight[r]
        for t in range(days):
            quad[t] = 0.0
            info[t] = m[t] / v[t]
        for c in range(columns):
            acc, own = spread[c], rows.coef[c, r]
            acc[:] = 0.0
            for d in range(columns):
                s, a = sigma[c, d], rows.coef[d, r]
                for t in range(days):
                    acc[t] += s[t] * a[t]
            for t in range(days):
                quad[t] += own[t] * acc[t]
        for c in range(columns):
            acc, x, out = spread[c], mu[c], rows.coef[c, r]
            for t in range(days):
                out[t] = -(e[t] * x[t] + acc[t]) * info[t]
        target = rows.target[r]
        for t in range(days):
            target[t] = e[t] * info[t]
            v[t] = 0.5 * info[t] * ((e[t] * e[t] + quad[t]) / v[t] - 1.0)
    return logp


@jit
def _factor(families, band):
    """Banded Cholesky factor, half log determinant and information vector of all rows."""
    width, w = band.shape[0], band.shape[1]
    n = len(band.first)
    chol = np.zeros((n, w + 1))
    eta = np.zeros(n)
    for rows in families:
        _add(rows, chol, eta, width, w)
    return chol, _cholesky(chol, band.first, n, w), eta


@jit
def marginal(families, band):
    """Log marginal likelihood; the rows then hold its derivatives.

    Parameters
    ----------
    families : tuple of Rows
    band : Band
    """
    width, w = band.shape[0], band.shape[1]
    n = len(band.first)
    chol, half_logdet, mean = _factor(families, band)
    if np.isnan(half_logdet):
        return -np.inf
    _solve(chol, band.first, mean, n, w)
    cov = _selected_inverse(chol, band.first, n, w)
    logp = 0.5 * n * LOG_2PI - half_logdet
    for rows in families:
        logp += _differentiate(rows, mean, cov, width, w)
    return logp


@jit
def draw(families, band, noise):
    """Posterior mean and one exact posterior draw of the latents.

    Parameters
    ----------
    families : tuple of Rows
    band : Band
    noise : numpy.ndarray
        ``Shape: (n,)`` standard normal numbers.

    Returns
    -------
    mean, sample : numpy.ndarray
        ``Shape: (n,)`` each.
    """
    n, w = len(band.first), band.shape[1]
    chol, _, mean = _factor(families, band)
    _solve(chol, band.first, mean, n, w)
    sample = noise.copy()
    _solve_upper(chol, band.first, sample, n, w)
    return mean, mean + sample
