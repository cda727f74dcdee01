"""Rows of the causal page and of the checks: every table of the gate, diagnostics, timings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.gate.result import GateResult
from model.report.page.words import HIDDEN
from model.report.tables.lines import READINGS
from model.report.tables.text import number
from model.store import read_json
from model.store.seal import TIMING

SAID = {True: "holds", False: "does not hold", None: "context"}
STANDS = {True: "stands", False: "does not stand", None: "not estimated"}
NAN = float("nan")
COLUMNS = {
    "implied independences": ("short", "effect", "p", "p_adjusted", "violated", "power", "days"),
    "power against wrong graphs": ("wrong_graph", "what", "statements_broken", "detected"),
    "identification": ("question", "identified", "how"),
    "refutation": ("question", "value", "error", "placebo", "bootstrap", "robustness", "stands", "note"),
    "simultaneity": ("cause", "effect", "naive", "naive_p", "robustness", "lead", "lead_p", "two_way"),
}
"""Columns shown of the large tables; all of every other."""


def check_title(name: str) -> str:
    """A check by the title of its reading: ``Vendor's dates: parts sum to the observed``."""
    reading, colon, rest = name.partition(": ")
    return f"{READINGS[reading]}{colon}{rest}" if reading in READINGS else name


def gate_tables(gate: GateResult) -> list[dict[str, Any]]:
    """One table a check, with its sentence."""
    return [
        {"name": c.name, "result": SAID[c.passed], "sentence": c.sentence, **_table(c.name, c.table)}
        for c in gate.checks
        if c.name != HIDDEN
    ]


def _table(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    if not rows:
        return {"head": [], "rows": []}
    there = dict.fromkeys(k for r in rows for k in r)
    keys = [k for k in COLUMNS.get(name, tuple(there)) if k in there]
    return {
        "head": [k.replace("_", " ") for k in keys],
        "rows": [[_cell(r.get(k)) for k in keys] for r in rows],
    }


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value, 3)
    return "" if value is None else str(value).replace("_||_", "\N{UP TACK}")


def effects(gate: GateResult) -> list[dict[str, str]]:
    """The graph's edges that daily data can estimate: value, error, and whether the estimate stands."""
    rows = next((c.table for c in gate.checks if c.name == "refutation"), [])
    return [
        {
            "question": str(r["question"]),
            "edge": f"{r['cause']} \N{RIGHTWARDS ARROW} {r['effect']}",
            "value": number(r.get("value", NAN), 2, sign=True),
            "error": number(r.get("error", NAN), 2),
            "stands": STANDS[r["stands"]],
            "note": str(r.get("note", "")),
        }
        for r in rows
    ]


def diagnostics(manifest: Mapping[str, Any]) -> list[dict[str, str]]:
    """One row a reading."""
    return [
        {
            "reading": READINGS.get(reading, reading),
            "r_hat": number(d["r_hat_max"], 3),
            "bulk": number(d["ess_bulk_min"]),
            "tail": number(d["ess_tail_min"]),
            "divergences": number(d["divergences"]),
            "gradients": number(d.get("gradients", NAN)),
            "worst": str(d.get("worst", "")),
            "passed": "yes" if d.get("passed", True) else "NO",
        }
        for reading, d in manifest.get("diagnostics", {}).items()
    ]


def seconds(folder: Path) -> dict[str, float]:
    """How long each stage of the fit took; empty where it is not told."""
    path = folder / TIMING
    return dict(read_json(path).get("seconds", {})) if path.is_file() else {}
