"""Prove the gate: false-fail rate where the graph is true, detection where it is wrong, size of its test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import _checkout  # noqa: F401
from cyclopts import Parameter

from model.studies.command import Count, Event, Graph, Seed, script
from model.terminal import say, say_table


@script
def main(
    *,
    panel: Path,
    event: Event = "2026-02-05",
    graph: Graph = "model",
    true: Annotated[Count, Parameter(name="--true")] = 400,
    wrong: Count = 100,
    seed: Seed = 20260205,
    out: Path | None = None,
) -> None:
    """Prove the gate: false fails where the graph is true, detection where it is wrong.

    And the size of its test. Writes panels.csv (one row per simulated panel),
    summary.csv, size.csv and proof.png. Takes about an hour; rows already in panels.csv
    are kept, so it can be interrupted.

    Examples
    --------
    uv run scripts/prove_gate.py --panel PANEL

    Parameters
    ----------
    panel
        Panel whose length, gaps and moments are imitated.
    true
        Panels from the true graph.
    wrong
        Panels per wrong graph.
    out
        Folder (default: docs/gate).
    """
    from model.gate.subject import load_subject  # here: --help answers at once
    from model.store import PROJECT
    from tests.proofs.gate.prove import prove

    folder = out or PROJECT / "docs" / "gate"
    table = prove(load_subject(event, panel, graph), true, wrong, seed, folder)
    say_table(table)
    say(f"written to {folder}")


if __name__ == "__main__":
    main.exit()
