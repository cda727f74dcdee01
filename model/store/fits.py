"""Stored fits, opened again in two lines, and only as they were left."""

from __future__ import annotations

import importlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from model.errors import ConvergenceError, DataError
from model.store.files import FOLDER, read_json, write_atomic
from model.store.place import recover
from model.store.seal import FORMAT, MANIFEST, SEAL, damage, run_id, sentence
from model.store.trees import read_tree

POSTERIOR, DECOMPOSITION, GATE, DESIGN = "posterior.nc", "decomposition.nc", "gate.json", "design.npz"
PARTS = {"arguments": dict, "hashes": dict, "diagnostics": dict, "days": list}
"""What every manifest has."""
CLOSE = 1e-9
"""Relative to the largest of an array: what another number of threads or another machine may move in it."""


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
        One child per reading; see docs/contracts.md.
    gate : dict
    """

    folder: Path
    manifest: dict[str, Any]
    decomposition: xr.DataTree
    gate: dict[str, Any]

    def __repr__(self) -> str:
        readings = ", ".join(self.decomposition.children)
        return f"Fit({self.folder.name}: {self.manifest.get('title', '')}; gate {self.gate.get('verdict', '')}; {readings})"

    @cached_property
    def posterior(self) -> xr.DataTree:  # noqa: D102
        return read_tree(self.folder / POSTERIOR, self.manifest.get("run"))

    def predict(self, panel: Any, given: str = "return", **options: Any) -> Any:
        """Predictive draws and densities of flows and returns on the days of a panel; nothing is sampled again.

        >>> forecast = load_fit("2026-02-05").predict("panel.csv", given="return")  # doctest: +SKIP
        >>> forecast.table  # doctest: +SKIP

        Parameters
        ----------
        panel : Panel or path
        given : {"past", "factors", "return"}
            What is known of a day besides everything before it.
        **options
            ``reading``, ``start``, ``draws``, ``seed``: see :func:`model.studies.forecast.forecast.forecast`.

        Returns
        -------
        model.studies.forecast.forecast.Forecast
        """
        # By name: what reads a fit lies above this file, and takes seconds to import.
        return importlib.import_module("model.studies.forecast.forecast").forecast(
            self, panel, given, **options
        )


def load_fit(id_or_folder: str | Path) -> Fit:
    """Open a fit by id (a folder in ``fits/``) or by path.

    Raises
    ------
    DataError
        If the folder is missing, a file was changed after the fit, or files of different runs stand side by side.
    ConvergenceError
        If the fit did not converge: nothing may be computed from it.
    """
    folder = find_fit(id_or_folder)
    manifest = read_manifest(folder)
    require_whole(folder, manifest)
    require_converged(folder, manifest)
    decomposition = read_tree(folder / DECOMPOSITION, manifest.get("run"))
    return Fit(folder, manifest, decomposition, read_json(folder / GATE))


def find_fit(id_or_folder: str | Path) -> Path:
    """The folder of a fit, by id or path.

    Raises
    ------
    DataError
        If there is none; names those that there are.
    """
    for folder in (Path(id_or_folder), FOLDER / str(id_or_folder)):
        recover(folder.absolute())
        if (folder / MANIFEST).is_file():
            return folder
    known = sorted(p.parent.name for p in FOLDER.glob(f"[!.]*/{MANIFEST}"))
    raise DataError(
        f"No fit at {id_or_folder}.", f"Run scripts/fit.py first. Known: {', '.join(known) or 'none'}."
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a fit; its ``run`` must be the one that its own words make.

    Raises
    ------
    DataError
        If it is damaged, of an unknown format, or was edited.
    """
    manifest = read_json(folder / MANIFEST)
    version = manifest.get("format", 1)
    if not isinstance(version, int) or version > FORMAT:
        raise DataError(
            f"{folder} is of format {version!r}; this version reads up to {FORMAT}.",
            "Use the version of the project that wrote it, or fit again.",
        )
    for part, kind in PARTS.items():
        if not isinstance(manifest.get(part), kind):
            raise DataError(f"{folder / MANIFEST} is damaged: it has no {part}.", "Restore it, or fit again.")
    if not all(isinstance(d, dict) for d in manifest["diagnostics"].values()):
        raise DataError(
            f"{folder / MANIFEST} is damaged: its diagnostics are none.", "Restore it, or fit again."
        )
    if "run" in manifest and manifest["run"] != run_id(manifest):
        raise DataError(
            f"{folder / MANIFEST} was edited: arguments, seed, hashes and versions are not those of its run.",
            "Restore the file, or fit again.",
        )
    return manifest


def require_whole(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Raise unless every file is as the fit left it.

    Raises
    ------
    DataError
        Naming the files.
    """
    if not (folder / SEAL).is_file() and "format" not in manifest:
        raise DataError(
            f"{folder} was written by an earlier version, without checksums.",
            f"Fit again; or, if you trust its files, take them as they are: scripts/verify.py {folder} --adopt.",
        )
    faults = damage(folder)
    missing = [n for n in (POSTERIOR, GATE) if manifest.get("format") and n not in manifest.get("files", {})]
    if missing:
        faults.append(f"{MANIFEST} names no hash of {', '.join(missing)}")
    if faults:
        raise DataError(f"{folder}: {sentence(faults)}.", "Restore what was changed, or fit again.")


def require_converged(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Raise if any reading's sampling failed.

    Raises
    ------
    ConvergenceError
    """
    failed = [r for r, d in manifest.get("diagnostics", {}).items() if d.get("passed") is False]
    if failed:
        raise ConvergenceError(
            f"The fit in {folder} did not converge ({', '.join(failed)}); nothing may be read from it.",
            "Fit again with more --tune and --draws, or informative --priors.",
        )


def write_design(arrays: Mapping[str, np.ndarray], folder: Path) -> None:
    """Keep the numbers that enter the likelihood."""
    blob = io.BytesIO()
    named: dict[str, Any] = dict(sorted(arrays.items()))
    np.savez_compressed(blob, **named)
    write_atomic(folder / DESIGN, blob.getvalue())


def changed_arrays(arrays: Mapping[str, np.ndarray], folder: Path) -> list[str] | None:
    """Names of arrays that are not, to :data:`CLOSE`, those that were kept; None where none were."""
    path = folder / DESIGN
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as kept:
        names = sorted(set(kept.files) | set(arrays))
        return [n for n in names if n not in arrays or n not in kept.files or _differ(kept[n], arrays[n])]


def _differ(x: np.ndarray, y: np.ndarray) -> bool:
    if x.shape != y.shape or x.dtype.kind != y.dtype.kind:
        return True
    if x.dtype.kind != "f":
        return not np.array_equal(x, y)
    size = np.nanmax(np.abs(x), initial=0.0, where=np.isfinite(x))
    return not np.allclose(x, y, rtol=0.0, atol=CLOSE * size, equal_nan=True)
