"""Prior sets: distribution, unit, source and a checked 90 % interval per parameter. Read from TOML."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from model.errors import PriorError
from model.mechanisms.names import parts
from model.priors.correlated import Joint, from_table
from model.store import PROJECT
from model.toml_table import Source, Table, read_toml

FOLDER = PROJECT / "data" / "priors"
INTERVAL_TOLERANCE = 0.02
"""Stated 90 % bounds may differ from the distribution's by this share of its width."""

_SCIPY = {
    "Normal": lambda a: stats.norm(a["mu"], a["sigma"]),
    "LogNormal": lambda a: stats.lognorm(a["sigma"], scale=np.exp(a["mu"])),
    "HalfNormal": lambda a: stats.halfnorm(scale=a["sigma"]),
    "Beta": lambda a: stats.beta(a["alpha"], a["beta"]),
    "TruncatedNormal": lambda a: stats.truncnorm(
        (a["lower"] - a["mu"]) / a["sigma"], (a["upper"] - a["mu"]) / a["sigma"], a["mu"], a["sigma"]
    ),
}
_ARGUMENTS = {
    "Normal": ("mu", "sigma"),
    "LogNormal": ("mu", "sigma"),
    "HalfNormal": ("sigma",),
    "Beta": ("alpha", "beta"),
    "TruncatedNormal": ("mu", "sigma", "lower", "upper"),
    "Dirichlet": (),
}
POSITIVE = frozenset({"sigma", "alpha", "beta"})
LINEAGE: dict[str, type] = {
    "parent": str, "event": str, "reading": str,
    "parent_sha256": str, "panel_sha256": str, "design_sha256": str, "posterior_sha256": str,
    "seed": int, "divergences": int, "draws": int, "ess_min": int,
    "r_hat_max": float, "widening": float, "margin_widening": float, "forgetting": float,
    "days_of_the_fit": tuple[str, ...], "parent_learned_from": tuple[str, ...],
}  # fmt: skip
"""What the scripts that write sets note under ``[meta]``, by type; nothing is read from it but by people."""
HASH = "_sha256"


@dataclass(frozen=True)
class Prior:
    """One parameter's prior.

    Attributes
    ----------
    dist : str
        Normal, LogNormal, HalfNormal, Beta, TruncatedNormal or Dirichlet.
    args : mapping
        The distribution's arguments.
    unit, source : str
    interval90 : tuple of float or None
        Stated 5 % and 95 % points (none for a Dirichlet).
    items : mapping of str to Prior
        Exceptions for named members (e.g. one risk factor).
    """

    dist: str
    args: Mapping[str, Any]
    unit: str
    source: str
    interval90: tuple[float, float] | None = None
    items: Mapping[str, Prior] = field(default_factory=dict)

    def frozen(self):
        """The scipy distribution (not for a Dirichlet)."""
        return _SCIPY[self.dist](self.args)

    def argument(self, name: str, members: tuple[str, ...]) -> np.ndarray:
        """One argument for each member, exceptions applied. ``Shape: (members,)``."""
        return np.array([self.items.get(m, self).args[name] for m in members], dtype=float)

    def ppf(self, q):
        """Quantiles of a scalar prior."""
        return self.frozen().ppf(q)


@dataclass(frozen=True)
class PriorSet:
    """A named set of priors.

    Attributes
    ----------
    name, kind : str
        ``kind`` is ``literature`` or ``learned``.
    learned_from : tuple of date or None
        First and last day a learned set saw; fitting any of them again is refused.
    parameters : mapping of str to Prior
    sha256 : str
    joint : Joint or None
        Correlated priors; the parameters it covers are drawn from it, their margins are for reading only.
    """

    name: str
    kind: str
    parameters: Mapping[str, Prior]
    sha256: str
    learned_from: tuple[date, date] | None = None
    note: str = ""
    joint: Joint | None = None

    def __getitem__(self, name: str) -> Prior:
        try:
            return self.parameters[name]
        except KeyError:
            raise PriorError(
                f"Prior set {self.name!r} has no prior for {name!r}.",
                "Add it to the file: every free parameter needs one.",
            ) from None

    def require(self, names) -> None:
        """Raise unless every parameter has a prior."""
        missing = sorted(set(names) - set(self.parameters))
        if missing:
            raise PriorError(
                f"Prior set {self.name!r} lacks {', '.join(missing)}.",
                "Add them to the file: every free parameter needs a prior.",
            )

    def completed(self, names: Collection[str], source: PriorSet) -> PriorSet:
        """The set with priors from another for names that it lacks: it was made before there was anything to learn there."""
        return self._with({n: p for n, p in source.parameters.items() if n in names}, source.sha256)

    def _with(self, priors: Mapping[str, Prior], said: str) -> PriorSet:
        """The set with those of these priors whose names it lacks; ``said``, where they stand, enters its hash."""
        missing = {n: p for n, p in priors.items() if n not in self.parameters}
        if not missing:
            return self
        digest = hashlib.sha256((self.sha256 + said + " ".join(sorted(missing))).encode()).hexdigest()
        return replace(self, parameters={**self.parameters, **missing}, sha256=digest)

    def refuse_overlap(self, first: date, last: date) -> None:
        """Raise if the set was learned from days in [first, last]."""
        if self.learned_from is None:
            return
        start, end = self.learned_from
        if first <= end and start <= last:
            raise PriorError(
                f"Prior set {self.name!r} was learned from {start} to {end}, which overlaps the fitted days "
                f"{first} to {last}: the same days would count twice.",
                f"Use --priors literature, or fit days after {end}: --panel PATH --window FIRST:LAST.",
            )


def load_priors(name_or_path: str | Path) -> PriorSet:
    """Read a prior set by name (``data/priors/<name>.toml``) or path.

    Raises
    ------
    PriorError
        If the file is missing or a prior is malformed, lacks unit or source, or its stated interval is wrong.
    """
    path = path_of(name_or_path)
    if not os.path.isfile(path):
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise PriorError(f"No prior set at {name_or_path}.", f"Use one of {known}, or a path to a TOML file.")
    return with_defaults(_prior_set(read_toml(path, PriorError), path.name))


def with_defaults(priors: PriorSet) -> PriorSet:
    """The set with the priors that components and measurements state themselves, for names that it lacks."""
    for part in parts():
        table = Table(part.default_priors, Source(f"default_priors of {part.name}"), error=PriorError)
        stated = {n: _prior(table.table(n)) for n in part.priors if table.raw(n, None) is not None}
        table.done()
        priors = priors._with(stated, json.dumps(table.data, sort_keys=True))
    return priors


def path_of(name_or_path: str | Path) -> Path:
    """File of a prior set given by name or path."""
    path = Path(name_or_path)
    return path if path.suffix == ".toml" else FOLDER / f"{name_or_path}.toml"


def prior_set_from_dict(raw: Mapping[str, Any], where: str) -> PriorSet:
    """Validate a parsed prior file."""
    return _prior_set(Table(raw, Source(where), error=PriorError), where)


def _prior_set(t: Table, file: str) -> PriorSet:
    meta, stated = t.table("meta", required=True), t.table("parameter")
    kind = meta.text("kind", choices=("literature", "learned"))
    learned = meta.dates("learned_from") if kind == "learned" else meta.dates("learned_from", ())
    if len(learned) != 2 and "learned_from" in meta.data:
        meta.refuse(
            "learned_from", "a learned set must say from which days", "Write learned_from = [first, last]."
        )
    priors = PriorSet(
        meta.text("name", file),
        kind,
        {n: _prior(stated.table(n)) for n in stated.data},
        hashlib.sha256(json.dumps(t.data, sort_keys=True, default=str).encode()).hexdigest(),
        (learned[0], learned[1]) if learned else None,
        meta.text("note", ""),
        from_table(t.table("joint")) if "joint" in t.data else None,
    )
    _lineage(meta)
    meta.done()
    t.done()
    return priors


def _lineage(meta: Table) -> None:
    """Whether each note on where a set comes from is what it must be: people and merged sets go by it."""
    for key, kind in LINEAGE.items():
        value = meta.get(key, kind, None)
        if value is not None and key.endswith(HASH) and not re.fullmatch("[0-9a-f]{64}", value):
            meta.refuse(key, f"{value!r} is no sha256", "Restore it, or remove the line.")
    for part in meta.tables("merged_from", []):
        part.text("name"), part.text(HASH.lstrip("_")), part.get("parameters", tuple[str, ...])
        part.done()


def _prior(t: Table, base: Prior | None = None) -> Prior:
    """One prior; an exception for a member (``base`` given) is of the same family and unit."""
    if base:
        dist, unit = t.text("dist", base.dist, (base.dist,)), t.text("unit", base.unit)
    else:
        dist, unit = t.text("dist", choices=tuple(_ARGUMENTS)), t.text("unit")
    source = t.text("source")
    if dist == "Dirichlet":
        args, interval = _concentrations(t), None
    else:
        args = {a: t.number(a) for a in _ARGUMENTS[dist]}
        for a in POSITIVE & args.keys():
            if args[a] <= 0.0:
                t.refuse(a, f"must be above zero, is {args[a]:g}", "Correct it.")
        interval = t.get("interval90", tuple[float, float])
    prior = Prior(dist, args, unit, source, interval)
    if interval:
        _check_interval(t, prior)
    items = t.table("item") if base is None else None
    members = {} if items is None else {k: _prior(items.table(k), prior) for k in items.data}
    t.done()
    return replace(prior, items=members)


def _concentrations(t: Table) -> dict[str, Any]:
    """One number for all shares, or ``a`` for each: a list, or a table by fund."""
    t.misspelt("concentration")
    key = "concentration" if "concentration" in t.data else "a"
    if key == "concentration":
        found: Any = t.number(key)
    elif isinstance(t.raw(key), dict):
        found = t.get(key, dict[str, float])
    else:
        found = list(t.get(key, tuple[float, ...]))
    values = found.values() if isinstance(found, dict) else np.atleast_1d(found)
    if not len(values) or min(values) <= 0:
        t.refuse(key, "must be above zero", "Give positive concentrations.")
    return {key: found}


def _check_interval(t: Table, prior: Prior) -> None:
    with np.errstate(all="ignore"):
        true = prior.ppf([0.05, 0.95])
    if not np.all(np.isfinite(true)):
        t.refuse("dist", f"impossible arguments {dict(prior.args)} of a {prior.dist}", "Correct them.")
    if np.abs(np.asarray(prior.interval90) - true).max() > INTERVAL_TOLERANCE * (true[1] - true[0]):
        t.refuse(
            "interval90",
            f"interval90 says {list(prior.interval90 or ())}, {prior.dist} has [{true[0]:.4g}, {true[1]:.4g}]",
            "Correct the arguments or the interval.",
        )
