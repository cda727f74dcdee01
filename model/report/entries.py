"""What verbs that are run on a fit leave on its page: a sentence, a picture, and numbers; nothing is overwritten.

Every run of a verb is one file ``entries/<verb>-<n>.json`` beside the fit, with the hash of the draws it was made from.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from model.errors import UsageError
from model.store import changing, write_csv, write_new

FOLDER = "entries"
VERBS = {
    "rivals": "Rival stories on the same data",
    "sensitivity": "The split under other assumptions",
    "evidence": "Outside evidence",
    "claims": "Claims of the commentary",
    "what_if": "What if",
    "scenario": "A shock after the last day",
    "organic": "Organic inflow",
    "news": "What newly arrived prints changed",
    "dealer_book": "Dealer book",
}
MOST_ROWS = 40
"""Rows of a picture; more cannot be read."""
NAME = re.compile(r"^([a-z_]+)-(\d+)\.json$")


@dataclass(frozen=True)
class Entry:
    """One run of one verb.

    Attributes
    ----------
    verb : str
        In :data:`VERBS`.
    sentence : str
        What was found, in one sentence.
    unit : str
        Of the picture.
    rows : sequence of mapping
        The picture: ``label``, ``mid`` and, where known, ``low``, ``high``, ``seen``, ``group``; see
        :func:`model.report.figures.plots.ranges_figure`.
    notes : sequence of str
        What has to be read with it.
    """

    verb: str
    sentence: str
    unit: str
    rows: Sequence[Mapping[str, Any]]
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Recorded:
    """An entry as it was written: its number, when, and by which command."""

    entry: Entry
    number: int
    made: str
    command: str


def record(
    entry: Entry, folder: Path, manifest: Mapping[str, Any], table: pd.DataFrame | None = None
) -> list[Path]:
    """Write an entry beside a fit under the next free number, and the whole table it was made from.

    Raises
    ------
    UsageError
        If the verb is none of :data:`VERBS`.
    """
    if entry.verb not in VERBS:
        raise UsageError(f"No verb {entry.verb!r}.", f"One of {', '.join(VERBS)}.")
    home = folder / FOLDER
    home.mkdir(parents=True, exist_ok=True)
    content = asdict(entry) | {
        "posterior": _draws(manifest),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command(sys.argv),
    }
    content["rows"] = list(content["rows"])[:MOST_ROWS]
    text = json.dumps(content, indent=1, allow_nan=False, default=str)
    number = 1 + max((n for _, n in _numbered(home, entry.verb)), default=0)
    while not _claimed(home / f"{entry.verb}-{number}.json", text, folder):
        number += 1
    path = home / f"{entry.verb}-{number}.json"
    if table is None:
        return [path]
    whole = path.with_suffix(".csv")
    with changing(folder, whole):
        write_csv(table, whole, index=not isinstance(table.index, pd.RangeIndex))
    return [path, whole]


def _claimed(path: Path, text: str, folder: Path) -> bool:
    """Write a file that must be new, under the fit's checksums; False where another run was there first."""
    try:
        with changing(folder, path):
            write_new(text, path)
    except FileExistsError:
        return False
    return True


def entries(folder: Path, manifest: Mapping[str, Any]) -> list[Recorded]:
    """Every run on these draws, by verb in the order of :data:`VERBS`, newest first."""
    home = folder / FOLDER
    out = []
    for verb in VERBS:
        for path, number in sorted(_numbered(home, verb), key=lambda x: -x[1]):
            found = json.loads(path.read_text(encoding="utf-8"))
            if found.get("posterior") == _draws(manifest):
                entry = Entry(verb, found["sentence"], found["unit"], found["rows"], found["notes"])
                out.append(Recorded(entry, number, found["made"], found["command"]))
    return out


def command(argv: Sequence[str]) -> str:
    """The command line to run it again; a script is named from the repository's root."""
    if not argv or not argv[0].endswith(".py"):
        return ""
    return " ".join(["uv run", f"scripts/{Path(argv[0]).name}", *(shlex.quote(a) for a in argv[1:])])


def _numbered(home: Path, verb: str) -> list[tuple[Path, int]]:
    if not home.is_dir():
        return []
    named = [(p, NAME.match(p.name)) for p in home.iterdir()]
    return [(p, int(m[2])) for p, m in named if m and m[1] == verb]


def _draws(manifest: Mapping[str, Any]) -> str | None:
    return manifest.get("files", {}).get("posterior.nc")
