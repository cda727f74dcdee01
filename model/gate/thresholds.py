"""The numbers the gate decides with, read from ``data/gate.toml``: fixed before real data are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import get_type_hints

from model.store import PROJECT
from model.toml_table import read_toml

DEFAULT = PROJECT / "data" / "gate.toml"


@dataclass(frozen=True)
class Question:
    """One effect a user asks about; see ``data/gate.toml``."""

    title: str
    cause: str
    effect: str
    through: str | None = None
    moderates: bool = False


@dataclass(frozen=True)
class Thresholds:
    """Flattened ``data/gate.toml``; each field is explained there."""

    family: float
    max_lag: int
    own_lags: int
    spare_rows: int
    fdr: float
    effect: float
    null_panels: int
    level: float
    power_panels: int
    detected: float
    required: int
    strength: float
    min_days: int
    max_untestable: float
    min_inside: int
    posterior_draws: int
    posterior_share: float
    simulations: int
    placebo_p: float
    stable: float
    subset: float
    questions: tuple[Question, ...] = ()


TABLES = {
    "independence": ("family", "max_lag", "own_lags", "spare_rows", "fdr", "effect"),
    "null": ("panels", "level"),
    "power": ("panels", "detected", "required", "strength"),
    "data": ("min_days", "max_untestable", "min_inside"),
    "posterior": ("posterior_draws", "posterior_share"),
    "refute": ("simulations", "placebo_p", "stable", "subset"),
}
"""Keys of every table; ``panels`` of a table is the field ``<table>_panels``."""


def load_thresholds(path: Path | str = DEFAULT) -> Thresholds:
    """Read a thresholds file.

    Raises
    ------
    DataError
        If an entry is missing, unknown, or of another type.
    """
    root, hints = read_toml(path), get_type_hints(Thresholds)
    questions = tuple(q.into(Question) for q in root.tables("question", []))
    found = {}
    for name, keys in TABLES.items():
        table = root.table(name, required=True)
        for key in keys:
            field = f"{name}_{key}" if key == "panels" else key
            found[field] = table.get(key, hints[field])
        table.done()
    root.done()
    return Thresholds(**found, questions=questions)
