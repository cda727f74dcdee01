"""The book in words and tables for a terminal."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from model.dealer_book.book import Book
from model.dealer_book.demand import PARTS, Demand
from model.dealer_book.listed import CASES
from model.dealer_book.notes import Note, first_breach
from model.dealer_book.path import Path
from model.units import DAYS_PER_YEAR, MN_PER_BN

NAMES = {"etf": "ETF options", "crypto": "crypto-native options", "notes": "notes (no sign)", "all": "all"}
SHOWN = {"gamma": "gamma", "vanna": "vanna", "knock_in": "knock-in", "total": "total"}


def m(x: float) -> str:
    """USD bn as USD m text."""
    return (
        f"{MN_PER_BN * x:+,.0f}" if abs(x) >= 9.5e-3 else (f"{MN_PER_BN * x:+.1f}" if abs(x) > 5e-5 else "0")
    )


def _held(book: Book, source: str) -> bool:
    return bool(book.notes) if source == "notes" else len(book.listed(source)) > 0


def _f(x: Any) -> float:
    return float(x)


def print_move(console: Console, book: Book, path: Path) -> None:
    """What was moved, from where to where."""
    a, b = path.points[0], path.points[-1]
    shown = path.points if len(path.points) <= 5 else (a, b)
    points = ", ".join(
        f"{p.spot:,.0f} (share {book.share_price(p.spot):.2f}, volatility {p.vol:.1f})" for p in shown
    )
    console.print(f"Path of {len(path.points)} points: {points}.")
    console.print(f"Each leg in {path.steps} steps, spot first, then volatility.")
    lows = min(path.points, key=lambda p: p.spot)
    if lows.spot < min(a.spot, b.spot) or not b.etf_open:
        seen = (
            "while the ETF traded"
            if lows.etf_open
            else "after the ETF close: ETF notes and options do not see it"
        )
        console.print(f"Low of the path {lows.spot:,.0f}, {seen}.")


def print_demand(console: Console, results: dict[str, Demand], book: Book) -> None:
    """Total and parts for unit sign, low / mid / high, and what the prior of the sign makes of it."""
    table = Table(
        title="Hedging demand in USD m at dealer sign s = +1 (negative: dealers sell)", title_justify="left"
    )
    table.add_column("")
    for name in SHOWN.values():
        table.add_column(name + "\nmid", justify="right")
    table.add_column("total\nlow .. high", justify="right")
    table.add_column("trough on path\nmid", justify="right")
    tables = {c: r.table() for c, r in results.items()}
    for source, label in NAMES.items():
        if source != "all" and not _held(book, source):
            continue
        mid = tables["mid"].loc[source]
        ends = {c: float(tables[c]["total"][source]) for c in ("low", "high")}
        span = f"{m(ends['low'])} .. {m(ends['high'])}"
        trough = m(results["mid"].trough[source]) if source != "all" else ""
        style = "bold" if source == "all" else ""
        table.add_row(
            label,
            *(m(_f(mid[k])) for k in SHOWN),
            span,
            trough,
            style=style,
            end_section=source == "notes",
        )
    console.print(table)
    lines = []
    for venue in ("etf", "crypto"):
        lo, hi = book.sign[venue].interval()
        x = results["mid"].part(venue)
        lo_x, hi_x = sorted((lo * x, hi * x))
        if x:
            lines.append(f"{NAMES[venue]} {m(lo_x)} to {m(hi_x)} (s from {lo:+.2f} to {hi:+.2f})")
    if lines:
        console.print(
            "s is not observed. 89 % prior interval of the same demand, USD m: " + "; ".join(lines) + "."
        )


def print_by_strike(console: Console, result: Demand, rows: int = 14) -> None:
    """The strikes that trade most."""
    frame = result.by_strike.assign(size=result.by_strike["total"].abs())
    top = frame.nlargest(rows, "size").sort_values(["source", "level"])
    top = top[top["size"] > 0]
    table = Table(
        title=f"By strike, USD m at s = +1 (mid; {len(top)} largest of {len(frame)})", title_justify="left"
    )
    for name in ("", "strike", "underlying"):
        table.add_column(name, justify="right" if name else "left")
    for name in SHOWN.values():
        table.add_column(name, justify="right")
    for row in top.itertuples():
        table.add_row(
            NAMES[str(row.source)],
            f"{row.strike:,.10g}",
            f"{row.level:,.0f}",
            *(m(float(getattr(row, k))) for k in SHOWN),
        )
    console.print(table)


def print_levels(
    console: Console,
    levels: dict[str, list[float]],
    low: float,
    high: float,
    slopes: pd.DataFrame,
    lam: float,
) -> None:
    """Zero-gamma level and the amplification at both ends of the move."""
    for name, found in levels.items():
        where = ", ".join(f"{x:,.0f}" for x in found) if found else f"none between {low:,.0f} and {high:,.0f}"
        console.print(f"Zero-gamma level, {name}: {where}")
    table = Table(
        title=f"Slope and amplification 1/(1-phi), phi = lam x slope; lam = {lam:g} % per bn, stated",
        title_justify="left",
    )
    for name in ("spot", "volatility", "s (both venues)", "slope, USD m per 1 %", "phi", "amplification"):
        table.add_column(name, justify="right")
    for row in slopes.itertuples():
        table.add_row(
            f"{row.spot:,.0f}",
            f"{row.vol:.1f}",
            f"{row.sign:+.1f}",
            m(_f(row.slope)),
            f"{row.phi:+.3f}",
            f"{row.amplification:.3f}",
        )
    console.print(table)


def print_notes(console: Console, book: Book, results: dict[str, Demand]) -> None:
    """State of each note under each monitoring rule, and the knock-in on the path."""
    if not book.notes:
        return
    table = Table(title="Notes with a knock-in barrier", title_justify="left")
    for name, right in (
        ("note", 0),
        ("barrier", 1),
        ("rule", 0),
        ("notional low/mid/high", 1),
        ("before", 0),
        ("on the path", 0),
        ("knock-in, USD m\nlow/mid/high", 1),
    ):
        table.add_column(name, justify="right" if right else "left")
    for i, note in enumerate(book.notes):
        jumps = [_jump(results[c], note) for c in CASES]
        before = "alive" if note.knocked_on is None else f"knocked in {note.knocked_on}"
        now = _now(note, results["high"])
        size = " / ".join(f"{x:,.0f}" for x in note.notional_usd_m)
        table.add_row(
            note.name,
            f"{note.shown_barrier:g}",
            note.monitoring,
            size,
            before,
            now,
            " / ".join(m(x) for x in jumps),
            end_section=i == len(book.notes) - 1,
        )
    console.print(table)
    total = sum(max(abs(_jump(results["high"], n)), 0) for n in book.notes) * MN_PER_BN
    bound = f"{book.note_cap_usd_m:,.0f}"
    console.print(
        f"All notional together is bounded by USD {bound} m; the knock-ins above sum to {total:,.1f} at most."
    )
    for note in book.notes:
        console.print(sentence(note, book.closes, book.as_of.date(), book.day))


def _jump(result: Demand, note: Note) -> float:
    return float(sum(x for name, _, x in result.breaches if name == note.name))


def _now(note: Note, result: Demand) -> str:
    if note.knocked_on is not None:
        return "plain put: cannot knock in again"
    return "knocks in" if any(name == note.name for name, _, _ in result.breaches) else "stays alive"


def sentence(note: Note, closes: dict[date, float], until: date, day: date | None) -> str:
    """What the monitoring rules say about a note before the day, in one paragraph."""
    on = f"on {day}" if day else "on the day"
    barrier = f"{note.shown_barrier:g}"
    close = first_breach(note, closes, until, "close")
    if close is None:
        _, above, below = note.at_barrier(1.0, 1.0)
        return (
            f"- {note.name}: no ETF close at or under {barrier} up to {until}, so under close monitoring it "
            f"is alive and can knock in {on} (watched continuously it may have gone earlier, intraday). "
            f"With {note.years * DAYS_PER_YEAR:.0f} days to run the put's delta at the barrier goes from "
            f"{above:.2f} to {below:.2f}: the difference is what a breach sells."
        )
    return (
        f"- {note.name}: the ETF closed at {closes[close]:.2f} <= {barrier} on {close}. Under close (and "
        "continuous) monitoring it had knocked in by then and "
        f"cannot have knocked in {on}; only a barrier "
        "observed at maturity is still open, and that one never knocks in on a day."
    )


def print_provenance(console: Console, book: Book) -> None:
    """What is a fact and what is not."""
    for p in book.provenance:
        colour = {"fact": "green", "seed": "yellow", "assumption": "red"}[p.status]
        console.print(f"{p.status:>10}  {p.name}: {p.source}", style=colour)


def tidy(results: dict[str, Demand]) -> pd.DataFrame:
    """All cases in long form: case, source, strike, level, part, usd_m."""
    frames = [
        r.by_strike.melt(["source", "strike", "level"], list(PARTS), "part", "usd_m").assign(case=c)
        for c, r in results.items()
    ]
    out = pd.concat(frames)
    return out.assign(usd_m=out["usd_m"] * MN_PER_BN)[["case", "source", "strike", "level", "part", "usd_m"]]
