"""The record of one fit's arrays: aligned, lagged, standardised, each with its unit."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd

from model.mechanisms.hedge_curves import CURVES, HedgeCurves

LAGS = 3
"""The kernel's booking lags 0, 1, 2: trading days between a trade and the date a vendor puts on it."""


PRE_SAMPLE = LAGS - 1
PREMIUM_START_VAR = 0.25
"""Variance of the premium's deviation before the panel starts, (% of price)^2."""


@dataclass(frozen=True)
class Design:
    """Arrays of one fit. T days, I funds, J factors, W position weeks, N notes.

    Attributes
    ----------
    dates : pandas.DatetimeIndex
        ``Shape: (T,)``.
    funds, factors : tuple of str
    returns, returns_lag : numpy.ndarray
        ``Shape: (T,)``, log-%; the first lag is zero when the panel does not reach back.
    flows, flows_lag : numpy.ndarray
        ``Shape: (T, I)``, USD bn; NaN = missing; zero lag before a fund is listed.
    listed : numpy.ndarray
        ``Shape: (T, I)``, 0/1.
    factor_returns : numpy.ndarray
        ``Shape: (T, J)``, log-%, excluded members taken out.
    basket : numpy.ndarray
        ``Shape: (T,)``, log-%, mean of the factor returns.
    stress, gamma, ratio, volatility : numpy.ndarray
        ``Shape: (T,)``; see :mod:`model.panel.trailing`.
    recent, recent_weight : numpy.ndarray
        ``Shape: (T, I)``; what funds' earlier prints say of their mean inflow (USD bn), and how much of it they say.
    activity : numpy.ndarray
        ``Shape: (T,)``; trailing size of flows, see :mod:`model.panel.trailing`.
    calm_flow : float
        Size at which ``activity`` is one, USD bn.
    calm_price : float
        Price at which answers of flow to returns are stated, USD.
    iv_change : numpy.ndarray
        ``Shape: (T,)``, vol points, NaN = missing.
    premium, tenor : numpy.ndarray
        ``Shape: (T,)``, % of price (NaN near expiry or missing) and years to expiry.
    price : numpy.ndarray
        ``Shape: (T,)``, USD.
    week : numpy.ndarray
        ``Shape: (T,)``; calendar week number from zero, for the gamma state.
    positions : numpy.ndarray
        ``Shape: (W,)``, change of the measured positions, thousand units of the underlying.
    position_days : tuple of numpy.ndarray
        Days covered by each change.
    position_expiry : numpy.ndarray
        ``Shape: (W,)``, 1 when a monthly expiry lies in the week.
    regime : numpy.ndarray
        ``Shape: (T,)``, booking-kernel regime.
    next_day : numpy.ndarray
        ``Shape: (T, I)``, 1 where the next-day reading books the whole trade one day later.
    late_window : numpy.ndarray
        ``Shape: (T, I)``, 1 where a share of the trade is created one day later and booked by the kernel from there;
        zero unless switched on.
    barrier, live : numpy.ndarray
        ``Shape: (T, N)``; log-% from the previous close, and share of the notes behind it.
    option_fund : numpy.ndarray
        ``Shape: (I,)``, one at the fund whose creations settle dealers' hedges; zero where none does.
    basket_bn : float
        Value of one creation basket at the first price, USD bn: the grain of every print.
    event_days : tuple of int
        Indices of the event's days.
    one_off : numpy.ndarray
        ``Shape: (T,)``, log-%: spread of a further price shock of the day's own; empty where no story has one.
    one_off_session : {"both", "overnight", "session"}
        When that shock may fall.
    measured : dict of str to numpy.ndarray
        ``Shape: (T,)``, NaN = missing: numbers of further measurements by name, in their own units; empty where the panel
        supplies none.
    night_factors : numpy.ndarray
        ``Shape: (T, J)``, log-%: factor returns before the open; empty where no open is supplied.
    total : numpy.ndarray
        ``Shape: (T,)``, USD bn: the vendor's total; empty where no print is missing.
    vendor_pull, vendor_var : numpy.ndarray
        ``Shape: (T, I)``, USD bn and its square: by how much further vendors pull a print, and the variance of what all
        vendors say together, see :mod:`model.panel.vendors`; empty where one vendor stands alone.
    book_days, book_grid, book_knots : numpy.ndarray
        Dealer book of the covered days, see :class:`model.mechanisms.hedge_curves.HedgeCurves`; empty without a book.
    """

    dates: pd.DatetimeIndex
    funds: tuple[str, ...]
    factors: tuple[str, ...]
    returns: np.ndarray
    returns_lag: np.ndarray
    flows: np.ndarray
    flows_lag: np.ndarray
    listed: np.ndarray
    factor_returns: np.ndarray
    basket: np.ndarray
    stress: np.ndarray
    gamma: np.ndarray
    ratio: np.ndarray
    volatility: np.ndarray
    recent: np.ndarray
    recent_weight: np.ndarray
    activity: np.ndarray
    calm_flow: float
    calm_price: float
    iv_change: np.ndarray
    premium: np.ndarray
    tenor: np.ndarray
    price: np.ndarray
    week: np.ndarray
    positions: np.ndarray
    position_days: tuple[np.ndarray, ...]
    position_expiry: np.ndarray
    regime: np.ndarray
    next_day: np.ndarray
    late_window: np.ndarray
    barrier: np.ndarray
    live: np.ndarray
    option_fund: np.ndarray
    event_days: tuple[int, ...]
    basket_bn: float
    barrier_width: float = 1.0
    one_off_session: str = "both"
    one_off: np.ndarray = field(default_factory=lambda: np.zeros(0))
    measured: dict[str, np.ndarray] = field(default_factory=dict)
    night_factors: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    vendor_pull: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    vendor_var: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    total: np.ndarray = field(default_factory=lambda: np.zeros(0))
    book_days: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    book_grid: np.ndarray = field(default_factory=lambda: np.zeros(0))
    book_knots: np.ndarray = field(default_factory=lambda: np.zeros((0, len(CURVES), 2, 0)))

    @property
    def book(self) -> HedgeCurves | None:
        """Hedging demand of the dealer book; ``None`` when no day is covered."""
        if not len(self.book_days):
            return None
        return HedgeCurves(self.days, self.book_days, self.book_grid, self.book_knots)

    @property
    def one_off_var(self) -> np.ndarray:
        """Variance of the days' further price shocks; zero without one. ``Shape: (T,)``, (log-%)^2."""
        return self.one_off**2 if len(self.one_off) else np.zeros(self.days)

    @property
    def pull(self) -> np.ndarray:
        """What the vendors together say less the print; zero without further vendors. ``Shape: (T, I)``, USD bn."""
        return self.vendor_pull if len(self.vendor_pull) else np.zeros_like(self.listed)

    @property
    def vendor_noise(self) -> np.ndarray:
        """Variance of what the vendors say together; zero without further vendors. ``Shape: (T, I)``, USD bn squared."""
        return self.vendor_var if len(self.vendor_var) else np.zeros_like(self.listed)

    @property
    def observed_flow(self) -> np.ndarray:
        """The day's flow: the prints' sum, or the vendor's total where a print is missing. ``Shape: (T,)``, USD bn."""
        seen = np.where(np.isfinite(self.flows) | (self.listed == 0), self.flows, np.nan).sum(axis=1)
        return np.where(np.isfinite(seen), seen, self.total) if len(self.total) else seen

    @property
    def booking_lags(self) -> int:
        """Lags at which trades are booked: the kernel's, and one more where some trades are created late."""
        return LAGS + int(self.late_window.any())

    @property
    def days(self) -> int:
        """Number of days, pre-sample included."""
        return len(self.dates)

    @property
    def modelled(self) -> slice:
        """Days whose prints and prices enter the likelihood."""
        return slice(PRE_SAMPLE, self.days)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Numeric fields by name (for storage and hashing); what few designs have only where they have it."""
        out = {f.name: getattr(self, f.name) for f in fields(self)}
        rare = ("one_off", "vendor_pull", "vendor_var", "night_factors", "total")
        absent = [name for name in rare if not len(getattr(self, name))]
        out |= {f"measured_{name}": value for name, value in self.measured.items()}
        return {k: v for k, v in out.items() if isinstance(v, np.ndarray) and k not in absent}
