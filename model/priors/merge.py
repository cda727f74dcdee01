"""One prior set from two, explicitly: where they differ on a parameter, the conflict is named and has to be decided."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from model.errors import PriorError
from model.priors.prior_set import PriorSet, load_priors, path_of

CHOICES = ("first", "second")


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
    raw = [tomllib.loads(path_of(s).read_text(encoding="utf-8"))["parameter"] for s in (first, second)]
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


def conflicts(one: PriorSet, other: PriorSet) -> list[str]:
    """Parameters for which both sets have a prior, and not the same."""
    common = [n for n in one.parameters if n in other.parameters]
    return [n for n in common if _said(one, n) != _said(other, n)]


def _said(s: PriorSet, name: str) -> Any:
    """What a prior says, without who says it."""
    p = s[name]
    members = {k: (m.dist, dict(m.args), m.unit) for k, m in p.items.items()}
    return p.dist, dict(p.args), p.unit, members


def _check(sets: list[PriorSet], take: Mapping[str, str]) -> None:
    found = conflicts(*sets)
    for name, choice in take.items():
        if name not in found:
            raise PriorError(
                f"The sets do not differ on {name!r}.", "Remove the choice, or correct its name."
            )
        if choice not in CHOICES:
            raise PriorError(f"{name}={choice} chooses no set.", f"Write {name}=first or {name}=second.")
    still = [n for n in found if n not in take]
    if still:
        told = "; ".join(f"{n} ({_told(sets[0], n)} against {_told(sets[1], n)})" for n in still)
        raise PriorError(
            f"{sets[0].name!r} and {sets[1].name!r} conflict on {len(still)} parameters: {told}.",
            "Decide each with --take NAME=first or --take NAME=second.",
        )


def _told(s: PriorSet, name: str) -> str:
    p = s[name]
    if p.interval90 is None:
        return p.dist
    return f"{p.interval90[0]:.3g} to {p.interval90[1]:.3g} {p.unit}"


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
