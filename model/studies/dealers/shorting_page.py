"""The four settings of operational shorting as a page of Markdown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from model.attribution.identification import LEAST_FALL
from model.design.subject import Subject
from model.design.used import used_columns
from model.mechanisms.design import Design
from model.report.markdown import interval, sampling, table
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
    funds = ", ".join(subject.card.next_day_funds)
    sections = [
        f"# {subject.card.title}: operational shorting",
        f"Four fits of the event under the vendor's dates, with the dealer book; {subject.design.days} days. Late "
        f"creation concerns {funds} on {_days(subject.design)}. Medians and 89 % intervals. Written by "
        "`scripts/compare_shorting.py --fit`.",
        "## In short\n\n" + _short(found, (subject.panel.supplied, used_columns(subject))),
        "## The two shares, prior and posterior\n\n" + _shares(found),
        "## Flows of the event's days, USD m\n\n" + _flows(found, subject.design),
        "## What the data prefer\n\n" + _scores(found),
        "## Sampling\n\n" + sampling(manifests),
    ]
    return "\n\n".join(sections) + "\n"


def _days(design: Design) -> str:
    return " and ".join(str(design.dates[t].date()) for t in design.event_days)


def _short(found: Mapping[str, Setting], inputs: tuple[Collection[str], Collection[str]]) -> str:
    """What the tables support: where a posterior is the prior, and what it is where it is not."""
    lines = [
        f"Operational shorting: {shorting_inputs(*inputs)}. Without them all that is left are the dates and sizes of "
        "daily flows, and the posterior of a share is the prior or close to it; where it has moved, that is no evidence "
        "of operational shorting."
    ]
    lines += [f"* `{name}` ({MEANING[name]}): {_verdict(name, found)}" for name in USED_BY]
    best = max((s.score.value for t, s in found.items() if t != REFERENCE), key=abs)
    lines.append(
        "* "
        + ("Daily data do not decide between the four: " if abs(best) < DECISIVE else "The four differ: ")
        + f"the largest difference of log marginal likelihood is {best:+.2f} nats."
    )
    return lines[0] + "\n\n" + "\n".join(lines[1:])


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


def _shares(found: Mapping[str, Setting]) -> str:
    rows = []
    for title, setting in found.items():
        for name, share in setting.shares.items():
            rows.append(
                [
                    title,
                    f"`{name}`",
                    interval(share.prior, 2, sign=False),
                    interval(share.posterior, 2, sign=False),
                    f"{share.fall:+.0%}",
                    _label(share),
                ]
            )
    head = ["fit", "share", "prior", "posterior", "variance fell by", "verdict"]
    return table(head, rows) + (
        f'\n\n"{words.NOT_IDENTIFIED[0].upper()}{words.NOT_IDENTIFIED[1:]}": the variance (from quartiles) fell by less '
        "than a tenth from prior to posterior, sampling error allowed for; "
        'a negative fall is a rise. "Switched off": no equation of that fit holds '
        'the share, so its posterior is the prior and what differs is sampling error. "Posterior is the prior": the two '
        "distribution functions nowhere differ by a tenth."
    )


def _label(share: Share) -> str:
    if not share.used:
        return "switched off"
    same = "posterior is the prior" if share.unmoved else "posterior differs from the prior"
    return same if share.identified else f"**{words.NOT_IDENTIFIED}**; {same}"


def _flows(found: Mapping[str, Setting], design: Design) -> str:
    days = [(t, str(design.dates[t].date())) for t in design.event_days]
    head = ["fit", *(f"{part}, {day}" for t, day in days for part in ("dealers", "unattributed"))]
    rows = [
        [title, *(interval(s.flows[part][:, t], 0) for t, _ in days for part in ("dealer", "unattributed"))]
        for title, s in found.items()
    ]
    seen = "; ".join(f"{1e3 * np.nansum(design.flows[t]):+.0f} on {day}" for t, day in days)
    return table(head, rows) + (
        f"\n\nObserved net flow of all funds: {seen}. Without hedge settlement dealers' flow is zero by construction, so "
        "its zero is no finding. Dealers' flow is that of short hedges settled within zero to two trading days; shares "
        "created late are not in it but in whoever traded them."
    )


def _scores(found: Mapping[str, Setting]) -> str:
    rows = [
        [title, "0 (reference)" if title == REFERENCE else f"{s.score.value:+.2f} ({s.score.error:.2f})"]
        for title, s in found.items()
    ]
    return table(["fit", "nats"], rows) + (
        "\n\nLog marginal likelihood less the default's, by bridge sampling; Monte Carlo error in brackets. The four "
        f"share data, parameters and priors. Less than {DECISIVE:.0f} nats (odds of 20 to 1) is undecided. The numbers "
        "hold under these priors of the two shares: a prior nearer to zero would bring a switched-on mechanism nearer to "
        "its being off."
    )
