"""Hedging demand along a path, split into gamma, vanna and knock-in, by venue and strike.

A dealer holding options with value V(S, v) holds N = -dV/dS units against them.  What he trades along a path,
in dollars actually paid, is ``integral S dN``.  Along a spot leg at fixed volatility, integrating by parts,

    integral S dN = [S N] - integral N dS = [S N] + [V],

so gamma demand is exact from values and deltas, no quadrature.  Along a volatility leg it is S times the
change of N.  Where N jumps (a barrier) the jump times the spot there is the knock-in part.  Positive is
buying.

Sign convention: dealers short gamma and price down => dealers SELL (negative demand).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from model.dealer_book.book import Book
from model.dealer_book.listed import Listed
from model.dealer_book.notes import Note
from model.dealer_book.path import Path, Point
from model.units import USD_PER_BN

PARTS = ("gamma", "vanna", "knock_in")
SOURCES = ("etf", "crypto", "notes")


@dataclass(frozen=True)
class Demand:
    """Hedging demand in USD bn for s = +1; positive is buying.

    Attributes
    ----------
    by_strike : DataFrame
        Columns source (etf, crypto, notes), strike (as quoted), gamma, vanna, knock_in, total, level (USD).
    trough : dict
        Most negative running demand along the path by source: what was sold before anything was bought back.
    breaches : tuple of (str, date or None, float)
        Notes that knocked in along the path: name, day, USD bn traded at the breach.
    """

    by_strike: pd.DataFrame
    trough: dict[str, float]
    breaches: tuple[tuple[str, date | None, float], ...] = field(default=())

    def part(self, source: str, part: str = "total") -> float:
        """One source's demand, total or one part."""
        rows = self.by_strike["source"] == source
        return float(self.by_strike.loc[rows, part].sum())

    def table(self, sign: dict[str, float] | None = None) -> pd.DataFrame:
        """Sources by parts, listed options times the venue's sign. Notes have no sign."""
        s = {"etf": 1.0, "crypto": 1.0, "notes": 1.0} | (sign or {})
        rows = [{p: s[k] * self.part(k, p) for p in (*PARTS, "total")} for k in SOURCES]
        out = pd.DataFrame(rows, index=list(SOURCES))
        out.loc["all"] = out.sum()
        return out


def demand(book: Book, path: Path) -> Demand:
    """Hedging demand of a book along a path, for unit dealer sign.

    Parameters
    ----------
    book : Book
        One case of it (``book.case("mid")``).
    path : Path
        The crypto venue sees every point, the ETF venue and the notes only those in ETF hours.

    Returns
    -------
    Demand
    """
    frames, trough = [], {}
    for venue in ("etf", "crypto"):
        parts, low = _listed_demand(book.listed(venue), path.seen_by(venue), book.vol)
        frames.append(_frame(venue, book.listed(venue).shown_strike, book.listed(venue).strike, parts))
        trough[venue] = low
    rows, lows, breaches = [], [], []
    for note in book.notes:
        parts, low, day, jump = note_demand(note, path.seen_by("etf"), book.vol)
        rows.append(parts)
        lows.append(low)
        if jump is not None and note.units > 0:
            breaches.append((note.name, day, jump))
    shown, level = ([getattr(n, k) for n in book.notes] for k in ("shown_barrier", "barrier"))
    frames.append(_frame("notes", np.array(shown), np.array(level), np.array(rows).reshape(-1, 3).T))
    trough["notes"] = float(sum(lows))
    return Demand(pd.concat([f for f in frames if len(f)] or frames[:1]), trough, tuple(breaches))


def _frame(source: str, shown: np.ndarray, level: np.ndarray, parts: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame(dict(zip(PARTS, parts / USD_PER_BN, strict=True)), dtype=float)
    frame.insert(0, "strike", np.asarray(shown, float))
    frame.insert(1, "level", np.asarray(level, float))
    frame = frame.groupby("strike", as_index=False).agg({"level": "mean", **dict.fromkeys(PARTS, "sum")})
    frame.insert(0, "source", source)
    return frame.assign(total=frame[list(PARTS)].sum(axis=1))


def _listed_demand(options: Listed, path: Path, reference_vol: float) -> tuple[np.ndarray, float]:
    """Gamma, vanna and (zero) knock-in demand per option, USD, ``Shape: (3, n)``; running trough, USD bn."""
    parts = np.zeros((3, len(options)))
    if not len(options):
        return parts, 0.0
    w, low = options.weight, 0.0
    first = path.points[0]
    here = options.greeks(first.spot, first.vol / reference_vol)
    for a, b in path.legs():
        moved = options.greeks(b.spot, a.vol / reference_vol)
        parts[0] += w * (-b.spot * moved.delta + a.spot * here.delta + moved.value - here.value)
        here = moved
        if b.vol != a.vol:
            here = options.greeks(b.spot, b.vol / reference_vol)
            parts[1] -= w * b.spot * (here.delta - moved.delta)
        low = min(low, float(parts.sum()))
    return parts, low / USD_PER_BN


class NoteHedge:
    """One note walked along a path: its state, and what has been traded so far (USD)."""

    def __init__(self, note: Note, start: Point, reference_vol: float) -> None:
        self.note, self.reference = note, reference_vol
        # The discrete-monitoring shift keeps the volatility of the start, so the barrier does not wander.
        self.barrier_ratio = start.vol / reference_vol
        self.knocked = note.knocked_on is not None or (
            start.etf_close and note.observed_on(start.day) and start.spot <= note.barrier
        )
        self.parts = np.zeros(3)
        self.breach: tuple[date | None, float] | None = None

    def _at(self, spot: float, vol: float) -> tuple[float, float]:
        """Value and hedge (units) now."""
        s, ratio = np.array([spot]), vol / self.reference
        g = self.note.plain(s, ratio) if self.knocked else self.note.alive(s, ratio, self.barrier_ratio)
        return self.note.units * float(g.value[0]), -self.note.units * float(g.delta[0])

    def spot_leg(self, a: Point, b: Point) -> None:
        """Move spot at fixed volatility; a crossing of the effective barrier is a jump."""
        (v0, n0), (v1, n1) = self._at(a.spot, a.vol), self._at(b.spot, a.vol)
        traded = b.spot * n1 - a.spot * n0 + v1 - v0
        jump = 0.0
        if not self.knocked and self.note.monitoring != "maturity":
            jump = self._crossing(a, b)
        self.parts += [traded - jump, 0.0, jump]

    def _crossing(self, a: Point, b: Point) -> float:
        ratio = a.vol / self.reference
        level = self.note.effective_barrier(self.barrier_ratio)
        down, up = b.spot <= level < a.spot, a.spot <= level < b.spot
        if not (down or up):
            return 0.0
        level, above, below = self.note.at_barrier(ratio, self.barrier_ratio)
        jump = level * self.note.units * (above - below) * (1.0 if down else -1.0)
        if down and self.note.monitoring == "continuous":
            self.knocked, self.breach = True, (b.day, jump)
        return jump

    def vol_leg(self, b: Point, before: float) -> None:
        """Move volatility from ``before`` to the point's at its spot."""
        self.parts[1] += b.spot * (self._at(b.spot, b.vol)[1] - self._at(b.spot, before)[1])

    def observe(self, b: Point) -> None:
        """An ETF close: a note that looks here and finds the price at or under its barrier knocks in."""
        if self.knocked or not b.etf_close or b.spot > self.note.barrier or not self.note.observed_on(b.day):
            return
        before = self._at(b.spot, b.vol)[1]
        self.knocked = True
        jump = b.spot * (self._at(b.spot, b.vol)[1] - before)
        self.parts[2] += jump
        # A close under the shifted barrier: the surplus was already sold when spot crossed it during the day.
        self.breach = (b.day, float(self.parts[2]))


def note_demand(
    note: Note, path: Path, reference_vol: float
) -> tuple[np.ndarray, float, date | None, float | None]:
    """One note along a path.

    Returns
    -------
    parts : ndarray
        Shape: (3,): gamma, vanna, knock-in. Unit: USD.
    trough : float
        Most negative running demand, USD bn.
    day, jump
        Day of the knock-in and USD bn traded at it; ``jump`` None if it did not knock in.
    """
    walk, low = NoteHedge(note, path.points[0], reference_vol), 0.0
    for a, b in path.legs():
        walk.spot_leg(a, b)
        if b.vol != a.vol:
            walk.vol_leg(b, a.vol)
        walk.observe(b)
        low = min(low, float(walk.parts.sum()))
    day, jump = (None, None) if walk.breach is None else (walk.breach[0], walk.breach[1] / USD_PER_BN)
    return walk.parts, low / USD_PER_BN, day, jump
