"""Black-76 / Black-Scholes values and greeks, vectorised over instruments.

One formula serves both venues: an option on an ETF share holding ``u`` units of the underlying is, by
homogeneity, ``u`` options on the underlying with strike ``K / u``.  With ``F = f S``, ``f`` forward / spot,

    value = D w [ F N(w d1) - K N(w d2) ],  d1 = ln(F/K)/sd + sd/2,  d2 = d1 - sd,  sd = iv sqrt(T),  w = +-1.

References
----------
Black, F. (1976), "The pricing of commodity contracts", J. Financial Economics 3.
Black, F. and Scholes, M. (1973), "The pricing of options and corporate liabilities", J. Political Economy 81.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from model.units import PERCENT

Array = NDArray[np.float64]


class Greeks(NamedTuple):
    """Value and derivatives of one option per unit of the underlying. ``Shape:`` broadcast of the inputs.

    ``value`` USD; ``delta`` units of the underlying (derivative in the forward if ``forward_ratio`` is 1);
    ``gamma`` units per USD; ``vega`` USD per vol point; ``vanna`` delta per vol point.
    """

    value: Array
    delta: Array
    gamma: Array
    vega: Array
    vanna: Array


def black(
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    iv: ArrayLike,
    call: ArrayLike,
    discount: ArrayLike = 1.0,
    forward_ratio: ArrayLike = 1.0,
) -> Greeks:
    """Value and greeks with respect to ``spot`` and implied volatility.

    Black-76 on a forward: pass the forward as ``spot`` and leave ``forward_ratio`` and ``discount`` at 1.
    Black-Scholes: ``forward_ratio = exp((r - q) T)``, ``discount = exp(-r T)``.

    Parameters
    ----------
    spot, strike : array_like
        Unit: USD.
    years : array_like
        Time to expiry, Unit: years of 365 days; must be positive.
    iv : array_like
        Implied volatility as a fraction (0.55, not 55).
    call : array_like of bool
        True for a call.
    discount, forward_ratio : array_like
        Discount factor to expiry and forward over spot.

    Returns
    -------
    Greeks
        Shape: broadcast of all inputs.
    """
    s = np.asarray(spot, float)
    k, t, v = (np.asarray(x, float) for x in (strike, years, iv))
    d, f, is_put = np.asarray(discount, float), np.asarray(forward_ratio, float), ~np.asarray(call, bool)
    sd = v * np.sqrt(t)
    d1 = np.log(f * s / k) / sd + 0.5 * sd
    d2 = d1 - sd
    pdf = np.exp(-0.5 * d1 * d1) / np.sqrt(2.0 * np.pi)
    w = np.where(is_put, -1.0, 1.0)
    return Greeks(
        value=d * w * (f * s * ndtr(w * d1) - k * ndtr(w * d2)),
        delta=d * f * w * ndtr(w * d1),
        gamma=d * f * pdf / (s * sd),
        vega=d * f * s * pdf * np.sqrt(t) / PERCENT,
        vanna=-d * f * pdf * d2 / v / PERCENT,
    )


class DigitalPut(NamedTuple):
    """Cash-or-nothing put paying 1 USD below the strike: value (USD), delta (units), gamma (per USD)."""

    value: Array
    delta: Array
    gamma: Array


def digital_put(
    spot: ArrayLike, strike: float, years: float, iv: float, discount: float = 1.0, forward_ratio: float = 1.0
) -> DigitalPut:
    """Cash-or-nothing put, ``D N(-d2)``, and its first two derivatives in spot. ``Shape:`` of ``spot``."""
    s = np.asarray(spot, float)
    sd = iv * np.sqrt(years)
    d1 = np.log(forward_ratio * s / strike) / sd + 0.5 * sd
    d2 = d1 - sd
    pdf = np.exp(-0.5 * d2 * d2) / np.sqrt(2.0 * np.pi)
    return DigitalPut(
        value=discount * ndtr(-d2),
        delta=-discount * pdf / (s * sd),
        gamma=discount * pdf * d1 / (s * sd) ** 2,
    )
