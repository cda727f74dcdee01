"""What became of each column of the input: no column vanishes in silence."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.panel.roles import fund_columns, roles

if TYPE_CHECKING:
    from model.panel.universe import Universe

USED, CARRIED, SPARE, UNKNOWN = "used", "carried", "spare", "unknown"
MEANING = {
    USED: "used",
    CARRIED: "carried, used by nothing in this fit",
    SPARE: "a second column for what another one gives",
    UNKNOWN: "unknown, not read",
}
NEAR = 0.75
"""Least likeness of the nearest known name."""


@dataclass(frozen=True)
class Input:
    """One column of the input.

    Attributes
    ----------
    column, file : str
    roles : tuple of str
        Canonical columns that it fills; none where it is spare or unknown.
    known : bool
        Whether the universe names it.
    nearest : str
        Of an unknown column: the most similar name that the universe knows, or nothing.
    """

    column: str
    file: str
    roles: tuple[str, ...]
    known: bool
    nearest: str = ""

    def status(self, used: Collection[str]) -> str:
        """``used``, ``carried``, ``spare`` or ``unknown``, given the canonical columns in use."""
        if not self.known:
            return UNKNOWN
        if not self.roles:
            return SPARE
        return USED if any(r in used for r in self.roles) else CARRIED


def known_columns(u: Universe) -> tuple[str, ...]:
    """Every input name that the universe accepts."""
    names = [c for f in u.funds for c in fund_columns(f)]
    names += [c for role in roles(u) for c in role.columns]
    names += [c for e in u.extras for c in e.inputs]
    return tuple(dict.fromkeys(names))


def list_inputs(
    files: Mapping[str, str], origin: Mapping[str, tuple[str, ...]], u: Universe
) -> tuple[Input, ...]:
    """What each column became.

    Parameters
    ----------
    files : mapping of str to str
        File of each input column.
    origin : mapping of str to tuple of str
        Input columns of each canonical column.
    u : Universe
    """
    names = known_columns(u)
    out = []
    for column, file in files.items():
        filled = tuple(role for role, sources in origin.items() if column in sources)
        known = column in names
        near = [] if known else difflib.get_close_matches(column, names, n=1, cutoff=NEAR)
        out.append(Input(column, file, filled, known, next(iter(near), "")))
    return tuple(out)


def column_table(inputs: Iterable[Input], used: Collection[str]) -> dict[str, list[str]]:
    """Input columns by status, for a manifest; an unknown one with the nearest known name."""
    out: dict[str, list[str]] = {status: [] for status in MEANING}
    for i in inputs:
        near = f" (nearest known name: {i.nearest})" if i.nearest else ""
        out[i.status(used)].append(i.column + near)
    return out


def column_sentences(inputs: Iterable[Input], used: Collection[str] | None) -> list[str]:
    """One sentence a status that has columns, for terminal and report.

    `used`: the canonical columns in use; None where nobody knows yet, and only spare and unknown columns are named.
    """
    said = MEANING if used is not None else (SPARE, UNKNOWN)
    table = column_table(inputs, used or ())
    return [f"Columns {MEANING[s]}: {', '.join(table[s])}." for s in said if table[s]]
