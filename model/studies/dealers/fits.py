"""Fits that a page is written from: made in processes of their own where a user asks for it, and read as they are.

A fit that did not converge is read too: the page says so.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from model.design.subject import Request, Subject, load_subject
from model.errors import ConvergenceError, DataError
from model.store import Fit, is_complete, open_tree, read_manifest, require_whole
from model.studies.fit.run import run
from model.studies.reopen import request_of
from model.terminal import say
from model.watchdog import end_with_parent


@dataclass(frozen=True)
class PageFit:
    """Manifest, draws under the vendor's dates, what was asked for, and what the fit was made from."""

    manifest: dict[str, Any]
    posterior: xr.Dataset
    request: Request
    subject: Subject


def make_fits(wanted: Mapping[Path, Mapping[str, Any]], **common: Any) -> None:
    """Fit under the vendor's dates into each folder, each fit in a fresh process.

    Parameters
    ----------
    wanted : mapping of Path to mapping
        What a folder's request says beside ``common``, by fields of :class:`~model.design.request.Request`.
    **common
        Fields that all requests share.

    Raises
    ------
    AttributionError
        As the fit raised it, for any reason but convergence.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1, initializer=end_with_parent) as pool:
        for folder, own in wanted.items():
            request = Request(**{"dating": "vendor", **common, **own, "out": folder})
            try:
                pool.submit(_fit, request).result()
            except ConvergenceError as error:
                if is_complete(folder):
                    raise ConvergenceError(
                        f"The new fit for {folder} did not converge; what stands there is an earlier one.",
                        "Remove the earlier fit to have the page say so, or use more draws.",
                    ) from error
                say(f"{folder}: {error.message}")


def _fit(request: Request) -> None:
    run(request, say)


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
    request = request_of(Fit(folder, manifest, xr.DataTree(), {}), panel)
    subject = load_subject(request)
    mine = subject.design_hash, subject.priors.sha256
    if mine != (manifest["hashes"]["design"], manifest["hashes"]["priors"]):
        raise DataError(
            f"Data, event card or priors are not those of the fit in {folder}.", "Fit again, or give --fit."
        )
    with open_tree(files[1]) as tree:
        return PageFit(manifest, tree["vendor/posterior"].to_dataset().load(), request, subject)
