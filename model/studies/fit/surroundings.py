"""What stood around a fit's days, for its page: the panel's series and the dealer book along the event's path."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pandas as pd

from model.dealer_book import Book, load_book
from model.dealer_book.demand import demand
from model.dealer_book.listed import CASES, dollar_gamma
from model.dealer_book.path import Path, Point
from model.design.book_days import BookDay
from model.design.subject import Subject
from model.mechanisms.hedge_curves import CURVES
from model.report.figures.surroundings import SURROUNDINGS
from model.store import write_json
from model.units import PERCENT, USD_PER_MN, bn_to_usd_m

SHOWN_RANGE = (-35.0, 25.0)
"""Log returns, %, over which a book's curves are kept for the page."""
EVERY = 4
"""Of the curves' knots every fourth is kept: one per cent apart."""
BIGGEST = 40
"""Strikes kept, largest dollar gamma first."""


def write_surroundings(subject: Subject, folder: FilePath) -> FilePath:
    """Write ``surroundings.json`` into a fit folder."""
    path = folder / SURROUNDINGS
    write_json(surroundings(subject), path)
    return path


def surroundings(subject: Subject) -> dict[str, Any]:
    """Series on the design's days, weekly positions, barriers and dealer books.

    Returns
    -------
    dict
        ``dates``; ``series``: title, unit and values by name; ``factors``: log returns, %, by title; ``weeks``: days
        covered, change in thousand units; ``barriers``: when the fund's close crossed each; ``books``.
    """
    design, panel = subject.design, subject.panel
    frame = panel.frame.reindex(design.dates)
    titles = {f.key: f.title for f in panel.universe.factors}
    return {
        "data": panel.sha256,
        "underlying": panel.universe.underlying.name,
        "option_fund": next(f.title for f in panel.universe.funds if f.key == panel.universe.option_fund),
        "dates": [str(d.date()) for d in design.dates],
        "series": _series(frame, design),
        "factors": {
            titles.get(k, k): _plain(design.factor_returns[:, j]) for j, k in enumerate(design.factors)
        },
        "weeks": _weeks(design),
        "barriers": _barriers(subject, frame),
        "books": [_book(subject, load_book(p)) for p in subject.card.dealer_books] if subject.book else [],
    }


def _series(frame: pd.DataFrame, design) -> dict[str, dict[str, Any]]:
    """Series that the panel has; one that it lacks is left out."""
    said = (
        ("price", "Price", "USD", design.price),
        ("premium", "Futures premium", "% of price", design.premium),
        ("implied_vol", "Implied volatility", "vol points", _column(frame, "implied_vol")),
        ("stress", "Stress index", "points", _column(frame, "stress")),
        ("fund_close", "Option fund's close", "USD", _column(frame, "etf_close")),
        ("fund_volume", "Option fund's volume", "m shares", _column(frame, "etf_volume") / USD_PER_MN),
    )
    return {k: {"title": t, "unit": u, "values": _plain(v)} for k, t, u, v in said if np.isfinite(v).any()}


def _column(frame: pd.DataFrame, name: str) -> np.ndarray:
    return frame[name].to_numpy(dtype=float) if name in frame else np.full(len(frame), np.nan)


def _weeks(design) -> list[dict[str, Any]]:
    return [
        {"days": [int(i) for i in days], "change": float(change)}
        for days, change in zip(design.position_days, design.positions, strict=True)
        if len(days)
    ]


def _barriers(subject: Subject, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Barriers of the card, and the first close of the fund at or below each."""
    closes = _column(frame, "etf_close")
    out = []
    for k in subject.card.knock_ins:
        below = np.flatnonzero(closes <= k.barrier)
        first = str(frame.index[below[0]].date()) if len(below) else None
        close = float(closes[below[0]]) if len(below) else None
        out.append(
            {"barrier": k.barrier, "title": k.title, "source": k.source, "crossed": first, "close": close}
        )
    return out


def _book(subject: Subject, book: Book) -> dict[str, Any]:
    """One book: curves over the day's return, strikes, barriers, hedging from close to close of the event's days."""
    design, use = subject.design, subject.book
    assert use is not None, "only called where a book was used"
    at = next(b for b in use.books if b.sha256 == book.sha256)
    k = use.books.index(at)
    keep = (design.book_grid >= SHOWN_RANGE[0]) & (design.book_grid <= SHOWN_RANGE[1])
    grid = design.book_grid[keep][::EVERY]
    return {
        "title": book.title,
        "sha256": book.sha256,
        "day": at.day,
        "spot": at.spot,
        "vol": at.vol,
        "share": book.share_price(at.spot),
        "returns": _plain(grid),
        "spots": _plain(at.spot * np.exp(grid / PERCENT)),
        "demand": {
            name: _plain(design.book_knots[k, j, 0][keep][::EVERY], 5) for j, name in enumerate(CURVES)
        },
        "strikes": _strikes(book, at),
        "notes": [
            {
                "name": n.name,
                "level": n.barrier,
                "shown": n.shown_barrier,
                "status": n.status,
                "gone": str(n.knocked_on) if n.knocked_on else None,
                "notional": list(n.notional_usd_m),
            }
            for n in book.notes
        ],
        "hedging": _hedging(subject, book, at),
    }


def _strikes(book: Book, at: BookDay) -> list[dict[str, Any]]:
    """Dollar gamma by strike, USD m per 1 %, for dealer sign +1; the largest strikes."""
    rows = []
    for venue in ("etf", "crypto"):
        options = book.listed(venue).case("mid")
        if not len(options):
            continue
        hedge = -options.weight * options.greeks(at.spot, at.vol / book.vol).gamma
        one = pd.DataFrame({"strike": options.strike, "shown": options.shown_strike})
        one["gamma"] = bn_to_usd_m(dollar_gamma(hedge, np.array(at.spot)))
        rows.append(
            one.groupby("shown", as_index=False)
            .agg(strike=("strike", "mean"), gamma=("gamma", "sum"))
            .assign(venue=venue)
        )
    if not rows:
        return []
    table = pd.concat(rows).sort_values("gamma", key=np.abs, ascending=False, kind="stable").head(BIGGEST)
    return [
        {"venue": r["venue"], "strike": r["strike"], "shown": r["shown"], "gamma": r["gamma"]}
        for r in table.sort_values("strike").to_dict("records")
    ]


def _hedging(subject: Subject, book: Book, at: BookDay) -> dict[str, Any]:
    """Demand from the close before the book's day to each close of the event's days; USD m, dealer sign +1."""
    points = list(_points(subject, at))
    if len(points) < 2:
        return {"days": [], "cases": {}, "breaches": []}
    cases: dict[str, list[dict[str, float]]] = {}
    breaches = []
    for case in CASES:
        held = book.case(case)
        for n in range(2, len(points) + 1):
            found = demand(held, Path(tuple(points[:n])))
            table = bn_to_usd_m(found.table())
            cases.setdefault(case, []).append(
                {f"{s}:{p}": float(table.loc[s, p]) for s in table.index for p in table}
            )
        breaches += [
            {"case": case, "note": name, "day": str(d) if d else None, "usd_m": bn_to_usd_m(x)}
            for name, d, x in found.breaches
        ]
    return {"days": [str(p.day) for p in points[1:]], "cases": cases, "breaches": breaches}


def _points(subject: Subject, at: BookDay) -> Iterable[Point]:
    """Closes from the day before the book's day to the event's last day, while price and volatility are known."""
    design = subject.design
    first = int(np.flatnonzero(design.dates == pd.Timestamp(at.day))[0])
    last = max([first, *design.event_days])
    vols = _column(subject.panel.frame.reindex(design.dates), "implied_vol")
    yield Point(at.spot, at.vol, etf_close=True, day=design.dates[first - 1].date())
    vol = at.vol
    for t in range(first, last + 1):
        if not np.isfinite(design.price[t]):
            return
        vol = float(vols[t]) if np.isfinite(vols[t]) else vol
        yield Point(float(design.price[t]), vol, etf_close=True, day=design.dates[t].date())


def _plain(values: np.ndarray, decimals: int = 4) -> list[float | None]:
    """Numbers for JSON; a missing one is null."""
    return [round(float(v), decimals) if np.isfinite(v) else None for v in np.asarray(values, dtype=float)]
