"""Barrier notes: QuantLib values, discrete monitoring, delta beyond one, state by monitoring rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.stats import norm

from model.dealer_book.barrier import Barrier, down_and_in_put, quantlib_values, shifted_barrier
from model.dealer_book.demand import note_demand
from model.dealer_book.notes import first_breach
from model.dealer_book.path import Path, Point, from_moves
from model.errors import DataError
from tests.dealer_book.conftest import note
from tests.dealer_book.test_consistency import LocalNote

CLOSES = {date(2026, 2, 2): 44.22, date(2026, 2, 3): 43.30, date(2026, 2, 4): 41.57}


def test_expansion_reproduces_quantlib_and_the_reflection_formula() -> None:
    n = note(years=0.3)
    spec = Barrier(n.strike, n.barrier, n.years, n.iv, n.rate, n.carry)
    s = np.geomspace(n.barrier * 1.0001, n.barrier * 7, 60)
    ours, local = down_and_in_put(spec, s), LocalNote(n)
    assert ours.value == pytest.approx(quantlib_values(spec, s), abs=1e-8 * n.barrier)
    assert ours.value == pytest.approx([local.value(x, n.iv, False) for x in s], abs=1e-8 * n.barrier)
    assert ours.delta == pytest.approx([local.delta(x, n.iv, False) for x in s], abs=1e-7)
    h = 1.0
    up, down = (down_and_in_put(spec, s[5:] + k).delta for k in (h, -h))
    assert ours.gamma[5:] == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-12)


def discrete_value(n, observations: int, spot: float) -> float:
    """Exact discrete monitoring at zero rates: backward induction on a grid with the transition density."""
    dt = n.years / observations
    sd = n.iv * np.sqrt(dt)
    x = np.linspace(np.log(n.barrier) - 8 * sd, np.log(n.barrier) + 4.0 * n.iv * np.sqrt(n.years) + 1.0, 2400)
    step = x[1] - x[0]
    x += (
        np.log(n.barrier) - x[np.searchsorted(x, np.log(n.barrier))] + step / 2
    )  # barrier midway between nodes
    kernel = norm.pdf(x[None, :] - x[:, None], -0.5 * sd**2, sd) * step
    put = np.maximum(n.strike - np.exp(x), 0.0)
    alive = x > np.log(n.barrier)
    out = np.where(alive, put, 0.0)  # down-and-out, backwards
    for _ in range(observations - 1):
        out = np.where(alive, kernel @ out, 0.0)
    first = norm.pdf(x, np.log(spot) - 0.5 * sd**2, sd) * step
    vanilla = LocalNote(replace(n, rate=0.0, carry=0.0)).value(spot, n.iv, True)
    return vanilla - float(first @ out)


@pytest.mark.parametrize("spot", [72e3, 80e3, 95e3])
def test_close_monitoring_shift_against_exact_discrete_monitoring(spot) -> None:
    days = 40
    n = note(monitoring="close", rate=0.0, carry=0.0, years=days / 365, barrier=68e3)
    exact = discrete_value(n, days, spot)
    ours = float(n.alive(np.array([spot]), 1.0).value[0])
    continuous = float(replace(n, monitoring="continuous").alive(np.array([spot]), 1.0).value[0])
    assert abs(ours - exact) < 0.1 * abs(continuous - exact)  # the shift removes nine tenths of the error
    assert abs(ours - exact) < 1e-3 * n.barrier


def test_delta_beyond_one_near_the_barrier_grows_as_time_runs_out() -> None:
    deepest = []
    for years in (0.8, 0.2, 0.05):
        n = note(years=years)
        _, above, below = n.at_barrier(1.0, 1.0)
        assert -1 < below < 0
        deepest.append(above)
    assert deepest[0] > deepest[1] > deepest[2]
    assert deepest[2] < -2


def test_maturity_rule_against_simulation() -> None:
    n = note(monitoring="maturity", years=0.4)
    rng = np.random.default_rng(5)
    z = rng.standard_normal(1_000_000)
    z = np.concatenate([z, -z])
    end = 75e3 * np.exp((n.rate - n.carry - n.iv**2 / 2) * n.years + n.iv * np.sqrt(n.years) * z)
    pay = np.exp(-n.rate * n.years) * np.where(end < n.barrier, n.strike - end, 0.0)
    assert float(n.alive(np.array([75e3]), 1.0).value[0]) == pytest.approx(pay.mean(), rel=0.004)
    parts, _, day, jump = note_demand(n, from_moves([73e3, 60e3], [55.0]), 55.0)
    assert parts[2] == 0
    assert (day, jump) == (None, None)


class TestState:
    N = note(
        barrier=76_900.0, strike=110_000.0, shown_barrier=43.6, issued=date(2025, 10, 31), monitoring="close"
    )

    def test_closed_below_before_the_day(self) -> None:
        assert first_breach(self.N, CLOSES, date(2026, 2, 4)) == date(2026, 2, 3)
        assert first_breach(self.N, CLOSES, date(2026, 2, 4), "continuous") == date(2026, 2, 3)
        assert first_breach(self.N, CLOSES, date(2026, 2, 4), "maturity") is None
        assert first_breach(self.N, CLOSES, date(2026, 2, 2)) is None

    def test_discrete_dates(self) -> None:
        late = replace(self.N, monitoring="discrete", dates=(date(2026, 2, 4),))
        assert first_breach(late, CLOSES, date(2026, 2, 4)) == date(2026, 2, 4)
        assert first_breach(late, CLOSES, date(2026, 2, 3)) is None

    def test_closes_before_issue_do_not_count(self) -> None:
        assert first_breach(replace(self.N, issued=date(2026, 2, 4)), CLOSES, date(2026, 2, 4)) == date(
            2026, 2, 4
        )


class TestPaths:
    """The day's low: continuous barriers see it in ETF hours only, close monitoring never."""

    LOW = 67_000.0  # under the barrier of 68,000

    def jump(self, monitoring: str, path: Path) -> float | None:
        return note_demand(note(monitoring=monitoring), path.seen_by("etf"), 55.0)[3]

    def test_low_in_hours(self) -> None:
        path = from_moves([73e3, 70e3], [55.0], low_in_hours=self.LOW)
        assert self.jump("continuous", path) < 0
        assert self.jump("close", path) is None

    def test_low_after_close(self) -> None:
        path = from_moves([73e3, 70e3], [55.0], low_after_close=self.LOW)
        assert self.jump("continuous", path) is None
        assert self.jump("close", path) is None

    def test_close_under_the_barrier(self) -> None:
        path = from_moves([73e3, self.LOW], [55.0], day=date(2026, 2, 5))
        assert self.jump("continuous", path) < 0
        assert self.jump("close", path) < 0
        between = shifted_barrier(68e3, 0.5, 1 / 365) * 1.005  # under the barrier, above the shifted one
        assert self.jump("close", from_moves([73e3, between], [55.0])) < 0

    def test_discrete_looks_on_its_dates_only(self) -> None:
        n = note(monitoring="discrete", dates=(date(2026, 2, 5),))
        for day, hit in ((date(2026, 2, 5), True), (date(2026, 2, 6), False)):
            path = from_moves([73e3, self.LOW], [55.0], day=day)
            assert (note_demand(n, path, 55.0)[3] is not None) == hit

    def test_a_dip_and_return_under_close_monitoring_undoes_its_jump(self) -> None:
        path = Path((Point(73e3, 55.0, etf_close=True), Point(60e3, 55.0), Point(73e3, 55.0, etf_close=True)))
        parts = note_demand(note(monitoring="close"), path, 55.0)[0]
        assert abs(parts[2]) < 1e-6
        gone = note_demand(note(), path, 55.0)[0]
        assert gone[2] < 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"monitoring": "weekly"}, "monitoring"),
        ({"barrier": 120_000.0}, "barrier"),
        ({"years": -0.1}, "expiry"),
        ({"notional_usd_m": (3.0, 2.0, 4.0)}, "notional_usd_m"),
        ({"iv": 50.0}, "iv_pct"),
        ({"monitoring": "discrete"}, "dates"),
    ],
)
def test_impossible_notes_are_refused(change, words) -> None:
    with pytest.raises(DataError, match=words):
        note(**change)


def test_spot_far_above_the_barrier_is_refused() -> None:
    with pytest.raises(DataError, match="times the barrier"):
        note().alive(np.array([700e3]), 1.0)
