r"""Hedging demand of a dealer book as functions of a day's return, ready for the day's loop.

On the days a book covers, hedges follow curves known before the open instead of a gamma proxy: options on the
fund, crypto-native options (both for dealer sign +1) and notes. Between knots a curve is the cubic of its values
and slopes, beyond the last knots a straight line, so it has one continuous slope everywhere, and that slope has
a largest and a smallest value that hold for every return.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

CURVES = ("etf", "crypto", "note")
"""Options on the fund, crypto-native options, notes."""
ETF, CRYPTO, NOTE = range(3)


class Steepness(NamedTuple):
    """Largest and smallest slope of each curve over all returns. ``Shape: (T, 3)``, USD bn per log-%."""

    top: np.ndarray
    bottom: np.ndarray


@dataclass(frozen=True)
class HedgeCurves:
    """Curves of the covered days among T days.

    Attributes
    ----------
    days : int
        T.
    covered : numpy.ndarray
        ``Shape: (B,)``, indices of the covered days.
    grid : numpy.ndarray
        ``Shape: (m,)``, increasing log returns, log-%.
    knots : numpy.ndarray
        ``Shape: (B, 3, 2, m)``: value (USD bn, zero at no return) and slope (USD bn per log-%) of each curve.
    """

    days: int
    covered: np.ndarray
    grid: np.ndarray
    knots: np.ndarray

    def at(self, returns) -> tuple[np.ndarray, np.ndarray]:
        """Value and slope at returns of ``Shape: (..., T)`` or a scalar; each ``Shape: (..., T, 3)``."""
        r = np.asarray(returns, float)
        r = np.broadcast_to(r, (*r.shape[:-1], self.days))
        value, slope = np.zeros((*r.shape, 3)), np.zeros((*r.shape, 3))
        for b, t in enumerate(self.covered):
            for k in range(3):
                levels, slopes = self.knots[b, k]
                value[..., t, k], slope[..., t, k] = hermite(self.grid, levels, slopes, r[..., t])
        return value, slope

    @cached_property
    def on(self) -> np.ndarray:
        """1 on covered days. ``Shape: (T,)``."""
        out = np.zeros(self.days)
        out[self.covered] = 1.0
        return out

    @cached_property
    def steepness(self) -> Steepness:
        """Bounds of the slopes; zero on days not covered."""
        top, bottom = np.zeros((self.days, 3)), np.zeros((self.days, 3))
        for b, t in enumerate(self.covered):
            for k in range(3):
                levels, slopes = self.knots[b, k]
                bottom[t, k], top[t, k] = slope_range(self.grid, levels, slopes)
        return Steepness(top, bottom)


@dataclass(frozen=True)
class BookToday:
    """The book in a day's state; arrays over days, as numbers or symbols.

    A symbolic model knows the curves only at the observed returns, which is where the likelihood needs them.

    Attributes
    ----------
    on : (T,) 1 on covered days
    value, slope : (T, 3) at the observed return
    top, bottom : (T, 3) bounds of the slope over all returns
    curves : HedgeCurves
    """

    on: Any
    value: Any
    slope: Any
    top: Any
    bottom: Any
    curves: HedgeCurves

    def at(self, r):
        """Value and slope at a return; a symbolic return can only be the observed one."""
        if isinstance(r, np.ndarray | float | int):
            return self.curves.at(r)
        return self.value, self.slope

    def on_day(self, t: int) -> BookOnDay | None:
        """The book of one day at any returns; ``None`` on a day without one."""
        found = [b for b, day in enumerate(self.curves.covered) if day == t]
        if not found:
            return None
        return BookOnDay(self.top[t], self.bottom[t], self.curves.grid, self.curves.knots[found[0]])


@dataclass(frozen=True)
class BookOnDay:
    """The book of one covered day, for returns of any shape.

    Attributes
    ----------
    top, bottom : (3,) bounds of the slope over all returns
    grid : (N,) log-%
    knots : (3, 2, N) values and slopes of the curves on the grid
    on : 1, a covered day
    """

    top: np.ndarray
    bottom: np.ndarray
    grid: np.ndarray
    knots: np.ndarray
    on: float = 1.0

    def at(self, r):
        """Value and slope. ``(...) -> (..., 3)`` each."""
        returns = np.asarray(r, float)
        pairs = [hermite(self.grid, self.knots[k, 0], self.knots[k, 1], returns) for k in range(3)]
        return np.stack([v for v, _ in pairs], axis=-1), np.stack([s for _, s in pairs], axis=-1)


def hermite(grid: np.ndarray, value: np.ndarray, slope: np.ndarray, r: np.ndarray):
    """Cubic through values and slopes, continued by straight lines; and its slope."""
    x = np.clip(r, grid[0], grid[-1])
    i = np.clip(np.searchsorted(grid, x, side="right") - 1, 0, len(grid) - 2)
    h = grid[i + 1] - grid[i]
    u = (x - grid[i]) / h
    rise = value[i + 1] - value[i]
    a = h * slope[i] - rise
    b = rise - h * slope[i + 1]
    inside = value[i] + u * rise + u * (1.0 - u) * ((1.0 - u) * a + u * b)
    bend = (1.0 - 2.0 * u) * ((1.0 - u) * a + u * b) + u * (1.0 - u) * (b - a)
    steep = (rise + bend) / h
    return inside + steep * (r - x), steep


def slope_range(grid: np.ndarray, value: np.ndarray, slope: np.ndarray) -> tuple[float, float]:
    """Smallest and largest slope of :func:`hermite`: a parabola in each interval, constant beyond the ends."""
    h, secant = np.diff(grid), np.diff(value) / np.diff(grid)
    square = 3.0 * (slope[:-1] + slope[1:]) - 6.0 * secant
    linear = 6.0 * secant - 4.0 * slope[:-1] - 2.0 * slope[1:]
    curved = np.abs(square) > 1e-14 * (np.abs(slope).max() + 1e-300)
    u = np.divide(-linear, 2.0 * square, out=np.zeros_like(h), where=curved)
    u = np.clip(u, 0.0, 1.0)
    inner = slope[:-1] + u * (linear + u * square)
    every = np.concatenate([slope, inner])
    return float(every.min()), float(every.max())
