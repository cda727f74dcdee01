"""What was run on a finished fit - rivals, sensitivity, evidence, claims - as tables of its page."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.report.page.rival_words import COLUMNS, HEAD, range_cells, rival_cells, rival_notes
from model.report.page.standing import name_of
from model.report.tables.lines import READINGS
from model.store import CLAIMS, EVIDENCE, FOLDER, NAMES, RIVALS, SENSITIVITY, read_result

SCRIPTS = {RIVALS: "compare", SENSITIVITY: "sensitivity", EVIDENCE: "weigh_evidence", CLAIMS: "audit_claims"}
TITLES = {
    RIVALS: "Rival stories on the same data",
    SENSITIVITY: "The split under other assumptions",
    EVIDENCE: "Outside evidence",
    CLAIMS: "Claims of the commentary",
}

type Table = dict[str, Any]


def afterwards(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of what was run on these draws, and commands for what was not.

    Returns
    -------
    dict
        ``tables``: id, title, lead, head, rows, notes; ``missing``: title and command.
    """
    found = {name: read_result(name, folder, manifest) for name in NAMES}
    tables = [t for name, said in found.items() if said is not None for t in _MAKERS[name](said)]
    missing = [
        {"title": TITLES[n], "command": f"uv run scripts/{SCRIPTS[n]}.py {named(folder)}"}
        for n in NAMES
        if found[n] is None
    ]
    return {"tables": tables, "missing": missing}


def named(folder: Path) -> str:
    """A fit as scripts take it: its id where it lies among the project's fits; elsewhere its folder, wherever it is."""
    folder = folder.resolve()
    name = name_of(folder)
    return name if folder.parent == FOLDER else f"PATH/{shlex.quote(name)}"


def _rivals(said: Mapping[str, Any]) -> list[Table]:
    rows = said["rivals"]
    lead = (
        f"Expected log predictive density (nats) of a day's return and total flow, leave-one-out over {rows[0]['days']} "
        "days. Tied: closer than two standard errors or four nats."
    )
    stories = [f"{r['key']}: {r['text']}" for r in rows[1:]]
    cells = [rival_cells(r, rows[0]["key"]) for r in rows]
    return [_table(RIVALS, lead, COLUMNS, cells, stories + rival_notes(rows))]


def _sensitivity(said: Mapping[str, Any]) -> list[Table]:
    lead = f"Range of the medians over {said['assumptions']} assumptions: {', '.join(said['names'])}."
    return [_table(SENSITIVITY, lead, HEAD, [range_cells(r) for r in said["ranges"]], said["notes"])]


def _evidence(said: Mapping[str, Any]) -> list[Table]:
    head = ("statement", "strength", "before data", "after data", "with evidence", "log Bayes factor", "")
    out = []
    for reading, s in said["readings"].items():
        rows = [
            [f["text"], f"{f['strength']:g}", _probability(f["before_data"]), _probability(f["after_data"]),
             _probability(f["after_evidence"]), f"{f['log_bayes_factor']:+.2f}",
             "in conflict with data and model" if f["conflict"] else ""]
            for f in s["statements"]
        ]  # fmt: skip
        refit = ", after a refit" if s["refitted"] else ""
        lead = f"{READINGS.get(reading, reading)}: {s['effective_draws']:.0f} effective of {s['draws']} draws{refit}."
        if all(f["strength"] == 0.0 for f in s["statements"]):
            lead += " Every statement is switched off: the fit is as the data left it."
        notes = (
            ["The statements contradict each other: they are far likelier apart than together."]
            if s["contradict_each_other"]
            else []
        )
        out.append(_table(EVIDENCE, lead, head, rows, notes) | {"id": f"{EVIDENCE}-{reading}"})
    return out


def _claims(said: Mapping[str, Any]) -> list[Table]:
    counted = ", ".join(f"{n} {v}" for v, n in said["verdicts"].items())
    rows = [
        [c["claim"], c["verdict"], c["number"], f"{c['reason']} {c['comment']}".strip()]
        for c in said["claims"]
    ]
    lead = f"{len(rows)} claims: {counted}."
    return [_table(CLAIMS, lead, ("claim", "verdict", "number", "why"), rows, [])]


def _table(name: str, lead: str, head, rows: list[list[str]], notes: list[str]) -> Table:
    return {"id": name, "title": TITLES[name], "lead": lead, "head": list(head), "rows": rows, "notes": notes}


def _probability(p: float | None) -> str:
    return "" if p is None or p != p else f"{p:.2f}"


_MAKERS = {RIVALS: _rivals, SENSITIVITY: _sensitivity, EVIDENCE: _evidence, CLAIMS: _claims}
