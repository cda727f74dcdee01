"""Prior sets: distribution, unit, source and a checked 90 % interval per parameter. Read from TOML."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from model.errors import PriorError
from model.priors.correlated import Joint, from_table
from model.store import PROJECT

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
        missing = {n: source[n] for n in names if n not in self.parameters and n in source.parameters}
        if not missing:
            return self
        digest = hashlib.sha256(
            (self.sha256 + source.sha256 + " ".join(sorted(missing))).encode()
        ).hexdigest()
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
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise PriorError(f"No prior set at {name_or_path}.", f"Use one of {known}, or a path to a TOML file.")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PriorError(f"{path.name} is not TOML: {error}.", "Correct the file at that place.") from error
    return prior_set_from_dict(raw, path.name)


def path_of(name_or_path: str | Path) -> Path:
    """File of a prior set given by name or path."""
    path = Path(name_or_path)
    return path if path.suffix == ".toml" else FOLDER / f"{name_or_path}.toml"


def prior_set_from_dict(raw: Mapping[str, Any], where: str) -> PriorSet:
    """Validate a parsed prior file."""
    meta = raw.get("meta", {})
    if meta.get("kind") not in ("literature", "learned"):
        raise PriorError(
            f"{where}: [meta] kind is {meta.get('kind')!r}.", "Write kind = 'literature' or 'learned'."
        )
    learned = meta.get("learned_from")
    two_days = isinstance(learned, list) and [type(d) for d in learned] == [date, date]
    if not two_days and (meta["kind"] == "learned" or learned):
        raise PriorError(
            f"{where}: a learned set must say from which days.",
            "Add learned_from = [first, last], dates without quotation marks.",
        )
    parameters = {n: _prior(f"{where}: {n}", spec) for n, spec in raw.get("parameter", {}).items()}
    digest = hashlib.sha256(json.dumps(raw, sort_keys=True, default=str).encode()).hexdigest()
    return PriorSet(
        meta.get("name", where),
        meta["kind"],
        parameters,
        digest,
        (learned[0], learned[1]) if learned else None,
        meta.get("note", ""),
        from_table(raw["joint"], where) if "joint" in raw else None,
    )


def _prior(where: str, spec: Mapping[str, Any], base: Prior | None = None) -> Prior:
    spec = dict(spec)
    items = spec.pop("item", {})
    dist = spec.pop("dist", base.dist if base else None)
    if dist not in _ARGUMENTS:
        raise PriorError(f"{where}: unknown distribution {dist!r}.", f"Use one of {', '.join(_ARGUMENTS)}.")
    unit = spec.pop("unit", base.unit if base else None)
    source = spec.pop("source", None)
    if not unit or not source:
        raise PriorError(f"{where}: unit or source is missing.", "State both; 'J' marks a judgement.")
    interval = spec.pop("interval90", None)
    missing = [a for a in _ARGUMENTS[dist] if a not in spec]
    if missing:
        raise PriorError(f"{where}: {dist} lacks {', '.join(missing)}.", "Add the argument.")
    prior = Prior(dist, spec, unit, source, tuple(interval) if interval else None)
    if dist != "Dirichlet":
        _check_interval(where, prior)
    members = {k: _prior(f"{where}.item.{k}", v, prior) for k, v in items.items()}
    return Prior(prior.dist, prior.args, prior.unit, prior.source, prior.interval90, members)


def _check_interval(where: str, prior: Prior) -> None:
    if prior.interval90 is None:
        raise PriorError(f"{where}: no interval90.", "State the 5 % and 95 % points; they are checked.")
    true = prior.ppf([0.05, 0.95])
    if not np.all(np.isfinite(true)):
        raise PriorError(f"{where}: impossible arguments {dict(prior.args)}.", "Correct them.")
    if np.abs(np.asarray(prior.interval90) - true).max() > INTERVAL_TOLERANCE * (true[1] - true[0]):
        raise PriorError(
            f"{where}: interval90 says {list(prior.interval90)}, {prior.dist} has "
            f"[{true[0]:.4g}, {true[1]:.4g}].",
            "Correct the arguments or the interval.",
        )
