r"""A cheap pilot fit: the timed linear system with latents that comes closest to the data's own moments.

What is outside the model and what is known before the open is fitted by least squares. The rest -
loadings of the latents, reactions, persistence, shock scales - minimises the distance between the
correlations the system implies at lags 0, 1 and 2 and those of the data (missing days left out pairwise),

.. math:: \Sigma = M \Omega M', \quad M = (I - A)^{-1}, \qquad
          \partial f / \partial A = 2\, M' G \Sigma, \quad G = \partial f / \partial \Sigma,

over a window of days. Not every coefficient is identified; that does not matter here: the pilot only has
to draw panels in which this very graph is true and which look like the data, with their length and
missing days.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from model.gate.frame import base_columns
from model.gate.graph import Graph, conventions
from model.gate.world import Link, World, draw

WINDOW = 7
"""Days in the window over which moments are implied."""
MOMENT_LAGS = (0, 1, 2)
RIDGE = 5e-3
SCALE_RANGE = (0.2, 1.5)
Draw = Callable[[np.random.Generator, int], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Pilot:
    """The fitted world and the shape of the data it stands for.

    Parameters
    ----------
    world : World
    missing : DataFrame
        Day by observed base name, True where missing.
    distance : float
        Root mean squared difference between implied and observed correlations.
    """

    world: World
    missing: pd.DataFrame
    distance: float

    def panels(
        self, rng: np.random.Generator, count: int, world: World | None = None
    ) -> dict[str, np.ndarray]:
        """Panels of the data's length with its missing days. ``Shape: (count, days)`` per base name."""
        drawn = draw(world or self.world, rng, count, len(self.missing))
        for name in self.missing:
            drawn[str(name)][:, self.missing[name].to_numpy()] = np.nan
        return drawn


def fit_pilot(frame: pd.DataFrame, graph: Graph) -> Pilot:
    """Fit the pilot to a gate frame.

    Parameters
    ----------
    frame : DataFrame
        From :func:`model.gate.frame.gate_frame`.
    graph : Graph
    """
    data = base_columns(frame).reindex(columns=list(graph.observed))
    fixed, scales, shared = _given(data, graph)
    links = tuple(k for k in graph.links + conventions(graph) if k not in fixed)
    moments = _moments(data)
    fit = _Moments(graph, links, fixed, scales, shared, moments)
    values, own, distance = fit.solve()
    world = World(
        observed=graph.observed,
        latents=graph.latents,
        coefficients={**fixed, **values},
        scales={**dict.fromkeys(graph.latents, 1.0), **scales, **own},
        shared=shared,
        amplified=_amplification(data, graph),
        tail=_tail(data, graph),
    )
    return Pilot(world, data.isna(), distance)


def _given(data: pd.DataFrame, graph: Graph):
    """Least squares for what the model takes as given: coefficients, scales, outside correlation."""
    coefficients: dict[Link, float] = {}
    scales: dict[str, float] = {}
    residuals = {}
    for block, causes in ((graph.outside, graph.outside), (graph.before_open, graph.observed)):
        for effect in block:
            past = tuple(sorted(set(causes) | {effect}))
            beta, residual = _least_squares(data[effect], data[list(past)].shift(1))
            coefficients |= {(cause, 1, effect): b for cause, b in zip(past, beta, strict=True)}
            scales[effect] = (
                float(np.clip(residual.std(), *SCALE_RANGE)) if residual.notna().sum() > 2 else 1.0
            )
            residuals[effect] = residual
    together = pd.DataFrame({b: residuals[b] for b in graph.outside}).corr().fillna(0.0).to_numpy().copy()
    np.fill_diagonal(together, 1.0)
    return coefficients, scales, (graph.outside, _nearest(together))


def _least_squares(y: pd.Series, x: pd.DataFrame):
    ok = y.notna() & x.notna().all(axis=1)
    if ok.sum() < x.shape[1] + 5:
        return np.zeros(x.shape[1]), y
    design = x[ok].to_numpy() - x[ok].to_numpy().mean(0)
    target = y[ok].to_numpy() - y[ok].mean()
    gram = design.T @ design + 0.02 * len(design) * np.eye(design.shape[1])
    beta = np.clip(np.linalg.solve(gram, design.T @ target), -0.97, 0.97)
    return beta, pd.Series(target - design @ beta, index=y.index[ok])


def _nearest(correlation: np.ndarray) -> np.ndarray:
    """Nearest positive-definite correlation by clipping eigenvalues."""
    if not len(correlation):
        return correlation
    values, vectors = np.linalg.eigh(correlation)
    fixed = (vectors * np.clip(values, 1e-3, None)) @ vectors.T
    root = np.sqrt(np.diag(fixed))
    return fixed / np.outer(root, root)


def _moments(data: pd.DataFrame) -> dict[int, np.ndarray]:
    """Correlations of x[t-k] (row) with y[t] (column), pairwise complete; unknown ones are NaN."""
    out = {}
    for k in MOMENT_LAGS:
        x, y = data.shift(k).to_numpy(), data.to_numpy()
        ok = (np.isfinite(x).astype(float).T) @ np.isfinite(y).astype(float)
        total = np.nan_to_num(x).T @ np.nan_to_num(y)
        out[k] = np.where(ok >= 10, total / np.maximum(ok, 1.0), np.nan)
    return out


def _amplification(data: pd.DataFrame, graph: Graph) -> dict[str, tuple[str, float]]:
    """gamma times shock: how far a state scales the pull of the outside variables on what it causes."""
    out = {}
    for state, lag, effect in graph.links:
        if state not in graph.before_open or lag or effect not in graph.observed or state == "volatility":
            continue
        beta, residual = _least_squares(data[effect], data[list(graph.outside)])
        pull = (data[list(graph.outside)] * beta).sum(axis=1, min_count=len(graph.outside))
        terms = pd.DataFrame({"state": data[state], "pull": pull, "both": data[state] * pull})
        slopes, _ = _least_squares(data[effect], terms)
        strength = float(slopes[2] / slopes[1]) if slopes[1] > 0.2 else 0.0
        out[effect] = (state, float(np.clip(strength, -0.4, 0.4)))
    return out


def _tail(data: pd.DataFrame, graph: Graph) -> float:
    """Degrees of freedom of a Student-t with the data's median excess kurtosis."""
    shocks = [b for b in graph.observed if b not in graph.before_open and data[b].notna().sum() > 20]
    excess = float(np.median([data[b].kurt() for b in shocks])) if shocks else 0.0
    return float(np.clip(4.0 + 6.0 / excess, 5.0, 60.0)) if excess > 0.1 else np.inf


class _Moments:
    """The window's implied correlations and their distance to the data's, with gradient."""

    def __init__(self, graph: Graph, links, fixed, scales, shared, target) -> None:
        self.names = graph.observed + graph.latents
        self.width = len(self.names)
        place = {n: i for i, n in enumerate(self.names)}
        self.links, self.free = links, [n for n in graph.observed if n not in scales]
        self.where = [self._cells(place[a], k, place[b]) for a, k, b in links]
        self.free_cells = [[d * self.width + place[n] for d in range(1, WINDOW)] for n in self.free]
        self.start = np.zeros((WINDOW * self.width, WINDOW * self.width))
        for (a, k, b), value in fixed.items():
            for row, column in self._cells(place[a], k, place[b]):
                self.start[row, column] = value
        self.noise = self._noise(place, graph, scales, shared)
        self.target, self.mask = self._targets(target, len(graph.observed))

    def solve(self) -> tuple[dict[Link, float], dict[str, float], float]:
        """Coefficients, shock scales and the distance left."""
        rng = np.random.default_rng(0)
        latent = set(self.names[len(self.names) - (self.width - self._observed) :])
        guess = [0.3 + 0.1 * rng.standard_normal() if {a, b} & latent else 0.05 for a, _, b in self.links]
        start = np.concatenate([guess, np.full(len(self.free), 0.7)])
        bounds = [(-0.95, 0.95)] * len(self.links) + [SCALE_RANGE] * len(self.free)
        best = minimize(
            self._loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 150}
        )
        values = best.x[: len(self.links)]
        distance = float(np.sqrt(self._fit(best.x)[0] / max(self.mask.sum(), 1)))
        coefficients = {k: float(v) for k, v in zip(self.links, values, strict=True)}
        own = {n: float(v) for n, v in zip(self.free, best.x[len(self.links) :], strict=True)}
        return coefficients, own, distance

    def _loss(self, theta: np.ndarray):
        value, gradient = self._fit(theta)
        count = len(self.links)
        gradient[:count] += 2 * RIDGE * theta[:count]
        return value + RIDGE * float(theta[:count] @ theta[:count]), gradient

    def _fit(self, theta: np.ndarray):
        a, omega = self.start.copy(), self.noise.copy()
        for cells, value in zip(self.where, theta, strict=False):
            for row, column in cells:
                a[row, column] = value
        for diagonal, value in zip(self.free_cells, theta[len(self.links) :], strict=True):
            omega[diagonal, diagonal] = value**2
        m = np.linalg.inv(np.eye(len(a)) - a)
        sigma = m @ omega @ m.T
        miss = np.where(self.mask, sigma - self.target, 0.0)
        g = miss + miss.T
        by_a, by_omega = 2.0 * (m.T @ (g / 2 + g.T / 2)) @ sigma, m.T @ g @ m
        slopes = [sum(by_a[r, c] for r, c in cells) for cells in self.where]
        spreads = [
            2 * v * sum(by_omega[i, i] for i in cells)
            for cells, v in zip(self.free_cells, theta[len(self.links) :], strict=True)
        ]
        return float((miss**2).sum()), np.array(slopes + spreads)

    def _cells(self, cause: int, lag: int, effect: int) -> list[tuple[int, int]]:
        """Positions of one link in the window's matrix; the first day starts from unit variances."""
        return [(d * self.width + effect, (d - lag) * self.width + cause) for d in range(max(lag, 1), WINDOW)]

    def _noise(self, place, graph: Graph, scales, shared) -> np.ndarray:
        omega = np.eye(WINDOW * self.width)
        block, correlation = shared
        for d in range(WINDOW):
            for name, scale in scales.items():
                omega[d * self.width + place[name], d * self.width + place[name]] = scale**2 if d else 1.0
            where = [d * self.width + place[b] for b in block]
            size = np.array([scales[b] if d else 1.0 for b in block])
            if where:
                omega[np.ix_(where, where)] = correlation * np.outer(size, size)
        self._observed = len(graph.observed)
        return omega

    def _targets(self, target: dict[int, np.ndarray], observed: int) -> tuple[np.ndarray, np.ndarray]:
        """Correlations wanted on the window's last day, and where they count."""
        size, last = WINDOW * self.width, (WINDOW - 1) * self.width
        goal, mask = np.zeros((size, size)), np.zeros((size, size), dtype=bool)
        for k, wanted in target.items():
            rows = slice(last - k * self.width, last - k * self.width + observed)
            columns = slice(last, last + observed)
            counts = np.isfinite(wanted) if k else np.triu(np.isfinite(wanted))
            goal[rows, columns], mask[rows, columns] = np.where(counts, wanted, 0.0), counts
        return goal, mask
