"""A small book whose every number is chosen here."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from model.dealer_book.book import Book
from model.dealer_book.listed import Listed
from model.dealer_book.notes import Note
from model.dealer_book.read_book import load_book
from model.store import PROJECT as ROOT

SHARED = ROOT.parent / "shared"
CHAIN = SHARED / "data/raw/LucasHonoratoDeSouza__btc-vrp-arbitrage/data/deribit_option_snapshots.csv"
EVENT_BOOK = ROOT / "data/books/2026-02-05.toml"


def listed(strikes, dealer, call=False, years=0.08, iv=0.55, quantity=1000.0, rate=0.0) -> Listed:
    n = len(strikes)
    one = np.ones(n)
    years = np.broadcast_to(np.asarray(years, float), n).copy()
    return Listed(
        strike=np.array(strikes, float),
        years=years,
        iv=iv * one,
        quantity=quantity * one,
        dealer=dealer * one,
        call=np.broadcast_to(np.asarray(call, bool), n).copy(),
        discount=np.exp(-rate * years),
        forward_ratio=np.exp(rate * years),
        low=one,
        high=one,
        shown_strike=np.array(strikes, float),
    )


def note(**changes) -> Note:
    settings = {
        "name": "test note",
        "strike": 100_000.0,
        "barrier": 68_000.0,
        "years": 0.5,
        "iv": 0.5,
        "notional_usd_m": (50.0, 100.0, 200.0),
        "monitoring": "continuous",
        "rate": 0.036,
        "carry": 0.0025,
        "issued": date(2025, 11, 3),
        "shown_barrier": 38.5,
    }
    return Note(**(settings | changes))


@pytest.fixture
def event_book() -> Book:
    return load_book(EVENT_BOOK)


@pytest.fixture
def chain_file() -> Path:
    if not CHAIN.exists():
        pytest.skip("the shared exchange chain of 2026-04-28 is not on this machine (../shared)")
    return CHAIN
