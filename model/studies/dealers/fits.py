"""Fits that a page is written from: made by the fit script where a user asks for it, and read as they are.

A fit that did not converge is read too: the page says so.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from model.design.subject import Subject, load_subject
from model.errors import AttributionError, ConvergenceError, DataError, GateError, UsageError
from model.store import PROJECT, Fit, is_complete, open_tree, read_manifest, require_whole
from model.studies.reopen import request_of

SCRIPT = PROJECT / "scripts" / "fit.py"
READ = (0, ConvergenceError.exit_code)


@dataclass(frozen=True)
class PageFit:
    """Manifest, draws under the vendor's dates, and what the fit was made from."""

    manifest: dict[str, Any]
    posterior: xr.Dataset
    subject: Subject


def make_fits(wanted: Mapping[Path, Sequence[str]], common: Sequence[str] = ()) -> None:
    """Run the fit script under the vendor's dates for each folder.

    Parameters
    ----------
    wanted : mapping of Path to sequence of str
        Further arguments by folder.
    common : sequence of str
        Arguments of all.

    Raises
    ------
    AttributionError
        If a fit fails for any reason but convergence.
    """
    for folder, arguments in wanted.items():
        command = [
            sys.executable,
            str(SCRIPT),
            "--dating",
            "vendor",
            *common,
            *arguments,
            "--out",
            str(folder),
        ]
        code = subprocess.run(command, check=False).returncode
        if code == ConvergenceError.exit_code and is_complete(folder):
            raise ConvergenceError(
                f"The new fit for {folder} did not converge; what stands there is an earlier one.",
                "Remove the earlier fit to have the page say so, or use more draws.",
            )
        if code not in READ:
            kinds: tuple[type[AttributionError], ...] = (UsageError, DataError, GateError)
            kind = next((k for k in kinds if k.exit_code == code), AttributionError)
            raise kind(f"The fit for {folder} ended with code {code}.", "See its message above.")


def read_fit(folder: Path, panel: Path | None = None) -> PageFit:
    """Read a fit folder and rebuild what it was made from.

    Raises
    ------
    DataError
        If the folder holds no fit, or data, card, priors or code are no longer the fit's.
    """
    files = folder / "manifest.json", folder / "posterior.nc"
    if not all(f.is_file() for f in files):
        raise DataError(f"{folder} is no fit folder.", "Run scripts/fit.py with --out first, or give --fit.")
    manifest = read_manifest(folder)
    require_whole(folder, manifest)
    subject = load_subject(request_of(Fit(folder, manifest, xr.DataTree(), {}), panel))
    mine = subject.design_hash, subject.priors.sha256
    if mine != (manifest["hashes"]["design"], manifest["hashes"]["priors"]):
        raise DataError(
            f"Data, event card or priors are not those of the fit in {folder}.", "Fit again, or give --fit."
        )
    with open_tree(files[1]) as tree:
        return PageFit(manifest, tree["vendor/posterior"].to_dataset().load(), subject)
