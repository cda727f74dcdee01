"""The sign table. Positive demand is buying; s = +1 means dealers hold what the book says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from model.dealer_book.book import Book
from model.dealer_book.demand import demand
from model.dealer_book.listed import Listed
from model.dealer_book.path import from_moves
from model.dealer_book.profile import profile
from model.dealer_book.sign import SignPrior
from model.errors import DataError
from tests.dealer_book.conftest import listed, note

GRID = np.arange(-25, 25.01, 0.5)


def book(etf=None, crypto=None, notes=(), spot=73_000.0) -> Book:
    return Book(
        title="test",
        as_of=datetime(2026, 2, 4, 21, tzinfo=UTC),
        spot=spot,
        vol=55.0,
        markets={},
        etf=etf or Listed.empty(),
        crypto=crypto or Listed.empty(),
        notes=tuple(notes),
        closes={},
        sign={v: SignPrior() for v in ("etf", "crypto")},
        note_cap_usd_m=530.0,
        calendar="XNYS",
        timezone="America/New_York",
        provenance=(),
        sha256="0" * 64,
        day=date(2026, 2, 5),
    )


SHORT_PUTS = listed([68e3, 70e3], dealer=-1.0)
LONG_PUTS = listed([68e3, 70e3], dealer=+1.0)
SHORT_CALLS = listed([76e3, 78e3], dealer=-1.0, call=True)
LONG_CALLS = listed([76e3, 78e3], dealer=+1.0, call=True)


@pytest.mark.parametrize(
    ("options", "to", "sign"),
    [
        (SHORT_PUTS, 66e3, -1),  # short gamma, price down: sell
        (SHORT_PUTS, 80e3, +1),  # short gamma, price up: buy
        (SHORT_CALLS, 66e3, -1),
        (SHORT_CALLS, 80e3, +1),
        (LONG_PUTS, 66e3, +1),  # long gamma, price down: buy (damps)
        (LONG_CALLS, 80e3, -1),
    ],
)
def test_gamma(options, to, sign) -> None:
    for held in (book(etf=options), book(crypto=options)):
        out = demand(held, from_moves([73e3, to], [55.0])).table()
        assert np.sign(out.loc["all", "gamma"]) == sign
        assert out.loc["all", "vanna"] == 0


@pytest.mark.parametrize(("options", "amplifies"), [(SHORT_PUTS, True), (LONG_PUTS, False)])
def test_slope_and_amplification(options, amplifies) -> None:
    p = profile(book(crypto=options), 73e3, 55.0, GRID)
    assert np.all((p.crypto_slope > 0) == amplifies)
    assert np.all((p.amplification(0.6, 1, 1) > 1) == amplifies)
    assert np.all((p.amplification(0.6, -1, -1) > 1) != amplifies)


@pytest.mark.parametrize(
    ("options", "vol", "sign"),
    [
        (SHORT_PUTS, 80.0, -1),  # out-of-the-money puts grow in delta: their writer sells more
        (SHORT_PUTS, 40.0, +1),
        (LONG_PUTS, 80.0, +1),
        (SHORT_CALLS, 80.0, +1),
    ],
)
def test_vanna(options, vol, sign) -> None:
    held = book(crypto=options)
    out = demand(held, from_moves([73e3, 73e3], [55.0, vol])).table()
    assert np.sign(out.loc["all", "vanna"]) == sign
    assert abs(out.loc["all", "gamma"]) < 1e-12
    exposure = np.interp(0, GRID, profile(held, 73e3, 55.0, GRID).crypto_vanna)
    assert np.sign(exposure) == sign * np.sign(vol - 55.0)


def test_breach_sells_then_gamma_jumps_back() -> None:
    short = note(years=0.08)
    above, below = 1.0005 * short.barrier, 0.9995 * short.barrier
    near, after = short.alive(np.array([above]), 1.0), short.plain(np.array([below]), 1.0)
    assert near.delta[0] < -1.5  # beyond one unit close to the barrier
    assert -1 < after.delta[0] < 0
    out = demand(book(notes=[short], spot=70e3), from_moves([70e3, 66e3], [55.0]))
    assert out.part("notes", "knock_in") < 0  # the breach sells
    assert out.part("notes", "gamma") > 0  # before it the dealer, long gamma, bought
    assert len(out.breaches) == 1
    # the dealer is long far more gamma just before the breach than after it
    assert near.gamma[0] > 5 * after.gamma[0] > 0


def test_a_note_that_is_gone_does_not_jump_again() -> None:
    gone = replace(note(), knocked_on=date(2026, 2, 3))
    out = demand(book(notes=[gone]), from_moves([73e3, 60e3], [55.0]))
    assert out.part("notes", "knock_in") == 0
    assert not out.breaches


def test_listed_demand_is_odd_in_the_dealers_side() -> None:
    path = from_moves([73e3, 62e3], [55.0, 88.0])
    short, long = (demand(book(etf=x), path).part("etf") for x in (SHORT_PUTS, LONG_PUTS))
    assert short == pytest.approx(-long, rel=1e-12)


class TestPrior:
    def test_interval_and_symmetry(self) -> None:
        lo, hi = SignPrior().interval()
        assert lo == pytest.approx(-hi)
        draws = np.random.default_rng(1).normal(0, 0.5, 400_000)
        draws = draws[np.abs(draws) <= 1]
        assert hi == pytest.approx(np.quantile(draws, 0.945), abs=0.01)

    def test_bought_puts_move_dealers_towards_short(self) -> None:
        assert SignPrior().moved_by_flow(300, 100).mean == pytest.approx(0.25)
        assert SignPrior().moved_by_flow(100, 300).mean < 0
        assert 0 < SignPrior().moved_by_volume(300, 100).mean < SignPrior().moved_by_flow(300, 100).mean

    @pytest.mark.parametrize("bad", [{"mean": 2.0}, {"sd": 0.0}, {"mean": float("nan")}])
    def test_impossible(self, bad) -> None:
        with pytest.raises(DataError, match="sign prior"):
            SignPrior(**bad)
        with pytest.raises(DataError, match="Option flow"):
            SignPrior().moved_by_flow(0, 0)
