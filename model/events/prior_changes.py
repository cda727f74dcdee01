"""Prior changes of an event card: quantiles in words and units, fitted to a distribution by preliz."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from model.mechanisms.names import parameter_names
from model.toml_table import Table

WORDS = {
    "almost_surely_above": 0.05,
    "probably_above": 0.25,
    "as_likely_as_not": 0.5,
    "probably_below": 0.75,
    "almost_surely_below": 0.95,
}
"""Words for quantiles; ``p10`` or ``p97.5`` may be used too."""
FAMILIES = ("Normal", "LogNormal", "HalfNormal", "Beta", "TruncatedNormal")


@dataclass(frozen=True)
class PriorChange:
    """A stated prior of one scalar parameter.

    Attributes
    ----------
    quantiles : mapping of float to float
        Level to value, in ``unit``.
    dist : str or None
        Family; None keeps the one in the prior set.
    where : str
        File and line, for messages.
    """

    parameter: str
    quantiles: Mapping[float, float]
    unit: str
    source: str
    dist: str | None = None
    where: str = field(default="", compare=False)


def read_changes(tables: list[Table]) -> tuple[PriorChange, ...]:
    """The card's ``[[prior_changes]]``.

    Raises
    ------
    DataError
        With the line: unknown parameter, unit missing, impossible quantiles, a parameter changed twice.
    """
    out: list[PriorChange] = []
    for t in tables:
        new = _read(t)
        if any(new.parameter == old.parameter for old in out):
            t.refuse("parameter", f"{new.parameter} is changed twice", "Keep one of the two.")
        out.append(new)
    return tuple(out)


def _read(t: Table) -> PriorChange:
    name = t.text("parameter", choices=parameter_names())
    unit = t.text("unit")
    dist = t.text("dist", choices=FAMILIES) if "dist" in t.data else None
    where = f"{t.place('quantiles')}: [[prior_changes]] {name}"
    new = PriorChange(name, _quantiles(t), unit, t.text("source"), dist, where)
    t.done()
    return new


def _quantiles(t: Table) -> dict[float, float]:
    sub = t.table("quantiles", required=True)
    found: dict[float, float] = {}
    for key in sub.data:
        if _level(t, key) in found:
            t.refuse("quantiles", f"{key} names a level for the second time", "Give every level once.")
        found[_level(t, key)] = sub.number(key)
    values = [found[q] for q in sorted(found)]
    if len(found) < 2 or any(b <= a for a, b in zip(values[:-1], values[1:], strict=True)):
        t.refuse("quantiles", "must be two or more, rising with their level", "Correct the quantiles.")
    return {q: found[q] for q in sorted(found)}


def _level(t: Table, key: str) -> float:
    if key in WORDS:
        return WORDS[key]
    try:
        level = float(key.removeprefix("p")) / 100.0
    except ValueError:
        level = float("nan")
    if not 0.0 < level < 1.0:
        t.refuse("quantiles", f"unknown level {key!r}", f"Use {', '.join(WORDS)}, or p5, p50, p95.")
    return level
