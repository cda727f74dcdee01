"""Whether a stored fit says what its draws say: files, run, diagnostics, additivity, tables, gate, inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from model.design.subject import load_subject
from model.errors import AttributionError, ConvergenceError, DataError
from model.inference.diagnostics import diagnose
from model.inference.sample import DEEPEST
from model.report.tables.tables import additivity, tidy_tables
from model.store import (
    Fit,
    damage,
    find_fit,
    read_json,
    read_manifest,
    read_tree,
    seal,
    strangers,
    unfinished,
)
from model.store.fits import DECOMPOSITION, GATE, POSTERIOR
from model.store.seal import SEAL, sentence
from model.studies.reopen import changed_inputs, request_of, require_same_design

GAP = 1e-6
"""USD m or log-%: parts of thousands of USD m are added up."""
SAME = 1e-9
"""Relative difference up to which a number that is computed again is the same."""
RECOMPUTED = ("r_hat_max", "ess_bulk_min", "ess_tail_min", "divergences", "total", "bfmi_min", "deep")
MOVED = ("passed",)


@dataclass(frozen=True)
class Finding:
    """One check: true, false, or None where it could not be made."""

    name: str
    passed: bool | None
    sentence: str


def verify(id_or_folder: str | Path, panel: Path | None = None) -> list[Finding]:
    """Check everything that can be checked about a stored fit.

    Parameters
    ----------
    id_or_folder : str or Path
    panel : Path, optional
        The panel of a fit that was given one.

    Raises
    ------
    DataError
        If there is no fit.
    """
    folder = find_fit(id_or_folder)
    checks = (_files, _manifest, _run, _diagnostics, _additivity, _tables, _gate)
    return [_made(check, folder) for check in checks] + list(_inputs(folder, panel))


def adopt(id_or_folder: str | Path) -> list[Finding]:
    """Take the files of a fit by an earlier version as they are, if all else about it is right.

    Raises
    ------
    DataError
        If it has checksums or a format of its own, or a check fails.
    """
    folder = find_fit(id_or_folder)
    if (folder / SEAL).is_file() or "format" in read_manifest(folder):
        raise DataError(f"{folder} has checksums of its own.", "Restore what was changed, or fit again.")
    found = [_made(check, folder) for check in (_diagnostics, _additivity, _tables, _gate)]
    wrong = [f.sentence for f in found if f.passed is False]
    if wrong:
        raise DataError(f"{folder} is not taken as it is: {sentence(wrong)}.", "Fit again.")
    seal(folder)
    return found


def _made(check: Callable[[Path], Finding], folder: Path) -> Finding:
    """A check that cannot even read its file has failed."""
    try:
        return check(folder)
    except AttributionError as error:
        return Finding(check.__name__.strip("_"), False, error.message.rstrip("."))


def _files(folder: Path) -> Finding:
    faults, other, half = damage(folder), strangers(folder), unfinished(folder)
    told = f"; not covered by the checksums: {', '.join(other)}" if other else ""
    told += f"; left unfinished by an interrupted command: {', '.join(half)}" if half else ""
    return Finding("files", not faults, (sentence(faults) or "every file is as the fit left it") + told)


def _manifest(folder: Path) -> Finding:
    manifest = read_manifest(folder)
    if "run" not in manifest:
        return Finding("manifest", None, "written by an earlier version, which named no run")
    failed = [r for r, d in manifest["diagnostics"].items() if not d["passed"]]
    if failed:
        return Finding("manifest", False, f"the fit did not converge: {', '.join(failed)}")
    return Finding("manifest", True, "arguments, seed, hashes and versions are those of its run")


def _run(folder: Path) -> Finding:
    run = read_manifest(folder).get("run")
    if run is None:
        return Finding("run", None, "written by an earlier version, which named no run")
    for name in (POSTERIOR, DECOMPOSITION):
        read_tree(folder / name, run)
    return Finding("run", True, "draws and decomposition come from the run of the manifest")


def _diagnostics(folder: Path) -> Finding:
    said, wrong = read_manifest(folder)["diagnostics"], []
    tree = read_tree(folder / POSTERIOR)
    for reading, old in said.items():
        if reading not in tree.children:
            return Finding("diagnostics", False, f"{POSTERIOR} has no draws of {reading}")
        new = diagnose(tree.children[reading], 0.0, 0, DEEPEST).to_dict()
        wrong += [
            f"{reading}: {k} is {new[k]:.6g} by the draws, {old[k]!r} by the manifest"
            for k in (*RECOMPUTED, *MOVED)
            if k in old and not _same(old[k], new[k])
        ]
    return Finding("diagnostics", not wrong, sentence(wrong) or "computed again from the draws: the same")


def _same(old: Any, new: Any) -> bool:
    if not isinstance(old, int | float):
        return False
    return bool(np.isclose(old, new, rtol=SAME, atol=SAME, equal_nan=True))


def _readings(folder: Path) -> dict[str, xr.Dataset]:
    return {r: d.to_dataset() for r, d in read_tree(folder / DECOMPOSITION).children.items()}


def _additivity(folder: Path) -> Finding:
    rows = additivity(_readings(folder)).to_dict("records")
    worst = max(rows, key=lambda r: r["largest_gap"])
    passed = all(r["largest_gap"] < GAP for r in rows)  # not a number is no pass
    return Finding(
        "additivity",
        passed,
        f"parts add up to the observed within {worst['largest_gap']:.1e} ({worst['reading']}, {worst['quantity']})",
    )


def _tables(folder: Path) -> Finding:
    """The tables of the fit itself, written again; those of follow-ups are covered by the checksums."""
    days = [np.datetime64(d) for d in read_manifest(folder)["days"]]
    again = tidy_tables(_readings(folder), [d.astype(object) for d in days])
    files = {folder / "tables" / f"{n}.csv": t for n, t in again.items()}
    there = {p: t for p, t in files.items() if p.is_file()}
    if not there:
        return Finding("tables", None, "the fit has none")
    wrong = [p.name for p, t in there.items() if p.read_text(encoding="utf-8") != t.to_csv(index=False)]
    told = f"not those of the decomposition: {', '.join(wrong)}" if wrong else "those of the decomposition"
    return Finding("tables", not wrong, told)


def _gate(folder: Path) -> Finding:
    manifest, gate = read_manifest(folder), read_json(folder / GATE)
    said: Mapping[str, Any] = manifest.get("gate", {})
    wrong = [k for k in ("verdict", "accepted_reason") if k in said and said[k] != gate.get(k)]
    if "graph" in manifest["hashes"] and gate.get("graph_hash") != manifest["hashes"]["graph"]:
        wrong.append("graph")
    told = f"{GATE} and the manifest differ in {', '.join(wrong)}" if wrong else "as the manifest says"
    return Finding("gate", not wrong, told)


def _inputs(folder: Path, panel: Path | None) -> Iterator[Finding]:
    """The panel, card, priors and universe as they are now against those of the fit."""
    try:
        manifest = read_manifest(folder)
        fit = Fit(folder, manifest, xr.DataTree(), {})
        subject = load_subject(request_of(fit, panel))
    except AttributionError as error:
        yield Finding("inputs", None, error.message.rstrip("."))
        return
    try:
        require_same_design(subject, fit)
        yield Finding("design", True, "the numbers that enter the likelihood are the same now")
    except DataError as error:
        yield Finding("design", False, error.message.rstrip("."))
    changed = changed_inputs(subject, fit)
    yield Finding("inputs", not changed, f"changed: {', '.join(changed)}" if changed else "the same now")


def require(found: list[Finding], folder: str | Path) -> None:
    """Raise if a check failed.

    Raises
    ------
    ConvergenceError
        If the fit is whole, but did not converge.
    DataError
        Otherwise.
    """
    wrong = [f for f in found if f.passed is False]
    if not wrong:
        return
    names = ", ".join(f.name for f in wrong)
    if all(f.name == "manifest" and "converge" in f.sentence for f in wrong):
        raise ConvergenceError(f"{folder} did not converge.", "Fit again with more --tune and --draws.")
    raise DataError(
        f"{folder} is not what it says: {names}.", "See the lines above; restore it, or fit again."
    )
