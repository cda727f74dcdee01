"""Fit folders: written atomically, hashed, opened again in two lines."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import xarray as xr

from model.errors import DataError

PROJECT = Path(__file__).resolve().parents[1]
"""The repository: data, fits and scripts lie below it."""
FOLDER = PROJECT / "fits"
ENGINE: Literal["netcdf4"] = "netcdf4"
"""Of several hundred small variables it reads ten times as many a second as the one in Python."""
PACKAGES = ("pymc", "pytensor", "nutpie", "arviz", "dowhy", "numpy", "pandas", "xarray", "numba")


@dataclass(frozen=True)
class Fit:
    """A stored fit.

    Attributes
    ----------
    folder : Path
    manifest : dict
    posterior : xarray.DataTree
        Read when first asked for, because it takes seconds. ``<reading>/posterior``, ``<reading>/prior``,
        ``<reading>/sample_stats``, ``<reading>/posterior_predictive``.
    decomposition : xarray.DataTree
        One child per reading; see ARCHITECTURE.md.
    gate : dict
    """

    folder: Path
    manifest: dict[str, Any]
    decomposition: xr.DataTree
    gate: dict[str, Any]

    @cached_property
    def posterior(self) -> xr.DataTree:  # noqa: D102
        return _open(self.folder / "posterior.nc")


def load_fit(id_or_folder: str | Path) -> Fit:
    """Open a fit by id (a folder in ``fits/``) or by path.

    Raises
    ------
    DataError
        If the folder is missing or a file was changed after the fit.
    """
    folder = Path(id_or_folder)
    if not (folder / "manifest.json").is_file():
        folder = FOLDER / str(id_or_folder)
    if not (folder / "manifest.json").is_file():
        known = sorted(p.parent.name for p in FOLDER.glob("*/manifest.json"))
        raise DataError(
            f"No fit at {id_or_folder}.", f"Run scripts/fit.py first. Known: {', '.join(known) or 'none'}."
        )
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name, digest in manifest.get("files", {}).items():
        if not (folder / name).is_file() or file_hash(folder / name) != digest:
            raise DataError(f"{name} in {folder} is missing or was changed after the fit.", "Fit again.")
    return Fit(
        folder,
        manifest,
        _open(folder / "decomposition.nc"),
        json.loads((folder / "gate.json").read_text(encoding="utf-8")),
    )


def _open(path: Path) -> xr.DataTree:
    """Read a whole tree and close the file."""
    with open_tree(path) as tree:
        return tree.load()


def open_tree(path: Path) -> xr.DataTree:
    """A tree whose numbers are read when they are asked for; close it after use."""
    return xr.open_datatree(path, engine=ENGINE)


def write_tree(tree: xr.DataTree, path: Path) -> None:
    """Write a tree under a temporary name, then move it into place."""
    begin_tree(tree, path)
    finish_tree({}, path)


def begin_tree(tree: xr.DataTree, path: Path) -> None:
    """Write the first groups of a tree under a temporary name; :func:`finish_tree` adds the others."""
    tree.to_netcdf(_partial(path), engine=ENGINE)


def finish_tree(groups: Mapping[str, xr.Dataset], path: Path) -> None:
    """Add groups to what :func:`begin_tree` wrote, and move the file into place."""
    for name, data in groups.items():
        data.to_netcdf(_partial(path), group=name, mode="a", engine=ENGINE)
    os.replace(_partial(path), path)


def _partial(path: Path) -> Path:
    return path.with_suffix(".partial")


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write JSON under a temporary name, then move it into place."""
    write_atomic(path, json.dumps(content, indent=2, default=str).encode())


def file_hash(path: Path) -> str:
    """sha256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as f:
        for block in iter(lambda: f.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions of the packages that decide the numbers."""
    return {name: importlib.metadata.version(name) for name in PACKAGES}


def tree_of(groups: dict[str, xr.Dataset]) -> xr.DataTree:
    """A tree from path to dataset."""
    return xr.DataTree.from_dict({f"/{k}": v for k, v in groups.items()})


def write_atomic(path: Path, blob: bytes) -> None:
    """Write all or nothing: a reader never sees half a file, an interruption leaves the old one.

    Parameters
    ----------
    path : Path
        The file; its folder is made when missing. Its permissions are those of any new file of the user.
    blob : bytes
        The whole content.

    Raises
    ------
    OSError
        When the folder cannot be written; no temporary file is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        # "xb" and not tempfile: tempfile's files are readable by their owner alone.
        with temporary.open("xb") as f:
            f.write(blob)
            f.flush()
            os.fsync(f.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


RIVALS, CLAIMS, EVIDENCE, SENSITIVITY = "rivals", "claims", "evidence", "sensitivity"
NAMES = (RIVALS, SENSITIVITY, EVIDENCE, CLAIMS)
DRAWS = "posterior.nc"


def write_result(name: str, content: Mapping[str, Any], folder: Path, manifest: Mapping[str, Any]) -> Path:
    """Write ``<name>.json`` with the hash of the draws it was made from.

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
    write_json({"posterior": _draws(manifest), **content}, path)
    return path


def read_result(name: str, folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """What ``<name>.json`` says about these draws; None where it is absent or of another fit."""
    path = folder / f"{name}.json"
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if found.get("posterior", "") == _draws(manifest) else None


def _draws(manifest: Mapping[str, Any]) -> str | None:
    return manifest.get("files", {}).get(DRAWS)
