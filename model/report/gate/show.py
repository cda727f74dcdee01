"""The gate on the terminal and on disk."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from model.gate.result import Check, GateResult
from model.gate.subject import Subject
from model.report.gate.figures import draw_graph, draw_tests
from model.report.gate.page import TABLES, write_page, write_tables
from model.store import together, write_text
from model.terminal import Terminal

COLUMNS = {
    "implied independences": (
        "short",
        "effect",
        "p",
        "p_adjusted",
        "dependent_fdr",
        "violated",
        "power",
        "days",
    ),
    "power against wrong graphs": ("wrong_graph", "statements_broken", "detected", "note"),
    "alternative graphs": ("graph", "claims", "violated", "p", "verdict"),
    "identification": ("question", "identified", "how"),
    "refutation": (
        "question",
        "value",
        "error",
        "placebo",
        "random_cause",
        "subset",
        "bootstrap",
        "robustness",
        "stands",
    ),
    "posterior": ("short", "share_violated", "median_effect"),
    "simultaneity": ("cause", "effect", "naive", "robustness", "lead", "lead_p", "two_way"),
    "reach": ("kind", "claims"),
}
COLOUR = {"pass": "green", "inconclusive": "yellow", "fail": "red"}


def show(result: GateResult, subject: Subject, written: list[Path]) -> None:
    """Print every check and the verdict last."""
    console = Terminal()
    console.print(f"Causal gate  {subject.title}; graph: {subject.graph.title}", style="bold")
    for check in result.checks:
        _print_check(console, check)
    console.print()
    console.print(f"verdict: {result.verdict}", style=f"bold {COLOUR[result.verdict]}")
    for reason in result.reasons:
        console.print(f"  {reason}")
    console.print(f"{len(written)} files in {written[0].parent}, {result.facts['seconds']} s", style="dim")


def write_all(result: GateResult, subject: Subject, out: Path) -> list[Path]:
    """gate.json, tables, figures and the page."""
    stored, page, graph, tests = (out / n for n in ("gate.json", "verdict.md", "graph.png", "tests.png"))
    with together(stored, page, graph, tests, *(out / n for n in TABLES.values())) as beside:
        write_text(result.to_json(), beside(stored))
        draw_graph(subject.graph, result, beside(graph))
        draw_tests(result, beside(tests))
        write_page(result, subject.title, beside(page))
        tables = write_tables(result, beside(stored).parent)
    return [stored, page, graph, tests, *(out / p.name for p in tables)]


def _print_check(console: Console, check: Check) -> None:
    mark, colour = {True: ("yes", "green"), False: ("no", "red"), None: ("-", "dim")}[check.passed]
    console.print(Text.assemble("\n", (check.name, "bold"), " ", (mark, colour)))
    console.print(check.sentence)
    columns = COLUMNS.get(check.name)
    if not columns or not check.table:
        return
    table = Table(*(c.replace("_", " ") for c in columns), box=None, header_style="dim", pad_edge=False)
    for row in check.table:
        table.add_row(*(_cell(row.get(c)) for c in columns))
    console.print(table)


def _cell(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
