"""Test the causal graph against the data and say what it means."""

from __future__ import annotations

from pathlib import Path

import _checkout  # noqa: F401

from model.errors import GateError
from model.studies.command import Event, Graph, Overwrite, Panel, Seed, Switch, script
from model.terminal import say


@script
def main(
    *,
    event: Event = "2026-02-05",
    panel: Panel = None,
    graph: Graph = "model",
    out: Path | None = None,
    seed: Seed = 0,
    quick: Switch = False,
    falsify: Switch = False,
    overwrite: Overwrite = False,
) -> int:
    """Test the causal graph against the data and say what it means.

    Prints and writes the timed graph, every implied independence with effect, p,
    adjusted decision and power, the identified effects and those that are not,
    refutations, rival graphs, and the verdict with its reasons.
    Exit 0: pass; 5: fail or inconclusive; 2, 3: usage, data.

    Examples
    --------
    uv run scripts/check_graph.py --quick
    uv run scripts/check_graph.py --graph edge_dropped

    Parameters
    ----------
    out
        Folder (default: fits/<event>-gate).
    quick
        What a fit runs: no rivals, few refuter simulations.
    falsify
        Add dowhy's permutation test (slow, context only).
    """
    from model.gate.run import run_gate  # here: --help answers at once
    from model.gate.subject import load_subject
    from model.report.gate.show import show, write_all
    from model.store import FOLDER, require_free

    if out:
        require_free(overwrite, out / "gate.json", out / "verdict.md")
    subject = load_subject(event, panel, graph)
    result = run_gate(
        subject.frame,
        subject.graph,
        subject.thresholds,
        seed,
        alternatives=subject.rivals(),
        quick=quick,
        falsify=falsify,
        compare=subject.compared(),
    )
    for note in subject.notes:
        say(note)
    show(result, subject, write_all(result, subject, out or FOLDER / f"{Path(event).stem}-gate"))
    return 0 if result.verdict == "pass" else GateError.exit_code


if __name__ == "__main__":
    main.exit()
