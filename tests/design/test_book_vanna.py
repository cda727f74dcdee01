"""The book's curves hold volatility at its level of the day before: vanna enters through V alone, once."""

from __future__ import annotations

import numpy as np
import pytest
from book_support import booked_event
from synthetic import EVENT, random_parameters

from model.dealer_book import load_book
from model.dealer_book.demand import demand
from model.dealer_book.path import Path, Point
from model.events.card import load_event
from model.inference.arrays import arrays
from model.mechanisms.components.dealer import COMPONENT as DEALER
from model.mechanisms.day import make_state
from model.mechanisms.hedge_curves import CRYPTO, ETF

SPOT, VOL, RETURN, RISE = 73338.0, 52.9, -14.2, 34.9


def walked(rise: float):
    """Demand of the event's book along a straight path to the day's close, by the standalone book."""
    book = load_book(load_event(EVENT).dealer_books[0]).case("mid")
    end = Point(SPOT * np.exp(RETURN / 100.0), VOL + rise, etf_close=True)
    return demand(book, Path((Point(SPOT, VOL, etf_close=True), end), steps=100))


def test_the_curves_are_the_books_demand_at_the_volatility_of_the_day_before():
    design = booked_event()
    value, _ = design.book.at(RETURN)
    t, held = design.book_days[0], walked(0.0)
    for k, venue in ((ETF, "etf"), (CRYPTO, "crypto")):
        assert value[t, k] == pytest.approx(held.part(venue), rel=2e-3)
        assert held.part(venue, "vanna") == pytest.approx(0.0, abs=1e-12)


def test_along_the_days_volatility_the_book_would_sell_three_tenths_less():
    """What holding volatility leaves to V and the scales: the size stated in the architecture."""
    held, risen = walked(0.0).table(), walked(RISE).table()
    assert risen.loc["all", "total"] / held.loc["all", "total"] == pytest.approx(0.71, abs=0.01)
    assert risen.loc["all", "vanna"] > 0.1


def test_without_vanna_the_answer_of_volatility_is_nowhere_in_the_hedges():
    """Were the curves walked along b(r) as well, -V b(r) would count its vanna twice."""
    design = booked_event()
    p, d = random_parameters(design, 3), arrays(design)
    t = design.book_days[0]

    def hedge(**changed):
        q = p | changed
        return DEALER.response(q, make_state(q, d), design.returns).value[t]

    steep = {"iv_response": 2.0, "iv_crash": 3.0}
    assert hedge(vanna=0.0) == hedge(vanna=0.0, **steep)
    assert abs(hedge(vanna=0.02) - hedge(vanna=0.02, **steep)) > 0.1
