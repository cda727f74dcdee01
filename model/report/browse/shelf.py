"""The fits in a folder: what each is, found by a name that cannot lead elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import DataError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""An id: no separator, no leading dot, nothing that a path or a page would read as anything else."""
REFUSED, UNCONVERGED, MIXED = "refused", "not converged", "incomplete"


@dataclass(frozen=True)
class Shelved:
    """One fit on the shelf.

    Attributes
    ----------
    id : str
    folder : Path
    event, title : str
    verdict : str
        Of the gate: pass, inconclusive, fail.
    state : str
        ``fitted``, or why there is no decomposition.
    days, window : tuple of str
    priors, data : str
        Name of the prior set; first digits of the data hash.
    has_page : bool
    """

    id: str
    folder: Path
    event: str
    title: str
    verdict: str
    state: str
    days: tuple[str, ...]
    window: tuple[str, ...]
    priors: str
    data: str
    has_page: bool


def shelf(root: Path) -> list[Shelved]:
    """Every fit of a folder, by id; folders that hold no gate result are left out."""
    if not root.is_dir():
        return []
    found = [_shelved(p) for p in sorted(root.iterdir()) if _inside(root, p)]
    return [f for f in found if f is not None]


def take(root: Path, name: str) -> Shelved:
    """One fit by its id.

    Raises
    ------
    DataError
        If the id is none, or no fit has it. Nothing outside the folder is ever looked at.
    """
    path = root / name if NAME.fullmatch(name) else None
    found = _shelved(path) if path is not None and _inside(root, path) else None
    if found is None:
        raise DataError("There is no such fit.", "Choose one from the list.")
    return found


def chosen(fits: Sequence[Shelved], event: str = "", verdict: str = "") -> list[Shelved]:
    """Fits of one event, of one verdict, or of both; an empty word asks for nothing."""
    return [
        f
        for f in fits
        if (not event or f.event == event) and (not verdict or verdict in (f.verdict, f.state))
    ]


def _inside(root: Path, path: Path) -> bool:
    """A real folder directly in the root: a link that leads out of it is none."""
    return NAME.fullmatch(path.name) is not None and path.is_dir() and path.resolve().parent == root.resolve()


def _shelved(path: Path) -> Shelved | None:
    gate, manifest = _read(path / "gate.json"), _read(path / "manifest.json")
    if gate is None:
        return None
    m = manifest or {}
    return Shelved(
        path.name,
        path,
        str(m.get("event", "")),
        str(m.get("title", path.name)),
        str(gate.get("verdict", "")),
        _state(gate, m, path),
        tuple(map(str, m.get("days", ()))),
        tuple(map(str, m.get("dates", ()))),
        str(m.get("priors", "")),
        str(m.get("hashes", {}).get("data", gate.get("data_hash", "")))[:12],
        (path / "report.html").is_file(),
    )


def _state(gate: dict[str, Any], manifest: dict[str, Any], path: Path) -> str:
    if gate.get("verdict") == "fail" or (
        gate.get("verdict") == "inconclusive" and not gate.get("accepted_reason")
    ):
        return REFUSED
    if not manifest.get("checks", {}).get("converged", True):
        return UNCONVERGED
    complete = manifest and (path / "decomposition.nc").is_file() and (path / "posterior.nc").is_file()
    return "fitted" if complete else MIXED


def _read(path: Path) -> dict[str, Any] | None:
    """A JSON object; None where there is none that can be read."""
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError):
        return None
    return found if isinstance(found, dict) else None
