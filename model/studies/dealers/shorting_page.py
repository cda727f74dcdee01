"""The four settings of operational shorting as a page of Markdown: findings here, the page in ``shorting.md.j2``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from model.attribution.identification import LEAST_FALL
from model.design.subject import Subject
from model.design.used import used_columns
from model.mechanisms.design import Design
from model.report.markdown import interval, render, sampling
from model.report.page import words
from model.report.page.supplied import shorting_inputs
from model.studies.dealers.shorting import REFERENCE, USED_BY, Setting, Share
from model.studies.dealers.with_without_page import DECISIVE

MEANING = {
    "late_creation": (
        "share of the next-day funds' trades of the event's days that is created, and printed, one trading day late"
    ),
    "booked_hedge": "share of dealers' hedges in ETF shares that creations or redemptions settle",
}


def page(found: Mapping[str, Setting], subject: Subject, manifests: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole page.

    Parameters
    ----------
    found : mapping
        Fits by title, the reference first.
    subject : Subject
        Of the reference.
    manifests : mapping
        By the same titles.
    """
    best = max((s.score.value for t, s in found.items() if t != REFERENCE), key=abs)
    return render(
        "model.studies.dealers",
        "shorting.md.j2",
        title=subject.card.title,
        count=subject.design.days,
        funds=", ".join(subject.card.next_day_funds),
        days=_days(subject.design),
        inputs=shorting_inputs(subject.panel.supplied, used_columns(subject)),
        verdicts=[{"name": n, "meaning": MEANING[n], "said": _verdict(n, found)} for n in USED_BY],
        decided=abs(best) >= DECISIVE,
        best=f"{best:+.2f}",
        shares=_shares(found),
        not_identified=f"{words.NOT_IDENTIFIED[0].upper()}{words.NOT_IDENTIFIED[1:]}",
        flows=_flows(found, subject.design),
        scores=_scores(found),
        decisive=f"{DECISIVE:.0f}",
        sampling=sampling(manifests),
    )


def _days(design: Design) -> str:
    return " and ".join(str(design.dates[t].date()) for t in design.event_days)


def _verdict(name: str, found: Mapping[str, Setting]) -> str:
    used = {t: s.shares[name] for t, s in found.items() if s.shares[name].used}
    out = []
    for title, share in used.items():
        gone = f"its variance {'fell' if share.fall >= 0 else 'rose'} by {abs(share.fall):.0%}"
        if share.fall >= LEAST_FALL and not share.identified:
            gone += ", which sampling error cannot tell from a tenth"
        if share.unmoved:
            said = f"the posterior is the prior ({gone})"
        elif share.identified:
            said = (
                f"the median goes from {np.median(share.prior):.2f} to {np.median(share.posterior):.2f} and {gone}: daily "
                f"flows alone moved it, {_OTHERWISE[name]}"
            )
        else:
            said = (
                f"not identified ({gone}), though the median goes from {np.median(share.prior):.2f} to "
                f"{np.median(share.posterior):.2f}: {_OTHERWISE[name]}"
            )
        out.append(f"{title}: {said}")
    return "; ".join(out) + "."


_OTHERWISE = {
    "late_creation": "which a booking lag explains as well",
    "booked_hedge": "the share takes up any answer of the option fund's flow to hedges and volatility",
}


def _shares(found: Mapping[str, Setting]) -> list[list[str]]:
    """Prior, posterior and verdict of each share in each fit."""
    return [
        [
            title,
            f"`{name}`",
            interval(share.prior, 2, sign=False),
            interval(share.posterior, 2, sign=False),
            f"{share.fall:+.0%}",
            _label(share),
        ]
        for title, setting in found.items()
        for name, share in setting.shares.items()
    ]


def _label(share: Share) -> str:
    if not share.used:
        return "switched off"
    same = "posterior is the prior" if share.unmoved else "posterior differs from the prior"
    return same if share.identified else f"**{words.NOT_IDENTIFIED}**; {same}"


def _flows(found: Mapping[str, Setting], design: Design) -> dict[str, Any]:
    days = [(t, str(design.dates[t].date())) for t in design.event_days]
    rows = [
        [title, *(interval(s.flows[part][:, t], 0) for t, _ in days for part in ("dealer", "unattributed"))]
        for title, s in found.items()
    ]
    return {
        "head": ["fit", *(f"{part}, {day}" for t, day in days for part in ("dealers", "unattributed"))],
        "rows": rows,
        "seen": "; ".join(f"{1e3 * np.nansum(design.flows[t]):+.0f} on {day}" for t, day in days),
    }


def _scores(found: Mapping[str, Setting]) -> list[list[str]]:
    return [
        [title, "0 (reference)" if title == REFERENCE else f"{s.score.value:+.2f} ({s.score.error:.2f})"]
        for title, s in found.items()
    ]
