"""Draws kept reading by reading while a fit is under way, so that an interrupted one goes on where it was."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from model.design.request import Request, from_json
from model.errors import DataError
from model.inference.diagnostics import Diagnostics
from model.store import CHECKPOINT, partial, read_json, read_tree, write_json, write_tree
from model.store.trees import RUN

ASKED = "request.json"


@dataclass(frozen=True)
class Checkpoint:
    """The readings of one run that are finished.

    Attributes
    ----------
    folder : Path
    run : str
        What was kept by another run is not taken up.
    """

    folder: Path
    run: str

    def keep(self, reading: str, trace: xr.DataTree, diagnostics: Diagnostics) -> None:
        """Write a finished reading; it counts once both files are there."""
        self.folder.mkdir(exist_ok=True)
        marked = trace.copy()
        marked.attrs[RUN] = self.run
        write_tree(marked, self.folder / f"{reading}.nc")
        write_json({"run": self.run, "diagnostics": asdict(diagnostics)}, self.folder / f"{reading}.json")

    def kept(self, reading: str) -> tuple[xr.DataTree, Diagnostics] | None:
        """A finished reading; None where it is not finished.

        Raises
        ------
        DataError
            If it was sampled from other data, priors, settings or code.
        """
        path = self.folder / f"{reading}.json"
        if not path.is_file():
            return None
        said = read_json(path)
        if said.get("run") != self.run:
            raise DataError(
                "Data, card, priors, settings, packages or code are not those of the interrupted run.",
                "Start again without --resume.",
            )
        found: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in said["diagnostics"].items()
        }
        return read_tree(self.folder / f"{reading}.nc", self.run), Diagnostics(**found)


def keep_request(request: Request, folder: Path) -> None:
    """Keep what was asked for."""
    (folder / CHECKPOINT).mkdir(exist_ok=True)
    write_json(request.to_json(), folder / CHECKPOINT / ASKED)


def forget(folder: Path) -> None:
    """Remove what was kept: the fit is whole, or refused for good."""
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)


def interrupted(out: Path) -> Request:
    """What an interrupted run was asked for.

    Parameters
    ----------
    out : Path
        The fit's folder, in whose place nothing may stand yet.

    Raises
    ------
    DataError
        If no interrupted run is there, or what it kept is damaged.
    """
    out = Path(os.path.abspath(out))
    path = partial(out) / CHECKPOINT / ASKED
    if not path.is_file():
        raise DataError(f"No interrupted run beside {out}.", "Run scripts/fit.py without --resume.")
    return from_json(read_json(path), out)
