"""The inventory of listed options of one venue, in units of the underlying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

from model.dealer_book.greeks import Array, Greeks, black
from model.dealer_book.kernel import inventory_sums
from model.errors import DataError
from model.units import PERCENT, USD_PER_BN

CASES = ("low", "mid", "high")


class Sums(NamedTuple):
    """A dealer's hedge on a spot grid. ``Shape: (m,)``.

    ``hedge`` units of the underlying held against the options (minus their delta); ``gamma`` its derivative
    in spot (units per USD); ``vanna`` its derivative in the vol index (units per vol point); ``value`` of the
    options held (USD).
    """

    value: Array
    hedge: Array
    gamma: Array
    vanna: Array


@dataclass(frozen=True)
class Listed:
    """Options of one venue; every array has ``Shape: (n,)``.

    Attributes
    ----------
    strike : ndarray
        USD per unit of the underlying (ETF strikes are divided by the units per share).
    years : ndarray
        Time to expiry, years of 365 days.
    iv : ndarray
        Implied volatility, fraction, at the book's reference vol index. It moves in proportion to the index.
    quantity : ndarray
        Open contracts times multiplier, in units of the underlying; never negative.
    dealer : ndarray
        Dealers' holding per unit of quantity when the venue's sign is s = +1: -1 short, +1 long.
    call : ndarray of bool
    discount, forward_ratio : ndarray
        Discount factor to expiry; forward over spot.
    low, high : ndarray
        Bounds of the quantity as a multiple of ``quantity``.
    shown_strike : ndarray
        The strike as the venue quotes it.
    """

    strike: Array
    years: Array
    iv: Array
    quantity: Array
    dealer: Array
    call: np.ndarray
    discount: Array
    forward_ratio: Array
    low: Array
    high: Array
    shown_strike: Array

    def __post_init__(self) -> None:
        sizes = {f.name: np.size(getattr(self, f.name)) for f in fields(self)}
        if len(set(sizes.values())) > 1:
            raise DataError(
                f"Option columns differ in length: {sizes}.", "Give every column one value per option."
            )
        for name in ("strike", "years", "iv", "discount", "forward_ratio", "shown_strike"):
            _refuse(name, getattr(self, name), lambda x: ~(np.isfinite(x) & (x > 0)), "finite and above zero")
        for name in ("quantity", "low", "high"):
            _refuse(
                name, getattr(self, name), lambda x: ~(np.isfinite(x) & (x >= 0)), "finite and not negative"
            )
        _refuse("dealer", self.dealer, lambda x: ~(np.abs(x) <= 1), "between -1 (short) and 1 (long)")

    def __len__(self) -> int:
        return int(self.strike.size)

    @property
    def weight(self) -> Array:
        """Units held by dealers at s = +1; negative is short. ``Shape: (n,)``."""
        return self.dealer * self.quantity

    def case(self, name: str) -> Listed:
        """The same inventory at its low, mid or high quantity."""
        factor = {"low": self.low, "mid": np.ones(len(self)), "high": self.high}[name]
        ones = np.ones(len(self))
        return replace(self, quantity=self.quantity * factor, low=ones, high=ones)

    def greeks(self, spot: float, vol_ratio: float = 1.0) -> Greeks:
        """Greeks per unit and instrument at a spot, all implied volatilities times ``vol_ratio``."""
        return black(
            spot, self.strike, self.years, self.iv * vol_ratio, self.call, self.discount, self.forward_ratio
        )

    def sums(self, spots: Array, vol: float, reference_vol: float) -> Sums:
        """Dealers' hedge on a grid of spots at one level of the vol index, for s = +1.

        Parameters
        ----------
        spots : ndarray
            Shape: (m,). Unit: USD.
        vol, reference_vol : float
            Vol index now and when the implied volatilities were read, vol points.
        """
        x = np.atleast_1d(np.asarray(spots, float))
        if not len(self):
            return Sums(*(np.zeros(x.size) for _ in range(4)))
        ratio = vol / reference_vol
        iv = self.iv * ratio
        w = self.weight
        # vanna_i = -c pdf d2 / iv per unit of iv, and d iv / d vol = iv / vol: the iv cancels.
        value, delta, gamma, vanna = inventory_sums(
            x,
            self.strike,
            iv * np.sqrt(self.years),
            (~self.call).astype(float),
            self.discount * self.forward_ratio,
            self.discount,
            self.forward_ratio,
            w,
            w / vol,
        )
        return Sums(value, -delta, -gamma, -vanna)

    @staticmethod
    def empty() -> Listed:
        """An inventory without options."""
        z = np.zeros(0)
        return Listed(z, z, z, z, z, np.zeros(0, bool), z, z, z, z, z)

    @staticmethod
    def join(parts: Sequence[Listed]) -> Listed:
        """Several inventories of one venue as one."""
        if not parts:
            return Listed.empty()
        return Listed(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Listed)})


def dollar_gamma(gamma: Array, spot: Array) -> Array:
    """Gamma in units per USD as USD bn of hedging per 1 log-%: ``S^2 gamma / 100 / 1e9``."""
    return np.asarray(spot) ** 2 * np.asarray(gamma) / PERCENT / USD_PER_BN


def _refuse(name: str, x: np.ndarray, bad, rule: str) -> None:
    rows = np.flatnonzero(bad(np.asarray(x, float)))
    if rows.size:
        raise DataError(
            f"Option {rows[0]} (counted from 0), column {name}: {np.asarray(x)[rows[0]]!r} is not {rule}"
            f" ({rows.size} such rows).",
            f"Correct {name} or leave the option out.",
        )
