"""Several days with a dealer book: each day's curves start from its own yesterday, signs are one for all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from book_support import booked_event, next_day, strong
from replay_support import assert_reproduces, drawn_shocks
from synthetic import event_design

from model.dealer_book import SignPrior
from model.design.book_days import knots, with_books
from model.errors import DataError
from model.events.card import event_panel
from model.inference.arrays import arrays
from model.inference.inputs import evaluate
from model.mechanisms.simulate.replay import replay

SEEDS = range(4)


@pytest.fixture(scope="module")
def two_days(card, book):
    return with_books(event_design(), event_panel(card), [doubled(book), book])


def doubled(book):
    """The next day's book, with twice the options on the fund."""
    return next_day(book, etf=replace(book.etf, quantity=2.0 * book.etf.quantity))


def test_each_days_curves_start_from_its_own_yesterday(card, book, two_days):
    design, use = two_days
    first, second = design.book_days
    assert use.days == ("2026-02-05", "2026-02-06")
    assert second == first + 1
    levels = event_panel(card).frame.loc[design.dates[design.book_days - 1]]
    np.testing.assert_allclose([b.spot for b in use.books], levels["price"])
    np.testing.assert_allclose([b.vol for b in use.books], levels["implied_vol"])
    for k, b in enumerate((book, doubled(book))):
        np.testing.assert_array_equal(design.book_knots[k], knots(b, use.books[k].spot, use.books[k].vol))
    assert np.abs(design.book_knots[0] - design.book_knots[1]).max() > 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_two_book_days_in_likelihood_and_simulator_are_the_same(two_days, seed):
    design = two_days[0]
    p = strong(design, seed)
    shocks, _ = drawn_shocks(p, design, seed)
    simulated = replay(p, design, shocks)
    assert_reproduces(design, simulated)
    known = evaluate(p, arrays(design), np).known["dealer"]
    np.testing.assert_allclose(simulated.trades.dealer, known.drive + known.response, atol=1e-10)
    one_day, t = booked_event(), int(design.book_days[1])
    alone = evaluate(p, arrays(one_day), np).known["dealer"]
    np.testing.assert_allclose(np.delete(known.response, t), np.delete(alone.response, t), rtol=1e-12)
    assert abs(known.response[t] - alone.response[t]) > 1e-3


def test_two_books_of_one_day_are_refused(card, book):
    again = replace(book, title="Another")
    with pytest.raises(DataError, match="Two dealer books are for 2026-02-05") as error:
        with_books(event_design(), event_panel(card), [book, again])
    assert "one book" in error.value.remedy


def test_books_may_not_contradict_each_other_about_the_sign(card, book):
    """One sign for all days: a book that says nothing follows the other."""
    signed = [replace(book, sign=book.sign | {"etf": SignPrior(m, 0.5)}) for m in (0.2, 0.3)]
    _, use = with_books(event_design(), event_panel(card), [signed[0], next_day(book)])
    assert use.signs["dealer_sign"] == (0.2, 0.5)
    assert use.signs["crypto_sign"] == (0.0, 0.5)
    other = next_day(book, sign=signed[1].sign)
    with pytest.raises(DataError, match="different signs of the etf venue"):
        with_books(event_design(), event_panel(card), [signed[0], other])
