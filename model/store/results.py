"""What follow-up commands write into a fit's folder, bound to the draws that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.store.files import as_json, file_hash, read_json, write_atomic, write_json, written
from model.store.fits import POSTERIOR
from model.store.place import changing
from model.store.seal import SEAL, sums
from model.terminal import note

RIVALS, CLAIMS, EVIDENCE, SENSITIVITY = "rivals", "claims", "evidence", "sensitivity"
NAMES = (RIVALS, SENSITIVITY, EVIDENCE, CLAIMS)
EARLIER = "earlier"
"""Folder in which results stay that a second run of their command replaced."""
DIGITS = 8


def write_result(name: str, content: Mapping[str, Any], folder: Path, manifest: Mapping[str, Any]) -> Path:
    """Write ``<name>.json`` with the hash of the draws it was made from; another one of these draws is kept.

    Parameters
    ----------
    name : str
        In :data:`NAMES`.
    content : mapping
    folder : Path
        The fit's.
    manifest : mapping
        The fit's.
    """
    path = folder / f"{name}.json"
    said = {"posterior": _draws(manifest), **content}
    kept = _earlier(path, said)
    with written(path), changing(folder, path, *([kept] if kept else [])):
        if kept is not None:
            write_atomic(kept, path.read_bytes())
            note(f"{path} is replaced; what it said before is in {kept}.")
        write_json(said, path)
    return path


def read_result(name: str, folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """What ``<name>.json`` says about these draws; None where it is absent, of another fit, or not as it was written."""
    path = folder / f"{name}.json"
    if not path.is_file():
        return None
    if (folder / SEAL).is_file() and sums(folder).get(path.name) != file_hash(path):
        return None
    found = read_json(path)
    return found if found.get("posterior", "") == _draws(manifest) else None


def _earlier(path: Path, said: Mapping[str, Any]) -> Path | None:
    """Where an earlier result is to be kept; None where there is none that says something else."""
    if not path.is_file() or path.read_bytes() == as_json(said):
        return None
    return path.parent / EARLIER / f"{path.stem}-{file_hash(path)[:DIGITS]}.json"


def _draws(manifest: Mapping[str, Any]) -> str | None:
    return manifest.get("files", {}).get(POSTERIOR)
