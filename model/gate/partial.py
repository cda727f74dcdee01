r"""Tests of conditional independence, all panels of a simulation at once.

For a statement x _||_ y | Z both sides are regressed on Z (own lags included, so the residuals are
innovations),

.. math:: b = \sum e_x e_y / \sum e_x^2, \qquad
          V = \sum e_x^2 u^2 / (1 - h)^2 \Big/ \big(\sum e_x^2\big)^2,

with u the residual of e_y on e_x and h the leverage of e_x plus the average leverage of Z: the HC3 variance
(MacKinnon and White 1985), because what is left of volatility clustering after scaling would otherwise be
taken for dependence. Where a state known before the open is on one side, the state times the conditioning
shocks is tested too (gamma times shock), and the smaller p-value is doubled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from model.gate.graph import Graph, split
from model.gate.independences import Independence

Columns = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Outcome:
    """Results over statements and panels; arrays ``Shape: (panels, statements)``, NaN = not testable."""

    effect: np.ndarray
    p: np.ndarray
    rows: np.ndarray

    def violations(self, alpha: float) -> np.ndarray:
        """Number of statements with p below alpha. ``Shape: (panels,)``."""
        return np.nansum(self.p < alpha, axis=1)


def examine(columns: Columns, statements: Sequence[Independence], graph: Graph, spare_rows: int) -> Outcome:
    """Test every statement on every panel.

    Parameters
    ----------
    columns : mapping of str to numpy.ndarray
        Base name to ``Shape: (panels, days)``; the pattern of missing days must be the same in all panels.
    statements : sequence of Independence
    graph : Graph
    spare_rows : int
        Fewer complete rows than regressors plus this: not testable.
    """
    panels = len(next(iter(columns.values())))
    effect = np.full((panels, len(statements)), np.nan)
    p, rows = effect.copy(), np.zeros(len(statements), dtype=int)
    shifted = _Shifted(columns)
    for keep, members in _by_rows(shifted, statements).items():
        days = np.frombuffer(keep, dtype=bool)
        rows[members] = days.sum()
        table = _Table(shifted, [statements[i] for i in members], days)
        for i in members:
            if rows[i] >= len(statements[i].given) + 2 + spare_rows:
                effect[:, i], p[:, i] = table.test(statements[i], graph)
    return Outcome(effect, p, rows)


def partial_effect(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Partial correlation and p-value of two columns given others.

    Parameters
    ----------
    x, y : numpy.ndarray
        ``Shape: (panels, rows)``.
    z : numpy.ndarray
        ``Shape: (panels, rows, regressors)``, the constant included.

    Returns
    -------
    (effect, p)
        ``Shape: (panels,)`` each; NaN where a side does not vary once Z is taken out.
    """
    sides = np.stack([x, y], axis=2)
    gram, cross = z.transpose(0, 2, 1) @ z, z.transpose(0, 2, 1) @ sides
    ex, ey = np.moveaxis(sides - z @ _solve(gram, cross), 2, 0)
    return _judge(ex, ey, _spread(x), _spread(y), z.shape[2])


def _judge(ex, ey, spread_x, spread_y, regressors: int) -> tuple[np.ndarray, np.ndarray]:
    """From residuals to partial correlation and robust p-value."""
    sxx, syy, sxy = (ex**2).sum(1), (ey**2).sum(1), (ex * ey).sum(1)
    alive = (sxx > 1e-9 * spread_x) & (syy > 1e-9 * spread_y)
    sxx, syy = np.where(alive, sxx, 1.0), np.where(alive, syy, 1.0)
    slope = sxy / sxx
    leverage = regressors / ex.shape[1] + ex**2 / sxx[:, None]
    u = (ey - slope[:, None] * ex) / np.clip(1.0 - leverage, 1e-3, None)
    variance = (ex**2 * u**2).sum(1) / sxx**2
    alive &= variance > 0
    p = 2.0 * stats.t.sf(
        np.abs(slope) / np.sqrt(np.where(alive, variance, 1.0)), ex.shape[1] - regressors - 1
    )
    effect = sxy / np.sqrt(sxx * syy)
    return np.where(alive, effect, np.nan), np.where(alive, p, np.nan)


class _Shifted(dict):
    """Columns by timed name, shifted on first use; NaN beyond the panel's ends."""

    def __init__(self, columns: Columns) -> None:
        super().__init__()
        self.columns = columns

    def __missing__(self, name: str) -> np.ndarray:
        base, day = split(name)
        x = self.columns[base]
        pad = np.full((len(x), min(abs(day), x.shape[1])), np.nan)
        if day < 0:
            x = np.concatenate([pad, x[:, :day]], axis=1)
        elif day > 0:
            x = np.concatenate([x[:, day:], pad], axis=1)
        self[name] = x
        return x


class _Table:
    """Complete rows of one set of statements and their cross products, shared by all of them."""

    def __init__(self, shifted: _Shifted, statements: Sequence[Independence], days: np.ndarray) -> None:
        names = sorted({n for s in statements for n in _names(s)})
        self.place = {n: i + 1 for i, n in enumerate(names)}
        constant = np.ones((len(next(iter(shifted.columns.values()))), int(days.sum())))
        self.values = np.stack([constant, *(shifted[n][:, days] for n in names)], axis=1)
        self.gram = self.values @ self.values.transpose(0, 2, 1)

    def test(self, statement: Independence, graph: Graph) -> tuple[np.ndarray, np.ndarray]:
        """Effect and p of one statement. ``Shape: (panels,)`` each."""
        given = [0, *(self.place[n] for n in statement.given)]
        sides = [self.place[statement.x], self.place[statement.y]]
        weights = np.zeros((len(self.values), 2, self.values.shape[1]))
        inner = self.gram[:, given][:, :, given]
        weights[:, :, given] = _solve(inner, self.gram[:, given][:, :, sides]).transpose(0, 2, 1)
        x, y = self.values[:, sides[0]], self.values[:, sides[1]]
        taken_out = weights @ self.values
        effect, p = _judge(x - taken_out[:, 0], y - taken_out[:, 1], _spread(x), _spread(y), len(given))
        if not {split(statement.x)[0], split(statement.y)[0]} & set(graph.before_open):
            return effect, p
        crossed = _moderation(statement, graph, x, y, self.values[:, given].transpose(0, 2, 1))
        return effect, p if crossed is None else np.minimum(1.0, 2.0 * np.fmin(p, crossed))


def _by_rows(shifted: _Shifted, statements: Sequence[Independence]) -> dict[bytes, list[int]]:
    """Statements that rest on the same complete days; those naming an unknown column are left out."""
    groups: dict[bytes, list[int]] = {}
    for i, statement in enumerate(statements):
        names = _names(statement)
        if all(split(n)[0] in shifted.columns for n in names):
            keep = np.all([np.isfinite(shifted[n][0]) for n in names], axis=0)
            groups.setdefault(keep.tobytes(), []).append(i)
    return groups


def _names(statement: Independence) -> tuple[str, ...]:
    return (statement.x, statement.y, *statement.given)


def _solve(gram: np.ndarray, cross: np.ndarray) -> np.ndarray:
    """Normal equations with a ridge at rounding level, so that a redundant regressor does no harm."""
    ridge = 1e-10 * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(gram.shape[1])
    return np.linalg.solve(gram + ridge, cross)


def _moderation(statement: Independence, graph: Graph, x, y, z) -> np.ndarray | None:
    """p of (state times conditioning shocks of the day); one side is a state known before the open.

    Products of other states in the conditioning set with the same shock are taken out first.
    """
    state, other = (x, y) if split(statement.x)[0] in graph.before_open else (y, x)
    shocks = [i + 1 for i, n in enumerate(statement.given) if _is_shock(n, graph)]
    states = [i + 1 for i, n in enumerate(statement.given) if split(n)[0] in graph.before_open]
    ps = []
    for i in shocks:
        products = z[:, :, states] * z[:, :, [i]]
        wider = np.concatenate([z, state[:, :, None], products], axis=2)
        ps.append(partial_effect(state * z[:, :, i], other, wider)[1])
    return np.minimum(1.0, len(ps) * np.fmin.reduce(ps)) if ps else None


def _is_shock(name: str, graph: Graph) -> bool:
    base, day = split(name)
    return day == 0 and base not in graph.before_open


def _spread(v: np.ndarray) -> np.ndarray:
    """Scale against which a residual counts as nothing; a constant column leaves rounding error only."""
    return (v**2).sum(1) + 1e-300
