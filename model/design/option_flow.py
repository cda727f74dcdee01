"""Put and call volume of the option fund's options, where a panel supplies it: a hint at the side dealers took.

Volume has no side, so it moves the prior of the dealers' sign only a little, by the rule of the dealer book
(:meth:`model.dealer_book.SignPrior.moved_by_volume`). Read on the trading day before the first day with a book, or
before the event without one: like the book itself, it is known before the open. A book that states put and call flow
of its own is followed instead; the same trades may not count twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from model.dealer_book import Book, SignPrior
from model.errors import DataError
from model.mechanisms.design import Design
from model.panel import Panel
from model.priors.prior_set import Prior, PriorSet

ROLES = ("extra_put_volume", "extra_call_volume")
"""Roles of a universe's extras: contracts traded in a day. Only their ratio counts."""
VENUE, SIGN = "etf", "dealer_sign"


@dataclass(frozen=True)
class OptionFlow:
    """Put and call volume of one day.

    Attributes
    ----------
    day : str
    puts, calls : float
        Contracts.
    """

    day: str
    puts: float
    calls: float

    def moves(self, belief: SignPrior) -> SignPrior:
        """The belief about the dealers' sign after the volume."""
        return belief.moved_by_volume(self.puts, self.calls)


def option_flow(panel: Panel, design: Design, books: Sequence[Book] = ()) -> OptionFlow | None:
    """The volume that moves the prior; None where it is not supplied, or a book states its own flow.

    Parameters
    ----------
    panel : Panel
        The panel the design was made of.
    design : Design
        With its books, if it has any.
    books : sequence of Book

    Raises
    ------
    DataError
        If only one of the two is supplied, or they are no volumes.
    """
    have = [role for role in ROLES if role in panel.frame]
    if not have or any(VENUE in b.flow for b in books):
        return None
    if len(have) < len(ROLES):
        absent = next(role for role in ROLES if role not in have)
        raise DataError(
            f"The panel has {_plain(have[0])} but no {_plain(absent)}.",
            "Supply both, in contracts, or neither: only their ratio says something.",
        )
    covered = design.book_days if len(design.book_days) else np.array(design.event_days, np.int64)
    if not len(covered):
        return None
    day = pd.Timestamp(design.dates[int(covered.min()) - 1])
    puts, calls = (float(panel.frame[role].to_numpy(float)[panel.frame.index == day][0]) for role in ROLES)
    if np.isnan(puts) or np.isnan(calls):
        return None
    if min(puts, calls) < 0.0 or puts + calls <= 0.0:
        raise DataError(
            f"Row {day.date()}: put volume {puts:g} and call volume {calls:g} are no volumes.",
            "Give contracts traded in the day, not both zero, or leave both cells empty.",
        )
    return OptionFlow(str(day.date()), puts, calls)


def moved_sign(priors: PriorSet, flow: OptionFlow | None) -> PriorSet:
    """The prior set with the dealers' sign moved; the same set without volume, or with a sign learned jointly."""
    prior = priors[SIGN]
    if flow is None or prior.dist != "TruncatedNormal" or (priors.joint and SIGN in priors.joint.names):
        return priors
    belief = flow.moves(SignPrior(prior.args["mu"], prior.args["sigma"]))
    moved = Prior(
        prior.dist,
        dict(prior.args) | {"mu": belief.mean},
        prior.unit,
        f"{prior.source}; moved by put and call volume of {flow.day}",
        (belief.quantile(0.05), belief.quantile(0.95)),
    )
    return replace(priors, parameters={**priors.parameters, SIGN: moved})


def sentence(flow: OptionFlow | None) -> str:
    """What the volume did, for the terminal and the report."""
    if flow is None:
        return "Put and call volume of the option fund: not supplied; it moves no prior."
    step = flow.moves(SignPrior()).mean
    return (
        f"Put and call volume of {flow.day}: {flow.puts:,.0f} puts and {flow.calls:,.0f} calls move the prior mean of "
        f"dealers' sign by {step:+.2f} (positive: short gamma)."
    )


def _plain(role: str) -> str:
    return role.removeprefix("extra_").replace("_", " ")
