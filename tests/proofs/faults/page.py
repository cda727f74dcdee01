"""What was tried against the program, as a page; each part of it is kept beside the page, and may be tried alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from model.store import code_hash, read_json, write_json
from tests.proofs.faults.flips import Flips
from tests.proofs.faults.kills import Count
from tests.proofs.faults.mutations import Mutated

NAMES = {"kills": "command", "flips": "file", "inputs": "input"}
PARTS = tuple(NAMES)
ABOUT = (
    "A fit is written in a folder beside its place and moved in when whole; follow-ups mark the files that they write; "
    "every file is covered by checksums, and draws, decomposition and manifest by one run. What that is worth is tried "
    "here: commands killed by signal 9 at random moments, bytes changed in every stored file, inputs changed at random. "
    "Each line names the state of the code (a hash of `model/`) that it was tried on."
)
HEADS = {
    "kills": "Killed at random moments",
    "flips": "Bytes changed in a stored fit",
    "inputs": "Inputs changed at random",
}
TEXTS = {
    "kills": (
        "*Lost*: nothing usable stands there. *Mixed*: files of two runs, or a half-written one, pass as finished. "
        "*Orphans*: runs of which a process went on for more than fifteen seconds. *Given again*: every fifth killed "
        "command, gone on with by `fit.py --resume` where a fit was begun, else given again; all must end with a whole "
        "result. Moments are uniform over the time that the command takes (the median of its last whole runs); every "
        "third one falls into its last fifth, in which files are written. Fits and calibrations draw from the prior in "
        "place of sampling; all else about them is as it is."
    ),
    "flips": (
        "One byte at a time, the first, the last and random ones; the fit must be refused with the file's name."
    ),
    "inputs": (
        "*Refused*: by a named error with a remedy. *Used*: every fourth accepted file, as a command would use it. "
        "*Accepted wrongly*: by a second, independent reading the change is not in what was read, something else is, or "
        "the value is none that such a file may hold. *Crashed*: any other exception, in reading or use."
    ),
}


def kept(part: str, folder: Path) -> dict[str, dict[str, Any]]:
    """Lines that are kept of a part, by name."""
    path = folder / f"{part}.json"
    return {r[NAMES[part]]: r for r in read_json(path)["rows"]} if path.is_file() else {}


def keep(
    part: str,
    found: Sequence[Count | Flips | Mutated],
    seed: int,
    folder: Path,
    more: bool,
    added_to: Mapping[str, Mapping[str, Any]] | None = None,
) -> Path:
    """Keep what was found, each line with the code that it was tried on and the seed.

    Parameters
    ----------
    part : str
        In :data:`PARTS`.
    found : sequence
    seed : int
    folder : Path
    more : bool
        Keep the lines of what was not tried this time, too.
    added_to : mapping, optional
        Lines of earlier runs with other seeds, to which these are added.
    """
    before = dict(added_to or {})
    rows = (kept(part, folder) if more else {}) | before
    stamp = {"seed": str(seed), "code": code_hash()[:12]}
    rows |= {x.name: _sum(before.get(x.name), _row(x) | stamp) for x in found}
    path = folder / f"{part}.json"
    write_json({"rows": list(rows.values())}, path)
    return path


def _sum(before: Mapping[str, Any] | None, row: dict[str, Any]) -> dict[str, Any]:
    """Two lines of one name: numbers are added, what they were tried on is named once each."""
    if before is None:
        return row
    stamps = {k: ", ".join(dict.fromkeys([*before[k].split(", "), row[k]])) for k in ("seed", "code")}
    return {k: before[k] + v if isinstance(v, int) else v for k, v in row.items()} | stamps


def blocks(folder: Path) -> list[str | pd.DataFrame]:
    """Paragraphs and tables of every part that was tried, totals last."""
    out: list[str | pd.DataFrame] = [ABOUT]
    for part in PARTS:
        path = folder / f"{part}.json"
        if path.is_file():
            out += [f"## {HEADS[part]}", TEXTS[part], _table(read_json(path)["rows"])]
    return out


def _row(x: Count | Flips | Mutated) -> dict[str, Any]:
    if isinstance(x, Count):
        return {
            "command": x.name, "kills": x.kills, "finished before": x.finished, "lost": x.lost, "mixed": x.mixed,
            "orphans": x.orphans, "given again": x.again, "in vain": x.in_vain,
        }  # fmt: skip
    if isinstance(x, Flips):
        return {"file": x.name, "tried": x.tried, "found": x.found}
    return {
        "input": x.name, "tried": x.tried, "refused": x.refused, "accepted": x.accepted, "used": x.used,
        "accepted wrongly": x.wrong, "crashed": x.crashed,
    }  # fmt: skip


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    total = table.select_dtypes("number").sum()
    return pd.concat([table, pd.DataFrame([{table.columns[0]: "all", **total}])]).fillna("").astype(str)
