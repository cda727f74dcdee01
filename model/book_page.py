"""The comparison with and without the dealer book as a page of Markdown: numbers first, claims only where they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from model.book_compare import BOOK_PARAMETERS, Comparison
from model.book_days import BookDay
from model.bridge import Score
from model.components import COMPONENTS
from model.decompose import RETURN_PARTS
from model.errors import DataError
from model.pipeline import Subject
from model.report import words
from model.summary.lines import OTHER_TITLES, QUANTILES
from model.summary.unmoved import unmoved

TITLES = OTHER_TITLES | {c.name: c.title for c in COMPONENTS}
SOURCES = {
    "etf": "options on the fund",
    "crypto": "crypto-native options",
    "note": "notes",
    "rest": "volatility (vanna), not from the book",
}
DECISIVE = 3.0
"""Nats; smaller differences of log score are called undecided (odds of 20 to 1)."""


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
    sections = [
        f"# {subject.card.title}: with and without the dealer book",
        f"{'; '.join(_book(b) for b in use.books)}. All other days of {found.design.days} keep the gamma proxy in both "
        "fits. Vendor's dates. Medians and 89 % intervals. Written by `scripts/compare_book.py`.",
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
        "## Operational shorting\n\n" + _shorting(found),
        "## Sampling\n\n" + _sampling(manifests),
    ]
    return "\n\n".join(sections) + "\n"


def _book(b: BookDay) -> str:
    start = f"curves start from {b.spot:,.0f} USD and volatility {b.vol:.1f}"
    return f"Book of {b.day}: {b.title} (as of {b.as_of}; {start})"


def _days(found: Comparison) -> list[int]:
    return [int(t) for t in found.design.book_days]


def _date(found: Comparison, t: int) -> str:
    return str(found.design.dates[t].date())


def _short(found: Comparison) -> str:
    """What the numbers below support, one sentence a day and one on the parameters."""
    same = [f"`{n}`" for n in BOOK_PARAMETERS if unmoved(found.prior[n], found.outcomes["book"].draws[n])]
    days = _days(found)
    return (
        " ".join(_short_day(found, t) for t in days)
        + f" The posterior is the prior for {', '.join(same) or 'no parameter of the book'}. "
        + ("One day" if len(days) == 1 else f"{len(days)} days")
        + " with a book cannot say on which side dealers stood or how much they held."
    )


def _short_day(found: Comparison, t: int) -> str:
    book, none = found.outcomes["book"], found.outcomes["none"]
    part = {k: RETURN_PARTS.index(k) for k in ("dealer", "unattributed")}
    dealer, rest = (
        [_interval(x.channels[:, t, part[k]]) for x in (none, book)] for k in ("dealer", "unattributed")
    )
    short, long = (_interval(found.outcomes[k].channels[:, t, part["dealer"]]) for k in ("short", "long"))
    return (
        f"On {_date(found, t)} dealers' part of the return goes from {dealer[0]} to {dealer[1]} log-%, the unattributed "
        f"part from {rest[0]} to {rest[1]}. With dealers held short beforehand dealers' part is {short}, with dealers "
        f"held long {long}."
    )


def _log_score(found: Comparison) -> str:
    s = Score(-found.outcomes["none"].score.value, found.outcomes["none"].score.error)
    day, whose = (
        ("one day's equation", "that day's")
        if len(_days(found)) == 1
        else ("the equations of the books' days", "their")
    )
    places = " ".join(
        f"On {_date(found, t)} {_percent(found.outcomes['book'].percentile[t])} with, "
        f"{_percent(found.outcomes['none'].percentile[t])} without."
        for t in _days(found)
    )
    better = "with" if s.value > 0 else "without"
    decided = "in favour of" if abs(s.value) >= DECISIVE else "undecided, slightly towards"
    return (
        f"Log predictive density with the book less without: **{s.value:+.2f} nats** (Monte Carlo error "
        f"{s.error:.2f}): {decided} the fit {better} the book.\n\n"
        f"The fits share parameters and priors and differ in {day}, so this is the difference of {whose} log predictive "
        f"density given all other days (bridge sampling; all {found.design.days} days' returns, flows, premia and "
        "positions enter both).\n\n"
        f"Place of the observed return among one-day-ahead replicates (in sample): {places}"
    )


def _attribution(found: Comparison) -> str:
    days = sorted({*found.design.event_days, *found.design.book_days.tolist()})
    blocks = []
    for t in days:
        day = found.design.dates[t].date()
        kind = "book's day" if t in found.design.book_days else "gamma proxy in both"
        rows = [
            [TITLES[part], *(_interval(found.outcomes[k].channels[:, t, j]) for k in ("none", "book"))]
            for j, part in enumerate(RETURN_PARTS)
        ]
        rows.append(["**Observed**", *[f"{found.design.returns[t]:.1f}"] * 2])
        blocks.append(f"{day} ({kind})\n\n" + _table(["", "without", "with"], rows))
    return "\n\n".join(blocks)


def _parts(found: Comparison, t: int) -> str:
    book = found.outcomes["book"]
    rows = [[SOURCES[k], _interval(v[:, t]), _chance(v[:, t])] for k, v in book.sources.items()]
    dealer = book.channels[:, t, RETURN_PARTS.index("dealer")]
    rows.append(["**all**", _interval(dealer), _chance(dealer)])
    flow = book.flows[:, t] * 1e3
    return _table(["hedges of", "log-%", "P(< 0)"], rows) + (
        f"\n\nOnly hedges in ETF shares reach creations: {_interval(flow, 0)} USD m of that day's flow. Hedges of "
        "crypto-native options move the price and never a fund's flow."
    )


def _parameters(found: Comparison) -> str:
    draws = found.outcomes["book"].draws
    rows = []
    for name in BOOK_PARAMETERS:
        before, after = _spread(found.prior[name]), _spread(draws[name])
        rows.append(
            [
                f"`{name}`",
                _interval(found.prior[name], 2),
                _interval(draws[name], 2),
                f"{after / before:.2f}",
                "the prior" if unmoved(found.prior[name], draws[name]) else "moved",
            ]
        )
    return _table(["parameter", "prior", "posterior", "spread, posterior / prior", "posterior is"], rows) + (
        "\n\n`dealer_sign` also governs the gamma proxy of the other days, `vanna` all days."
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
                    _interval(x.channels[:, t, RETURN_PARTS.index(part)])
                    for part in ("dealer", "unattributed")
                ),
                ", ".join(odds),
                "0 (reference)" if key == "book" else f"{x.score.value:+.2f} ({x.score.error:.2f})",
                f"{x.effective:.0f}",
            ]
        )
    head = ["prior", "dealers, log-%", "unattributed, log-%", "P(sign > 0): fund, crypto", "nats", "weights"]
    return _table(head, rows) + (
        '\n\n"Dealers short" and "long" put the prior mean of both signs at +0.5 and -0.5 (the prior\'s own mean is '
        "zero, so it has no side to swap). Nats: log marginal likelihood against the book's own prior. Weights: "
        "effective number of the importance weights that lead from one prior to the other."
    )


def _shorting(found: Comparison) -> str:
    draws = found.outcomes["book"].draws["booked_hedge"]
    prior = found.prior["booked_hedge"]
    answer = words.SHORTING_PRIOR if unmoved(prior, draws) else words.SHORTING_MOVED
    return (
        f"(a) Short hedges in ETF shares settled by later creations or redemptions: `booked_hedge`, prior "
        f"{_interval(prior, 2)}, posterior {_interval(draws, 2)}. The fund's premium and short interest are not "
        f"supplied: {answer}. Booking lags are 0 to 2 trading days.\n\n"
        "(b) Shares sold short to dip buyers and created later is a mechanism of its own (`late_creation`), off unless "
        "a card or `--mechanism` switches it on (lags 0 to 3). The next-day reading of `scripts/fit.py` is close to its "
        "extreme case: all of the option fund's trades of the event's days are booked exactly one day later."
    )


def _sampling(manifests: Mapping[str, Mapping[str, Any]]) -> str:
    rows, short = [], []
    for title, manifest in manifests.items():
        d, given = manifest["diagnostics"]["vendor"], manifest["arguments"]
        ess = f"{min(d['ess_bulk_min'], d['ess_tail_min']):.0f}"
        drawn = f"{given['chains']} x {given['draws']} after {given['tune']}"
        rows.append(
            [title, drawn, f"{d['r_hat_max']:.3f}", ess, str(d["divergences"]), f"{d['seconds']:.0f}"]
        )
        if not d["passed"]:
            short.append(title)
    note = (
        f"\n\n**Not converged by the project's own bounds: the fit {' and the fit '.join(short)}.** R-hat must be below "
        "1.01, effective draws above 400, divergences none; numbers above are for orientation."
    )
    head = ["fit", "draws", "largest R-hat", "smallest ESS", "divergences", "seconds"]
    return _table(head, rows) + (note if short else "")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _interval(x: np.ndarray, digits: int = 1) -> str:
    low, middle, high = np.quantile(x, QUANTILES)
    return f"{middle:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"


def _chance(x: np.ndarray) -> str:
    return f"{(x < 0).mean():.2f}"


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"


def _spread(x: np.ndarray) -> float:
    low, high = np.quantile(x, [0.25, 0.75])
    return float(high - low)
