"""The book as functions of today's return: demand for the day's equation, and the slope that belongs to it.

With S = S0 exp(r / 100), r the log return in % from yesterday's ETF close to today's, volatility held,

    demand(r) = integral_{S0}^{S} S' dN(S'),      slope(r) = d demand / d r = S^2 Gamma(S) / 100,

in USD bn and USD bn per 1 log-%.  The slope is the familiar dollar gamma per 1 %.  Between grid points both
come from one cubic Hermite interpolant, so the slope is the derivative of the demand everywhere.

Signs.  Listed options are given for dealer sign s = +1: dealers hold what the book says, in a book of puts
they are short.  Short gamma gives a positive slope: price down, dealers sell; s > 0 amplifies, s < 0 damps.
Notes have a known side and are not multiplied by s.  Vanna is the demand per +1 vol point: negative means
that dealers sell when volatility rises.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from model.dealer_book.book import Book
from model.dealer_book.greeks import Array
from model.dealer_book.listed import Listed, dollar_gamma
from model.dealer_book.notes import Note
from model.errors import DataError
from model.units import PERCENT, USD_PER_BN

CURVES = ("etf", "crypto", "note")
PER_WIDTH = 40  # points of the smoothing sum per standard deviation of a barrier
REACH = 6.0  # standard deviations covered


class Curve(NamedTuple):
    """Demand (USD bn) and slope (USD bn per 1 log-%) at the returns asked for."""

    demand: Array
    slope: Array


@dataclass(frozen=True)
class DealerProfile:
    """Hedging demand as functions of the day's log return. Every array has ``Shape: (m,)``.

    Attributes
    ----------
    returns_pct : ndarray
        Increasing grid of log returns, %, containing the day's range; demand is 0 at 0.
    etf_demand, crypto_demand : ndarray
        Listed options of each venue for s = +1, USD bn; crypto demand never becomes an ETF flow.
    etf_slope, crypto_slope : ndarray
        Their derivatives, USD bn per 1 log-%.
    note_demand, note_slope : ndarray
        Notes: gamma and knock-in together, no dealer sign; the breach is smoothed by each note's width.
    knock_in : ndarray
        The knock-in part of ``note_demand``, USD bn.
    etf_vanna, crypto_vanna, note_vanna : ndarray
        Demand per +1 point of the vol index at the end of the move, USD bn per vol point.
    spot, vol : float
        Yesterday's price (USD) and vol index (points): known before the day.
    case : str
        low, mid or high.
    """

    returns_pct: Array
    etf_demand: Array
    etf_slope: Array
    crypto_demand: Array
    crypto_slope: Array
    note_demand: Array
    note_slope: Array
    knock_in: Array
    etf_vanna: Array
    crypto_vanna: Array
    note_vanna: Array
    spot: float
    vol: float
    case: str = "mid"

    @cached_property
    def _splines(self) -> dict[str, CubicHermiteSpline]:
        return {
            k: CubicHermiteSpline(
                self.returns_pct, getattr(self, f"{k}_demand"), getattr(self, f"{k}_slope"), extrapolate=False
            )
            for k in CURVES
        }

    def at(self, curve: str, returns_pct: Array | float) -> Curve:
        """Demand and slope of ``etf``, ``crypto`` or ``note`` at any return inside the grid.

        Raises
        ------
        DataError
            A return outside the grid: demand is never extrapolated.
        """
        r = np.asarray(returns_pct, float)
        outside = ~((r >= self.returns_pct[0]) & (r <= self.returns_pct[-1]))
        if np.any(outside):
            raise DataError(
                f"Return {np.atleast_1d(r)[np.atleast_1d(outside)][0]:.2f} % is outside"
                f" the profile ({self.returns_pct[0]:.1f} to {self.returns_pct[-1]:.1f} %).",
                "Build the profile on a wider grid.",
            )
        spline = self._splines[curve]
        return Curve(spline(r), spline(r, 1))

    def coefficients(self, curve: str) -> Array:
        """Cubic coefficients per interval, highest power first. ``Shape: (4, m-1)``."""
        return self._splines[curve].c

    def total(self, returns_pct: Array | float, etf_sign: float, crypto_sign: float) -> Curve:
        """All hedging at given dealer signs: ``s_etf etf + s_crypto crypto + note``."""
        parts = [self.at(k, returns_pct) for k in CURVES]
        weights = (etf_sign, crypto_sign, 1.0)
        demand, slope = (
            np.sum([w * np.asarray(p[i]) for w, p in zip(weights, parts, strict=True)], axis=0)
            for i in (0, 1)
        )
        return Curve(demand, slope)

    def amplification(self, lam: float, etf_sign: float, crypto_sign: float) -> Array:
        """``1 / (1 - phi)``, ``phi = lam slope``, on the grid; infinite where phi reaches 1. ``Shape: (m,)``.

        Parameters
        ----------
        lam : float
            Price impact, log-% per USD bn.
        """
        phi = lam * self.total(self.returns_pct, etf_sign, crypto_sign).slope
        with np.errstate(divide="ignore"):
            return np.where(phi < 1, 1.0 / (1.0 - np.minimum(phi, 1.0)), np.inf)


def profile(book: Book, spot: float, vol: float, grid_returns_pct: Array, case: str = "mid") -> DealerProfile:
    """Hedging demand and slope of a book over today's return, at yesterday's volatility.

    Parameters
    ----------
    book : Book
    spot, vol : float
        Yesterday's price (USD) and vol index (points), both known before the day.
    grid_returns_pct : array_like
        Shape: (m,). Increasing log returns, %; must contain 0.
    case : str
        ``low``, ``mid`` or ``high`` end of the uncertain amounts.

    Returns
    -------
    DealerProfile

    Raises
    ------
    DataError
        A grid that is not increasing or misses 0; an impossible spot or volatility.
    """
    r = np.asarray(grid_returns_pct, float)
    if (
        r.ndim != 1
        or r.size < 4
        or np.any(~np.isfinite(r))
        or np.any(np.diff(r) <= 0)
        or not r[0] <= 0 <= r[-1]
    ):
        raise DataError(
            "The grid of returns must be increasing, hold four points and contain 0.", "Pass a wider grid."
        )
    if not (np.isfinite(spot) and spot > 0 and np.isfinite(vol) and 1 <= vol <= 1000):
        raise DataError(f"Spot {spot!r} or volatility {vol!r} is impossible.", "Pass USD and vol points.")
    held = book.case(case)
    etf = _listed(held.etf, spot, vol, book.vol, r)
    crypto = _listed(held.crypto, spot, vol, book.vol, r)
    notes = _notes(held.notes, spot, vol, book.vol, r, book.day)
    return DealerProfile(
        returns_pct=r,
        etf_demand=etf[0],
        etf_slope=etf[1],
        crypto_demand=crypto[0],
        crypto_slope=crypto[1],
        note_demand=notes[0],
        note_slope=notes[1],
        knock_in=notes[2],
        etf_vanna=etf[2],
        crypto_vanna=crypto[2],
        note_vanna=notes[3],
        spot=spot,
        vol=vol,
        case=case,
    )


def spots_of(spot: float, returns_pct: Array) -> Array:
    """Prices at log returns in %."""
    return spot * np.exp(np.asarray(returns_pct) / PERCENT)


def _listed(
    options: Listed, spot: float, vol: float, reference: float, r: Array
) -> tuple[Array, Array, Array]:
    """Demand, slope and vanna of listed options on the grid; the start is an extra node."""
    s = spots_of(spot, np.concatenate([[0.0], r]))
    x = options.sums(s, vol, reference)
    # integral S dN = [S N] + [V]: see demand.py
    traded = s * x.hedge + x.value
    demand = (traded - traded[0])[1:] / USD_PER_BN
    return demand, dollar_gamma(x.gamma, s)[1:], s[1:] * x.vanna[1:] / USD_PER_BN


def _notes(
    notes: tuple[Note, ...], spot: float, vol: float, reference: float, r: Array, day: date | None
) -> list[Array]:
    out = [np.zeros(r.size) for _ in range(4)]
    for note in notes:
        for total, part in zip(out, _smooth(note, spot, vol / reference, r, day), strict=True):
            total += part
    out[3] /= reference  # per vol ratio to per vol point
    return [x / USD_PER_BN for x in out]


def sharp_note(
    note: Note,
    spot: float,
    ratio: float,
    r: Array,
    day: date | None = None,
    barrier_ratio: float | None = None,
) -> tuple[Array, Array, Array]:
    """Demand, knock-in part (USD) and hedge (units) of one note at the end of a one-way move, unsmoothed.

    Parameters
    ----------
    ratio : float
        Vol index over the book's reference.
    r : ndarray
        Shape: (m,). Log returns, %.
    day : date, optional
        Today; decides whether a note observed on listed dates looks at today's close.
    barrier_ratio : float, optional
        Fixes the volatility in the discrete-monitoring shift.
    """
    fixed = ratio if barrier_ratio is None else barrier_ratio
    s = spots_of(spot, np.concatenate([[0.0], r]))
    plain = note.plain(s, ratio)
    knocked = note.knocked_on is not None or (
        note.monitoring in ("continuous", "close") and spot <= note.barrier
    )
    if knocked:
        value, hedge = note.units * plain.value, -note.units * plain.delta
        traded = s * hedge + value
        return (traded - traded[0])[1:], np.zeros(r.size), hedge[1:]
    live = note.alive(s, ratio, fixed)
    value, hedge = note.units * live.value, -note.units * live.delta
    traded, jump = s * hedge + value, np.zeros(s.size)
    if note.monitoring != "maturity":
        level, above, below = note.at_barrier(ratio, fixed)
        jump[s <= level] = level * note.units * (above - below)
        if note.monitoring != "continuous" and note.observed_on(day):
            seen = (s > level) & (s <= note.barrier)
            surplus = note.units * (live.delta - plain.delta)
            jump[seen] += (s * surplus)[seen]
            traded[seen] += (s * surplus)[seen]
            hedge = np.where(seen, -note.units * plain.delta, hedge)
    return (traded - traded[0])[1:], (jump - jump[0])[1:], hedge[1:]


def _smooth(
    note: Note, spot: float, ratio: float, r: Array, day: date | None
) -> tuple[Array, Array, Array, Array]:
    """Demand, slope, knock-in and vanna (per unit of vol ratio), barriers spread over the note's width.

    A sum of Gaussians on a fine grid, and its own derivative: slope and demand agree exactly.
    """
    w = note.width_pct
    step = w / PER_WIDTH
    fine = np.arange(r[0] - REACH * w, r[-1] + REACH * w + step, step)
    demand, jump, _ = sharp_note(note, spot, ratio, fine, day)
    h = 1e-4
    up, down = (sharp_note(note, spot, ratio * (1 + k), fine, day, ratio)[2] for k in (h, -h))
    vanna = spots_of(spot, fine) * (up - down) / (2 * h * ratio)
    nodes = np.concatenate([[0.0], r])
    z = (nodes[:, None] - fine[None, :]) / w
    k = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi) / PER_WIDTH
    smooth, jumps = k @ demand, k @ jump
    slope = (-z / w * k) @ demand
    return (smooth - smooth[0])[1:], slope[1:], (jumps - jumps[0])[1:], (k @ vanna)[1:]
