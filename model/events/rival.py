"""A rival story: which mechanisms it switches off, which regressor it adds, and what would tell it apart.

========== ==================================================================================================
key        meaning
========== ==================================================================================================
off        mechanisms removed: any component that declares how it is silenced, or common_factor
one_off    days with a shock of their own (a single forced seller), of any size to price and implied volatility
session    when that shock may fall: overnight, session or both (the default)
decay_from day of an earlier deleveraging whose pressure on the price fades with ``half_life`` trading days
========== ==================================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from model.calendar import is_session
from model.mechanisms import price
from model.mechanisms.components import COMPONENTS
from model.toml_table import Columns, Table

SILENCED = {c.name: c.off for c in COMPONENTS if c.off} | {"common_factor": price.OFF}
"""Priors that take a mechanism away."""
MECHANISMS = tuple(SILENCED)
SESSIONS = ("both", "overnight", "session")
"""When a one-off shock may fall."""


@dataclass(frozen=True)
class Rival:
    """One rival story.

    Attributes
    ----------
    key, text : str
    separated_by : str
        Data that would tell it from the model.
    off : tuple of str
        In :data:`MECHANISMS`.
    one_off : tuple of date
    session : {"both", "overnight", "session"}
    decay_from : date or None
    half_life : float
        Trading days.
    """

    key: str
    text: str
    separated_by: str
    off: Columns = ()
    one_off: tuple[date, ...] = ()
    decay_from: date | None = None
    half_life: float = 20.0
    session: str = "both"


def read_rivals(tables: list[Table], calendar: str) -> tuple[Rival, ...]:
    """The card's ``[[rivals]]``.

    Raises
    ------
    DataError
        With the line: unknown mechanism, day off the calendar, a key used twice, a rival that changes nothing.
    """
    out: list[Rival] = []
    for t in tables:
        new = _read(t, calendar)
        if any(new.key == old.key for old in out):
            t.refuse("key", f"{new.key!r} was used before", "Give every rival its own key.")
        out.append(new)
    return tuple(out)


def _read(t: Table, calendar: str) -> Rival:
    new = t.into(Rival)
    for name in new.off:
        if name not in MECHANISMS:
            t.refuse("off", f"unknown mechanism {name!r}", f"Use some of {', '.join(MECHANISMS)}.")
    for key, days in (("one_off", new.one_off), ("decay_from", (new.decay_from,) if new.decay_from else ())):
        for d in days:
            if not is_session(d, calendar):
                t.refuse(key, f"{d} is not a trading day of {calendar}", "Give trading days.")
    if new.half_life <= 0.0:
        t.refuse("half_life", f"must be positive, is {new.half_life}", "Give trading days.")
    if not (new.off or new.one_off or new.decay_from):
        t.refuse("off", "the rival changes nothing", "Give off, one_off or decay_from.")
    t.one_of("session", new.session, SESSIONS)
    return new
