"""One prior set from two, explicitly: where they differ on a parameter, the conflict is named and has to be decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from model.errors import PriorError
from model.priors.prior_set import Prior, PriorSet, load_priors, path_of
from model.toml_table import read_toml

CHOICES = ("first", "second")


@dataclass(frozen=True)
class Conflict:
    """A parameter, or members of it, of which two sets say different things, in words."""

    name: str
    differences: tuple[tuple[str, str, str], ...]
    """Parameter or member, what the first set says, what the second says."""


def merged_set(
    first: str | Path, second: str | Path, take: Mapping[str, str], name: str
) -> tomlkit.TOMLDocument:
    """The merged set, with where every parameter comes from under ``[meta]``.

    Parameters
    ----------
    first, second : str or Path
        Names or files of prior sets.
    take : mapping of str to str
        ``first`` or ``second`` for every parameter on which the two differ.
    name : str

    Returns
    -------
    tomlkit.TOMLDocument
        A learned set, with the days of both, as soon as one of the two whose priors it holds is learned.

    Raises
    ------
    PriorError
        If a conflict is left open (all are named), a choice decides nothing, or a set is correlated.
    """
    sets = [load_priors(s) for s in (first, second)]
    raw = [read_toml(path_of(s), PriorError).data["parameter"] for s in (first, second)]
    for s in sets:
        if s.joint is not None:
            raise PriorError(
                f"Prior set {s.name!r} is correlated: parts of it would lose the correlations.",
                "Use it whole, or merge the set it was learned with.",
            )
    _check(sets, take)
    origin = {n: _origin(n, sets, take) for n in dict.fromkeys([*raw[0], *raw[1]])}
    doc = tomlkit.document()
    doc.add(tomlkit.comment("Merged by scripts/merge_priors.py; do not edit."))
    doc["meta"] = _meta(sets, origin, name)
    doc["parameter"] = {n: raw[k][n] for n, k in origin.items()}
    return doc


def conflicts(one: PriorSet, other: PriorSet) -> list[Conflict]:
    """Parameters for which both sets have a prior, and not the same: member by member, as it would be used."""
    out = []
    for name in (n for n in one.parameters if n in other.parameters):
        a, b = one[name], other[name]
        pairs = {name: (a, b)} | {
            f"{name}.{m}": (a.items.get(m, a), b.items.get(m, b)) for m in dict.fromkeys([*a.items, *b.items])
        }
        found = tuple((n, told(x), told(y)) for n, (x, y) in pairs.items() if not _same(x, y))
        if found:
            out.append(Conflict(name, found))
    return out


def _same(a: Prior, b: Prior) -> bool:
    """Whether two priors say the same: family, unit, bounds, and the 90 % interval to three digits."""
    if (a.dist, a.unit) != (b.dist, b.unit) or a.interval90 is None:
        return (a.dist, a.unit, a.args) == (b.dist, b.unit, b.args)
    bounds = [{k: p.args.get(k) for k in ("lower", "upper")} for p in (a, b)]
    return told(a) == told(b) and bounds[0] == bounds[1]


def told(prior: Prior) -> str:
    """A prior in a few words: its 90 % interval, or the concentrations of shares."""
    if prior.interval90 is None:
        values = prior.args.get("a", prior.args.get("concentration"))
        values = values.values() if isinstance(values, Mapping) else values
        return "shares " + (
            f"{values:g}" if isinstance(values, float) else " ".join(f"{v:.3g}" for v in values)
        )
    low, high = prior.interval90
    return f"{prior.dist} {low:.3g} to {high:.3g}"


def read_decisions(path: Path) -> dict[str, str]:
    """The choices of a file: under ``[take]`` a parameter and ``first`` or ``second``.

    Raises
    ------
    PriorError
        With the line, if a choice is neither.
    """
    root = read_toml(path, PriorError)
    table = root.table("take")
    found = {name: table.text(name, choices=CHOICES) for name in table.data}
    root.done()
    return found


def template(open_conflicts: list[Conflict], first: str, second: str) -> str:
    """A file of decisions to be filled in: every conflict with what the two sets say."""
    lines = [f"# first: {first}; second: {second}. Take the mark from one line of each pair.", "[take]"]
    for c in open_conflicts:
        lines += ["", *(f"# {n}: first {a}; second {b}" for n, a, b in c.differences)]
        lines += [f'# {c.name} = "{choice}"' for choice in CHOICES]
    return "\n".join(lines) + "\n"


def _check(sets: list[PriorSet], take: Mapping[str, str]) -> None:
    found = conflicts(*sets)
    names = [c.name for c in found]
    for name, choice in take.items():
        if not all(name in s.parameters for s in sets):
            raise PriorError(
                f"{name!r} is not a parameter of both sets.", "Remove the choice, or correct its name."
            )
        if choice not in CHOICES:
            raise PriorError(f"{name}={choice} chooses no set.", f"Write {name}=first or {name}=second.")
    still = [n for n in names if n not in take]
    if still:
        raise PriorError(
            f"{sets[0].name!r} and {sets[1].name!r} conflict on {len(still)} parameters: {', '.join(still)}.",
            "Decide each with --take NAME=first or NAME=second, or all in a file with --decisions FILE.",
        )


def _origin(name: str, sets: list[PriorSet], take: Mapping[str, str]) -> int:
    if name in take:
        return CHOICES.index(take[name])
    return 0 if name in sets[0].parameters else 1


def _meta(sets: list[PriorSet], origin: Mapping[str, int], name: str) -> dict[str, Any]:
    """Days and lineage: a learned prior stays learned in other company."""
    used = [s for k, s in enumerate(sets) if k in origin.values()]
    spans = [s.learned_from for s in used if s.learned_from is not None]
    meta: dict[str, Any] = {"name": name, "kind": "learned" if spans else "literature"}
    if spans:
        meta["learned_from"] = [min(s[0] for s in spans), max(s[1] for s in spans)]
    meta["merged_from"] = [
        {"name": s.name, "sha256": s.sha256, "parameters": [n for n, k in origin.items() if k == i]}
        for i, s in enumerate(sets)
    ]
    return meta
