"""Everything known before sampling: what was asked for, and the card, panel, design and priors behind it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from model.calendar import NEW_YORK
from model.dealer_book import load_book
from model.design.book_days import BookUse, sign_priors, with_books
from model.design.make import make_design, next_day_mask
from model.design.option_flow import OptionFlow, moved_sign, option_flow, sentence
from model.design.request import Request
from model.errors import DataError, UsageError
from model.events.card import EventCard, event_panel, load_event
from model.mechanisms.design import Design
from model.mechanisms.names import parameter_names
from model.panel import Panel
from model.priors.changes import with_changes
from model.priors.prior_set import PriorSet, load_priors
from model.priors.vary import held

DEFAULT_PRIORS = "literature"
GRAIN = 1e10


Say = Callable[[str], None]


@dataclass(frozen=True)
class Subject:
    """Everything known before sampling."""

    card: EventCard
    panel: Panel
    design: Design
    priors: PriorSet
    base_shares: np.ndarray
    book: BookUse | None = None
    option_flow: OptionFlow | None = None

    @property
    def design_hash(self) -> str:
        """Hash of every number that enters the likelihood, rounded: the last digits depend on machine and threads."""
        digest = hashlib.sha256()
        for name, value in sorted(self.design.to_arrays().items()):
            digest.update(name.encode() + np.ascontiguousarray(_rounded(value)).tobytes())
        return digest.hexdigest()


def _rounded(x: np.ndarray) -> np.ndarray:
    """Numbers as multiples of 1e-10 of the power of ten above the largest of them; what is no number as it is."""
    if x.dtype.kind != "f" or not np.isfinite(x).any():
        return x
    largest = np.max(np.abs(x), initial=0.0, where=np.isfinite(x))
    scale = 10.0 ** np.ceil(np.log10(largest)) if largest > 0.0 else 1.0
    return np.round(x / scale * GRAIN) + 0.0


def load_subject(request: Request) -> Subject:
    """Read card, panel and priors; validate; build the arrays."""
    card = load_event(request.event)
    card = dataclasses.replace(card, mechanisms=card.mechanisms.switched(request.mechanisms))
    card = known_by(card, request.as_of) if request.as_of else card
    panel = _cut(event_panel(card, request.panel, request.as_of), card, request.window)
    priors = with_changes(_priors(request, card), card.prior_changes)
    days = panel.frame.index
    priors.refuse_overlap(days[0].date(), days[-1].date())
    shares = np.array([f.base_share for f in panel.universe.funds])
    subject = Subject(card, panel, make_design(panel, card), priors, shares)
    return _with_dealers(subject, card.dealer_books if request.book else ())


def known_by(card: EventCard, day: date) -> EventCard:
    """The card as it could be read on the evening of a day: its days, window and facts up to then.

    Raises
    ------
    DataError
        If the event had not begun.
    """
    days = tuple(d for d in card.days if d <= day)
    if not days:
        raise DataError(
            f"On {day} the event of {card.days[0]} had not begun.", f"Give --as-of {card.days[0]} or later."
        )
    facts = tuple(f for f in card.facts if f.at.astimezone(ZoneInfo(NEW_YORK)).date() <= day)
    evidence = tuple(s for s in card.evidence if max(s.quantity.days) <= day)
    window = (card.window[0], min(card.window[1], day))
    return dataclasses.replace(card, days=days, facts=facts, evidence=evidence, window=window)


def _cut(panel: Panel, card: EventCard, window: str | None) -> Panel:
    """The panel's days of ``FIRST:LAST``, or of the card's window for ``card``; all of them for None."""
    if window is None:
        return panel
    if window == "card":
        return panel.window(*card.window)
    first, _, last = window.partition(":")
    try:
        return panel.window(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise UsageError(
            f"--window {window!r} is no span of days.", "Write FIRST:LAST as 2026-03-02:2026-03-31, or card."
        ) from None


def _with_dealers(subject: Subject, paths: tuple[Path, ...]) -> Subject:
    """The subject with a dealer book on each day that one covers, and dealers' sign moved by put and call volume."""
    books = [load_book(path) for path in paths]
    known = subject.panel.as_of
    books = [b for b in books if known is None or b.day is None or b.day <= known]
    design, priors, use = subject.design, subject.priors, None
    if books:
        design, use = with_books(design, subject.panel, books)
        priors = sign_priors(priors, use.signs)
    flow = option_flow(subject.panel, design, books)
    priors = moved_sign(priors, flow)
    return dataclasses.replace(subject, design=design, priors=priors, book=use, option_flow=flow)


def book_sentence(subject: Subject) -> str:
    """Which days use a dealer book, and what put and call volume did to dealers' sign, for the terminal."""
    said = "Dealer book: none; every day uses the gamma proxy."
    if subject.book:
        used = ", ".join(f"{b.title!r} on {b.day}" for b in subject.book.books)
        said = f"Dealer book: {used}; all other days use the gamma proxy."
    return f"{said} {sentence(subject.option_flow)}"


@dataclass(frozen=True)
class Reading:
    """One way of reading the data through the same compiled model."""

    name: str
    title: str
    design: Design
    use_positions: bool


def readings(subject: Subject, dating: str) -> tuple[Reading, ...]:
    """Readings to sample: the chosen datings, and the first without weekly positions; none that equals another."""
    mask = next_day_mask(subject.design, subject.card)
    vendor = Reading("vendor", "vendor's dates", subject.design, True)
    next_day = Reading(
        "next_day", "next-day reading", dataclasses.replace(subject.design, next_day=mask), True
    )
    chosen = {"vendor": (vendor,), "next-day": (next_day,), "both": (vendor, next_day)}[dating]
    if not mask.any():
        chosen = (vendor,)
    if not len(subject.design.positions):
        return chosen
    return (*chosen, Reading("no_positions", "without weekly positions", chosen[0].design, False))


def not_read(subject: Subject, dating: str) -> tuple[str, ...]:
    """Why a reading that was asked for is not sampled: it would be another one's twin."""
    names = {r.name for r in readings(subject, dating)}
    out = []
    if "next_day" not in names and dating != "vendor":
        out.append("The next-day reading moves no trade of these days: it would repeat the vendor's dates.")
    if "no_positions" not in names:
        out.append(
            "No change of weekly positions falls into these days: leaving them out would change nothing."
        )
    return tuple(out)


def _priors(request: Request, card: EventCard) -> PriorSet:
    """The chosen set; what it says nothing about, because it was made before that mechanism, keeps the default prior."""
    return _chosen_priors(request, card).completed(parameter_names(), load_priors(DEFAULT_PRIORS))


def _chosen_priors(request: Request, card: EventCard) -> PriorSet:
    """The set asked for, else the card's; for a longer panel the default, with what no panel can tell held."""
    if request.priors:
        return load_priors(request.priors)
    if request.panel and not request.window:
        return held(load_priors(DEFAULT_PRIORS))
    return load_priors(card.priors or DEFAULT_PRIORS)
