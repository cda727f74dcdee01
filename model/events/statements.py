r"""Statements about what happened, as likelihood factors :math:`g(q)^{strength}` of a quantity q of the model.

=========== =================================================================================
kind        factor g
=========== =================================================================================
sign        ``probability`` where q lies on the stated side of ``threshold``, the rest elsewhere
measurement ``exp(-(q - value)^2 / 2 sd^2)``
largest     ``probability`` where the part is the largest component that day, the rest elsewhere
=========== =================================================================================

``probability`` is the reliability of the source, so 0.5 says nothing, as does strength 0. Two forms: with
``form = "conditional"`` the likelihood is normalised given that the statement was to hold, which divides by its
probability before the data [1]_; with ``form = "joint"`` the statement is one more datum [2]_.

.. [1] Antolin-Diaz and Rubio-Ramirez (2018), Narrative sign restrictions for SVARs.
.. [2] Giacomini, Kitagawa and Read (2023), Identification and inference under narrative restrictions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from model.events.quantities import SIDES, Quantity, read_quantity
from model.toml_table import Table

KINDS = ("sign", "measurement", "largest")
FORMS = ("conditional", "joint")
BEFORE_DATA = ("trades", "positions", "return_trigger")
"""Quantities whose probability before the data is worked out."""


@dataclass(frozen=True)
class Statement:
    """One statement; see the module for what its numbers mean.

    ``quantity.unit`` is the unit of ``threshold``, ``value`` and ``sd``.
    """

    key: str
    text: str
    source: str
    kind: str
    quantity: Quantity
    strength: float
    form: str = "joint"
    side: str = "below"
    threshold: float = 0.0
    probability: float = 0.9
    value: float = 0.0
    sd: float = 1.0

    def log_factor(self, q: np.ndarray) -> np.ndarray:
        """``strength * log g``; any shape.

        Parameters
        ----------
        q : numpy.ndarray
            Draws of the quantity in its unit; for ``largest``, whether it holds (1 or 0).
        """
        if self.kind == "measurement":
            return -0.5 * self.strength * ((q - self.value) / self.sd) ** 2
        with np.errstate(divide="ignore"):
            yes, no = np.log(self.probability), np.log1p(-self.probability)
        if self.strength == 0.0:
            return np.zeros(np.shape(q))
        return self.strength * np.where(self.holds(q), yes, no)

    def holds(self, q: np.ndarray) -> np.ndarray:
        """Whether the statement is true of a draw; for a measurement, within two standard deviations."""
        if self.kind == "measurement":
            return np.abs(q - self.value) <= 2.0 * self.sd
        if self.kind == "largest":
            return np.asarray(q) > 0.5
        return (q < self.threshold) if self.side == "below" else (q > self.threshold)


def read_statements(tables: list[Table], calendar: str, window: tuple[date, date]) -> tuple[Statement, ...]:
    """The card's ``[[evidence]]``.

    Raises
    ------
    DataError
        With the line: unknown component, day off the calendar, missing unit, impossible number, evidence given
        twice.
    """
    out: list[Statement] = []
    for t in tables:
        new = _read(t, calendar, window)
        for old in out:
            if new.key == old.key:
                t.refuse("key", f"{new.key!r} was used before", "Give every piece of evidence its own key.")
            if _same(new, old):
                t.refuse(
                    "quantity",
                    f"says the same as {old.key!r}: {new.quantity}",
                    "Remove one of the two, or the same fact counts twice.",
                )
        out.append(new)
    return tuple(out)


def _same(a: Statement, b: Statement) -> bool:
    """One fact told twice. Sources that differ in the number are kept: whether they agree is measured, not assumed."""
    return _content(a) == _content(b)


def _content(s: Statement) -> tuple:
    q = s.quantity
    return s.kind, q.kind, q.part, q.days, s.side, s.threshold, s.value, s.sd


def _read(t: Table, calendar: str, window: tuple[date, date]) -> Statement:
    kind = t.text("kind", choices=KINDS)
    quantity = read_quantity(t, calendar, window, unit=kind != "largest")
    if kind == "largest" and quantity.kind != "return_trigger":
        t.refuse("quantity", f"{quantity.kind} cannot be ranked", "Use quantity = 'return_trigger'.")
    given = {} if kind == "measurement" else {"probability": _between(t, "probability", 0.9)}
    if kind == "measurement":
        given = {"value": t.number("value"), "sd": t.number("sd")}
        if given["sd"] <= 0.0:
            t.refuse("sd", f"must be positive, is {given['sd']}", "Give the statement's own uncertainty.")
    if kind == "sign":
        given["threshold"] = t.number("threshold", 0.0)
    side = t.text("side", choices=SIDES) if kind == "sign" else "below"
    form = t.text("form", "joint", FORMS)
    if kind == "measurement" and form == "conditional":
        t.refuse("form", "a measurement has no conditional form", "Remove it.")
    if form == "conditional" and quantity.kind not in BEFORE_DATA:
        t.refuse("form", f"conditional needs one of {', '.join(BEFORE_DATA)}", "Write form = 'joint'.")
    strength = t.number("strength", 1.0)
    if not 0.0 <= strength <= 1.0:
        t.refuse(
            "strength",
            f"must lie in [0, 1], is {strength}",
            "0 switches the statement off, 1 counts it in full.",
        )
    new = Statement(
        t.text("key"), t.text("text"), t.text("source"), kind, quantity, strength, form, side, **given
    )
    t.done()
    return new


def _between(t: Table, key: str, default: float) -> float:
    value = float(t.number(key, default))
    if not 0.0 < value < 1.0:
        t.refuse(
            key, f"must lie between 0 and 1, is {value}", "Certainty leaves no room for error: use 0.99."
        )
    return value
