"""The only place with a 1e9 or a 100.

Inside the model: flows in USD bn per trading day, returns in log-%, futures premium in % of price,
implied volatility in vol points, CFTC positions in thousand BTC (thousands of the underlying's unit).
At the edges (panel, report): flows in USD m.
"""

from __future__ import annotations

import numpy as np

USD_PER_BN = 1e9
USD_PER_MN = 1e6
MN_PER_BN = 1e3
PERCENT = 100.0
BP_PER_UNIT = 1e4
DAYS_PER_YEAR = 365.0
UNITS_PER_THOUSAND = 1e3


def usd_m_to_bn(x):
    """USD m to USD bn."""
    return x / MN_PER_BN


def bn_to_usd_m(x):
    """USD bn to USD m."""
    return x * MN_PER_BN


def log_return_pct(price):
    """Log returns in %, ``Shape: (T,) -> (T,)``; the first is NaN."""
    p = np.asarray(price, dtype=float)
    return np.concatenate([[np.nan], PERCENT * np.diff(np.log(p))])


def simple_to_log_pct(simple_pct):
    """A simple return in % as a log return in %."""
    return PERCENT * np.log1p(np.asarray(simple_pct) / PERCENT)


def log_to_simple_pct(log_pct):
    """Log-% to per cent: -14.2 log-% is a fall of 13.2 %."""
    return PERCENT * np.expm1(np.asarray(log_pct) / PERCENT)


def premium_pct(future, spot):
    """Futures premium over spot, % of price: 100 (Future/Spot - 1)."""
    return PERCENT * (np.asarray(future, float) / np.asarray(spot, float) - 1.0)


def contracts_to_thousand_units(contracts, multiplier: float):
    """Futures contracts to thousands of the underlying's unit (e.g. thousand BTC)."""
    return np.asarray(contracts, float) * multiplier / UNITS_PER_THOUSAND


def bn_to_thousand_units(price):
    """Thousands of underlying units per USD bn at a price in USD."""
    return USD_PER_BN / (np.asarray(price, float) * UNITS_PER_THOUSAND)
