"""Banded linear algebra: Cholesky factor, solves, and the inverse inside the band.

A symmetric matrix of size n and bandwidth w is an array ``(n, w + 1)``: entry (i, j), j <= i, at ``[i, j - i + w]``.
``first[i]`` is the first column with an entry in row i. The factor holds reciprocals on its diagonal. Inside the band,
the inverse follows from the factor alone (Takahashi's recursion; Rue and Held, *Gaussian Markov Random Fields*, 2005,
ch. 2).
"""

from __future__ import annotations

import numpy as np

from model.kernels import jit, jit_plain


@jit_plain
def cholesky(q, first, n, w):
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
            low = max(lo, first[j])
            a, b = row[low + oi : j + oi], other[low + oj : j + oj]
            for k in range(len(a)):
                acc -= a[k] * b[k]
            row[j + oi] = acc * other[w]
        acc = row[w]
        a = row[lo + oi : w]
        for k in range(len(a)):
            acc -= a[k] * a[k]
        if not acc > 0.0:
            return np.nan
        half_logdet += 0.5 * np.log(acc)
        row[w] = 1.0 / np.sqrt(acc)
    return half_logdet


@jit_plain
def solve_upper(chol, first, b, n, w):
    """Solve L' x = b in place (the diagonal of ``chol`` holds reciprocals)."""
    for i in range(n - 1, -1, -1):
        b[i] *= chol[i, w]
        for k in range(first[i], i):
            b[k] -= chol[i, k - i + w] * b[i]


@jit_plain
def solve(chol, first, b, n, w):
    """Solve L L' x = b in place."""
    for i in range(n):
        acc = b[i]
        for k in range(first[i], i):
            acc -= chol[i, k - i + w] * b[k]
        b[i] = acc * chol[i, w]
    solve_upper(chol, first, b, n, w)


@jit
def selected_inverse(chol, first, n, w):
    """Covariance inside the band, ``Shape: (n, w + 1)``, entry (i, j) with j <= i at ``[i, j - i + w]``."""
    cov = np.zeros((n, w + 1))
    _invert(chol, first, n, w, cov, np.empty(w + 1), np.empty(w + 1, np.int64))
    return cov


@jit_plain
def _invert(chol, first, n, w, cov, column, member):
    """The recursion of :func:`selected_inverse`, last unknown first."""
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
            acc = 0.0
            for b in range(a + 1):
                acc -= row[member[b] - i + w] * column[b]
            for b in range(a + 1, count):
                acc -= cov[member[b], i - member[b] + w] * column[b]
            row[j - i + w] = acc
            diag -= acc * column[a]
        cov[j, w] = diag
