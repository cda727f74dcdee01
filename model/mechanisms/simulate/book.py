"""The dealer book as the day-by-day simulator sees it: one day, one return, one number at a time.

States the curves of :mod:`model.mechanisms.hedge_curves` a second time, through scipy's splines.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from model.mechanisms.design import Design

SIGN_GRAIN = 0.05
"""Rounding of |sign x scale| in the bound of the slopes, as in :func:`model.mechanisms.smooth.absolute`."""


class DayBook:
    """Curves of one covered day."""

    def __init__(self, p: Mapping[str, Any], grid: np.ndarray, knots: np.ndarray) -> None:
        self._ends = float(grid[0]), float(grid[-1])
        self._curves = [CubicHermiteSpline(grid, value, slope) for value, slope in knots]
        etf = float(p["dealer_sign"] * p["etf_book_scale"])
        crypto = float(p["crypto_sign"] * p["crypto_book_scale"])
        self._weights = (etf, crypto, float(p["note_share"]))

    def crypto(self, r: float) -> float:
        """Hedges of crypto-native options, USD bn."""
        return self._weights[1] * self._value(1, r)

    def every(self, r: float) -> float:
        """Hedges of all venues and notes, USD bn."""
        return sum(self._weights[k] * self._value(k, r) for k in range(3))

    def _value(self, k: int, r: float) -> float:
        near = min(max(r, self._ends[0]), self._ends[1])
        spline = self._curves[k]
        return float(spline(near) + spline(near, 1) * (r - near))

    def steepest(self) -> float:
        """The most that hedges can grow with one log-% of return, rounded up at sign zero. USD bn."""
        bound = 0.0
        for weight, spline in zip(self._weights, self._curves, strict=True):
            turns = spline.derivative(2).roots(extrapolate=False)
            at = np.concatenate([spline.x, turns[np.isfinite(turns)]])
            slopes = spline(at, 1)
            middle, half = (slopes.max() + slopes.min()) / 2.0, (slopes.max() - slopes.min()) / 2.0
            bound += weight * middle + math.hypot(weight, SIGN_GRAIN) * half
        return bound


def day_book(p: Mapping[str, Any], design: Design, t: int) -> DayBook | None:
    """The book of a day; ``None`` on days without one."""
    found = np.flatnonzero(design.book_days == t)
    return DayBook(p, design.book_grid, design.book_knots[found[0]]) if len(found) else None
