"""A day's loop solved again at drawn pressure, and the volatility shock that presses with it."""

from __future__ import annotations

import numpy as np

from model.mechanisms.components import COMPONENTS
from model.mechanisms.day import answer

NEWTON_STEPS = 60


def fresh_iv_shock(p, day: np.ndarray, rng) -> np.ndarray:
    """Implied-volatility shocks drawn for days of these price scales. Vol points."""
    tail = np.broadcast_to(p["iv_tail"], day.shape)
    return p["iv_scale"] * day ** p["iv_day"] * rng.standard_t(tail)


def solve_loop(p, state, lam: np.ndarray, pressure: np.ndarray) -> np.ndarray:
    """Return r with r - lam R(r) = pressure; unique because the loop's Jacobian is positive everywhere."""
    r = pressure.copy()
    for _ in range(NEWTON_STEPS):
        value, slope = 0.0, 0.0
        for c in COMPONENTS:
            trades, share = answer(c, p, state, r), c.price_share(p, state)
            value, slope = value + share * trades.value, slope + share * trades.slope
        step = (r - lam * value - pressure) / np.maximum(1.0 - lam * slope, 0.05)
        r = r - np.clip(step, -5.0, 5.0)
        if np.abs(step).max() < 1e-10:
            break
    return r
