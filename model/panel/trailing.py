"""Trailing scales: what was known at the previous close. Nothing here sees the day it is used on.

All are exponentially weighted and start from a documented constant of the universe, so that they exist from
the first day and no full-sample figure enters.
"""

from __future__ import annotations

import numpy as np

VOLATILITY_HALF_LIFE = 15.0
"""Days; the volatility that scales impact and residual."""
LEVEL_HALF_LIFE = 120.0
"""Days; the level against which volatility is called high."""
STRESS_HALF_LIFE = 60.0
"""Days; the scale of stress-index changes."""
RATIO_RANGE = (1.0 / 3.0, 3.0)
"""Volatility against its own level is kept within this range."""
RECENT_HALF_LIFE = 15.0
"""Days; published flows that say where mean inflow stands."""
ACTIVITY_HALF_LIFE = 40.0
"""Days; published flows that say how large flows are."""
SIZE_RANGE = (0.5, 1.5)
"""Price against the one that answers of flow are stated at is kept within this range: beyond it nothing was measured."""
HIGH_WINDOW = 20
"""Days; the trailing high from which the gamma proxy measures the fall."""
TYPICAL_DRAWDOWN = 0.8
"""Mean drawdown from a 20-day high of a driftless random walk, in units of its 20-day volatility."""


def ewma_before(x, half_life: float, start: float) -> np.ndarray:
    """Exponentially weighted mean of ``x`` up to the day before; missing values leave it unchanged.

    ``Shape: (T,) -> (T,)``.
    """
    keep = 0.5 ** (1.0 / half_life)
    out = np.empty(len(x))
    level = start
    for t, value in enumerate(np.asarray(x, float)):
        out[t] = level
        if np.isfinite(value):
            level = keep * level + (1.0 - keep) * value
    return out


def volatility(returns, calm_pct: float) -> np.ndarray:
    """Trailing daily volatility known at the previous close, log-%. ``Shape: (T,)``."""
    return np.sqrt(ewma_before(np.asarray(returns) ** 2, VOLATILITY_HALF_LIFE, calm_pct**2))


def volatility_ratio(trailing, calm_pct: float) -> np.ndarray:
    """Trailing volatility over its own trailing mean (dimensionless). ``Shape: (T,)``."""
    return np.clip(trailing / ewma_before(trailing, LEVEL_HALF_LIFE, calm_pct), *RATIO_RANGE)


def recent_flow(flows, listed) -> tuple[np.ndarray, np.ndarray]:
    """What each fund's flows published before a day say of its mean inflow.

    Parameters
    ----------
    flows, listed : numpy.ndarray
        ``Shape: (T, I)``; NaN where nothing was published.

    Returns
    -------
    total, weight : numpy.ndarray
        ``Shape: (T, I)``: exponentially weighted sum of the flows, in their unit, and of the weights, below one: a fund of
        which little has been seen says little.
    """
    seen = np.isfinite(flows) & (np.asarray(listed) > 0)
    columns = [
        [ewma_before(np.where(s, x, np.nan), RECENT_HALF_LIFE, 0.0) for x in (f, np.ones(len(f)))]
        for f, s in zip(np.asarray(flows).T, seen.T, strict=True)
    ]
    total, weight = np.stack(columns).transpose(1, 2, 0)
    return total, weight


def activity(total, calm: float) -> np.ndarray:
    """Trailing size of the total flow relative to a calm year's (dimensionless). ``Shape: (T,)``."""
    square = ewma_before((np.asarray(total) / calm) ** 2, ACTIVITY_HALF_LIFE, 1.0)
    return np.clip(np.sqrt(square), *RATIO_RANGE)


def stress_units(index, start_sd: float) -> np.ndarray:
    """Change of the stress index in units of its trailing standard deviation. ``Shape: (T,)``; first NaN."""
    change = np.concatenate([[np.nan], np.diff(np.asarray(index, float))])
    return change / np.sqrt(ewma_before(change**2, STRESS_HALF_LIFE, start_sd**2))


def gamma_proxy(price, trailing) -> np.ndarray:
    """Ex-ante proxy of dealers' gamma: fall from the trailing high at the previous close.

    Put strikes cluster below recent prices, so the further the price has fallen through its range the more
    put gamma is near the money. In units of the 20-day volatility, centred on a random walk's mean. A proxy:
    it observes no book. ``Shape: (T,)``; the first is the centre.
    """
    log_price = 100.0 * np.log(np.asarray(price, float))
    out = np.zeros(len(log_price))
    for t in range(1, len(log_price)):
        fall = log_price[max(0, t - HIGH_WINDOW) : t].max() - log_price[t - 1]
        out[t] = np.clip(fall / (trailing[t] * np.sqrt(HIGH_WINDOW)) - TYPICAL_DRAWDOWN, -1.0, 2.0)
    return out
