"""Contract terms of the two venues: multipliers, expiry clocks, rates. Read from the book file, never built
in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from model.dealer_book.tables import provenance
from model.toml_table import Table
from model.units import DAYS_PER_YEAR, PERCENT

VENUES = ("etf", "crypto")
SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True)
class Market:
    """Contract terms of one venue.

    Attributes
    ----------
    venue : str
        ``etf``: options on the ETF's shares, hedged in shares or futures; can lead to creations.
        ``crypto``: options on the underlying itself, hedged in perpetuals and futures; never an ETF flow.
    units_per_contract : float
        Units of the underlying behind one contract (ETF: shares per contract times units per share).
    units_per_quote : float
        Units of the underlying behind one unit of the quoted strike (ETF: units per share; else 1).
    expiry_time, timezone
        The exchange's own expiry clock.
    clock_rounding_s : float
        The exchange computes time to expiry on a clock rounded to so many seconds; 0 for none.
    rate_pct, carry_pct : float
        Continuous discount rate and yield or fee of the instrument, % a year. Zero rate on the crypto venue:
        inverse contracts settle in the underlying and are quoted undiscounted against the forward.
    """

    venue: str
    units_per_contract: float
    units_per_quote: float
    expiry_time: time
    timezone: ZoneInfo
    clock_rounding_s: float
    rate_pct: float
    carry_pct: float

    def years_to(self, expiry: date, now: datetime) -> float:
        """Years of 365 days from ``now`` to the expiry instant of a day, on the exchange's clock."""
        end = datetime.combine(expiry, self.expiry_time, tzinfo=self.timezone)
        return float(
            years_between(np.array([end.timestamp()]), np.array([now.timestamp()]), self.clock_rounding_s)[0]
        )

    def discount(self, years: np.ndarray) -> np.ndarray:
        """Discount factor. ``Shape: (n,) -> (n,)``."""
        return np.exp(-self.rate_pct / PERCENT * np.asarray(years))

    def forward_ratio(self, years: np.ndarray) -> np.ndarray:
        """Forward over spot. ``Shape: (n,) -> (n,)``."""
        return np.exp((self.rate_pct - self.carry_pct) / PERCENT * np.asarray(years))


def years_between(expiry_s: np.ndarray, now_s: np.ndarray, rounding_s: float = 0.0) -> np.ndarray:
    """Years from ``now`` to expiry (seconds since the epoch), ``now`` rounded to the exchange's clock tick.

    ``Shape: (n,), (n,) -> (n,)``. The tick matters: on a chain one day from expiry half a minute is 1e-3 of
    vega.
    """
    now = np.asarray(now_s, float)
    if rounding_s > 0:
        now = np.round(now / rounding_s) * rounding_s
    return (np.asarray(expiry_s, float) - now) / SECONDS_PER_DAY / DAYS_PER_YEAR


def read_market(venue: str, table: Table, rates: Table) -> Market:
    """One venue's terms from its table of the book file."""
    if venue == "etf":
        quote = table.number("units_per_share", low=1e-12)
        contract = quote * table.number("shares_per_contract", low=1e-12)
        rate = rates.number("usd_pct", low=-5, high=50)
    else:
        quote, contract = 1.0, table.number("units_per_contract", low=1e-12)
        rate = 0.0
    market = Market(
        venue=venue,
        units_per_contract=contract,
        units_per_quote=quote,
        expiry_time=_clock(table, "expiry_time"),
        timezone=_zone(table, "timezone"),
        clock_rounding_s=table.number("clock_rounding_s", 0.0, low=0, high=3600),
        rate_pct=rate,
        carry_pct=table.number("carry_pct", 0.0, low=-50, high=50),
    )
    provenance(table)
    return market


def _clock(table: Table, key: str) -> time:
    text = table.text(key)
    try:
        return time.fromisoformat(text)
    except ValueError:
        table.refuse(key, f"{text!r} is not a time of day", 'Write it as "16:00".')


def _zone(table: Table, key: str) -> ZoneInfo:
    text = table.text(key)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.refuse(key, f"{text!r} is not a time zone", 'Use a name such as "America/New_York".')
