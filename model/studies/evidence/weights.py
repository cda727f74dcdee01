"""Importance weights: Pareto-smoothed, with the measure that says when they must not be used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from arviz_stats.base import array_stats

MAX_K = 0.7
"""Pareto k above which importance weights are unreliable (Vehtari, Simpson, Gelman, Yao and Gabry 2024)."""
FLAT = 1e-12
LEAST_EFFECTIVE = 10.0
LEAST_SHARE = 0.02
"""Effective share of the draws below which weights without a tail to fit are called unreliable."""


@dataclass(frozen=True)
class Weights:
    """Normalised weights of S draws.

    Attributes
    ----------
    values : numpy.ndarray
        ``Shape: (S,)``; sum to one.
    pareto_k : float
        Minus infinity for equal weights.
    effective : float
        Kish's effective number of draws, ``1 / sum w^2``.
    log_evidence : float
        Log of the mean raw weight: how well the draws knew what the evidence says.
    """

    values: np.ndarray
    pareto_k: float
    effective: float
    log_evidence: float

    @property
    def reliable(self) -> bool:
        """Pareto k within its bound, and more than a handful of draws left."""
        return self.pareto_k <= MAX_K and self.effective >= LEAST_EFFECTIVE

    def mean(self, x: np.ndarray) -> np.ndarray:
        """Weighted mean over the first axis."""
        return np.tensordot(self.values, np.asarray(x, float), axes=(0, 0))


def importance_weights(log_weights: np.ndarray) -> Weights:
    """Smooth and normalise raw log weights.

    Equal raw weights come back as exactly equal weights, so evidence of no strength changes nothing.

    Parameters
    ----------
    log_weights : numpy.ndarray
        ``Shape: (S,)``; minus infinity rules a draw out.
    """
    raw = np.asarray(log_weights, float)
    count, top = len(raw), float(raw.max())
    if not np.isfinite(top):
        return Weights(np.full(count, 1.0 / count), np.inf, 0.0, -np.inf)
    evidence = top + float(np.log(np.mean(np.exp(raw - top))))
    if np.ptp(raw) < FLAT:
        return Weights(np.full(count, 1.0 / count), -np.inf, float(count), evidence)
    smooth, k = _smoothed(raw, top)
    values = np.where(np.isfinite(raw), np.exp(smooth - smooth.max()), 0.0)
    values /= values.sum()
    return Weights(values, k, float(1.0 / np.sum(values**2)), evidence)


def _smoothed(raw: np.ndarray, top: float) -> tuple[np.ndarray, float]:
    """Pareto-smoothed log weights and k; tails of equal weights are bounded and need no smoothing."""
    floor = np.where(np.isfinite(raw), raw, top - 745.0)
    tail = np.sort(floor)[-max(5, min(len(raw) // 5, int(3 * np.sqrt(len(raw))))) :]
    if np.ptp(tail) < FLAT:
        share = np.exp(floor - top).sum() ** 2 / np.sum(np.exp(2.0 * (floor - top))) / len(raw)
        return floor, -np.inf if share > LEAST_SHARE else np.inf
    smooth, k = array_stats.psislw(-floor)  # it takes log likelihoods and turns their sign itself
    return np.asarray(smooth), float(k) if np.isfinite(k) else np.inf


def resample(weights: Weights, count: int, seed: int) -> np.ndarray:
    """Indices of ``count`` draws in proportion to their weights (systematic). ``Shape: (count,)``.

    Equal weights give every draw once, in order.
    """
    total = len(weights.values)
    if np.ptp(weights.values) < FLAT / total:
        return np.linspace(0, total - 1, count).round().astype(int)
    u = (np.random.default_rng(seed).uniform() + np.arange(count)) / count
    return np.minimum(np.searchsorted(np.cumsum(weights.values), u), total - 1)
