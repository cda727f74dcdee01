"""Entries of a book file: options, clusters of strikes, chains and notes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np

from model.dealer_book.chains import read_chain, to_listed
from model.dealer_book.listed import Listed
from model.dealer_book.markets import VENUES, Market
from model.dealer_book.notes import RULES, Note, first_breach
from model.dealer_book.tables import Entry
from model.errors import DataError
from model.units import DAYS_PER_YEAR, PERCENT, USD_PER_MN

GAMMA_UNITS = ("shares_per_pct", "usd_m_per_pct")


def tables(root: Entry, key: str) -> list[Any]:
    """The tables of one key, in order."""
    x = root._get(key, [])
    if not isinstance(x, list):
        raise DataError(f"book, {key}: must be a list of tables.", f"Write [[{key}]].")
    return x


def _venue(entry: Entry) -> str:
    return entry.text("venue", choices=VENUES)


def _dealer(entry: Entry) -> float:
    return {"short": -1.0, "long": 1.0}[entry.text("dealer", choices=("short", "long"))]


def _line(
    entry: Entry, market: Market, as_of: datetime, strikes: list[float], contracts: np.ndarray
) -> Listed:
    n = len(strikes)
    expiry = entry.day("expiry")
    left = market.years_to(expiry, as_of)
    if left <= 0:
        raise DataError(
            f"{entry.where}, expiry: {expiry} is not after the book's as_of, {as_of}.",
            "Leave the expired options out, or correct the date.",
        )
    years = np.full(n, left)
    iv = entry.numbers("iv_pct", low=1.0) if isinstance(entry.data.get("iv_pct"), list) else None
    vols = np.array(iv) if iv is not None else np.full(n, entry.number("iv_pct", low=1, high=1000))
    if vols.size != n:
        raise DataError(
            f"{entry.where}, iv_pct: {vols.size} values for {n} strikes.", "Give one per strike, or one."
        )
    shown = np.array(strikes)
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


def option_entry(entry: Entry, markets, as_of, _spot, _folder) -> tuple[str, Listed]:
    """One option."""
    venue = _venue(entry)
    lo, mid, hi = entry.triple("contracts")
    line = _line(entry, markets[venue], as_of, [entry.number("strike", low=1e-9)], np.array([mid]))
    ends = (lo / mid, hi / mid) if mid > 0 else (1.0, 1.0)
    return venue, replace(line, low=np.array([ends[0]]), high=np.array([ends[1]]))


def cluster_entry(entry: Entry, markets, as_of, _spot, _folder) -> tuple[str, Listed]:
    """Strikes whose joint gamma at a stated spot is known; contracts follow from it."""
    venue = _venue(entry)
    market = markets[venue]
    strikes = entry.numbers("strikes", low=1e-9)
    weights = np.array(entry.numbers("weights", [1.0] * len(strikes), low=0.0))
    if weights.size != len(strikes) or weights.sum() <= 0:
        raise DataError(f"{entry.where}, weights: need one per strike, not all zero.", "Correct weights.")
    at = entry.number("at_spot", low=1e-9)
    unit = entry.text("gamma_unit", choices=GAMMA_UNITS)
    lo, mid, hi = entry.triple("gamma")
    if mid <= 0:
        raise DataError(f"{entry.where}, gamma: mid must be above zero.", "Leave the cluster out instead.")
    line = _line(entry, market, as_of, strikes, weights)
    per_usd = float(np.sum(line.quantity * line.greeks(at).gamma))
    # hedge units per 1 % move at that spot
    per_pct = mid * (market.units_per_quote if unit == "shares_per_pct" else USD_PER_MN / at)
    factor = per_pct / (per_usd * at / PERCENT)
    n = len(strikes)
    return venue, replace(
        line, quantity=line.quantity * factor, low=np.full(n, lo / mid), high=np.full(n, hi / mid)
    )


def chain_entry(entry: Entry, markets, as_of, spot, folder) -> tuple[str, Listed]:
    """A whole chain from a file."""
    path = folder / entry.text("file")
    share = spot * markets["etf"].units_per_quote
    drop = entry.text("bad_iv", "refuse", choices=("refuse", "drop")) == "drop"
    chain = read_chain(path, markets["etf"], as_of, share, drop)
    venue = "crypto" if chain.layout == "exchange" else "etf"
    if chain.as_of.timestamp() > as_of.timestamp() + 1:
        raise DataError(
            f"{entry.where}, file: quoted at {chain.as_of}, after the book's as_of.", "Use an earlier chain."
        )
    level = chain.spot / markets[venue].units_per_quote
    return venue, to_listed(chain, markets[venue], level, entry.text("dealer", "naive"))


def note_entries(
    root: Entry, market: Market, as_of: datetime, closes: dict[date, float]
) -> tuple[float, tuple[Note, ...]]:
    """Upper bound of all notional, USD m, and the notes."""
    items = tables(root, "note")
    cap = Entry("[note_cap]", root._get("note_cap", {"usd_m": 0.0, "status": "fact", "source": "no notes"}))
    total = cap.number("usd_m", low=0)
    cap.provenance()
    cap.done()
    notes = tuple(
        _note(Entry(f"[[note]] no. {i + 1}", item), market, as_of, closes) for i, item in enumerate(items)
    )
    highest = sum(n.notional_usd_m[2] for n in notes)
    if highest > total * (1 + 1e-9):
        raise DataError(
            f"[[note]]: the high notionals add up to {highest:,.0f} USD m, above the bound of {total:,.0f}.",
            "Lower the ranges, or document a higher [note_cap].",
        )
    return total, notes


def _note(entry: Entry, market: Market, as_of: datetime, closes: dict[date, float]) -> Note:
    u = market.units_per_quote
    shown = entry.number("barrier", low=1e-9)
    years = market.years_to(entry.day("expiry"), as_of)
    monitoring = entry.text("monitoring", choices=RULES)
    dates = entry.days("dates")
    left = [d for d in dates if d > as_of.date()]
    note = Note(
        name=entry.text("name"),
        strike=entry.number("strike", low=1e-9) / u,
        barrier=shown / u,
        years=years,
        iv=entry.number("iv_pct", low=1, high=500) / PERCENT,
        notional_usd_m=entry.triple("notional_usd_m"),
        monitoring=monitoring,
        rate=market.rate_pct / PERCENT,
        carry=market.carry_pct / PERCENT,
        issued=entry.day("issued"),
        shown_barrier=shown,
        width_pct=entry.number("width_pct", 1.0, low=1e-6),
        dates=dates,
        spacing_days=years * DAYS_PER_YEAR / len(left) if left else 1.0,
        status=entry.provenance()[0],
        source=entry.provenance()[1],
    )
    entry.done()
    return replace(note, knocked_on=first_breach(note, closes, as_of.date()))
