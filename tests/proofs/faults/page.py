"""The table of what was tried against the program, as a page."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tests.proofs.faults.flips import Flips
from tests.proofs.faults.kills import Count
from tests.proofs.faults.mutations import Mutated

ABOUT = (
    "A fit is written in a folder beside its place and moved in when whole; follow-ups mark the files that they write; "
    "every file is covered by checksums, and draws, decomposition and manifest by one run. What that is worth is tried "
    "here: commands killed by signal 9 at random moments, bytes changed in every stored file, inputs changed at random."
)
KILLS = (
    "*Lost*: nothing usable stands there. *Mixed*: files of two runs, or a half-written one, pass as finished. "
    "*Orphans*: runs of which a process went on for more than fifteen seconds. *Resumed*: interrupted fits gone on with by "
    "`fit.py --resume`, of which all must end whole. Fits and calibrations draw from the prior in place of sampling."
)
FLIPS = (
    "One byte at a time, the first, the last and random ones; the fit must be refused with the file's name."
)
INPUTS = (
    "*Refused*: by a named error with a remedy. *Accepted wrongly*: the change is not in what was read, or something else "
    "is. *Crashed*: any other exception."
)


def blocks(
    kills: Sequence[Count], flips: Sequence[Flips], inputs: Sequence[Mutated]
) -> list[str | pd.DataFrame]:
    """Paragraphs and tables, totals last."""
    return [
        ABOUT,
        "## Killed at random moments",
        KILLS,
        _table(
            [
                {"command": c.name, "kills": c.kills, "finished before": c.finished, "lost": c.lost, "mixed": c.mixed,
                 "orphans": c.orphans, "resumed": c.resumed, "resumed in vain": c.not_resumed}
                for c in kills
            ]
        ),
        "## Bytes changed in a stored fit",
        FLIPS,
        _table([{"file": f.name, "tried": f.tried, "found": f.found} for f in flips]),
        "## Inputs changed at random",
        INPUTS,
        _table(
            [
                {"input": m.name, "tried": m.tried, "refused": m.refused, "accepted": m.accepted,
                 "accepted wrongly": m.wrong, "crashed": m.crashed}
                for m in inputs
            ]
        ),
    ]  # fmt: skip


def _table(rows: list[dict]) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    total = table.select_dtypes("number").sum()
    return pd.concat([table, pd.DataFrame([{table.columns[0]: "all", **total}])]).astype(str)
