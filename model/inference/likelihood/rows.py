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

from model.inference.likelihood.banded import cholesky, selected_inverse, solve_upper
from model.inference.likelihood.jit import jit, jit_plain

LOG_2PI = float(np.log(2.0 * np.pi))
LOG_EVERY = 8
"""Variances multiplied before one logarithm is taken: far from under- and overflow, and logarithms are slow."""

BLOCK = 64
"""Days handled together: all coefficients of one family then stay in the processor's nearest memory."""


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


class Measured(NamedTuple):
    """E measurements, one row a day each, filled elsewhere; S terms in all.

    Attributes
    ----------
    lag, slot : numpy.ndarray
        ``Shape: (S,)``, as in :class:`Rows`.
    start : numpy.ndarray
        ``Shape: (E + 1,)``; where each measurement's terms start.
    coef : numpy.ndarray
        ``Shape: (S, T)``.
    target, var, weight : numpy.ndarray
        ``Shape: (E, T)``.
    """

    lag: np.ndarray
    slot: np.ndarray
    start: np.ndarray
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
def rows_of(measured, e):
    """One measurement's rows; they share memory with the record."""
    a, b = measured.start[e], measured.start[e + 1]
    days = measured.coef.shape[1]
    return Rows(
        measured.lag[a:b],
        measured.slot[a:b],
        measured.coef[a:b].reshape(b - a, 1, days),
        measured.target[e : e + 1],
        measured.var[e : e + 1],
        measured.weight[e : e + 1],
    )


@jit_plain
def _scatter(values, start, band, width, w, lag_a, slot_a, lag_b, slot_b):
    """Add one product of columns per day, from day ``start``, to the banded precision."""
    i = slot_a - lag_a * width
    j = slot_b - lag_b * width
    if i < j:
        i, j = j, i
    skip = max(max(lag_a, lag_b) - start, 0)
    late, out = values[skip:], band[(start + skip) * width + i :, j - i + w]
    for t in range(len(late)):
        out[t * width] += late[t]


@jit
def _add(rows, band, eta, width, w):
    """Add a family of rows to the banded precision and the information vector."""
    columns, count, days = rows.coef.shape
    scaled, info, acc = np.empty((count, BLOCK)), np.empty((count, BLOCK)), np.empty(BLOCK)
    for start in range(0, days, BLOCK):
        _add_block(rows, start, min(start + BLOCK, days), band, eta, width, w, info, scaled, acc)


@jit_plain
def _add_block(rows, start, stop, band, eta, width, w, info, scaled, workspace):
    """Add the rows of a block of days."""
    columns, count, _ = rows.coef.shape
    acc = workspace[: stop - start]
    for r in range(count):
        i, m, v = info[r], rows.weight[r][start:stop], rows.var[r][start:stop]
        for t in range(len(acc)):
            i[t] = m[t] / v[t]
    for c in range(columns):
        acc[:] = 0.0
        for r in range(count):
            a, b, i, s = rows.coef[c, r][start:stop], rows.target[r][start:stop], info[r], scaled[r]
            for t in range(len(acc)):
                s[t] = a[t] * i[t]
                acc[t] += s[t] * b[t]
        skip = max(rows.lag[c] - start, 0)
        late, out = acc[skip:], eta[(start + skip - rows.lag[c]) * width + rows.slot[c] :]
        for t in range(len(late)):
            out[t * width] += late[t]
        for e in range(c + 1):
            acc[:] = 0.0
            for r in range(count):
                s, a = scaled[r], rows.coef[e, r][start:stop]
                for t in range(len(acc)):
                    acc[t] += s[t] * a[t]
            _scatter(acc, start, band, width, w, rows.lag[c], rows.slot[c], rows.lag[e], rows.slot[e])


@jit_plain
def _look_up(rows, start, stop, mean, cov, width, mu, sigma):
    """Posterior means ``(C, BLOCK)`` and covariances ``(C, C, BLOCK)`` of the unknowns that a block's rows touch."""
    columns = len(rows.slot)
    for c in range(columns):
        own = rows.slot[c] - rows.lag[c] * width
        _copy(mean, own, width, start, stop, rows.lag[c], mu[c])
        for e in range(c + 1):
            i, j = own, rows.slot[e] - rows.lag[e] * width
            if i < j:
                i, j = j, i
            out = sigma[c, e]
            _copy(cov[:, i - j], j, width, start, stop, max(rows.lag[c], rows.lag[e]), out)
            other = sigma[e, c]
            for t in range(stop - start):
                other[t] = out[t]


@jit_plain
def _copy(values, slot, width, start, stop, lag, out):
    """One number per day of a block, zero before day ``lag``."""
    skip = min(max(lag - start, 0), stop - start)
    out[:skip] = 0.0
    late, source = out[skip : stop - start], values[(start + skip) * width + slot :]
    for t in range(len(late)):
        late[t] = source[t * width]


@jit_plain
def _errors(rows, start, stop, mu, error):
    """Rows at the posterior mean less their targets."""
    columns, count, _ = rows.coef.shape
    for r in range(count):
        acc, b = error[r][: stop - start], rows.target[r][start:stop]
        for t in range(len(acc)):
            acc[t] = -b[t]
        for c in range(columns):
            a, x = rows.coef[c, r][start:stop], mu[c]
            for t in range(len(acc)):
                acc[t] += a[t] * x[t]


@jit_plain
def _log_density(rows, start, stop, error, workspace):
    """Sum of the rows' normal log densities at the posterior mean."""
    count = len(rows.target)
    product = workspace[: stop - start]
    product[:] = 1.0
    total = 0.0
    for r in range(count):
        e, v, m = error[r], rows.var[r][start:stop], rows.weight[r][start:stop]
        for t in range(len(product)):
            total -= m[t] * (LOG_2PI + e[t] * e[t] / v[t])
            product[t] *= 1.0 + m[t] * (v[t] - 1.0)
        if r % LOG_EVERY == LOG_EVERY - 1 or r == count - 1:
            for t in range(len(product)):
                total -= np.log(product[t])
                product[t] = 1.0
    return 0.5 * total


@jit
def _differentiate(rows, mean, cov, width):
    """Replace a family's numbers by their derivatives; its share of the log marginal likelihood."""
    columns, count, days = rows.coef.shape
    mu, sigma, error = (
        np.empty((columns, BLOCK)),
        np.empty((columns, columns, BLOCK)),
        np.empty((count, BLOCK)),
    )
    spread, quad, info = np.empty((columns, BLOCK)), np.empty(BLOCK), np.empty(BLOCK)
    logp = 0.0
    for start in range(0, days, BLOCK):
        stop = min(start + BLOCK, days)
        _look_up(rows, start, stop, mean, cov, width, mu, sigma)
        _errors(rows, start, stop, mu, error)
        logp += _log_density(rows, start, stop, error, quad)
        _slopes(rows, start, stop, mu, sigma, error, spread, quad, info)
    return logp


@jit_plain
def _slopes(rows, start, stop, mu, sigma, error, spread, quad, info):
    """Put the derivatives in the place of coefficients, targets and variances."""
    columns, count, _ = rows.coef.shape
    days = stop - start
    for r in range(count):
        e, v, m = error[r], rows.var[r][start:stop], rows.weight[r][start:stop]
        for t in range(days):
            quad[t] = 0.0
            info[t] = m[t] / v[t]
        for c in range(columns):
            acc, own = spread[c], rows.coef[c, r][start:stop]
            for t in range(days):
                acc[t] = 0.0
            for d in range(columns):
                s, a = sigma[c, d], rows.coef[d, r][start:stop]
                for t in range(days):
                    acc[t] += s[t] * a[t]
            for t in range(days):
                quad[t] += own[t] * acc[t]
        for c in range(columns):
            acc, x, out = spread[c], mu[c], rows.coef[c, r][start:stop]
            for t in range(days):
                out[t] = -(e[t] * x[t] + acc[t]) * info[t]
        target = rows.target[r][start:stop]
        for t in range(days):
            target[t] = e[t] * info[t]
            v[t] = 0.5 * info[t] * ((e[t] * e[t] + quad[t]) / v[t] - 1.0)


@jit
def _factor(families, measured, band):
    """Banded Cholesky factor L, half log determinant, and L^-1 times the information vector of all rows."""
    width, w = band.shape[0], band.shape[1]
    n = len(band.first)
    chol = np.zeros((n, w + 1))
    eta = np.zeros(n)
    for rows in families:
        _add(rows, chol, eta, width, w)
    for e in range(len(measured.target)):
        _add(rows_of(measured, e), chol, eta, width, w)
    return chol, cholesky(chol, band.first, eta, n, w), eta


@jit
def marginal(families, measured, band):
    """Log marginal likelihood; the rows then hold its derivatives.

    Parameters
    ----------
    families : tuple of Rows
    measured : Measured
    band : Band
    """
    width, w = band.shape[0], band.shape[1]
    n = len(band.first)
    chol, half_logdet, mean = _factor(families, measured, band)
    if np.isnan(half_logdet):
        return -np.inf
    solve_upper(chol, band.first, mean, n, w)
    cov = selected_inverse(chol, band.first, n, w)
    logp = 0.5 * n * LOG_2PI - half_logdet
    for rows in families:
        logp += _differentiate(rows, mean, cov, width)
    for e in range(len(measured.target)):
        logp += _differentiate(rows_of(measured, e), mean, cov, width)
    return logp


@jit
def draw(families, measured, band, noise):
    """Posterior mean and one exact posterior draw of the latents.

    Parameters
    ----------
    families : tuple of Rows
    measured : Measured
    band : Band
    noise : numpy.ndarray
        ``Shape: (n,)`` standard normal numbers.

    Returns
    -------
    mean, sample : numpy.ndarray
        ``Shape: (n,)`` each.
    """
    n, w = len(band.first), band.shape[1]
    chol, _, mean = _factor(families, measured, band)
    solve_upper(chol, band.first, mean, n, w)
    sample = noise.copy()
    solve_upper(chol, band.first, sample, n, w)
    return mean, mean + sample
