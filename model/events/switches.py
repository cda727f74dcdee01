"""Operational shorting as two mechanisms, each of which a card or the command line can switch on or off.

(a) Dealers hold hedges in ETF shares that creations or redemptions settle later (``hedge_settlement``).
(b) Market makers meet the trades of the event's days with shares that are created a day later (``late_creation``):
    the vendor's dates of those trades then lie zero to three days after the trade instead of zero to two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from model.errors import UsageError
from model.toml_table import Table

SWITCHES = {"on": True, "off": False}
PRIOR_SENTENCE = (
    "Late creation: neither the fund's premium nor its short interest is supplied, so the posterior is the prior, but "
    "for what the dates of daily flows say, which a booking lag explains as well."
)
"""Said wherever late creation is on: a panel has no column for either of the two."""


@dataclass(frozen=True)
class Mechanisms:
    """Which sub-hypotheses of operational shorting are part of the model.

    Attributes
    ----------
    hedge_settlement : bool
        Dealers' hedges reach creations and redemptions; otherwise none of them does.
    late_creation : bool
        A share of the next-day funds' trades of the event's days is created one trading day later.
    """

    hedge_settlement: bool = True
    late_creation: bool = False

    def switched(self, changes: Mapping[str, bool]) -> Mechanisms:
        """The same with some switches set."""
        return replace(self, **changes)


NAMES = tuple(f.name for f in fields(Mechanisms))


def read_mechanisms(card: Table) -> Mechanisms:
    """The table ``[mechanisms]`` of an event card.

    Raises
    ------
    DataError
        If a key is unknown or not true or false.
    """
    return card.table("mechanisms").into(Mechanisms)


def read_switch(text: str) -> tuple[str, bool]:
    """Read ``NAME=on`` or ``NAME=off``.

    Raises
    ------
    UsageError
    """
    name, _, value = text.partition("=")
    if name not in NAMES:
        raise UsageError(f"Unknown mechanism {name!r}.", f"Use one of {', '.join(NAMES)}.")
    if value not in SWITCHES:
        raise UsageError(f"{text!r} switches nothing.", f"Write {name}=on or {name}=off.")
    return name, SWITCHES[value]


def sentence(mechanisms: Mechanisms) -> str:
    """Which sub-hypotheses are part of the fit, for the terminal."""
    state = {value: word for word, value in SWITCHES.items()}
    first = ", ".join(f"{n.replace('_', ' ')} {state[getattr(mechanisms, n)]}" for n in NAMES)
    return f"Operational shorting: {first}." + (f" {PRIOR_SENTENCE}" if mechanisms.late_creation else "")
