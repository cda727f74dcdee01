"""Demand = integral of gamma + integral of vanna + jumps along the path; slope = finite difference."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import QuantLib as ql
from scipy.integrate import quad
from scipy.stats import norm

from model.dealer_book.demand import demand
from model.dealer_book.exposure import exposure
from model.dealer_book.listed import Listed
from model.dealer_book.path import from_moves
from model.dealer_book.profile import profile
from tests.dealer_book.conftest import listed, note
from tests.dealer_book.test_signs import GRID, book

ETF = Listed.join([listed([66e3, 70e3, 74e3], -1.0, rate=0.036), listed([78e3], 1.0, call=True, rate=0.036)])
CRYPTO = Listed.join(
    [listed([64e3, 67e3, 71e3], -1.0), listed([60e3, 90e3], 1.0, call=[False, True], years=0.3)]
)
PATH = from_moves([73_338.0, 63_620.0], [52.9, 87.8])


def textbook_gamma_vanna(o: Listed, i: int, s: float, vol: float) -> tuple[float, float]:
    """Hedge derivatives in spot and vol index, written out again with scipy's normal density."""
    iv, t = o.iv[i] * vol / 55.0, o.years[i]
    d1 = (np.log(o.forward_ratio[i] * s / o.strike[i]) + iv**2 * t / 2) / (iv * np.sqrt(t))
    carry = o.discount[i] * o.forward_ratio[i]
    gamma = carry * norm.pdf(d1) / (s * iv * np.sqrt(t))
    vanna = -carry * norm.pdf(d1) * (d1 / iv - np.sqrt(t)) * o.iv[i] / 55.0
    return -o.dealer[i] * o.quantity[i] * gamma, -o.dealer[i] * o.quantity[i] * vanna


def spot_rate(s: float, o: Listed, i: int, vol: float) -> float:
    return s * textbook_gamma_vanna(o, i, s, vol)[0]


def vol_rate(vol: float, o: Listed, i: int, s: float) -> float:
    return s * textbook_gamma_vanna(o, i, s, vol)[1]


@pytest.mark.parametrize("venue", ["etf", "crypto"])
def test_listed_demand_is_the_integral_of_gamma_and_vanna(venue) -> None:
    options = {"etf": ETF, "crypto": CRYPTO}[venue]
    held = book(**{venue: options})
    parts = np.zeros(2)
    for a, b in PATH.legs():
        for i in range(len(options)):
            parts[0] += quad(spot_rate, a.spot, b.spot, (options, i, a.vol))[0]
            parts[1] += quad(vol_rate, a.vol, b.vol, (options, i, b.spot))[0]
    out = demand(held, PATH)
    assert out.part(venue, "gamma") == pytest.approx(parts[0] / 1e9, rel=1e-6)
    assert out.part(venue, "vanna") == pytest.approx(parts[1] / 1e9, rel=1e-6)
    assert out.part(venue) == pytest.approx(parts.sum() / 1e9, rel=1e-6)


class LocalNote:
    """A down-and-in put by the reflection formula, independent of the package (zero carry beyond r - q)."""

    def __init__(self, n) -> None:
        self.n = n

    def value(self, s: float, iv: float, knocked: bool) -> float:
        n = self.n
        t, k, h, r, q = n.years, n.strike, n.barrier, n.rate, n.carry
        sd, mu = iv * np.sqrt(t), (r - q) / iv**2 - 0.5
        d, f = np.exp(-r * t), np.exp(-q * t)
        if knocked or s <= h:
            x = np.log(s / k) / sd + (1 + mu) * sd
            return -s * f * norm.cdf(-x) + k * d * norm.cdf(-x + sd)
        # Hull / Reiner-Rubinstein, strike above barrier: vanilla minus down-and-out
        lam = 1 + mu
        y, x1, y1 = (np.log(h * h / (s * k)) / sd + lam * sd, np.log(s / h) / sd + lam * sd,
                     np.log(h / s) / sd + lam * sd)  # fmt: skip
        p = h / s
        return (
            -s * norm.cdf(-x1) * f + k * d * norm.cdf(-x1 + sd)
            + s * f * p ** (2 * lam) * (norm.cdf(y) - norm.cdf(y1))
            - k * d * p ** (2 * lam - 2) * (norm.cdf(y - sd) - norm.cdf(y1 - sd))
        )  # fmt: skip

    def delta(self, s: float, iv: float, knocked: bool) -> float:
        # Five-point rule; one-sided near the barrier so that it never straddles it.
        h = 2e-4 * s
        if not knocked and self.n.barrier < s < self.n.barrier + 2.5 * h:
            c, at = np.array([-25, 48, -36, 16, -3]) / 12, [0, 1, 2, 3, 4]
        elif s <= self.n.barrier and s > self.n.barrier - 2.5 * h:
            c, at = np.array([25, -48, 36, -16, 3]) / 12, [0, -1, -2, -3, -4]
        else:
            c, at = np.array([1, -8, 8, -1]) / 12, [-2, -1, 1, 2]
        return float(sum(w * self.value(s + j * h, iv, knocked) for w, j in zip(c, at, strict=True)) / h)


def test_note_demand_is_the_integral_plus_the_jump() -> None:
    n = note(years=0.25)
    local, iv = LocalNote(n), lambda v: n.iv * v / 55.0
    path = from_moves([73_338.0, 63_620.0], [52.9, 87.8])
    units, knocked, gamma, vanna, jump = n.units, False, 0.0, 0.0, 0.0

    def hedge(s: float, v: float, gone: bool) -> float:
        return -units * local.delta(s, iv(v), gone)

    def traded(a: float, b: float, v: float, gone: bool) -> float:
        # integral S dN by parts, the inner integral by quadrature
        inner = quad(lambda s: hedge(s, v, gone), a, b, epsabs=1e-4, epsrel=1e-10)[0]
        return b * hedge(b, v, gone) - a * hedge(a, v, gone) - inner

    for a, b in path.legs():
        if not knocked and b.spot <= n.barrier < a.spot:
            top = n.barrier * (1 + 1e-12)
            gamma += traded(a.spot, top, a.vol, False)
            jump += n.barrier * (hedge(n.barrier, a.vol, True) - hedge(top, a.vol, False))
            knocked = True
            gamma += traded(n.barrier, b.spot, a.vol, True)
        else:
            gamma += traded(a.spot, b.spot, a.vol, knocked)
        vanna += b.spot * (hedge(b.spot, b.vol, knocked) - hedge(b.spot, a.vol, knocked))
    out = demand(book(notes=[n]), path)
    size = abs(gamma) + abs(vanna) + abs(jump)
    got = [out.part("notes", k) * 1e9 for k in ("gamma", "vanna", "knock_in")]
    assert np.abs(np.array(got) - [gamma, vanna, jump]).max() < 1e-6 * size
    assert jump < 0


def test_reflection_formula_of_this_test_equals_quantlib() -> None:
    today = ql.Date(2, 1, 2023)
    ql.Settings.instance().evaluationDate = today
    n = note(years=1.0)
    count = ql.Actual365Fixed()
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(75e3)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, n.carry, count)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, n.rate, count)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), 0.6, count)),
    )
    option = ql.BarrierOption(
        ql.Barrier.DownIn, n.barrier, 0.0, ql.PlainVanillaPayoff(ql.Option.Put, n.strike),
        ql.EuropeanExercise(ql.Date(2, 1, 2024)),
    )  # fmt: skip
    option.setPricingEngine(ql.AnalyticBarrierEngine(process))
    assert LocalNote(n).value(75e3, 0.6, False) == pytest.approx(option.NPV(), rel=1e-9)


@pytest.mark.parametrize("curve", ["etf", "crypto", "note"])
def test_slope_is_the_finite_difference_of_demand(curve) -> None:
    notes = [note(), note(monitoring="close", barrier=64e3), note(monitoring="maturity", barrier=60e3)]
    held = book(ETF, CRYPTO, notes)
    p = profile(held, 73_338.0, 52.9, GRID)
    r, h = np.linspace(-24, 24, 381) + 0.0123, 1e-4
    up, down = p.at(curve, r + h).demand, p.at(curve, r - h).demand
    assert p.at(curve, r).slope == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-9)
    # and at the nodes the slope is that of the book itself, not of the interpolant
    fine = [profile(held, 73_338.0, 52.9, np.sort(np.append(GRID, GRID[5:-5] + k))) for k in (h, -h)]
    moved = [np.interp(GRID[5:-5] + k, f.returns_pct, getattr(f, f"{curve}_demand"))
             for f, k in zip(fine, (h, -h), strict=True)]  # fmt: skip
    want = (moved[0] - moved[1]) / (2 * h)
    assert getattr(p, f"{curve}_slope")[5:-5] == pytest.approx(want, rel=2e-5, abs=1e-8)


def test_profile_equals_the_path_at_fixed_volatility() -> None:
    """Two implementations: compiled sums over a grid, and the walk along a path."""
    sharp = [note(width_pct=0.05), note(width_pct=0.05, monitoring="close", barrier=64e3)]
    held = book(ETF, CRYPTO, sharp)
    p = profile(held, 73_338.0, 52.9, GRID)
    for r in (-20.0, -10.0, -5.0, 6.0):
        out = demand(held, from_moves([73_338.0, 73_338.0 * np.exp(r / 100)], [52.9]))
        i = int(np.argmin(np.abs(GRID - r)))
        assert p.etf_demand[i] == pytest.approx(out.part("etf"), rel=1e-9)
        assert p.crypto_demand[i] == pytest.approx(out.part("crypto"), rel=1e-9)
        assert p.note_demand[i] == pytest.approx(out.part("notes"), rel=1e-3, abs=1e-6)
        assert p.knock_in[i] == pytest.approx(out.part("notes", "knock_in"), rel=1e-3, abs=1e-7)


def test_exposure_slope_is_the_profile_slope_at_no_move() -> None:
    held = book(ETF, CRYPTO)
    e = exposure(held, 52.9, np.array([73_338.0]), {"etf": 0.4, "crypto": -0.3})
    p = profile(held, 73_338.0, 52.9, GRID)
    assert e["slope"][0] == pytest.approx(float(p.total(0.0, 0.4, -0.3).slope), rel=1e-9)


def test_total_does_not_depend_on_the_number_of_steps_in_units() -> None:
    """Gamma and vanna shares depend on the stated path, the sum hardly: units are a function of the state."""
    held = book(ETF, CRYPTO)
    totals = [demand(held, from_moves([73_338.0, 63_620.0], [52.9, 87.8])).table().loc["all", "total"]]
    for steps in (1, 200):
        path = dataclasses.replace(PATH, steps=steps)
        totals.append(demand(held, path).table().loc["all", "total"])
    assert np.ptp(totals) < 0.06 * abs(totals[0])
    assert abs(totals[2] - totals[0]) < 0.003 * abs(totals[0])
