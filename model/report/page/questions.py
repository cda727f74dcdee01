"""The questions that a commentary on an event asks, each with a plain answer from this fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from model.report.figures.basis import spans_of, trades
from model.report.figures.fit_view import FitView
from model.report.page.answer import capital, lower, percentile_text, rank_of, spoken, unusual
from model.report.page.headline import most
from model.report.page.parts import BOUNDED, KNOWN, Day, Part, lead
from model.report.page.supplied import ON_SHORTING
from model.report.tables.lines import QUANTILES, block, expected_of
from model.report.tables.text import amount, day, interval, number, probability

ANSWERED, PARTLY, BOUND, NOT, ASK = "answered", "partly", "bounded", "not identified", "not asked yet"
SURE = 0.945
SLIGHT = 0.1
"""Hedging of knock-ins below this share of the day's net flow needs no further question."""


PULL = {"drift": "The pull of the days before"}
"""What the drift of a return is to a reader: the constant and what yesterday leaves behind."""


class Answer(NamedTuple):
    """One question. ``settle``: what would settle it, or the command that asks it."""

    key: str
    question: str
    verdict: str
    number: str
    bound: str
    settle: str


def answers(
    view: FitView,
    days: Mapping[str, tuple[Day, ...]],
    main: Day,
    around: Mapping[str, Any] | None,
    results: Mapping[str, Any],
    fit: str,
) -> list[Answer]:
    """Every question that makes sense for this fit.

    Parameters
    ----------
    view : FitView
    days : mapping
        By quantity, from :func:`~model.report.page.parts.event_parts`.
    main : Day
        The return of the day that moved most.
    around : mapping or None
        The fit's surroundings.
    results : mapping
        Newest sentence by verb, of what was run on the fit.
    fit : str
        The fit as a command takes it.
    """
    flow = next(d for d in days["flow"] if d.day == main.day)
    out = [
        _trigger(view, main),
        _basis(view, main),
        _gamma(view, main),
        _knock_ins(around, flow),
        _shorting(view),
    ]
    out += [_expected(view, d) for d in days["flow"]]
    out += [_rebound(d) for d in days["return"] if d.observed * main.observed < 0 and abs(d.observed) > 2.0]
    out.append(_organic(view, days["flow"][-1], results, fit))
    for verb, question, command in (
        ("rivals", "Does another story fit these data better?", f"scripts/compare.py {fit}"),
        (
            "scenario",
            "Would a rally be amplified in the same way (a squeeze)?",
            f"scripts/what_if.py {fit} --scenario 15",
        ),
    ):
        said = results.get(verb)
        out.append(
            Answer(verb, question, ANSWERED, said, "", "")
            if said
            else Answer(verb, question, ASK, "", "", f"uv run {command}")
        )
    return out


def _trigger(view: FitView, main: Day) -> Answer:
    b = block(view.decomposition[lead(view)], "return", "trigger", [main.day.date()])
    lines = [k for k, line in enumerate(b.lines) if line.additive]
    size = np.abs(b.values[:, 0][:, lines])
    odds = np.bincount(size.argmax(axis=1), minlength=len(lines)) / len(size)
    order = np.argsort(-odds)
    first = b.lines[lines[order[0]]]
    sure = odds[order[0]] > SURE
    rest = first.key == "unattributed"
    other = [i for i in order if b.lines[lines[i]].key not in ("unattributed", "drift", "initial")]
    at = lines[max(other, key=lambda i: float(size[:, i].mean()))]
    low, high = np.quantile(b.values[:, 0, at], [QUANTILES[0], QUANTILES[2]])
    named = f"Largest named trigger: {lower(b.lines[at].title)}, {interval(low, high, 'return')} log-%."
    text = (
        "The largest shock is the model's own price shock, which no part claims"
        if rest
        else f"The largest shock is {lower(first.title)}"
    )
    return Answer(
        "trigger",
        f"What set off the move of {day(main.day)}?",
        ANSWERED if sure and not rest else NOT,
        f"{text} (probability {probability(odds[order[0]])}).",
        named,
        f"{_finer(view)} of the crypto venues would split the unattributed shock.",
    )


def _finer(view: FitView) -> str:
    """What would split the shock further; what this fit already uses would not."""
    used = view.manifest.get("used", view.manifest.get("supplied", ()))
    signed = any("taker" in name for name in used)
    return f"Prices by the hour{'' if signed else ', signed order flow'} and liquidations"


def _basis(view: FitView, main: Day) -> Answer:
    question = "Were basis trades unwound?"
    told = []
    sure = False
    for span in spans_of(view):
        draws = trades(view, view.main, span)
        if draws is None or (len(span.days) == 1 and span.days[0] != main.day):
            continue
        low, high = np.quantile(draws, [QUANTILES[0], QUANTILES[2]])
        negative = float((draws < 0).mean())
        sure = sure or not 1 - SURE < negative < SURE
        told.append(
            (
                span.title,
                f"probability of selling {probability(negative)}",
                f"{span.title}: {interval(low, high, 'flow')} million USD",
            )
        )
    if not told:
        return Answer("basis", question, NOT, "This fit holds no basis trades.", "", "Fit again.")
    first = told[-1]
    return Answer(
        "basis",
        question,
        ANSWERED if sure else NOT,
        f"{first[0]}: {first[1]}.",
        " ".join(f"{t[2]}." for t in told),
        "Futures open interest by day would date it within the week; weekly positions give only the sum.",
    )


def _gamma(view: FitView, main: Day) -> Answer:
    question = "Did dealers' hedging amplify the move?"
    p = next((p for p in main.parts if p.key == "dealer"), None)
    if p is None:
        return Answer("gamma", question, NOT, "The model of this fit has no dealers.", "", "")
    verdict = {KNOWN: ANSWERED, BOUNDED: BOUND}.get(p.label, NOT)
    text = f"{_value(p, 'return')} log-%. The whole move: {amount(main.observed, 'return')} log-%."
    book = "the dealer book and " if view.manifest.get("dealer_book") else ""
    by = f"{book}the price impact bound{'' if book else 's'} it"
    bound = f"{capital(most(p, 'return'))}, whichever way: {by}." if p.label == BOUNDED else ""
    return Answer(
        "gamma",
        question,
        verdict,
        text,
        bound,
        "Option trades with the taker's side would give dealers' sign.",
    )


def _knock_ins(around: Mapping[str, Any] | None, flow: Day) -> Answer:
    question = "Did knock-in barriers of notes accelerate the move?"
    if not around or not (around["barriers"] or around["books"]):
        return Answer(
            "knock-in",
            question,
            NOT,
            "No barrier is on the event's card.",
            "",
            "Terms and sizes of the notes.",
        )
    told = []
    for b in around["barriers"]:
        when = (
            f"crossed at the close of {day(b['crossed'])}, at {b['close']:.2f}"
            if b["crossed"]
            else "not crossed"
        )
        before = ", before the event's day" if b["crossed"] and b["crossed"] < str(flow.day.date()) else ""
        told.append(f"{b['barrier']:g} was {when}{before}.")
    sold = {
        c: sum(x["usd_m"] for k in around["books"] for x in k["hedging"]["breaches"] if x["case"] == c)
        for c in ("mid", "high")
    }
    if not around["books"]:
        return Answer(
            "knock-in",
            question,
            NOT,
            " ".join(told),
            "No dealer book says how much stood behind it.",
            "A dealer book.",
        )
    told.append(
        f"Along the closes that were seen, breaches make dealers trade {amount(sold['mid'], 'flow')} million USD."
    )
    bound = (
        f"With the highest amounts of the book, {amount(sold['high'], 'flow')} million USD; the day's net flow was "
        f"{amount(flow.observed, 'flow')}."
    )
    return Answer(
        "knock-in",
        question,
        ANSWERED if abs(sold["high"]) <= SLIGHT * abs(flow.observed) else PARTLY,
        " ".join(told),
        bound,
        "The notes' own terms: what was sold, with which barriers.",
    )


def _shorting(view: FitView) -> Answer:
    question, settle = (
        "Did dealers' short sales create new shares?",
        ("The fund's premium, its short interest and fails to deliver, day by day."),
    )
    draws = view.scalar(view.main, "posterior", "booked_hedge")
    if draws is None:
        none = "This fit holds no share of hedges that reaches creations."
        return Answer("shorting", question, NOT, none, "", settle)
    low, mid, high = np.quantile(draws, QUANTILES)
    speaks = any(name in view.manifest.get("used", ()) for name in ON_SHORTING)
    moved = bool(view.identified("booked_hedge"))
    why = "" if moved and speaks else ", moved by daily flows alone, which are no evidence of short sales"
    why = why if moved else ", not narrowed by these data"
    return Answer(
        "shorting",
        question,
        ANSWERED if moved and speaks else NOT,
        f"A share of {number(mid, 2)} of dealers' hedges reaches creations.",
        f"Between {number(low, 2)} and {number(high, 2)}{why}.",
        settle,
    )


def _expected(view: FitView, d: Day) -> Answer:
    rank = rank_of(view, view.main, d.day, "flow")
    expected = expected_of(view.decomposition[view.main], [d.day]).draws[:, 0]
    low, mid, high = np.quantile(expected, QUANTILES)
    number_ = (
        f"Seen {amount(d.observed, 'flow')} million USD, expected {amount(mid, 'flow')}: {unusual(rank)}"
    )
    number_ += "." if rank != rank else f", {percentile_text(rank)} of the model's predictions."
    return Answer(
        f"expected-{d.day.date()}",
        f"Was the flow of {day(d.day)} what such a day brings?",
        NOT if rank != rank else ANSWERED,
        number_,
        f"Expected between {amount(low, 'flow')} and {amount(high, 'flow')} million USD.",
        "Issuers' share counts would settle the date.",
    )


def _rebound(d: Day) -> Answer:
    known = d.among(KNOWN)
    parts = (
        " ".join(f"{capital(spoken(PULL.get(p.key, p.title)))}: {_value(p, 'return')}." for p in known)
        or "No part is known to have moved it."
    )
    rest = f"Unattributed: {_value(d.rest, 'return')}. The whole move: {amount(d.observed, 'return')} log-%."
    verdict = NOT if not known else PARTLY if abs(d.rest.mean) > 0.5 * abs(d.observed) else ANSWERED
    return Answer(
        f"rebound-{d.day.date()}",
        f"What brought the price back on {day(d.day)}?",
        verdict,
        parts,
        rest,
        "Signed order flow of the crypto venues, by the hour.",
    )


def _organic(view: FitView, d: Day, results: Mapping[str, Any], fit: str) -> Answer:
    question = f"Was the flow of {day(d.day)} organic: an inflow without new basis trades?"
    said = results.get("organic")
    if said:
        return Answer("organic", question, ANSWERED, said, "", "")
    data = view.decomposition[lead(view)]
    b = block(data, "flow", "channel", [d.day.date()])
    keys = [line.key for line in b.lines]
    if "basis" not in keys or not np.isfinite(d.observed):
        return Answer("organic", question, ASK, "", "", f"uv run scripts/organic.py {fit}")
    p = float((b.values[:, 0, keys.index("basis")] <= 0.0).mean()) if d.observed > 0 else 0.0
    verdict = ANSWERED if not 1 - SURE < p < SURE else NOT
    text = (
        f"Probability that basis trades did not grow: {probability(p)}."
        if d.observed > 0
        else f"There was no inflow: {amount(d.observed, 'flow')} million USD."
    )
    return Answer(
        "organic",
        question,
        verdict,
        text,
        "",
        f"Day by day, with a nowcast: uv run scripts/organic.py {fit}",
    )


def _value(p: Part, quantity: str) -> str:
    return f"{amount(p.mean, quantity)} {interval(p.low, p.high, quantity)}"
