"""Entries of a book file: options, clusters of strikes, chains and notes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import numpy as np

from model.dealer_book.cells import IV_UNITS
from model.dealer_book.chains import read_chain, to_listed
from model.dealer_book.listed import Listed
from model.dealer_book.markets import VENUES, Market
from model.dealer_book.notes import RULES, Note, first_breach
from model.dealer_book.tables import numbers, provenance, triple
from model.names import inside
from model.toml_table import Table
from model.units import DAYS_PER_YEAR, PERCENT, USD_PER_MN

GAMMA_UNITS = ("shares_per_pct", "usd_m_per_pct")
FAR = 100.0
"""Times from the spot, up or down, beyond which a strike is not one of its options."""
LONG = 3660
"""Days before a book within which its notes were issued and its closes stand."""


def _venue(entry: Table) -> str:
    return entry.text("venue", choices=VENUES)


def _dealer(entry: Table) -> float:
    return {"short": -1.0, "long": 1.0}[entry.text("dealer", choices=("short", "long"))]


def _line(
    entry: Table, market: Market, as_of: datetime, strikes: np.ndarray, contracts: np.ndarray
) -> Listed:
    n = len(strikes)
    expiry = entry.day("expiry")
    left = market.years_to(expiry, as_of)
    if left <= 0:
        entry.refuse(
            "expiry",
            f"{expiry} is not after the book's as_of, {as_of}",
            "Leave the expired options out, or correct the date.",
        )
    years = np.full(n, left)
    several = isinstance(entry.data.get("iv_pct"), list)
    vols = (
        numbers(entry, "iv_pct", low=1.0, high=1000.0)
        if several
        else np.full(n, entry.number("iv_pct", low=1, high=1000))
    )
    if vols.size != n:
        entry.refuse("iv_pct", f"{vols.size} values for {n} strikes", "Give one per strike, or one.")
    shown = np.asarray(strikes)
    return Listed(
        strike=shown / market.units_per_quote,
        years=years,
        iv=vols / PERCENT,
        quantity=contracts * market.units_per_contract,
        dealer=np.full(n, _dealer(entry)),
        call=np.full(n, entry.text("kind", choices=("put", "call")) == "call"),
        discount=market.discount(years),
        forward_ratio=market.forward_ratio(years),
        low=np.ones(n),
        high=np.ones(n),
        shown_strike=shown,
    )


def _near(entry: Table, key: str, strikes: np.ndarray, market: Market, spot: float) -> None:
    """Refuse strikes that no option on this spot has: another unit, or another underlying."""
    ratio = strikes / market.units_per_quote / spot
    if ratio.min() < 1.0 / FAR or ratio.max() > FAR:
        worst = strikes[np.argmax(np.abs(np.log(ratio)))]
        entry.refuse(
            key, f"{worst:g} is more than {FAR:g} times from the spot", "Check its unit and underlying."
        )


def option_entry(entry: Table, markets, as_of, spot, _folder) -> tuple[str, Listed]:
    """One option."""
    venue = _venue(entry)
    lo, mid, hi = triple(entry, "contracts")
    _near(entry, "strike", np.array([entry.number("strike", low=1e-9)]), markets[venue], spot)
    line = _line(entry, markets[venue], as_of, np.array([entry.number("strike", low=1e-9)]), np.array([mid]))
    ends = (lo / mid, hi / mid) if mid > 0 else (1.0, 1.0)
    return venue, replace(line, low=np.array([ends[0]]), high=np.array([ends[1]]))


def cluster_entry(entry: Table, markets, as_of, spot, _folder) -> tuple[str, Listed]:
    """Strikes whose joint gamma at a stated spot is known; contracts follow from it."""
    venue = _venue(entry)
    market = markets[venue]
    strikes = numbers(entry, "strikes", low=1e-9)
    _near(entry, "strikes", strikes, market, spot)
    weights = numbers(entry, "weights", (1.0,) * len(strikes))
    if weights.size != len(strikes) or weights.sum() <= 0:
        entry.refuse("weights", "need one per strike, not all zero", "Correct weights.")
    at = entry.number("at_spot", low=1e-9)
    unit = entry.text("gamma_unit", choices=GAMMA_UNITS)
    lo, mid, hi = triple(entry, "gamma")
    if mid <= 0:
        entry.refuse("gamma", "mid must be above zero", "Leave the cluster out instead.")
    line = _line(entry, market, as_of, strikes, weights)
    per_usd = float(np.sum(line.quantity * line.greeks(at).gamma))
    if not per_usd > 0.0:
        entry.refuse(
            "at_spot", f"the strikes have no gamma at {at:g}", "Give the spot that the gamma is stated at."
        )
    # hedge units per 1 % move at that spot
    per_pct = mid * (market.units_per_quote if unit == "shares_per_pct" else USD_PER_MN / at)
    factor = per_pct / (per_usd * at / PERCENT)
    n = len(strikes)
    return venue, replace(
        line, quantity=line.quantity * factor, low=np.full(n, lo / mid), high=np.full(n, hi / mid)
    )


def chain_entry(entry: Table, markets, as_of, spot, folder) -> tuple[str, Listed]:
    """A whole chain from a file."""
    path = inside(folder / entry.text("file"), folder, what=entry.place("file"))
    share = spot * markets["etf"].units_per_quote
    choices = ("refuse", "drop")
    chain = read_chain(
        path,
        markets["etf"],
        as_of,
        share,
        entry.text("bad_iv", "refuse", choices) == "drop",
        underlying=entry.text("underlying", None),
        iv_unit=entry.text("iv_unit", choices=tuple(IV_UNITS)) if "iv_unit" in entry.data else None,
        drop_expired=entry.text("expired", "refuse", choices) == "drop",
    )
    venue = "crypto" if chain.layout == "exchange" else "etf"
    level = chain.spot / markets[venue].units_per_quote
    return venue, to_listed(chain, markets[venue], level, entry.text("dealer", "naive"))


def note_entries(
    root: Table, market: Market, as_of: datetime, closes: dict[date, float]
) -> tuple[float, tuple[Note, ...]]:
    """Upper bound of all notional, USD m, and the notes."""
    cap = root.table("note_cap")
    total = cap.number("usd_m", low=0) if cap.data else 0.0
    if cap.data:
        provenance(cap)
    cap.done()
    notes = tuple(_note(entry, market, as_of, closes) for entry in root.tables("note", []))
    highest = sum(n.notional_usd_m[2] for n in notes)
    if highest > total * (1 + 1e-9):
        root.refuse(
            "note",
            f"the high notionals add up to {highest:,.0f} USD m, above the bound of {total:,.0f}",
            "Lower the ranges, or document a higher [note_cap].",
        )
    return total, notes


def _issued(entry: Table, last: date) -> date:
    """The day of issue: closes before it do not count, so a slip of the year would knock the note in."""
    day = entry.day("issued")
    if not 0 <= (last - day).days <= LONG:
        entry.refuse("issued", f"{day} is not within the ten years before as_of, {last}", "Correct the date.")
    return day


def _note(entry: Table, market: Market, as_of: datetime, closes: dict[date, float]) -> Note:
    u = market.units_per_quote
    shown = entry.number("barrier", low=1e-9)
    years = market.years_to(entry.day("expiry"), as_of)
    monitoring = entry.text("monitoring", choices=RULES)
    dates = entry.dates("dates", ())
    left = [d for d in dates if d > as_of.date()]
    status, source = provenance(entry)
    note = Note(
        name=entry.text("name"),
        strike=entry.number("strike", low=1e-9) / u,
        barrier=shown / u,
        years=years,
        iv=entry.number("iv_pct", low=1, high=500) / PERCENT,
        notional_usd_m=triple(entry, "notional_usd_m"),
        monitoring=monitoring,
        rate=market.rate_pct / PERCENT,
        carry=market.carry_pct / PERCENT,
        issued=_issued(entry, as_of.date()),
        shown_barrier=shown,
        width_pct=entry.number("width_pct", 1.0, low=1e-6),
        dates=dates,
        spacing_days=years * DAYS_PER_YEAR / len(left) if left else 1.0,
        status=status,
        source=source,
    )
    entry.done()
    return replace(note, knocked_on=first_breach(note, closes, as_of.date()))
