"""A dealer book: listed options of two venues, notes with barriers, and where each entry comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from model.dealer_book.listed import Listed
from model.dealer_book.markets import Market
from model.dealer_book.notes import Note
from model.dealer_book.sign import SignPrior


@dataclass(frozen=True)
class Provenance:
    """One line of the book: what it is, whether fact, the seed's claim or assumption, and the source."""

    name: str
    status: str
    source: str


@dataclass(frozen=True)
class Book:
    """Everything dealers are thought to hold.

    Attributes
    ----------
    title : str
    as_of : datetime
        Time of the positions; times to expiry run from here. Nothing later may enter the book.
    spot, vol : float
        Underlying (USD) and vol index (points) at ``as_of``; implied volatilities scale with the index.
    markets : dict
        Contract terms by venue.
    etf, crypto : Listed
        Listed options by venue, for s = +1.
    notes : tuple of Note
        Notes on the ETF. Their side is known (the dealer is long the put), so s does not apply.
    closes : dict
        ETF closes by day, as quoted; decide which notes had knocked in before.
    sign : dict
        Prior of the dealers' sign by venue.
    note_cap_usd_m : float
        Upper bound of all notional together, USD m.
    calendar, timezone : str
        Of the ETF's trading hours.
    day : date or None
        The trading day the book is for.
    flow : tuple of str
        Venues whose sign put and call flow stated in the book has moved.
    """

    title: str
    as_of: datetime
    spot: float
    vol: float
    markets: dict[str, Market]
    etf: Listed
    crypto: Listed
    notes: tuple[Note, ...]
    closes: dict[date, float]
    sign: dict[str, SignPrior]
    note_cap_usd_m: float
    calendar: str
    timezone: str
    provenance: tuple[Provenance, ...]
    sha256: str
    day: date | None = None
    flow: tuple[str, ...] = ()

    def listed(self, venue: str) -> Listed:
        """The options of a venue."""
        return {"etf": self.etf, "crypto": self.crypto}[venue]

    def case(self, name: str) -> Book:
        """The book at the low, mid or high end of every uncertain amount."""
        return replace(
            self,
            etf=self.etf.case(name),
            crypto=self.crypto.case(name),
            notes=tuple(n.with_case(name) for n in self.notes),
        )

    def share_price(self, spot: float) -> float:
        """ETF price implied by the underlying's."""
        return spot * self.markets["etf"].units_per_quote
