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


class SoftLog(Transform):
    """A log-normal scale on a scale that is its logarithm far below the prior's median and linear far above.

    Squares of scales add up: below the noise beside it a scale's logarithm leaves the density flat, above it the
    curvature grows with the square. Half the median is where one turns into the other.
    """

    name = "soft_log"

    def forward(self, value, *inputs):
        """Scale to real number."""
        return pt.log(pt.expm1(value / self._turn(inputs)))

    def backward(self, value, *inputs):
        """Real number to scale."""
        return self._turn(inputs) * pt.softplus(value)

    def log_jac_det(self, value, *inputs):
        """Log derivative of ``backward``."""
        return pt.log(self._turn(inputs)) - pt.softplus(-value)

    @staticmethod
    def _turn(inputs):
        return pt.exp(inputs[-2])


class RareLastSimplex(Transform):
    """Shares of which the last may be next to nothing: it by a normal quantile, the others by log ratios.

    On a logarithm a share that data bound from above only has a long tail of nothing. Were the Dirichlet prior's
    last concentration one, the quantile alone would be standard normal under it.
    """

    name = "rare_last"

    def forward(self, value, *inputs):
        """Shares to coordinates, one fewer."""
        last = value[..., -1:]
        below = -pt.expm1(self._others(inputs) * pt.log1p(-last))
        quantile = _ROOT2 * pt.erfinv(2.0 * below - 1.0)
        others = isometric_simplex.forward(value[..., :-1] / (1.0 - last))
        return pt.concatenate([others, quantile], axis=-1)

    def backward(self, value, *inputs):
        """Coordinates to shares."""
        last = self._last(value, inputs)
        return pt.concatenate([(1.0 - last) * isometric_simplex.backward(value[..., :-1]), last], axis=-1)

    def log_jac_det(self, value, *inputs):
        """Log determinant of ``backward``, up to a constant."""
        z = value[..., -1:]
        kept = pt.log1p(-_below(z))
        others = self._others(inputs)
        # d(last)/dz = S^(1/b - 1) phi(z) / b with S = P(Z > z); the other shares shrink by S^(1/b) each.
        slope = (value.type.shape[-1] / others - 1.0) * kept - 0.5 * z**2 - pt.log(others)
        return slope[..., 0] + isometric_simplex.log_jac_det(value[..., :-1])

    def _last(self, value, inputs):
        return -pt.expm1(pt.log1p(-_below(value[..., -1:])) / self._others(inputs))

    @staticmethod
    def _others(inputs):
        """Sum of the other parts' concentrations."""
        return pt.sum(inputs[-1][..., :-1], axis=-1, keepdims=True)


def _below(z):
    """Probability below z of a standard normal number, exact far below."""
    return 0.5 * pt.erfc(-z / _ROOT2)


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
soft_log = SoftLog()
isometric_simplex = IsometricSimplex()
rare_last_simplex = RareLastSimplex()
