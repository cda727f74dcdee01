"""The numbers the gate decides with, read from ``data/gate.toml``: fixed before real data are looked at."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from model.errors import DataError
from model.store import PROJECT

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


def load_thresholds(path: Path | str = DEFAULT) -> Thresholds:
    """Read a thresholds file.

    Raises
    ------
    DataError
        If an entry is missing or unknown.
    """
    tables = tomllib.loads(Path(path).read_text())
    questions = tuple(Question(**q) for q in tables.pop("question", []))
    flat = {
        (f"{table}_{key}" if key == "panels" else key): value
        for table, entries in tables.items()
        for key, value in entries.items()
    }
    wanted = {f.name for f in fields(Thresholds)} - {"questions"}
    if flat.keys() != wanted:
        odd = sorted(flat.keys() ^ wanted)
        raise DataError(f"{path}: missing or unknown thresholds {odd}.", "Compare with data/gate.toml.")
    return Thresholds(**flat, questions=questions)
