"""Structured notes with a knock-in barrier on the ETF: what the issuing dealer hedges.

The client is short a down-and-in put inside the note; the dealer is long it and hedges by *holding* the
underlying. Falling spot: the dealer buys (long gamma), and close to the barrier holds more than one unit
per unit of
note, because the put there is worth its vanilla value only if the barrier trades.  At the breach the
surplus over
the vanilla delta is sold at once: the knock-in.  From then on the note is a plain put.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from model.dealer_book.barrier import Barrier, Slice, down_and_in_put, shifted_barrier
from model.dealer_book.greeks import Array, black, digital_put
from model.errors import DataError
from model.units import DAYS_PER_YEAR, USD_PER_MN

FAR = 100.0
"""Strike over barrier beyond which one of them is in another unit."""
RULES = ("continuous", "close", "discrete", "maturity")


@dataclass(frozen=True)
class Note:
    """One note, in USD per unit of the underlying (ETF prices divided by the units per share).

    Attributes
    ----------
    name : str
    strike, barrier : float
        Unit: USD per unit of the underlying.
    years : float
        Time to the final valuation, years of 365 days.
    iv : float
        Implied volatility (fraction) at the book's reference vol index.
    notional_usd_m : tuple of float
        Low, mid, high; the initial value of the notes sold, USD m.
    monitoring : str
        ``continuous`` (in the ETF's hours), ``close`` (ETF closes), ``discrete`` (closes on ``dates``) or
        ``maturity`` (final valuation only: no knock-in before).
    rate, carry : float
        Continuous rates, fractions.
    issued : date
    knocked_on : date or None
        The observation on which it knocked in, if it has.
    width_pct : float
        Standard deviation of the barriers lumped into this note, log-%; smooths the profile.
    dates : tuple of date
        Observation dates of ``discrete`` monitoring.
    spacing_days : float
        Mean days between the observations still to come.
    shown_barrier : float
        The barrier as an ETF price.
    status, source : str
        ``fact``, ``seed`` or ``assumption``, and where it comes from.
    case : int
        Index into ``notional_usd_m``.
    """

    name: str
    strike: float
    barrier: float
    years: float
    iv: float
    notional_usd_m: tuple[float, float, float]
    monitoring: str
    rate: float
    carry: float
    issued: date
    shown_barrier: float
    width_pct: float = 1.0
    dates: tuple[date, ...] = ()
    spacing_days: float = 1.0
    knocked_on: date | None = None
    status: str = "assumption"
    source: str = ""
    case: int = 1

    def __post_init__(self) -> None:
        lo, mid, hi = self.notional_usd_m
        rules = [
            (self.monitoring in RULES, "monitoring", f"one of {', '.join(RULES)}"),
            (0 < self.barrier < self.strike, "barrier", "above zero and below the strike"),
            (self.years > 0, "expiry", "after the book's date"),
            (0.01 <= self.iv <= 5, "iv_pct", "between 1 and 500 %"),
            (self.strike <= FAR * self.barrier, "strike", f"at most {FAR:g} times the barrier"),
            (0 <= lo <= mid <= hi, "notional_usd_m", "low <= mid <= high, none negative"),
            (self.width_pct > 0, "width_pct", "above zero"),
            (self.monitoring != "discrete" or bool(self.dates), "dates", "given for discrete monitoring"),
        ]
        for ok, key, rule in rules:
            if not ok:
                raise DataError(f"Note {self.name!r}, {key}: must be {rule}.", f"Correct {key} of this note.")

    @property
    def units(self) -> float:
        """Units the dealer is long the put on: notional over the initial price (the strike)."""
        return self.notional_usd_m[self.case] * USD_PER_MN / self.strike

    def with_case(self, name: str) -> Note:
        """The note at its low, mid or high notional."""
        return replace(self, case=("low", "mid", "high").index(name))

    def effective_barrier(self, iv_ratio: float = 1.0) -> float:
        """Barrier of the continuous formula: shifted down when the barrier is observed at closes only."""
        if self.monitoring == "continuous":
            return self.barrier
        return shifted_barrier(self.barrier, self.iv * iv_ratio, self.spacing_days / DAYS_PER_YEAR)

    def observed_on(self, day: date | None) -> bool:
        """Whether an ETF close on this day counts for the barrier."""
        if self.monitoring in ("continuous", "close"):
            return True
        return self.monitoring == "discrete" and day is not None and day in self.dates

    def plain(self, spots: Array, iv_ratio: float) -> Slice:
        """The note after its knock-in: a vanilla put. ``Shape: (m,)``."""
        d, f = np.exp(-self.rate * self.years), np.exp((self.rate - self.carry) * self.years)
        g = black(spots, self.strike, self.years, self.iv * iv_ratio, False, d, f)
        return Slice(g.value, g.delta, g.gamma)

    def alive(self, spots: Array, iv_ratio: float, barrier_ratio: float | None = None) -> Slice:
        """The note before its knock-in. ``Shape: (m,)``.

        Below the effective barrier it equals the vanilla put.  ``barrier_ratio`` fixes the volatility that
        enters the discrete-monitoring shift, so that the barrier stays put while volatility moves along a
        path.
        """
        s = np.atleast_1d(np.asarray(spots, float))
        if self.monitoring == "maturity":
            return self._at_maturity_only(s, iv_ratio)
        level = self.effective_barrier(iv_ratio if barrier_ratio is None else barrier_ratio)
        out = Slice(*(np.array(x) for x in self.plain(s, iv_ratio)))
        above = s > level
        if np.any(above):
            spec = Barrier(self.strike, level, self.years, self.iv * iv_ratio, self.rate, self.carry)
            for whole, part in zip(out, down_and_in_put(spec, s[above]), strict=True):
                whole[above] = part
        return out

    def at_barrier(self, iv_ratio: float, barrier_ratio: float) -> tuple[float, float, float]:
        """Effective barrier and the delta just above and just below it."""
        level = self.effective_barrier(barrier_ratio)
        spec = Barrier(self.strike, level, self.years, self.iv * iv_ratio, self.rate, self.carry)
        s = np.array([level])
        return level, float(down_and_in_put(spec, s).delta[0]), float(self.plain(s, iv_ratio).delta[0])

    def _at_maturity_only(self, s: Array, iv_ratio: float) -> Slice:
        # (K - S) 1{S < B} = (B - S)^+ + (K - B) 1{S < B}
        d, f = float(np.exp(-self.rate * self.years)), float(np.exp((self.rate - self.carry) * self.years))
        v = self.iv * iv_ratio
        put = black(s, self.barrier, self.years, v, False, d, f)
        cash = digital_put(s, self.barrier, self.years, v, d, f)
        gap = self.strike - self.barrier
        return Slice(put.value + gap * cash.value, put.delta + gap * cash.delta, put.gamma + gap * cash.gamma)


def first_breach(
    note: Note, closes: dict[date, float], until: date, monitoring: str | None = None
) -> date | None:
    """First ETF close at or under the barrier on which the note's rule looks, or None.

    Closes are a lower bound on what continuous monitoring saw: a breach at a close is a breach under it too.

    Parameters
    ----------
    note : Note
    closes : dict
        ETF closes as quoted (the barrier is compared as quoted too).
    until : date
        Last close that counts.
    monitoring : str, optional
        Another rule to judge the same note by.
    """
    judged = (
        note
        if monitoring is None
        else replace(note, monitoring=monitoring, dates=note.dates or tuple(closes))
    )
    for day in sorted(closes):
        if note.issued <= day <= until and closes[day] <= note.shown_barrier and judged.observed_on(day):
            return day
    return None
