"""The answer in plain words, generated from the posterior and its labels; never more than three numbers a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from model.report.figures.fit_view import FitView
from model.report.figures.summary import by_session
from model.report.page.answer import (
    capital,
    flow_rank,
    listed,
    many,
    percentile_text,
    rank_of,
    spoken,
    unusual,
)
from model.report.page.parts import (
    ASSUMED,
    BOUNDED,
    KNOWN,
    OPEN,
    SMALL,
    Day,
    Part,
    event_parts,
    lead,
    main_day,
)
from model.report.tables.lines import READINGS
from model.report.tables.sessions import SESSION
from model.report.tables.text import DECIMALS, NO_BREAK, amount, day, number
from model.units import log_to_simple_pct

SHOWN = {"flow": 5.0, "return": 0.1}
"""A known part whose mean is smaller goes unsaid in the headline; USD m, log-%."""
TECHNICAL = ("drift", "pre_sample")
"""Lines that are left to the tables."""
UNIT = {"flow": f"{NO_BREAK}million{NO_BREAK}USD", "return": f"{NO_BREAK}log-%"}
TELLS_APART = 0.1
"""Log-% and per cent are told apart from this difference."""
NOUN = {"flow": "flow", "return": "return"}


class Headline(NamedTuple):
    """One sentence, and what stands behind it."""

    sentence: str
    unusual: list[str]
    known: list[str]
    bounded: list[str]
    unknown: list[str]
    main: Day


def headline(view: FitView) -> Headline:
    """Write the headline of a fit from its own numbers."""
    days = event_parts(view)
    main = main_day(days["return"])
    flow = next(d for d in days["flow"] if d.day == main.day)
    return Headline(
        _first(view, main),
        [*_flows(view), *_returns(view), *_hours(view, main), *_simply(main)],
        [s for d in (main, flow) for s in _known(d)],
        [s for d in (main, flow) for s in _bounded(d)],
        _unknown(view, main, flow),
        main,
    )


def _first(view: FitView, main: Day) -> str:
    """One sentence: was it ordinary; how far the price moved; what is known, what is small, what is not attributed."""
    if main.observed != main.observed:
        return f"The return of {_days(view.days)} is not known."
    clauses = [*_named(main), *_small(main), _left(main)]
    said = f"{', '.join(clauses[:-1])}, and {clauses[-1]}" if len(clauses) > 1 else clauses[-1]
    ordinary = _ordinary(view)
    move = f"{'in' if ordinary else 'In'} the day to New York's close on {long_day(main.day)} the price {_moved(main)}"
    return f"{ordinary}{move}; {said}."


def _ordinary(view: FitView) -> str:
    """Whether flows and returns were what the model expected; empty where it made no predictions."""
    words = {q: {unusual(rank_of(view, view.main, d, q)) for d in view.days} for q in ("flow", "return")}
    if any("not compared" in w for w in words.values()):
        return ""
    usual = {q: w == {"ordinary"} for q, w in words.items()}
    several = "s" if len(view.days) > 1 else ""
    said = {
        (True, True): f"flow{several} and return{several} were ordinary",
        (True, False): f"flow{several} {'were' if several else 'was'} ordinary, the return was not",
        (False, True): f"return{several} {'were' if several else 'was'} ordinary, the flow was not",
        (False, False): "neither flow nor return was ordinary",
    }
    return f"{capital(said[usual['flow'], usual['return']])}: "


def _moved(main: Day) -> str:
    size = amount(abs(main.observed), "return")
    if not size.strip("0."):
        return "stood still"
    return f"{'fell' if main.observed < 0 else 'rose'} {size}{UNIT['return']}"


def _named(main: Day) -> list[str]:
    """The largest part that is known, or else assumed to have a sign."""
    for label in (KNOWN, ASSUMED):
        found = [p for p in main.among(label) if p.key not in TECHNICAL and abs(p.mean) >= SHOWN["return"]]
        if found:
            return [_explain(found[0], main)]
    return ["no part of the model is known to have moved it"]


def _explain(p: Part, main: Day) -> str:
    """``the basis trade explains 1.2 of it``; against the move, or only assumed, in other words."""
    size, title = amount(abs(p.mean), "return"), spoken(p.title)
    if p.mean * main.observed < 0:
        return f"{title} {'may have pushed' if p.label == ASSUMED else 'pushed'} the other way by {size}"
    if p.label == ASSUMED:
        return f"{title} may stand for {size} of it"
    if abs(p.mean) > abs(main.observed):
        return f"{title} {'account' if many(p.title) else 'accounts'} for {size}, more than all of it"
    return f"{title} {'explain' if many(p.title) else 'explains'} {size} of it"


def _small(main: Day) -> list[str]:
    """The part with the widest bound that is small beside the move itself: whoever reads on finds the others."""
    small = SMALL * abs(main.observed)
    found = [p for p in main.among(BOUNDED) if p.key not in TECHNICAL and 0.0 < p.size <= small]
    return [f"{spoken(max(found, key=lambda p: p.size).title)} moved it little"] if found else []


def _left(main: Day) -> str:
    size = amount(abs(main.rest.mean), "return")
    if not size.strip("0."):
        return "nothing is left unattributed"
    if main.rest.mean * main.observed < 0:
        return f"{size} the other way cannot be attributed to anyone"
    return f"{size} cannot be attributed to anyone"


def long_day(d: pd.Timestamp) -> str:
    """``5 February 2026``, for a sentence that is read aloud."""
    return f"{d.day} {d:%B %Y}"


def _flows(view: FitView) -> list[str]:
    """Were the flows unusual? Under the first dating, and what the other one changes."""
    words = {r: [unusual(flow_rank(view, r, d)) for d in view.days] for r in view.shown}
    out = _ranked(view, view.main, "flow")
    for other in [r for r in words if r != view.main]:
        changed = [
            (d, w)
            for d, w, first in zip(view.days, words[other], words[view.main], strict=True)
            if w != first
        ]
        out += [
            f"Under the {READINGS[other].lower()} the flow of {day(d)} is {w} instead." for d, w in changed
        ]
    return out


def _returns(view: FitView) -> list[str]:
    return _ranked(view, view.main, "return")


def _hours(view: FitView, main: Day) -> list[str]:
    """How much of the largest day came while the funds traded, where that is known."""
    found = by_session(view.decomposition[lead(view)], main.day)
    if not found:
        return []
    traded = float(found[SESSION].observed[0])
    whole, inside = _said(main.observed, "return"), _said(traded, "return")
    if traded * main.observed < 0:
        return [f"While the funds traded on {day(main.day)} the price moved the other way, by {inside}."]
    return [f"Of the {whole} of {day(main.day)}, {inside} came while the funds traded."]


def _simply(main: Day) -> list[str]:
    """The same move as a plain percentage, where the two differ in what is printed."""
    plain = float(log_to_simple_pct(main.observed))
    if not abs(plain - main.observed) >= TELLS_APART:
        return []
    return [f"{_said(main.observed, 'return')} is a plain change of {amount(plain, 'return')}{NO_BREAK}%."]


def _ranked(view: FitView, reading: str, quantity: str) -> list[str]:
    """Ordinary days in one sentence, each unusual one in its own, with its percentile."""
    ranks = {d: rank_of(view, reading, d, quantity) for d in view.days}
    plain = [d for d, x in ranks.items() if unusual(x) == "ordinary"]
    out = []
    if plain:
        many = len(plain) > 1
        out.append(
            f"The {NOUN[quantity]}{'s' if many else ''} of {_days(plain, view.days)} {'were' if many else 'was'} ordinary."
        )
    for d, x in ranks.items():
        if d not in plain and x == x:
            out.append(
                f"The {NOUN[quantity]} of {day(d)} was {unusual(x)}: it stood at {percentile_text(x)} of the "
                "model's own predictions."
            )
    if any(x != x for x in ranks.values()):
        out.append(
            f"How unusual the {NOUN[quantity]} was cannot be said: this fit holds no predictions of it."
        )
    return out


def _known(d: Day) -> list[str]:
    """Each known part with its interval."""
    some = [p for p in d.among(KNOWN) if p.key not in TECHNICAL and abs(p.mean) >= SHOWN[d.quantity]]
    return [
        f"{capital(_did(p, d))} by {_said(p.mean, d.quantity)}, between {_ends(p, d.quantity, 'and')}."
        for p in some
    ]


def _bounded(d: Day) -> list[str]:
    """Each bounded part with its bound; one that is zero by construction was not bounded by data, and goes unsaid."""
    some = [p for p in d.among(BOUNDED) if p.key not in TECHNICAL and p.size > 0.0]
    return [f"{capital(_did(p, d))} by {most(p, d.quantity)}, whichever way." for p in some]


def most(p: Part, quantity: str) -> str:
    """The bound of a part in words."""
    text = _plain(p.size, quantity)
    return text if text.startswith("less") else f"at most {text}"


def _did(p: Part, d: Day) -> str:
    return f"{spoken(p.title)} moved the {'price' if d.quantity == 'return' else 'net flow'} of {day(d.day)}"


def _unknown(view: FitView, main: Day, flow: Day) -> list[str]:
    """The unattributed part, what is open or assumed, and the dating."""
    out = [
        f"What moved the price of {day(main.day)} by the unattributed {_said(main.rest.mean, 'return')}, between "
        f"{_ends(main.rest, 'return', 'and')}."
    ]
    for d in (main, flow):
        of = f"the {'price' if d.quantity == 'return' else 'net flow'} of {day(d.day)}"
        for p in [p for p in d.among(OPEN) if p.key not in TECHNICAL]:
            out.append(
                f"Whether {spoken(p.title)} raised or lowered {of}: anything from {_ends(p, d.quantity, 'to')}."
            )
        for p in [p for p in d.among(ASSUMED) if p.key not in TECHNICAL]:
            out.append(
                f"How far {spoken(p.title)} moved {of}: data did not narrow its {_said(p.mean, d.quantity)}, between "
                f"{_ends(p, d.quantity, 'and')}."
            )
    weights = (view.manifest.get("mixture") or {}).get("weights")
    if weights:
        first = number(weights[view.main], 2)
        out.append(
            f"On which day trades were booked: the data give the {READINGS[view.main].lower()} a probability of {first}."
        )
    return out


def _days(days: Sequence[pd.Timestamp], every: Sequence[pd.Timestamp] = ()) -> str:
    """``both days`` where that is clear, else their dates; many days as a span."""
    if len(days) == 2 and len(every) == 2:
        return "both days"
    if len(days) > 3:
        return f"{day(days[0])} to {day(days[-1])}"
    return listed(day(d) for d in days)


def _said(x: float, quantity: str) -> str:
    return f"{amount(x, quantity)}{UNIT[quantity]}"


def _ends(p: Part, quantity: str, between: str) -> str:
    return f"{amount(p.low, quantity)} {between} {_said(p.high, quantity)}"


def _plain(x: float, quantity: str) -> str:
    """A size; one that would print as zero is said to be less than the last digit."""
    text = amount(abs(x), quantity)
    least = 10.0 ** -DECIMALS[quantity]
    return (
        f"less than {amount(least, quantity)}{UNIT[quantity]}"
        if not text.strip("0.")
        else text + UNIT[quantity]
    )
