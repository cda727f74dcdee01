"""Smooth shapes that work alike on NumPy arrays and on symbolic tensors (only arithmetic and powers).

Each shape comes with its slope, because the day's loop needs both; :mod:`tests.test_smooth` holds the slopes
against finite differences.
"""

from __future__ import annotations

import numpy as np

KINK_AT = -5.0
"""Return, log-%, below which responses bend (design: the flow response flattens below -5 %)."""
KINK_WIDTH = 1.0
"""Half-width of the bend, log-%."""


def exp(x):
    """Exponential of an array or a tensor."""
    return x.exp() if hasattr(x, "exp") else np.exp(x)


def hinge(r):
    """Smooth max(0, KINK_AT - r), shifted to be zero at r = 0. Unit: log-%."""
    return _hinge(r) - _hinge(0.0)


def _hinge(r):
    u = KINK_AT - r
    return 0.5 * (u + (u * u + KINK_WIDTH**2) ** 0.5)


def hinge_slope(r):
    """Derivative of :func:`hinge`; between -1 (crash) and 0 (quiet day)."""
    u = KINK_AT - r
    return -0.5 * (1.0 + u / (u * u + KINK_WIDTH**2) ** 0.5)


def rise(r):
    """Smooth max(0, r), zero at r = 0. Unit: log-%."""
    return 0.5 * (r + (r * r + KINK_WIDTH**2) ** 0.5 - KINK_WIDTH)


def rise_slope(r):
    """Derivative of :func:`rise`; between 0 (fall) and 1 (rally)."""
    return 0.5 * (1.0 + r / (r * r + KINK_WIDTH**2) ** 0.5)


def step(u):
    """Smooth step from 0 to 1, one half at u = 0."""
    return 0.5 * (1.0 + u / (1.0 + u * u) ** 0.5)


def step_slope(u):
    """Derivative of :func:`step`; at most one half."""
    root = (1.0 + u * u) ** 0.5
    return 0.5 / (root * root * root)  # a power of 1.5 would cost ten times as much


def absolute(x):
    """Smooth upper bound of |x|, exact within 0.05."""
    return (x * x + 0.05**2) ** 0.5


def positive_part(x):
    """max(0, x) of an array or a tensor."""
    return 0.5 * (x + abs(x))
