"""Transforms of bounded parameters to real numbers on which one step size suits the whole posterior."""

from __future__ import annotations

import numpy as np
import pytensor.tensor as pt
from pymc.distributions.transforms import Transform
from scipy import special

_ROOT2 = float(np.sqrt(2.0))
_MEDIAN = float(special.erfinv(0.5))


class HalfNormalQuantile(Transform):
    """Maps a half-normal number to the normal number of the same probability.

    A parameter that its data hardly inform is then normal for the sampler. Its logarithm, the usual transform, has a
    long tail towards zero, where step sizes that suit all else diverge.
    """

    name = "quantile"

    def forward(self, value, *inputs):
        """Half-normal to normal."""
        return _ROOT2 * pt.erfinv(2.0 * pt.erf(value / (_ROOT2 * inputs[-1])) - 1.0)

    def backward(self, value, *inputs):
        """Normal to half-normal."""
        # Each half is written with the tail probability that does not round to one on its side.
        upper = pt.erfcinv(0.5 * pt.erfc(pt.maximum(value, 0.0) / _ROOT2))
        lower = pt.erfinv(0.5 * pt.erfc(-pt.minimum(value, 0.0) / _ROOT2))
        return inputs[-1] * _ROOT2 * (upper + lower - _MEDIAN)

    def log_jac_det(self, value, *inputs):
        """Log derivative of ``backward``: ratio of the two densities."""
        scaled = self.backward(value, *inputs) / inputs[-1]
        return 0.5 * (scaled**2 - value**2) + pt.log(inputs[-1]) - np.log(2.0)


class Standard(Transform):
    """A normal number in spreads of its prior from its centre.

    Starting points scatter by about one on the sampler's scale. Of a coefficient whose prior spread is 0.02 that is
    fifty spreads away, and tuning is spent on the way back.
    """

    name = "standard"

    def forward(self, value, *inputs):
        """To standard units."""
        return (value - inputs[-2]) / inputs[-1]

    def backward(self, value, *inputs):
        """From standard units."""
        return inputs[-2] + inputs[-1] * value

    def log_jac_det(self, value, *inputs):
        """Log of the prior's spread."""
        return pt.zeros_like(value) + pt.log(inputs[-1])


class Linear(Transform):
    """A vector as ``matrix @ value``: correlated numbers as nearly independent ones for the sampler.

    Parameters
    ----------
    matrix : numpy.ndarray
        ``Shape: (N, N)``, regular. Only the speed depends on it, not the density.
    """

    name = "linear"

    def __init__(self, matrix: np.ndarray) -> None:
        self._matrix, self._inverse = matrix, np.linalg.inv(matrix)

    def forward(self, value, *inputs):  # noqa: ARG002
        """To nearly independent numbers."""
        return _times(self._inverse, value)

    def backward(self, value, *inputs):  # noqa: ARG002
        """To the correlated vector."""
        return _times(self._matrix, value)

    def log_jac_det(self, value, *inputs):  # noqa: ARG002
        """Log determinant, in equal parts."""
        return pt.zeros_like(value) + np.linalg.slogdet(self._matrix)[1] / len(self._matrix)


class IsometricSimplex(Transform):
    """Isometric log-ratio (Egozcue et al., Mathematical Geology 35, 2003).

    Dropping one log-ratio instead, as is usual, makes that part as stiff as all others together.
    """

    name = "isometric"

    def forward(self, value, *inputs):  # noqa: ARG002
        """Shares to coordinates, one fewer."""
        return _times(_contrasts(value.type.shape[-1]), pt.log(value))

    def backward(self, value, *inputs):  # noqa: ARG002
        """Coordinates to shares."""
        halves, total = _exponentials(value)
        return halves**2 / total

    def log_jac_det(self, value, *inputs):  # noqa: ARG002
        """Log determinant of ``backward``, up to a constant."""
        return -(value.type.shape[-1] + 1) * pt.log(_exponentials(value)[1][..., 0])


def _exponentials(value):
    """Roots of the exponentiated log-ratios, and the exponentials' sum with its axis kept.

    Log-ratios of shares stay far from overflow, so the guarded softmax, a quarter of all operations of the compiled
    density, is not needed; exponentials of halves keep PyTensor from putting it back.
    """
    halves = pt.exp(_times(_contrasts(value.type.shape[-1] + 1).T, 0.5 * value))
    return halves, pt.sum(halves * halves, axis=-1, keepdims=True)


def _times(matrix: np.ndarray, value):
    """``matrix @ value`` over the last axis, as a sum: for a handful of numbers BLAS costs seconds of compilation."""
    return pt.sum(matrix * value[..., None, :], axis=-1)


def _contrasts(parts: int) -> np.ndarray:
    """Orthonormal rows that sum to zero. ``Shape: (parts - 1, parts)``."""
    rows = np.tril(np.ones((parts - 1, parts)))
    rows[np.arange(parts - 1), np.arange(1, parts)] = -np.arange(1, parts)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


half_normal_quantile = HalfNormalQuantile()
standard = Standard()
isometric_simplex = IsometricSimplex()
