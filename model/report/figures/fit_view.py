"""What figures and the page read: one fit folder, opened lazily, after its gate verdict was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from model.attribution.identification import informed
from model.errors import DataError
from model.gate.result import GateResult
from model.report.tables.lines import MIXTURE, READINGS, SHOWN, shown
from model.store import open_tree

FILES = ("manifest.json", "gate.json", "decomposition.nc", "posterior.nc")


@dataclass(frozen=True)
class FitView:
    """A fit folder as the figures see it.

    Attributes
    ----------
    folder : Path
    manifest : mapping
        Arguments, seed, versions, hashes, diagnostics, named checks, identification.
    gate : GateResult
        A verdict that allows a decomposition.
    """

    folder: Path
    manifest: Mapping[str, Any]
    gate: GateResult
    _scalars: dict[str, np.ndarray | None] = field(default_factory=dict, repr=False)

    @cached_property
    def decomposition(self) -> dict[str, xr.Dataset]:
        """Decomposition by reading, loaded."""
        path = self.folder / "decomposition.nc"
        with open_tree(path) as tree:
            found = {r: tree[r].to_dataset().load() for r in READINGS if r in tree.children}
        if not found:
            raise DataError(f"{path.name} holds none of the readings {', '.join(READINGS)}.", "Fit again.")
        return found

    @cached_property
    def _names(self) -> list[str]:
        """Readings of the decomposition, none of them loaded: whoever only asks for names should not wait for draws."""
        if "decomposition" in self.__dict__:
            return list(self.decomposition)
        with open_tree(self.folder / "decomposition.nc") as tree:
            return [r for r in READINGS if r in tree.children]

    @cached_property
    def _posterior(self) -> xr.DataTree:
        return open_tree(self.folder / "posterior.nc")

    @cached_property
    def days(self) -> tuple[pd.Timestamp, ...]:
        """The event's days."""
        return event_days(self.manifest)

    @property
    def shown(self) -> dict[str, xr.Dataset]:
        """The dating readings, side by side."""
        chosen = {r: d for r, d in self.decomposition.items() if r in SHOWN}
        return chosen or self.decomposition

    @property
    def tabled(self) -> dict[str, xr.Dataset]:
        """The dating readings and their mixture, if there is one."""
        return shown(self.decomposition)

    @property
    def main(self) -> str:
        """The reading that figures with room for one show."""
        names = [r for r in self._names if r in SHOWN] or self._names or list(self.decomposition)
        return names[0]

    def group(self, reading: str, name: str) -> xr.Dataset | None:
        """A group of the posterior file, opened lazily; None where the fit has none."""
        inside = self._posterior.children.get(reading)
        found = inside.children.get(name) if inside is not None else None
        return None if found is None else found.to_dataset()

    def scalar(self, reading: str, name: str, parameter: str) -> np.ndarray | None:
        """Draws of a scalar parameter, ``Shape: (chain, draw)``; None where absent or not a scalar."""
        key = f"{reading}/{name}/{parameter}"
        if key not in self._scalars:
            data = self.group(reading, name)
            found = None if data is None else data.get(parameter)
            scalar = found is not None and found.ndim == 2
            self._scalars[key] = np.asarray(found, dtype=float) if scalar else None
        return self._scalars[key]

    def readings(self, group: str) -> list[str]:
        """Readings that have a group in the posterior file."""
        return [r for r in READINGS if self.group(r, group) is not None]

    @property
    def booked_days(self) -> tuple[pd.Timestamp, ...]:
        """Days on which dealers' hedges follow a dealer book; on all others, a gamma proxy."""
        use = self.manifest.get("dealer_book") or {}
        return tuple(pd.Timestamp(d) for d in use.get("days", ()))

    def identified(self, name: str, reading: str = "") -> bool | None:
        """Whether data moved or narrowed a parameter or a contribution like ``flow:basis:2026-02-05``; None: unknown.

        The mixture repeats what was assumed where both readings do.
        """
        behind = SHOWN if reading == MIXTURE else (reading or self.main,)
        verdicts = [self._verdicts.get((name, r)) for r in behind]
        return None if None in verdicts else any(verdicts)

    @cached_property
    def _verdicts(self) -> dict[tuple[str, str], bool]:
        rows = self.manifest.get("identification", [])
        return {(r["parameter"], r["reading"]): informed(r["verdict"]) for r in rows}

    def verdict(self, name: str) -> str:
        """What became of a parameter or contribution under the first reading; empty where the fit does not say."""
        rows = self.manifest.get("identification", [])
        return next((r["verdict"] for r in rows if (r["parameter"], r["reading"]) == (name, self.main)), "")

    def close(self) -> None:
        """Close what was opened."""
        self._posterior.close()


def open_fit(folder: Path) -> FitView:
    """Open a fit folder.

    Raises
    ------
    GateError
        If the gate failed, or was inconclusive and nobody accepted that in writing.
    DataError
        If a file is missing.
    """
    folder = Path(folder)
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise DataError(f"{folder.name} lacks {', '.join(missing)}.", "Run the fit again.")
    gate = GateResult.from_json((folder / "gate.json").read_text(encoding="utf-8"))
    gate.require()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return FitView(folder, manifest, gate)


def event_days(manifest: Mapping[str, Any]) -> tuple[pd.Timestamp, ...]:
    """The event's days."""
    return tuple(pd.Timestamp(d) for d in manifest["days"])
