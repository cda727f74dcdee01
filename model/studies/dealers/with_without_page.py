"""The comparison with and without the dealer book as a page of Markdown: numbers first, claims only where they hold.

What is found is decided here; the page itself is ``with_without.md.j2``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from model.attribution.decompose import RETURN_PARTS
from model.attribution.identification import spread, unmoved, verdict
from model.design.book_days import BookDay
from model.design.subject import Subject
from model.design.used import used_columns
from model.errors import DataError
from model.inference.bridge import Score
from model.mechanisms.components import COMPONENTS
from model.report.markdown import interval, render, sampling
from model.report.page import words
from model.report.page.supplied import shorting_inputs
from model.report.tables.lines import OTHER_TITLES, QUANTILES
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
    days = _days(found)
    draws = found.outcomes["book"].draws
    same = [f"`{n}`" for n in BOOK_PARAMETERS if unmoved(found.prior[n], draws[n])]
    return render(
        "model.studies.dealers",
        "with_without.md.j2",
        title=subject.card.title,
        books="; ".join(_book(b) for b in use.books),
        plain=found.design.days - len(use.books),
        count=found.design.days,
        short=[_short_day(found, t) for t in days],
        same=", ".join(same) or "no parameter of the book",
        side=_side(found),
        score=_log_score(found),
        attribution=_attribution(found),
        parts=[_parts(found, t) for t in days],
        parameters=_parameters(found),
        sensitivity=[{"date": _date(found, t), "rows": _sensitivity(found, t)} for t in days],
        shift=(f"{SHIFT:+.1f}", f"{-SHIFT:+.1f}"),
        draws=len(draws["dealer_sign"]),
        few=FEW,
        shorting=_shorting(found, shorting_inputs(subject.panel.supplied, used_columns(subject))),
        sampling=sampling(manifests),
    )


def _book(b: BookDay) -> str:
    start = f"curves start from {b.spot:,.0f} USD and volatility {b.vol:.1f}"
    return f"Book of {b.day}: {b.title} (as of {b.as_of}; {start} points)"


def _days(found: Comparison) -> list[int]:
    return [int(t) for t in found.design.book_days]


def _date(found: Comparison, t: int) -> str:
    return str(found.design.dates[t].date())


def _short_day(found: Comparison, t: int) -> dict[str, str]:
    book, none = found.outcomes["book"], found.outcomes["none"]
    part = {k: RETURN_PARTS.index(k) for k in ("dealer", "unattributed")}
    before, after = (x.channels[:, t, part["dealer"]] for x in (none, book))
    rest = [interval(x.channels[:, t, part["unattributed"]]) for x in (none, book)]
    short, long = (interval(found.outcomes[k].channels[:, t, part["dealer"]]) for k in ("short", "long"))
    wide = [float(np.diff(np.quantile(x, QUANTILES[::2]))[0]) for x in (before, after)]
    step = abs(float(np.median(after) - np.median(before)))
    return {
        "date": _date(found, t),
        "before": interval(before),
        "after": interval(after),
        "step": f"{step:.1f}",
        "width_before": f"{wide[0]:.1f}",
        "width_after": f"{wide[1]:.1f}",
        "rest_before": rest[0],
        "rest_after": rest[1],
        "dealers_short": short,
        "dealers_long": long,
    }


def _side(found: Comparison) -> dict[str, str]:
    """How probable short gamma is, by venue, and whether that settles it."""
    book, none = (found.outcomes[k].draws for k in ("book", "none"))
    fund, bare = (float((x["dealer_sign"] > 0).mean()) for x in (book, none))
    crypto = float((book["crypto_sign"] > 0).mean())
    sides = {"options on the fund": fund, "crypto-native options": crypto}
    undecided = [name for name, p in sides.items() if 1.0 - SURE < p < SURE]
    said = f"undecided for {' and '.join(undecided)}" if undecided else "decided for both"
    return {
        "fund": f"{fund:.2f}",
        "bare": f"{bare:.2f}",
        "crypto": f"{crypto:.2f}",
        "said": said,
        "sure": f"{SURE}",
    }


def _log_score(found: Comparison) -> dict[str, str]:
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
    return {
        "value": f"{s.value:+.2f}",
        "error": f"{s.error:.2f}",
        "decided": _decided(s),
        "where": day,
        "whose": whose,
        "places": places,
    }


def _decided(s: Score) -> str:
    better = "with" if s.value > 0 else "without"
    if abs(s.value) >= DECISIVE:
        return f"in favour of the fit {better} the book"
    odds = (
        f"odds of {np.exp(abs(s.value)):.1f} to 1 for the fit {better} the book, where 20 to 1 would decide"
    )
    return f"undecided ({odds})"


def _attribution(found: Comparison) -> list[dict[str, Any]]:
    days = sorted({*found.design.event_days, *found.design.book_days.tolist()})
    blocks = []
    for t in days:
        kind = "book's day" if t in found.design.book_days else "gamma proxy in both"
        rows = [
            [TITLES[part], *(interval(found.outcomes[k].channels[:, t, j]) for k in ("none", "book"))]
            for j, part in enumerate(RETURN_PARTS)
        ]
        rows.append(["**Observed**", *[f"{found.design.returns[t]:.1f}"] * 2])
        blocks.append({"date": _date(found, t), "kind": kind, "rows": rows})
    return blocks


def _parts(found: Comparison, t: int) -> dict[str, Any]:
    book = found.outcomes["book"]
    rows = [[SOURCES[k], interval(v[:, t], 2), _chance(v[:, t])] for k, v in book.sources.items()]
    dealer = book.channels[:, t, RETURN_PARTS.index("dealer")]
    rows.append(["**all**", interval(dealer, 2), _chance(dealer)])
    flow = book.flows[:, t] * 1e3
    curves = found.design.book
    assert curves is not None
    fund, crypto, notes = 1e3 * curves.at(found.design.returns)[0][t]
    return {
        "date": _date(found, t),
        "rows": rows,
        "fund": f"{fund:+,.0f}",
        "crypto": f"{crypto:+,.0f}",
        "notes": f"{notes:+,.0f}",
        "flow": interval(flow, 0),
    }


def _parameters(found: Comparison) -> list[list[str]]:
    draws = found.outcomes["book"].draws
    rows = []
    for name in BOOK_PARAMETERS:
        before, after = spread(found.prior[name]), spread(draws[name])
        told = verdict(found.prior[name], draws[name])
        rows.append(
            [
                f"`{name}`",
                interval(found.prior[name], 2),
                interval(draws[name], 2),
                f"{after / before:.2f}",
                "the prior" if unmoved(found.prior[name], draws[name]) else told,
            ]
        )
    return rows


def _sensitivity(found: Comparison, t: int) -> list[list[str]]:
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
    return rows


def _shorting(found: Comparison, inputs: str) -> dict[str, str]:
    draws = found.outcomes["book"].draws["booked_hedge"]
    prior = found.prior["booked_hedge"]
    return {
        "prior": interval(prior, 2, sign=False),
        "posterior": interval(draws, 2, sign=False),
        "inputs": inputs,
        "answer": words.SHORTING_PRIOR if unmoved(prior, draws) else words.SHORTING_MOVED,
    }


def _chance(x: np.ndarray) -> str:
    return f"{(x < 0).mean():.2f}"


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"
