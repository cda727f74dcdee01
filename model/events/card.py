"""Event cards: which days, which window, which outside evidence. One folder per event in `data/events/`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from model.calendar import is_session
from model.errors import DataError
from model.events.claims.claim import Claim, read_claims, refuse_unknown_rivals
from model.events.facts import Fact, read_fact
from model.events.prior_changes import PriorChange, read_changes
from model.events.quantities import Ground
from model.events.rival import Rival, read_rivals
from model.events.statements import Statement, read_statements
from model.events.switches import Mechanisms, read_mechanisms
from model.names import inside, relative_name, safe_name
from model.panel import Panel, load_panel
from model.panel.roles import FLOW, roles
from model.panel.universe import Universe, load_universe
from model.store import PROJECT
from model.toml_table import Table, read_toml

if TYPE_CHECKING:
    from model.calendar import DateLike

FOLDER = PROJECT / "data" / "events"
CARD = "event.toml"


@dataclass(frozen=True)
class KnockIn:
    """A barrier of notes on the option fund. Unit: `barrier` in USD a share, `width_pct` in % of it."""

    barrier: float
    width_pct: float
    title: str
    source: str


@dataclass(frozen=True)
class EventCard:
    """One event. Dates are trading days; paths are absolute; see docs/contracts.md.

    `next_day_funds` are the funds whose trades the next-day reading books one day later, on the event's days.
    `mechanisms` switches the sub-hypotheses of operational shorting; late creation concerns the same funds and days.
    `vendor_odds` are the odds of the vendor's dates against the next-day reading before the data.
    `gate_reason` is the written reason for decomposing although the causal gate is inconclusive.
    """

    id: str
    title: str
    universe: str
    days: tuple[date, ...]
    window: tuple[date, date]
    panel_path: Path | None
    next_day_funds: tuple[str, ...]
    gate_reason: str | None
    knock_ins: tuple[KnockIn, ...]
    priors: str | None
    dealer_books: tuple[Path, ...]
    facts: tuple[Fact, ...]
    prior_changes: tuple[PriorChange, ...]
    evidence: tuple[Statement, ...]
    claims: tuple[Claim, ...]
    rivals: tuple[Rival, ...]
    mechanisms: Mechanisms
    vendor_odds: float
    sha256: str


def known_events() -> list[str]:
    """Ids of the events that come with the project."""
    return sorted(p.parent.name for p in FOLDER.glob(f"*/{CARD}"))


def load_event(id_or_path: str | Path) -> EventCard:
    """Read an event card by id, by its folder, or by the path of the TOML file.

    Raises
    ------
    DataError
        If the card is not found, or says something impossible; with the line.
    """
    path = _find(id_or_path)
    t = read_toml(path)
    window, gate, mixture = t.table("window", required=True), t.table("gate"), t.table("mixture")
    universe_name = t.text("universe")
    universe = load_universe(universe_name)
    span = (window.day("start"), window.day("end"))
    if span[0] >= span[1]:
        t.refuse("window", f"starts on {span[0]} and ends on {span[1]}", "Give an earlier start.")
    columns = (*(f"{FLOW}{k}" for k in universe.fund_keys), *(r.name for r in roles(universe)))
    card = EventCard(
        id=safe_name(t.text("id"), t.place("id")),
        title=t.text("title"),
        universe=universe_name,
        days=t.dates("days"),
        window=span,
        panel_path=_file(t, "panel", path),
        next_day_funds=t.columns("next_day_funds", [universe.option_fund]),
        gate_reason=gate.text("accept_inconclusive", None),
        knock_ins=tuple(k.into(KnockIn) for k in t.tables("knock_ins", [])),
        priors=_relative(t, "priors"),
        dealer_books=_files(t, "dealer_book", path, PROJECT),
        facts=tuple(read_fact(f, universe.calendar) for f in t.tables("facts", [])),
        prior_changes=read_changes(t.tables("prior_changes", [])),
        evidence=read_statements(t.tables("evidence", []), universe.calendar, span),
        claims=read_claims(t.tables("claims", []), Ground(universe.calendar, span, columns)),
        rivals=read_rivals(t.tables("rivals", []), universe.calendar),
        mechanisms=read_mechanisms(t),
        vendor_odds=mixture.number("vendor_odds", 1.0),
        sha256=t.source.sha256,
    )
    refuse_unknown_rivals(card.claims, t.tables("claims", []), [r.key for r in card.rivals])
    for table in (window, gate, mixture, t):
        table.done()
    _check(card, universe, t)
    return card


def event_panel(
    card: EventCard, panel_path: str | Path | None = None, as_of: DateLike | None = None
) -> Panel:
    """The panel of an event: the embedded one, or another one in full.

    Parameters
    ----------
    card : EventCard
    panel_path : str or Path, optional
        A longer panel. It is returned whole: more history than the card's window is what it is given for.
    as_of : date, optional
        Keep only what was published by the end of this New York day.

    Raises
    ------
    DataError
        If there is no panel, it is faulty, or the event's days are not in it.
    """
    path = Path(panel_path) if panel_path is not None else card.panel_path
    if path is None:
        raise DataError(f"Event {card.id!r} has no embedded panel.", "Give one with --panel PATH.")
    panel = load_panel(path, card.universe, as_of)
    absent = [d for d in card.days if d not in set(panel.dates.date)]
    if absent:
        span = f"{panel.dates[0].date()} to {panel.dates[-1].date()}"
        raise DataError(
            f"The panel ({span}) lacks the event's day {absent[0]}.",
            "Give a panel, or an as-of date, that reaches it.",
        )
    return panel


def _find(id_or_path: str | Path) -> Path:
    path = Path(id_or_path)
    if path.suffix == ".toml":
        return path
    for folder in (FOLDER / str(id_or_path), path):
        if os.path.isfile(folder / CARD):
            return folder / CARD
    known = ", ".join(known_events()) or "none"
    raise DataError(
        f"Unknown event {str(id_or_path)!r}.",
        f"Known events: {known}. Or give the path of an event's TOML file.",
    )


def _relative(t: Table, key: str) -> str | None:
    """A name or a path below the working folder; None without the key."""
    name = t.text(key, None)
    return None if name is None else relative_name(name, t.place(key))


def _file(t: Table, key: str, card: Path) -> Path | None:
    """A file named relative to the card; None without the key."""
    name = t.text(key, None)
    return None if name is None else _found(t, key, name, card)


def _files(t: Table, key: str, card: Path, other: Path) -> tuple[Path, ...]:
    """Files named relative to the card, or to another folder if they are not there; none without the key."""
    if t.raw(key, None) is None:
        return ()
    names = t.columns(key)
    paths = tuple(_found(t, key, name, card, other) for name in names)
    if len(set(paths)) < len(paths):
        t.refuse(key, "names a file twice", "Name each book once.")
    return paths


def _found(t: Table, key: str, name: str, card: Path, other: Path | None = None) -> Path:
    path = (card.parent / name).resolve()
    if not os.path.isfile(path) and other is not None and os.path.isfile(other / name):
        path = (other / name).resolve()
    inside(path, card.parent, PROJECT, what=t.place(key))
    if not os.path.isfile(path):
        t.refuse(
            key, f"no file {path}", "Correct the path, which is relative to the card, or remove the key."
        )
    return path


def _check(card: EventCard, universe: Universe, t: Table) -> None:
    """Refuse a card that contradicts its universe, its calendar or itself."""
    start, end = card.window
    if not card.days or list(card.days) != sorted(set(card.days)):
        t.refuse("days", "must be one or more different dates in order", "Sort the days.")
    for day in card.days:
        if not start <= day <= end:
            t.refuse(
                "days",
                f"{day} is outside the window {start} to {end}",
                "Widen the window or correct the day.",
            )
        if not is_session(day, universe.calendar):
            t.refuse("days", f"{day} is not a trading day of {universe.calendar}", "Give trading days.")
    if not card.vendor_odds > 0.0:
        t.refuse("vendor_odds", f"must be positive, is {card.vendor_odds:g}", "Give odds such as 1 or 0.5.")
    for fund in card.next_day_funds:
        if fund not in universe.fund_keys:
            t.refuse(
                "next_day_funds", f"unknown fund {fund!r}", f"Use some of {', '.join(universe.fund_keys)}."
            )
    for k in card.knock_ins:
        if k.barrier <= 0 or k.width_pct <= 0:
            t.refuse(
                "knock_ins",
                f"{k.title!r} needs a positive barrier and width",
                "Give the barrier in ETF price.",
            )
