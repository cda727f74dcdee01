"""The answer in plain words, generated from the posterior and its labels; never more than three numbers a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from model.report.figures.expected import ordinal
from model.report.figures.fit_view import FitView
from model.report.figures.summary import by_session
from model.report.page.answer import capital, flow_rank, listed, lower, rank_of, unusual
from model.report.page.parts import ASSUMED, BOUNDED, KNOWN, OPEN, Day, Part, event_parts, lead, main_day
from model.report.tables.lines import READINGS
from model.report.tables.sessions import SESSION
from model.report.tables.text import DECIMALS, NO_BREAK, amount, day, number

SHOWN = {"flow": 5.0, "return": 0.1}
"""A known part whose mean is smaller goes unsaid in the headline; USD m, log-%."""
TECHNICAL = ("drift", "pre_sample")
"""Lines that are left to the tables."""
UNIT = {"flow": f"{NO_BREAK}m", "return": f"{NO_BREAK}%"}
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
        [*_flows(view), *_returns(view), *_hours(view, main)],
        [s for d in (main, flow) for s in _known(d)],
        [s for d in (main, flow) for s in _bounded(d)],
        _unknown(view, main, flow),
        main,
    )


def _first(view: FitView, main: Day) -> str:
    """What share of the largest day is unattributed, and the largest part that is known."""
    if main.observed != main.observed:
        return f"The return of {_days(view.days)} is not known."
    whole, rest = _said(main.observed, "return"), _said(main.rest.mean, "return")
    named = [
        p for p in main.among(KNOWN, ASSUMED) if p.key not in TECHNICAL and abs(p.mean) >= SHOWN["return"]
    ]
    head = f"Of the {whole} of {day(main.day)}, "
    unsaid = "no part of the rest is known to have moved it"
    if abs(main.rest.mean) >= 0.5 * abs(main.observed):
        tail = f"{_explain(named[0])} {_said(named[0].mean, 'return')}" if named else unsaid
        text = f"{head}{rest} cannot be attributed to anyone; {tail}."
    elif named:
        text = (
            f"{head}{_explain(named[0])} {_said(named[0].mean, 'return')}, and {rest} cannot be attributed."
        )
    else:
        text = f"{head}{rest} cannot be attributed; {unsaid}."
    quiet = all(
        unusual(rank_of(view, view.main, d, q)) == "ordinary" for d in view.days for q in ("flow", "return")
    )
    if quiet:
        what = "Flow and return" if len(view.days) == 1 else "Flows and returns"
        return f"{what} of {_days(view.days)} were ordinary. {text}"
    return text


def _explain(p: Part) -> str:
    title = lower(p.title)
    if p.label == ASSUMED:
        return f"{title} may stand for"
    return f"{title} explain" if title.endswith("s") or " + " in title else f"{title} explains"


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
    whole, inside = _said(main.observed, "return"), _said(float(found[SESSION].observed[0]), "return")
    return [f"Of the {whole} of {day(main.day)}, {inside} came while the funds traded."]


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
    return [f"{capital(_did(p, d))} by {_most(p, d.quantity)}, whichever way." for p in some]


def _most(p: Part, quantity: str) -> str:
    text = _plain(p.size, quantity)
    return text if text.startswith("less") else f"at most {text}"


def _did(p: Part, d: Day) -> str:
    return f"{lower(p.title)} moved the {'price' if d.quantity == 'return' else 'net flow'} of {day(d.day)}"


def _unknown(view: FitView, main: Day, flow: Day) -> list[str]:
    """The unattributed part, what is open or assumed, and the dating."""
    out = [
        f"What moved the price by the unattributed {_said(main.rest.mean, 'return')}, between "
        f"{_ends(main.rest, 'return', 'and')}."
    ]
    for d in (main, flow):
        of = "the price" if d.quantity == "return" else "the net flow"
        for p in [p for p in d.among(OPEN) if p.key not in TECHNICAL]:
            out.append(
                f"Whether {lower(p.title)} raised or lowered {of}: anything from {_ends(p, d.quantity, 'to')}."
            )
        for p in [p for p in d.among(ASSUMED) if p.key not in TECHNICAL]:
            out.append(
                f"How far {lower(p.title)} moved {of}: data did not narrow its {_said(p.mean, d.quantity)}, between "
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


def percentile_text(x: float) -> str:
    """``the 97th percentile``; near the ends with a decimal: ``percentile 0.9``."""
    near = (x < 1.5 or x > 98.5) and round(x, 1) != round(x)
    return f"percentile {x:.1f}" if near else f"the {ordinal(x)} percentile"


def _said(x: float, quantity: str) -> str:
    return f"{amount(x, quantity)}{UNIT[quantity]}"


def _ends(p: Part, quantity: str, between: str) -> str:
    return f"{_said(p.low, quantity)} {between} {_said(p.high, quantity)}"


def _plain(x: float, quantity: str) -> str:
    """A size; one that would print as zero is said to be less than the last digit."""
    text = amount(abs(x), quantity)
    least = 10.0 ** -DECIMALS[quantity]
    return (
        f"less than {amount(least, quantity)}{UNIT[quantity]}"
        if not text.strip("0.")
        else text + UNIT[quantity]
    )
