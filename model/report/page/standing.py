"""What may be shown of a fit, and what must be said at the top of its page before anything else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from model.errors import DataError
from model.gate.result import GateResult
from model.report.figures.fit_view import FILES, FitView
from model.report.tables.lines import READINGS
from model.store import file_hash

GATE, MANIFEST = "gate.json", "manifest.json"


class Notice(NamedTuple):
    """Something that has to be read first. ``kind``: the CSS class, ``bad`` or ``mind``."""

    key: str
    kind: str
    head: str
    text: str


@dataclass(frozen=True)
class Standing:
    """A fit folder in whatever state.

    Attributes
    ----------
    folder : Path
    manifest : mapping
        Empty where the fit never got so far.
    gate : GateResult
    view : FitView or None
        None where no decomposition may be shown or none is there.
    notices : tuple of Notice
    """

    folder: Path
    manifest: Mapping[str, Any]
    gate: GateResult
    view: FitView | None
    notices: tuple[Notice, ...]

    def close(self) -> None:
        """Close what was opened."""
        if self.view is not None:
            self.view.close()


def standing(folder: Path) -> Standing:
    """Look at a fit folder.

    Raises
    ------
    DataError
        If not even a gate result is there.
    """
    folder = Path(folder)
    if not (folder / GATE).is_file():
        raise DataError(f"{folder.name} has no {GATE}.", "Run the fit first.")
    gate = GateResult.from_json((folder / GATE).read_text(encoding="utf-8"))
    manifest = _manifest(folder)
    notices = [*_refused(folder, gate, manifest), *_unconverged(manifest)]
    complete = all((folder / name).is_file() for name in FILES) and bool(manifest)
    if not notices and not complete:
        missing = ", ".join(name for name in FILES if not (folder / name).is_file())
        notices.append(
            Notice("incomplete", "bad", "This fit is incomplete.", f"The folder lacks {missing}: fit again.")
        )
    view = FitView(folder, manifest, gate) if not notices else None
    notices = [*_later(folder), *notices, *_doubts(gate, manifest)]
    return Standing(folder, manifest, gate, view, tuple(notices))


def _manifest(folder: Path) -> dict[str, Any]:
    text = (folder / MANIFEST).read_text(encoding="utf-8") if (folder / MANIFEST).is_file() else ""
    return dict(json.loads(text)) if text else {}


def _refused(folder: Path, gate: GateResult, manifest: Mapping[str, Any]) -> list[Notice]:
    """The gate's refusal; of a later fit in the folder of an earlier one, too."""
    if gate.refused:
        text = (
            f"{' '.join(gate.reasons)} No decomposition is shown, because nothing it said could be trusted."
        )
        if _other_gate(folder, manifest):
            text = (
                f"The last fit into this folder was refused: {text} Draws of an earlier fit are still there; "
                "the gate that allowed them has been overwritten, so they are not shown either. Fit elsewhere."
            )
        return [Notice("gate-refused", "bad", f"Causal gate: {gate.verdict}.", text)]
    if _other_gate(folder, manifest):
        text = "The gate's record in this folder is not that of the fit whose draws lie beside it: fit again."
        return [Notice("other-gate", "bad", "Files of two fits are mixed.", text)]
    return []


def _later(folder: Path) -> list[Notice]:
    """That a later run into this folder was refused: it never replaces a whole fit, and must not go unsaid."""
    aside = folder.with_name(f"{name_of(folder)}.refused")
    refused, own = aside / GATE, folder / MANIFEST
    if not refused.is_file() or not own.is_file() or refused.stat().st_mtime <= own.stat().st_mtime:
        return []
    gate = GateResult.from_json(refused.read_text(encoding="utf-8"))
    why = (
        f"Causal gate: {gate.verdict}. {' '.join(gate.reasons)}"
        if gate.refused
        else "Its sampling did not converge."
    )
    text = f"{why} Shown here is the fit before it, which stays; what was refused lies in {aside.name}."
    return [Notice("later-refused", "bad", "A later fit into this folder was refused.", text)]


def name_of(folder: Path) -> str:
    """A fit's id, while it is still being written beside its place, too."""
    return folder.name.removeprefix(".").removesuffix(".partial")


def _other_gate(folder: Path, manifest: Mapping[str, Any]) -> bool:
    stated = manifest.get("files", {}).get(GATE)
    return (
        stated is not None and stated != file_hash(folder / GATE) and (folder / "decomposition.nc").is_file()
    )


def _unconverged(manifest: Mapping[str, Any]) -> list[Notice]:
    if manifest.get("checks", {}).get("converged", True):
        return []
    bad = [
        f"{READINGS.get(r, r)} ({d['worst']})"
        for r, d in manifest.get("diagnostics", {}).items()
        if not d["passed"]
    ]
    text = (
        f"Chains disagree or hold too few independent draws: {'; '.join(bad)}. Nothing is decomposed from such draws. "
        "Fit again with more --tune and --draws, or with informative --priors."
    )
    return [Notice("not-converged", "bad", "Sampling did not converge.", text)]


def _doubts(gate: GateResult, manifest: Mapping[str, Any]) -> list[Notice]:
    """What is shown all the same, with its doubt at the top."""
    out = []
    after = gate.after_sampling
    if after is not None and after.passed is False:
        out.append(
            Notice("graph-after-sampling", "bad", "After sampling, the graph does not hold.", after.sentence)
        )
    for reading, d in manifest.get("diagnostics", {}).items():
        title = READINGS.get(reading, reading)
        out += [
            Notice(f"sampling-{reading}-{k}", "mind", "Sampling.", f"{title}: {w}.")
            for k, w in enumerate([*d.get("faults", ()), *d.get("warnings", ())], 1)
        ]
    failed = [name for name, held in manifest.get("checks", {}).items() if held is False]
    failed = [
        n for n in failed if n not in ("converged", "gate passed or accepted") and "hidden variables" not in n
    ]
    if failed:
        out.append(Notice("failed-checks", "bad", "Checks of this fit failed.", "; ".join(failed) + "."))
    if manifest and not manifest.get("supplied"):
        text = "No futures, positions, volatility or volume: basis trades and dealers rest on their priors alone."
        out.append(Notice("nothing-optional", "mind", "Every optional source is missing.", text))
    return out
