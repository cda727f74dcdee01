"""The verdict in plain words: one page of Markdown, and tidy tables beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from model.gate.result import Check, GateResult
from model.report.markdown import render
from model.store import write_csv, write_text

MEANING = {
    "pass": "The data do not contradict what the graph claims, and they would have "
    "noticed most of the named mistakes.",
    "fail": "The data contradict what the graph claims. Nothing may be decomposed with it.",
    "inconclusive": (
        "The data do not contradict the graph, but they could hardly have: going on "
        "needs a written reason, which is "
        "printed wherever results are shown."
    ),
}
TABLES = {
    "implied independences": "independences.csv",
    "power against wrong graphs": "power.csv",
    "identification": "effects.csv",
    "refutation": "refutations.csv",
    "simultaneity": "simultaneity.csv",
    "alternative graphs": "alternatives.csv",
    "reach": "reach.csv",
}
HEADINGS = {
    "reach": "What the verdict is about",
    "implied independences": "The rule",
    "power against wrong graphs": "Would it have noticed?",
    "alternative graphs": "Rival graphs on the same data",
    "identification": "Which effects these data can reveal",
    "refutation": "Attacks on the identified effects",
    "simultaneity": "Reverse causality",
    "dowhy agreement": "dowhy's own reading",
    "dowhy falsification": "dowhy's permutation test",
    "data": "Data",
}
SHORT = 12
FIRST = ("short", "effect", "p", "p_adjusted", "violated", "power", "days")
"""Columns of the rule's table."""
DROPPED = {"example", "statement", "what", "adjustment"}
"""Columns that stand in the CSV only."""


def write_tables(result: GateResult, out: Path) -> list[Path]:
    """One CSV per check with a table."""
    written = []
    for check in result.checks:
        if check.name in TABLES and check.table:
            path = out / TABLES[check.name]
            written.append(write_csv(pd.DataFrame(check.table), path))
    return written


def write_page(result: GateResult, title: str, path: Path) -> None:
    """The page: what it says is chosen here, how it is laid out in ``verdict.md.j2``."""
    by_name = {c.name: c for c in result.checks}
    sections = [_section(by_name[name], heading) for name, heading in HEADINGS.items() if name in by_name]
    text = render(
        "model.report.gate",
        "verdict.md.j2",
        gate=result,
        title=title,
        meaning=MEANING[result.verdict],
        sections=sections,
    )
    write_text(text, path)


def _section(check: Check, heading: str) -> dict[str, Any]:
    rows = check.table
    if check.name == "implied independences":
        rows = sorted((r for r in rows if r["p"] is not None), key=lambda r: r["p"])[:SHORT]
        rows = [{k: r[k] for k in FIRST} for r in rows]
    head = [h for h in rows[0] if h not in DROPPED] if rows else []
    cells = [[_cell(r.get(h)) for h in head] for r in rows]
    return {"heading": heading, "sentence": check.sentence, "head": head, "rows": cells}


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return text.replace("_||_", "⊥").replace("|", "given").replace("_", " ")
