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
from model.toml_table import Table

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
    off: tuple[str, ...] = ()
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
    off = t.columns("off") if "off" in t.data else ()
    for name in off:
        if name not in MECHANISMS:
            t.refuse("off", f"unknown mechanism {name!r}", f"Use some of {', '.join(MECHANISMS)}.")
    one_off, decay_from = t.dates("one_off", []), t.day("decay_from", None)
    for key, days in (("one_off", one_off), ("decay_from", (decay_from,) if decay_from else ())):
        for d in days:
            if not is_session(d, calendar):
                t.refuse(key, f"{d} is not a trading day of {calendar}", "Give trading days.")
    half_life = t.number("half_life", 20.0)
    if half_life <= 0.0:
        t.refuse("half_life", f"must be positive, is {half_life}", "Give trading days.")
    if not (off or one_off or decay_from):
        t.refuse("off", "the rival changes nothing", "Give off, one_off or decay_from.")
    session = t.text("session", "both")
    if session not in SESSIONS:
        t.refuse("session", f"unknown session {session!r}", f"Use one of {', '.join(SESSIONS)}.")
    new = Rival(
        t.text("key"),
        t.text("text"),
        t.text("separated_by"),
        off,
        one_off,
        decay_from,
        float(half_life),
        session,
    )
    t.done()
    return new
