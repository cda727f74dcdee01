"""What a number can be: its unit, whether it belongs to a fund, and which checks its kind allows."""

from __future__ import annotations

from dataclasses import dataclass

from model import units
from model.errors import DataError

# (file's unit, canonical unit) -> factor
FACTORS = {
    ("USD", "USD m"): 1 / units.USD_PER_MN,
    ("USD bn", "USD m"): units.MN_PER_BN,
    ("USD m", "USD"): units.USD_PER_MN,
    ("fraction", "vol points"): units.PERCENT,
    ("fraction", "%"): units.PERCENT,
    ("fraction", "bp"): units.BP_PER_UNIT,
    ("%", "bp"): units.BP_PER_UNIT / units.PERCENT,
    ("million shares", "shares"): units.USD_PER_MN,
    ("units", "thousand units"): 1.0 / units.UNITS_PER_THOUSAND,
}


@dataclass(frozen=True)
class Role:
    """A kind of number.

    Parameters
    ----------
    unit : str
        Canonical unit.
    column : str
        Default panel column; ``{fund}`` is replaced.
    per_fund : bool
        One series per fund.
    optional : bool
        The model runs without it; the report says whether it was supplied.
    typical : tuple of float, optional
        Band for the 90th percentile of non-zero absolute values (needs 20 of them): a check of the whole
        file's unit.
    max_ratio : float, optional
        Largest believed ratio between neighbouring values: a check of single rows' unit.
    tolerance : float
        Relative difference between two vendors that is called a conflict (absolute, for flows, in USD m).
    per_hours : float, optional
        The role is a rate per so many hours.
    stands : int
        So many equal values in a row, other than zeros, are told as a feed that may stand still; 0: never.
    """

    unit: str
    column: str
    per_fund: bool = False
    optional: bool = True
    typical: tuple[float, float] | None = None
    max_ratio: float | None = None
    tolerance: float = 0.005
    per_hours: float | None = None
    stands: int = 3

    def factor(self, unit: str, where: str) -> float:
        """Factor from `unit` to the canonical unit."""
        if unit == self.unit:
            return 1.0
        if (unit, self.unit) not in FACTORS:
            known = [a for a, b in FACTORS if b == self.unit]
            raise DataError(
                f"{where}: unit {unit!r} can't become {self.unit!r}.",
                f"Use {', '.join([self.unit, *known])}.",
            )
        return FACTORS[unit, self.unit]


_FLOW = (1.0, 5000.0)
ROLES = {
    "flow": Role("USD m", "flow_{fund}", per_fund=True, optional=False, typical=_FLOW, tolerance=1.0),
    "flow_total": Role("USD m", "flow_total", optional=False, typical=_FLOW, tolerance=1.0),
    "price": Role("USD", "price", optional=False, max_ratio=2.0),
    "etf_close": Role("USD", "etf_close", optional=False, max_ratio=2.0),
    "etf_volume": Role("shares", "etf_volume", optional=False),
    "factor": Role("USD", "factor_{fund}", per_fund=True, optional=False, max_ratio=2.0),
    "stress": Role("vol points", "stress", optional=False, max_ratio=4.0),
    "implied_vol": Role("vol points", "implied_vol", optional=False, max_ratio=4.0, tolerance=0.02),
    "future": Role("USD", "future", optional=False, max_ratio=2.0),
    "future_days": Role("days", "future_days", optional=False, typical=(5.0, 400.0), stands=2),
    "future_basis": Role("%", "future_basis", tolerance=0.1),
    "short": Role("contracts", "short", optional=False, max_ratio=3.0),
    "long": Role("contracts", "long", optional=False, max_ratio=5.0),
    "spread": Role("contracts", "spread", optional=False, typical=(50.0, 50_000.0)),
    "open_interest": Role("contracts", "open_interest", optional=False, max_ratio=3.0),
    "funding": Role("bp", "funding", typical=(0.05, 100.0), per_hours=8.0, stands=5),
    "perpetual_open_interest": Role("USD", "perpetual_open_interest", max_ratio=4.0),
    "future_open_interest": Role("contracts", "future_open_interest", max_ratio=4.0),
    "tenor_basis": Role("%", "basis_{fund}d", per_fund=True, tolerance=0.1),
    "liquidations": Role("USD m", "liquidations_{fund}", per_fund=True),
    "option_volume": Role("contracts", "option_volume_{fund}", per_fund=True),
    "put_call": Role("ratio", "put_call"),
    "premium": Role("%", "premium_{fund}", per_fund=True, stands=5),
    "spot_premium": Role("%", "spot_premium"),
    "short_interest": Role("shares", "short_interest_{fund}", per_fund=True),
    "shares": Role("shares", "shares_{fund}", per_fund=True, max_ratio=2.0, stands=0),
    "nav": Role("USD", "nav_{fund}", per_fund=True, max_ratio=2.0),
    "option_chain": Role("contracts", "option_chain"),
    "price_open": Role("USD", "price_open", max_ratio=2.0),
    "price_close": Role("USD", "price_close", max_ratio=2.0),
    "factor_open": Role("USD", "{fund}_open", per_fund=True, max_ratio=2.0),
    "factor_close": Role("USD", "{fund}_close", per_fund=True, max_ratio=2.0),
    "stress_open": Role("vol points", "stress_open", max_ratio=4.0),
    "implied_vol_open": Role("vol points", "implied_vol_open", max_ratio=4.0, tolerance=0.02),
    "low": Role("USD", "low_{fund}", per_fund=True, max_ratio=2.0),
    "taker_flow": Role("thousand units", "taker_{fund}", per_fund=True, tolerance=0.01),
    "taker_flow_utc": Role("USD m", "taker_{fund}_utc", per_fund=True, tolerance=0.01),
    "venue_open_interest": Role("USD", "{fund}_oi_usd_16et", per_fund=True, max_ratio=4.0),
    "venue_open_interest_units": Role("thousand units", "{fund}_oi_kbtc_16et", per_fund=True, max_ratio=4.0),
    "short_volume": Role("shares", "short_volume_{fund}", per_fund=True),
    "short_total_volume": Role("shares", "short_total_volume_{fund}", per_fund=True),
    "fails_to_deliver": Role("shares", "fails_to_deliver_{fund}", per_fund=True),
    "option_open_interest": Role("contracts", "option_open_interest_{fund}", per_fund=True),
}
