"""The dealer book of an event brought into a design: its demand curves on the days it covers.

The curves start from yesterday's price and volatility index, both known before the open. Listed options stand at
their mid amounts for dealer sign +1 (sign and scale are parameters), notes at their highest notional (the share
that exists is a parameter, so hedges never exceed the notional). Days without a book keep the gamma proxy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from model.dealer_book import Book, DealerProfile, SignPrior, profile
from model.dealer_book.listed import Listed
from model.design import Design
from model.errors import DataError
from model.panel import Panel
from model.priors import Prior, PriorSet

GRID = np.linspace(-60.0, 60.0, 481)
"""Knots of the curves, log-%; beyond them a curve is a straight line."""
SIGNS = {"etf": "dealer_sign", "crypto": "crypto_sign"}
"""Parameter of the dealers' sign by venue."""


@dataclass(frozen=True)
class BookUse:
    """Which book a fit used, and where its curves start.

    Attributes
    ----------
    title, sha256, as_of : str
    days : tuple of str
        Days that use the book; all others keep the gamma proxy.
    spot, vol : float
        Yesterday's price (USD) and volatility index (points).
    signs : mapping
        Mean and standard deviation of the dealers' sign before truncation, by parameter.
    """

    title: str
    sha256: str
    as_of: str
    days: tuple[str, ...]
    spot: float
    vol: float
    signs: dict[str, tuple[float, float]]


def with_book(design: Design, panel: Panel, book: Book) -> tuple[Design, BookUse]:
    """The design with the book's curves on the day the book is for.

    Parameters
    ----------
    design : Design
    panel : Panel
        The panel the design was made of.
    book : Book

    Raises
    ------
    DataError
        If the book names no day, a day outside the panel, or was written down after the open.
    """
    t = _day(design, book)
    spot = _known(panel, "price", design.dates[t - 1], book.spot)
    vol = _known(panel, "implied_vol", design.dates[t - 1], book.vol)
    curves = knots(book, spot, vol)
    used = BookUse(
        title=book.title,
        sha256=book.sha256,
        as_of=book.as_of.isoformat(),
        days=(str(design.dates[t].date()),),
        spot=spot,
        vol=vol,
        signs={SIGNS[v]: (s.mean, s.sd) for v, s in book.sign.items()},
    )
    return replace(design, book_days=np.array([t]), book_grid=GRID, book_knots=curves[None]), used


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
