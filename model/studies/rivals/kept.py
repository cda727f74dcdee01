"""A rival or a refit kept in the fit's folder, so that work that was broken off does not sample it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from model.inference.draws import Draws
from model.inference.sample import Diagnostics, Settings
from model.mechanisms.design import Design
from model.priors.prior_set import PriorSet
from model.store import changing

FOLDER = "rivals"
_DRAW, _SAID = "draw:", "said"


def signature(design: Design, priors: PriorSet, settings: Settings, draws: int, posterior: str | None) -> str:
    """Hash of everything that decides a rival's draws."""
    digest = hashlib.sha256()
    for name, value in sorted(design.to_arrays().items()):
        digest.update(name.encode() + np.ascontiguousarray(value).tobytes())
    digest.update(repr((priors.sha256, asdict(settings), draws, posterior)).encode())
    return digest.hexdigest()


def keep(folder: Path, key: str, sign: str, draws: Draws, d: Diagnostics) -> None:
    """Write ``rivals/<key>.npz``."""
    path = folder / FOLDER / f"{key}.npz"
    path.parent.mkdir(exist_ok=True)
    said = json.dumps({"signature": sign, "diagnostics": asdict(d)})
    arrays: dict[str, Any] = {f"{_DRAW}{k}": v for k, v in draws.items()}
    partial = path.with_suffix(".partial.npz")
    arrays[_SAID] = np.array(said)
    np.savez(partial, **arrays)
    with changing(folder, path):
        partial.replace(path)


def kept(folder: Path, key: str, sign: str) -> tuple[Mapping[str, np.ndarray], Diagnostics] | None:
    """Draws and diagnostics of what was sampled before in just this way; else None."""
    path = folder / FOLDER / f"{key}.npz"
    if not path.is_file():
        return None
    with np.load(path) as file:
        said = json.loads(str(file[_SAID]))
        if said["signature"] != sign:
            return None
        draws = {k.removeprefix(_DRAW): file[k] for k in file.files if k.startswith(_DRAW)}
        numbers: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in said["diagnostics"].items()
        }
        return draws, Diagnostics(**numbers)
