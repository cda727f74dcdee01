"""The comparison with and without the dealer book as a page of Markdown: numbers first, claims only where they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from model.attribution.decompose import RETURN_PARTS
from model.attribution.identification import IDENTIFIED, spread, verdict
from model.design.book_days import BookDay
from model.design.subject import Subject
from model.design.used import used_columns
from model.errors import DataError
from model.inference.bridge import Score
from model.mechanisms.components import COMPONENTS
from model.report.markdown import interval, sampling, table
from model.report.page import words
from model.report.page.supplied import shorting_inputs
from model.report.tables.lines import OTHER_TITLES, QUANTILES
from model.report.tables.unmoved import unmoved
from model.studies.dealers.with_without import BOOK_PARAMETERS, SHIFT, Comparison

TITLES = OTHER_TITLES | {c.name: c.title for c in COMPONENTS}
SOURCES = {
    "etf": "options on the fund",
    "crypto": "crypto-native options",
    "note": "notes",
    "rest": "volatility (vanna), not from the book",
}
DECISIVE = 3.0
"""Nats; smaller differences of log score are called undecided (odds of 20 to 1)."""
SURE = 0.95
"""Posterior probability below which a sign is called undecided."""
FEW = 100
"""Effective weights below which a reweighted line is for orientation only."""


def page(found: Comparison, subject: Subject, manifests: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole page.

    Parameters
    ----------
    found : Comparison
    subject : Subject
        With the book.
    manifests : mapping
        Manifests of the two fits, by ``with`` and ``without``.
    """
    use = subject.book
    if use is None:
        raise DataError("The event names no dealer book.", "Add dealer_book to its card.")
    plain = found.design.days - len(use.books)
    sections = [
        f"# {subject.card.title}: with and without the dealer book",
        f"{'; '.join(_book(b) for b in use.books)}. The other {plain} of {found.design.days} days keep the gamma proxy in "
        "both fits. Vendor's dates. Medians and 89 % intervals. Written by `scripts/compare_book.py --fit`.",
        "## In short\n\n" + _short(found),
        "## Log score\n\n" + _log_score(found),
        "## Return by channel, log-%\n\n" + _attribution(found),
        *(
            f"## Dealers' part of the return on {_date(found, t)}\n\n" + _parts(found, t)
            for t in _days(found)
        ),
        "## Prior and posterior of the book's parameters\n\n" + _parameters(found),
        *(
            f"## Sensitivity to the prior: {_date(found, t)}\n\n" + _sensitivity(found, t)
            for t in _days(found)
        ),
        "## Operational shorting\n\n"
        + _shorting(found, shorting_inputs(subject.panel.supplied, used_columns(subject))),
        "## Sampling\n\n" + sampling(manifests),
    ]
    return "\n\n".join(sections) + "\n"


def _book(b: BookDay) -> str:
    start = f"curves start from {b.spot:,.0f} USD and volatility {b.vol:.1f}"
    return f"Book of {b.day}: {b.title} (as of {b.as_of}; {start} points)"


def _days(found: Comparison) -> list[int]:
    return [int(t) for t in found.design.book_days]


def _date(found: Comparison, t: int) -> str:
    return str(found.design.dates[t].date())


def _short(found: Comparison) -> str:
    """What the numbers below support: each day, the parameters, the signs."""
    draws = found.outcomes["book"].draws
    same = [f"`{n}`" for n in BOOK_PARAMETERS if unmoved(found.prior[n], draws[n])]
    return "\n".join(
        [
            *(f"* {_short_day(found, t)}" for t in _days(found)),
            f"* The posterior is the prior for {', '.join(same) or 'no parameter of the book'}.",
            f"* {_side(found)}",
        ]
    )


def _short_day(found: Comparison, t: int) -> str:
    book, none = found.outcomes["book"], found.outcomes["none"]
    part = {k: RETURN_PARTS.index(k) for k in ("dealer", "unattributed")}
    before, after = (x.channels[:, t, part["dealer"]] for x in (none, book))
    rest = [interval(x.channels[:, t, part["unattributed"]]) for x in (none, book)]
    short, long = (interval(found.outcomes[k].channels[:, t, part["dealer"]]) for k in ("short", "long"))
    wide = [float(np.diff(np.quantile(x, QUANTILES[::2]))[0]) for x in (before, after)]
    step = abs(float(np.median(after) - np.median(before)))
    return (
        f"{_date(found, t)}, dealers' part of the return: {interval(before)} log-% without the book, {interval(after)} "
        f"with it (the median moves by {step:.1f}; intervals {wide[0]:.1f} and {wide[1]:.1f} wide). Unattributed: "
        f"{rest[0]} without, {rest[1]} with. Under a prior that leans to dealers short, dealers' part is {short}; under "
        f"one that leans to dealers long, {long}."
    )


def _side(found: Comparison) -> str:
    """How probable short gamma is, by venue, and whether that settles it."""
    book, none = (found.outcomes[k].draws for k in ("book", "none"))
    fund, bare = (float((x["dealer_sign"] > 0).mean()) for x in (book, none))
    crypto = float((book["crypto_sign"] > 0).mean())
    sides = {"options on the fund": fund, "crypto-native options": crypto}
    undecided = [name for name, p in sides.items() if 1.0 - SURE < p < SURE]
    said = f"undecided for {' and '.join(undecided)}" if undecided else "decided for both"
    return (
        f"Probability that dealers were short gamma: {fund:.2f} for options on the fund ({bare:.2f} without the book), "
        f"{crypto:.2f} for crypto-native options; {said} ({SURE} would decide). The first sign also governs the gamma "
        "proxy of all other days, so not the book's day alone speaks on it."
    )


def _log_score(found: Comparison) -> str:
    s = Score(-found.outcomes["none"].score.value, found.outcomes["none"].score.error)
    one = len(_days(found)) == 1
    day, whose = (
        ("one day's equation", "that day") if one else ("the equations of the books' days", "those days")
    )
    places = "; ".join(
        f"on {_date(found, t)} {_percent(found.outcomes['book'].percentile[t])} with the book, "
        f"{_percent(found.outcomes['none'].percentile[t])} without"
        for t in _days(found)
    )
    return (
        f"Log marginal likelihood with the book less without: **{s.value:+.2f} nats** (Monte Carlo error "
        f"{s.error:.2f}): {_decided(s)}.\n\n"
        f"The fits share data, parameters and priors and differ in {day}, so this is how much better one of them predicts "
        f"{whose}, and what its hedges add to the next two days' flows, given all other days (bridge sampling; all "
        f"{found.design.days} days' returns, flows, premia and positions enter both).\n\n"
        f"Share of simulated returns below the observed one: {places}. Simulated from the posterior, which has seen the "
        "day; near 0 % or 100 % the fit finds the day extreme."
    )


def _decided(s: Score) -> str:
    better = "with" if s.value > 0 else "without"
    if abs(s.value) >= DECISIVE:
        return f"in favour of the fit {better} the book"
    odds = (
        f"odds of {np.exp(abs(s.value)):.1f} to 1 for the fit {better} the book, where 20 to 1 would decide"
    )
    return f"undecided ({odds})"


def _attribution(found: Comparison) -> str:
    days = sorted({*found.design.event_days, *found.design.book_days.tolist()})
    blocks = []
    for t in days:
        day = found.design.dates[t].date()
        kind = "book's day" if t in found.design.book_days else "gamma proxy in both"
        rows = [
            [TITLES[part], *(interval(found.outcomes[k].channels[:, t, j]) for k in ("none", "book"))]
            for j, part in enumerate(RETURN_PARTS)
        ]
        rows.append(["**Observed**", *[f"{found.design.returns[t]:.1f}"] * 2])
        blocks.append(f"{day} ({kind})\n\n" + table(["", "without", "with"], rows))
    return "\n\n".join([*blocks, "Every draw adds up to the observed return; medians need not."])


def _parts(found: Comparison, t: int) -> str:
    book = found.outcomes["book"]
    rows = [[SOURCES[k], interval(v[:, t], 2), _chance(v[:, t])] for k, v in book.sources.items()]
    dealer = book.channels[:, t, RETURN_PARTS.index("dealer")]
    rows.append(["**all**", interval(dealer, 2), _chance(dealer)])
    flow = book.flows[:, t] * 1e3
    curves = found.design.book
    assert curves is not None
    fund, crypto, notes = 1e3 * curves.at(found.design.returns)[0][t]
    return table(["hedges of", "log-%", "P(< 0)"], rows) + (
        f"\n\nThe book itself at the day's return, USD m: options on the fund {fund:+,.0f} and crypto-native options "
        f"{crypto:+,.0f} if dealers were short (mid amounts, sign +1), the opposite if long; notes {notes:+,.0f} at their "
        "highest notional.\n\n"
        f"Only hedges in ETF shares reach creations: {interval(flow, 0)} USD m of that day's flow. Hedges of crypto-native "
        "options move the price and never a fund's flow."
    )


def _parameters(found: Comparison) -> str:
    draws = found.outcomes["book"].draws
    rows = []
    for name in BOOK_PARAMETERS:
        before, after = spread(found.prior[name]), spread(draws[name])
        told = (
            "narrower"
            if verdict(found.prior[name], draws[name]) == IDENTIFIED
            else "not narrower: not identified"
        )
        rows.append(
            [
                f"`{name}`",
                interval(found.prior[name], 2),
                interval(draws[name], 2),
                f"{after / before:.2f}",
                "the prior" if unmoved(found.prior[name], draws[name]) else f"moved, {told}",
            ]
        )
    return table(["parameter", "prior", "posterior", "spread, posterior / prior", "posterior is"], rows) + (
        '\n\n"The prior": the two distribution functions nowhere differ by a tenth. "Not identified": the variance (from '
        "quartiles) fell by less than a tenth, sampling error allowed for. "
        "`dealer_sign` also governs the gamma proxy of the other days, `vanna` and "
        "`booked_hedge` all days, so what moved them need not be the book's day."
    )


def _sensitivity(found: Comparison, t: int) -> str:
    rows = []
    for key in ("book", "short", "long", "wide"):
        x = found.outcomes[key]
        odds = (f"{(x.draws[n] > 0).mean():.2f}" for n in ("dealer_sign", "crypto_sign"))
        rows.append(
            [
                x.title if key != "book" else "the book's own",
                *(
                    interval(x.channels[:, t, RETURN_PARTS.index(part)])
                    for part in ("dealer", "unattributed")
                ),
                ", ".join(odds),
                "0 (reference)" if key == "book" else f"{x.score.value:+.2f} ({x.score.error:.2f})",
                f"{x.effective:.0f}",
            ]
        )
    head = ["prior", "dealers, log-%", "unattributed, log-%", "P(sign > 0): fund, crypto", "nats", "weights"]
    return table(head, rows) + (
        f'\n\n"Dealers short" and "long" move the prior mean of both signs by {SHIFT:+.1f} and {-SHIFT:+.1f}. Nats: log '
        "marginal likelihood against the book's own prior (Monte Carlo error). Weights: effective number, of "
        f"{len(found.outcomes['book'].draws['dealer_sign'])}, of the importance weights that lead from one prior to the "
        f"other; below {FEW} a line is for orientation only."
    )


def _shorting(found: Comparison, inputs: str) -> str:
    draws = found.outcomes["book"].draws["booked_hedge"]
    prior = found.prior["booked_hedge"]
    answer = words.SHORTING_PRIOR if unmoved(prior, draws) else words.SHORTING_MOVED
    return (
        f"Short hedges in ETF shares settled by later creations or redemptions: `booked_hedge`, prior "
        f"{interval(prior, 2, sign=False)}, posterior {interval(draws, 2, sign=False)}. It speaks on operational "
        f"shorting; {inputs}: {answer}. Both halves of operational shorting, switched on and off: "
        "[operational-shorting.md](operational-shorting.md)."
    )


def _chance(x: np.ndarray) -> str:
    return f"{(x < 0).mean():.2f}"


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"
