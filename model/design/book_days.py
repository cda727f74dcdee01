"""The dealer books of an event brought into a design: their demand curves on the days they cover, one book a day.

The curves start from yesterday's price and volatility index, both known before the open. Listed options stand at
their mid amounts for dealer sign +1 (sign and scale are parameters), notes at their highest notional (the share
that exists is a parameter, so hedges never exceed the notional). Days without a book keep the gamma proxy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from model.dealer_book import Book, DealerProfile, SignPrior, profile
from model.dealer_book.listed import Listed
from model.errors import DataError
from model.mechanisms.design import Design
from model.panel import Panel
from model.priors.prior_set import Prior, PriorSet

GRID = np.linspace(-60.0, 60.0, 481)
"""Knots of the curves, log-%; beyond them a curve is a straight line."""
SIGNS = {"etf": "dealer_sign", "crypto": "crypto_sign"}
"""Parameter of the dealers' sign by venue."""
UNMOVED = SignPrior()
"""The belief of a book that says nothing about the side."""


@dataclass(frozen=True)
class BookDay:
    """One book, and where its day's curves start.

    Attributes
    ----------
    title, sha256, as_of, day : str
    spot, vol : float
        The price (USD) and volatility index (points) of the trading day before.
    """

    title: str
    sha256: str
    as_of: str
    day: str
    spot: float
    vol: float


@dataclass(frozen=True)
class BookUse:
    """Which books a fit used.

    Attributes
    ----------
    books : tuple of BookDay
        In order of their days.
    days : tuple of str
        Days that use a book; all others keep the gamma proxy.
    signs : mapping
        Mean and standard deviation of the dealers' sign before truncation, by parameter.
    """

    books: tuple[BookDay, ...]
    days: tuple[str, ...]
    signs: dict[str, tuple[float, float]]


def with_books(design: Design, panel: Panel, books: Sequence[Book]) -> tuple[Design, BookUse]:
    """The design with each book's curves on the day the book is for.

    Parameters
    ----------
    design : Design
    panel : Panel
        The panel the design was made of.
    books : sequence of Book
        One or more, each for a day of its own.

    Raises
    ------
    DataError
        If a book names no day, a day outside the panel or another book's day, was written down after the open, or
        believes in another sign than the other books.
    """
    found = sorted(((_day(design, book), book) for book in books), key=lambda x: x[0])
    days = [t for t, _ in found]
    for t in days:
        if days.count(t) > 1:
            raise DataError(
                f"Two dealer books are for {design.dates[t].date()}.",
                "Give each day one book: join their entries in one file, or correct the day of one of them.",
            )
    used, curves = [], []
    for t, book in found:
        spot = _known(panel, "price", design.dates[t - 1], book.spot)
        vol = _known(panel, "implied_vol", design.dates[t - 1], book.vol)
        day = str(design.dates[t].date())
        used.append(BookDay(book.title, book.sha256, book.as_of.isoformat(), day, spot, vol))
        curves.append(knots(book, spot, vol))
    use = BookUse(tuple(used), tuple(b.day for b in used), _signs([book for _, book in found]))
    booked = replace(design, book_days=np.array(days), book_grid=GRID, book_knots=np.stack(curves))
    return booked, use


def _signs(books: Sequence[Book]) -> dict[str, tuple[float, float]]:
    """Belief about each venue's sign: one parameter for all days, so books may not contradict each other."""
    out = {}
    for venue, parameter in SIGNS.items():
        stated = {(b.sign[venue].mean, b.sign[venue].sd) for b in books} - {(UNMOVED.mean, UNMOVED.sd)}
        if len(stated) > 1:
            raise DataError(
                f"The dealer books believe in different signs of the {venue} venue: {sorted(stated)} (mean, sd).",
                f"The sign is one parameter for all days: state [sign.{venue}], flow included, in one book only.",
            )
        out[parameter] = stated.pop() if stated else (UNMOVED.mean, UNMOVED.sd)
    return out


def _known(panel: Panel, column: str, day: pd.Timestamp, stated: float) -> float:
    """A day's value in the panel, or the book's where the panel has none."""
    if column not in panel.frame:
        return stated
    found = panel.frame[column].to_numpy(float)[panel.frame.index == day]
    return float(found[0]) if len(found) and np.isfinite(found[0]) else stated


def knots(book: Book, spot: float, vol: float) -> np.ndarray:
    """Value and slope of the three curves on :data:`GRID`. ``Shape: (3, 2, m)``, USD bn and USD bn per log-%."""
    options = profile(replace(book, notes=()), spot, vol, GRID, "mid")
    bare = replace(book, etf=Listed.empty(), crypto=Listed.empty())
    notes = profile(bare, spot, vol, GRID, "high")
    return np.stack([_curve(options, "etf"), _curve(options, "crypto"), _curve(notes, "note")])


def _curve(found: DealerProfile, name: str) -> np.ndarray:
    return np.stack([getattr(found, f"{name}_demand"), getattr(found, f"{name}_slope")])


def _day(design: Design, book: Book) -> int:
    """Index of the day the book is for."""
    if book.day is None:
        raise DataError(
            f"The dealer book {book.title!r} does not say for which day it is.", "Add day = ... to it."
        )
    day = pd.Timestamp(book.day)
    if day not in design.dates[1:]:
        first, last = design.dates[1].date(), design.dates[-1].date()
        raise DataError(
            f"The dealer book is for {book.day}, which is not among the days {first} to {last}.",
            "Give the book of an event's day, or fit with --no-book.",
        )
    t = int(np.flatnonzero(design.dates == day)[0])
    if book.as_of.date() > design.dates[t - 1].date():
        raise DataError(
            f"The dealer book was written down on {book.as_of.date()}, not before {book.day}.",
            "Use positions of the trading day before: nothing later was known at the open.",
        )
    return t


def sign_priors(priors: PriorSet, signs: dict[str, tuple[float, float]]) -> PriorSet:
    """The prior set with the book's beliefs about the dealers' signs (moved by put and call flow, if supplied)."""
    moved = {name: _sign(priors[name], SignPrior(*belief)) for name, belief in signs.items()}
    return replace(priors, parameters={**priors.parameters, **moved})


def _sign(prior: Prior, belief: SignPrior) -> Prior:
    arguments: dict[str, Any] = {"mu": belief.mean, "sigma": belief.sd, "lower": -1.0, "upper": 1.0}
    if prior.dist == "TruncatedNormal" and dict(prior.args) == arguments:
        return prior
    return Prior(
        "TruncatedNormal",
        arguments,
        prior.unit,
        "dealer book",
        (belief.quantile(0.05), belief.quantile(0.95)),
    )
