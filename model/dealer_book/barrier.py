"""Down-and-in puts: values from QuantLib, derivatives from a Chebyshev expansion of those values.

QuantLib's analytic barrier engine (Reiner-Rubinstein) gives values but no greeks.  At one volatility the
value is an analytic function of log spot above the barrier, so a Chebyshev interpolant of a hundred values
reproduces it to 1e-11, and its derivatives are delta and gamma that belong to each other exactly.

Discrete monitoring: the barrier is moved away from the spot by ``exp(-beta sigma sqrt(dt))``,
``beta = -zeta(1/2)/sqrt(2 pi) = 0.5826``.

References
----------
Reiner, E. and Rubinstein, M. (1991), "Breaking down the barriers", Risk 4(8).
Broadie, M., Glasserman, P. and Kou, S. (1997), "A continuity correction for discrete barrier options",
Mathematical Finance 7(4).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import QuantLib as ql
from numpy.polynomial import Chebyshev

from model.dealer_book.greeks import Array
from model.errors import DataError

BETA = 0.5825971579390106
TOP = 8.0  # spots up to this multiple of the barrier are covered
TAIL = 1e-11
# Any maturity is priced as one year with vol sqrt(T) and rate T: exact, and free of whole-day rounding.
_TODAY = ql.Date(2, 1, 2023)
_EXPIRY = ql.Date(2, 1, 2024)


class Barrier(NamedTuple):
    """A down-and-in put: strike and barrier in one currency, years, volatility, continuous rates."""

    strike: float
    barrier: float
    years: float
    iv: float
    rate: float
    carry: float


class Slice(NamedTuple):
    """Value (USD), delta (units) and gamma (units per USD) of one unit. ``Shape:`` that of the spots."""

    value: Array
    delta: Array
    gamma: Array


def shifted_barrier(barrier: float, iv: float, spacing_years: float) -> float:
    """Effective continuous barrier of a discretely observed down barrier (Broadie-Glasserman-Kou)."""
    return barrier * float(np.exp(-BETA * iv * np.sqrt(spacing_years)))


@contextmanager
def _valuation_date() -> Iterator[None]:
    settings = ql.Settings.instance()
    before = settings.evaluationDate
    settings.evaluationDate = _TODAY
    try:
        yield
    finally:
        settings.evaluationDate = before


def quantlib_values(spec: Barrier, spots: Array) -> Array:
    """Values of a continuously monitored down-and-in put above its barrier. ``Shape: (m,) -> (m,)``."""
    with _valuation_date():
        count, calendar = ql.Actual365Fixed(), ql.NullCalendar()
        quote = ql.SimpleQuote(float(spots[0]))
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(quote),
            ql.YieldTermStructureHandle(ql.FlatForward(_TODAY, spec.carry * spec.years, count)),
            ql.YieldTermStructureHandle(ql.FlatForward(_TODAY, spec.rate * spec.years, count)),
            ql.BlackVolTermStructureHandle(
                ql.BlackConstantVol(_TODAY, calendar, spec.iv * np.sqrt(spec.years), count)
            ),
        )
        option = ql.BarrierOption(
            ql.Barrier.DownIn,
            spec.barrier,
            0.0,
            ql.PlainVanillaPayoff(ql.Option.Put, spec.strike),
            ql.EuropeanExercise(_EXPIRY),
        )
        option.setPricingEngine(ql.AnalyticBarrierEngine(process))
        out = np.empty(len(spots))
        for i, s in enumerate(spots):
            quote.setValue(float(s))
            out[i] = option.NPV()
        return out


@lru_cache(maxsize=4096)
def _expansion(strike: float, years: float, iv: float, rate: float, carry: float) -> tuple[Chebyshev, ...]:
    """Value over barrier as a function of log(spot / barrier), and its first two derivatives."""
    spec = Barrier(strike, 1.0, years, iv, rate, carry)
    for degree in (48, 96, 192, 384, 768):
        v = Chebyshev.interpolate(
            lambda x: quantlib_values(spec, np.exp(x)), degree, domain=[0.0, float(np.log(TOP))]
        )
        if np.max(np.abs(v.coef[-8:])) < TAIL * np.max(np.abs(v.coef)):
            return v, v.deriv(1), v.deriv(2)
    raise DataError(
        f"A knock-in put with {years * 365:.2f} days and volatility {iv:.1%} is too close to its expiry.",
        "Leave the note out or enter it as a plain option.",
    )


def down_and_in_put(spec: Barrier, spots: Array) -> Slice:
    """Greeks of a live down-and-in put above its (effective) barrier.

    Parameters
    ----------
    spec : Barrier
        ``iv`` a fraction; continuous rates.
    spots : ndarray
        Shape: (m,). Unit: USD, at or above the barrier.

    Raises
    ------
    DataError
        A spot above eight times the barrier, where the expansion ends.
    """
    s = np.asarray(spots, float)
    x = np.log(s / spec.barrier)
    if np.any(x > np.log(TOP)):
        raise DataError(
            f"Spot {s.max():,.0f} is more than {TOP:g} times the barrier {spec.barrier:,.0f}.",
            "Leave the note out: so far from its barrier it needs no hedge.",
        )
    v, dv, d2v = _expansion(spec.strike / spec.barrier, spec.years, spec.iv, spec.rate, spec.carry)
    scale = spec.barrier
    first, second = dv(x), d2v(x)
    return Slice(scale * v(x), scale * first / s, scale * (second - first) / s**2)
