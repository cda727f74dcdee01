"""Designs with a dealer book on some days, for tests of the book in the model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import numpy as np
from synthetic import EVENT, event_design, random_parameters, small_design

from model.dealer_book import Book, load_book
from model.design.book_days import with_books
from model.events.card import event_panel, load_event
from model.mechanisms.design import Design


def random_curves(seed: int, points: int = 25) -> tuple[np.ndarray, np.ndarray]:
    """Knots of three wild curves, zero at no return: bumps of either sign, uneven grid. Grid and (3, 2, m)."""
    rng = np.random.default_rng(seed)
    grid = np.linspace(-30.0, 22.0, points)
    grid[1:-1] += rng.uniform(-0.4, 0.4, points - 2) * (grid[1] - grid[0])
    grid[np.abs(grid).argmin()] = 0.0
    knots = np.stack(
        [np.stack([rng.normal(0.0, 0.4, points), rng.normal(0.0, 0.15, points)]) for _ in range(3)]
    )
    knots[:, 0] -= knots[:, 0, [int(np.flatnonzero(grid == 0.0)[0])]]
    return grid, knots


def wild_design(seed: int, days=(3, 5, 6)) -> Design:
    """A small design with a random book on some of its days."""
    grid, _ = random_curves(seed)
    rng = np.random.default_rng(seed)
    curves = np.stack([random_curves(seed)[1] * rng.uniform(0.5, 1.5) for _ in days])
    return replace(small_design(seed), book_days=np.array(days), book_grid=grid, book_knots=curves)


def strong(design: Design, seed: int, **changed) -> dict:
    """Parameters with strong hedges."""
    p = random_parameters(design, seed)
    return p | {"dealer_sign": 0.9, "crypto_sign": -0.7, "impact": 1.5, "note_share": 0.6} | changed


def next_day(book: Book, **changed) -> Book:
    """The same inventory as a book of the next day; made up, for tests only."""
    later = {"day": date(2026, 2, 6), "as_of": book.as_of + timedelta(days=1), "title": "The day after"}
    return replace(book, **(later | changed))


@cache
def booked_event(reading: str = "vendor") -> Design:
    """The embedded event with its own book."""
    card = load_event(EVENT)
    books = [load_book(path) for path in card.dealer_books]
    return with_books(event_design(reading), event_panel(card), books)[0]
