"""Banded linear algebra: Cholesky factor, solves, and the inverse inside the band.

A symmetric matrix of size n and bandwidth w is an array ``(n, w + 1)``: entry (i, j), j <= i, at ``[i, j - i + w]``.
``first[i]`` is the first column with an entry in row i. The factor holds reciprocals on its diagonal. Inside the band,
the inverse follows from the factor alone (Takahashi's recursion; Rue and Held, *Gaussian Markov Random Fields*, 2005,
ch. 2). It is kept by columns: entry (i, j), j <= i, at ``[j, i - j]``.
"""

from __future__ import annotations

import numpy as np

from model.inference.likelihood.jit import jit, jit_plain


@jit_plain
def cholesky(q, first, b, n, w):
    """Overwrite the banded precision with its lower factor L and ``b`` with L^-1 b; half the log determinant."""
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
            x, y = row[low + oi : j + oi], other[low + oj : j + oj]
            for k in range(len(x)):
                acc -= x[k] * y[k]
            row[j + oi] = acc * other[w]
        acc, rest = row[w], b[i]
        x, y = row[lo + oi : w], b[lo:i]
        for k in range(len(x)):
            acc -= x[k] * x[k]
            rest -= x[k] * y[k]
        if not acc > 0.0:
            return np.nan
        half_logdet += 0.5 * np.log(acc)
        row[w] = 1.0 / np.sqrt(acc)
        b[i] = rest * row[w]
    return half_logdet


@jit_plain
def solve_upper(chol, first, b, n, w):
    """Solve L' x = b in place (the diagonal of ``chol`` holds reciprocals)."""
    for i in range(n - 1, -1, -1):
        b[i] *= chol[i, w]
        for k in range(first[i], i):
            b[k] -= chol[i, k - i + w] * b[i]


@jit
def selected_inverse(chol, first, n, w):
    """Covariance inside the band by columns, ``Shape: (n, w + 1)``, entry (i, j), j <= i, at ``[j, i - j]``."""
    cov = np.zeros((n, w + 1))
    ring = 4 * (w // 4 + 1)
    places = np.empty(w, np.int64), np.empty(w, np.int64)
    _invert(chol, first, n, w, cov, np.zeros((ring, ring)), np.empty(ring), np.empty(w), *places)
    return cov


@jit_plain
def _invert(chol, first, n, w, cov, window, new, column, place, distance):
    """The recursion of :func:`selected_inverse`, last unknown first.

    ``window`` is the covariance of the unknowns just done, each in the row and column it keeps until it is overwritten
    by the one that is as many behind: sums over it run through contiguous memory.
    """
    ring, own = len(window), 0
    for j in range(n - 1, -1, -1):
        own = own - 1 if own > 0 else ring - 1
        inv = chol[j, w]
        new[:] = 0.0
        count = 0
        for d in range(1, min(n - 1 - j, w) + 1):
            if first[j + d] <= j:
                c, at = chol[j + d, w - d] * inv, own + d
                at = at - ring if at >= ring else at
                row = window[at]
                for k in range(ring):
                    new[k] -= c * row[k]
                column[count], place[count], distance[count] = c, at, d
                count += 1
        out, diag = cov[j], inv * inv
        for a in range(count):
            value = new[place[a]]
            out[distance[a]] = value
            diag -= value * column[a]
        out[0] = new[own] = diag
        row = window[own]
        for k in range(ring):
            row[k] = new[k]
            window[k, own] = new[k]
