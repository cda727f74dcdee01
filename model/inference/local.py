r"""Shocks that live for one day, integrated out before the Gaussian system sees them.

A group whose trades never become a print leaves no trace on later days. Its shocks make the errors of one day's rows
depend on one another:

.. math:: \Sigma_t = \mathrm{diag}(v_t) + A_t V_t A_t^\top, \qquad \Sigma_t = L_t D_t L_t^\top

with ``A`` the rows' coefficients of local shocks and ``V`` the shocks' variances. Each row less :math:`L`'s multiples of
the rows before it has an error of its own again, of variance ``D``, so the system takes rows as independent as ever and
needs no unknown for these shocks. Given everything else they are drawn afterwards, day by day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from model.mechanisms.day import local_groups
from model.mechanisms.measurements import Row, Term


def merged_terms(reads: Sequence[Sequence[Term]]) -> tuple[tuple[Term, ...], ...]:
    """Terms of every row after local shocks are gone: a row takes over those of the rows it shares a shock with."""
    local, seen, out = set(local_groups()), [], []
    for terms in reads:
        own = [t for t in terms if t.unknown not in local]
        if len(own) < len(terms):
            seen += own
            own = seen
        out.append(tuple(dict.fromkeys(own)))
    return tuple(out)


def without_local(rows: Sequence[Row], weights, variances: Mapping[str, Any]) -> list[Row]:
    """Rows of independent errors, without local shocks.

    Parameters
    ----------
    rows : sequence of Row
    weights : (E, T) 0/1
    variances : mapping of str
        Of each local group's shock, ``(T,)``.
    """
    done: list[_Done] = []
    out = []
    for e, row in enumerate(rows):
        local = {g: weights[e] * row.coefficients[Term(g)] for g in variances if Term(g) in row.coefficients}
        if local:
            done.append(_decorrelated(row, local, variances, done))
            row = done[-1].clean
        out.append(row)
    return out


class _Done(NamedTuple):
    """A row's local coefficients, the row without them, and the multiples of earlier rows that were taken off."""

    local: dict[str, Any]
    clean: Row
    factors: list[Any]


def _decorrelated(
    row: Row, local: dict[str, Any], variances: Mapping[str, Any], before: list[_Done]
) -> _Done:
    """A row less what the rows before it say of its local shocks."""
    coefficients = {t: c for t, c in row.coefficients.items() if t.unknown not in variances}
    target = row.target
    factors: list[Any] = []
    var = row.var + sum(a**2 * variances[g] for g, a in local.items())
    for k, other in enumerate(before):
        shared = sum(a * other.local[g] * variances[g] for g, a in local.items() if g in other.local)
        for j in range(k):
            shared = shared - factors[j] * before[j].clean.var * other.factors[j]
        factor = shared / other.clean.var
        factors.append(factor)
        target = target - factor * other.clean.target
        var = var - factor**2 * other.clean.var
        for t, c in other.clean.coefficients.items():
            coefficients[t] = coefficients.get(t, 0.0) - factor * c
    return _Done(local, Row(coefficients, target, var), factors)


def draw_local(
    rows: Sequence[Row], weights: np.ndarray, variances: Mapping[str, np.ndarray], left: np.ndarray, rng
) -> dict[str, np.ndarray]:
    """Local shocks of every day, given what the other terms leave of each row.

    Parameters
    ----------
    rows : sequence of Row
        Raw, with local terms.
    weights : (E, T)
    variances : mapping of str to (T,)
    left : (E, T)
        Targets less the other terms: what local shocks and errors add up to.
    rng : numpy.random.Generator

    Returns
    -------
    dict of str to numpy.ndarray
        ``Shape: (T,)`` each, USD bn.
    """
    days = left.shape[1]
    names = list(variances)
    v = np.stack([variances[g] for g in names]) if names else np.zeros((0, days))
    a = np.zeros((days, len(rows), len(names)))
    for e, row in enumerate(rows):
        for j, g in enumerate(names):
            a[:, e, j] = weights[e] * row.coefficients.get(Term(g), 0.0)
    noise = np.stack([np.broadcast_to(r.var, days) for r in rows], axis=1)
    fresh = np.sqrt(v.T) * rng.standard_normal((days, len(names)))
    error = np.sqrt(noise) * rng.standard_normal(noise.shape)
    # A draw from the prior, corrected by what it misses of the rows (Matheron's rule).
    miss = left.T * weights.T - np.einsum("tej,tj->te", a, fresh) - error
    covariance = np.einsum("tej,jt,tfj->tef", a, v, a) + noise[:, :, None] * np.eye(len(rows))
    gain = np.linalg.solve(covariance, miss[..., None])[..., 0]
    gain = np.where(weights.T > 0, gain, 0.0)
    drawn = fresh + v.T * np.einsum("tej,te->tj", a, gain)
    return {g: drawn[:, j] for j, g in enumerate(names)}
