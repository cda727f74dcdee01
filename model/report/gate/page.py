"""The verdict in plain words: one page of Markdown, and tidy tables beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from model.gate.result import Check, GateResult

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


def write_tables(result: GateResult, out: Path) -> list[Path]:
    """One CSV per check with a table."""
    written = []
    for check in result.checks:
        if check.name in TABLES and check.table:
            path = out / TABLES[check.name]
            pd.DataFrame(check.table).to_csv(path, index=False)
            written.append(path)
    return written


def write_page(result: GateResult, title: str, path: Path) -> None:
    """The page."""
    by_name = {c.name: c for c in result.checks}
    parts = [
        f"# Causal gate: {result.verdict}",
        f"{title}. Data `{result.data_hash[:12]}`, graph `{result.graph_hash[:12]}`, seed {result.seed}.",
        f"**{MEANING[result.verdict]}**",
        "\n".join(f"* {reason}" for reason in result.reasons),
        f"Accepted in writing: {result.accepted_reason}" if result.accepted_reason else "",
        "![The timed graph](graph.png)",
        "![Independences and power](tests.png)",
    ]
    parts += [_section(by_name[name], heading) for name, heading in HEADINGS.items() if name in by_name]
    path.write_text("\n\n".join(p for p in parts if p) + "\n")


def _section(check: Check, heading: str) -> str:
    rows = check.table
    if check.name == "implied independences":
        rows = sorted((r for r in rows if r["p"] is not None), key=lambda r: r["p"])[:SHORT]
        rows = [
            {k: r[k] for k in ("short", "effect", "p", "p_adjusted", "violated", "power", "days")}
            for r in rows
        ]
    drop = {"example", "statement", "what", "adjustment"}
    body = _markdown([{k: v for k, v in r.items() if k not in drop} for r in rows])
    return f"## {heading}\n\n{check.sentence}" + (f"\n\n{body}" if body else "")


def _markdown(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    heads = list(rows[0])
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(_cell(row.get(h)) for h in heads) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return text.replace("_||_", "⊥").replace("|", "given").replace("_", " ")
