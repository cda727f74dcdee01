"""Rival graphs on the same footing: each with its own claims, pilot, null and p."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from model.gate.frame import base_columns
from model.gate.graph import Graph
from model.gate.independences import implied_independences
from model.gate.null import Null, examine_all, violated
from model.gate.pilot import fit_pilot
from model.gate.result import Check
from model.gate.rivals import Rival
from model.gate.thresholds import Thresholds


def check_alternatives(
    frame: pd.DataFrame,
    graph: Graph,
    rivals: Sequence[Rival],
    thresholds: Thresholds,
    rng: np.random.Generator,
) -> Check:
    """Claims of each graph, how many the data break, and whether that is more than its own null."""
    table = [judge(frame, graph, thresholds, rng)]
    table += [judge(frame, rival.graph, thresholds, rng) for rival in rivals]
    refuted = [r["graph"] for r in table[1:] if r["verdict"] == "refuted"]
    left = [r["graph"] for r in table[1:] if r["verdict"] != "refuted"]
    sentence = (
        f"Refuted by these data: {', '.join(refuted) or 'none'}. Not refuted: {', '.join(left) or 'none'}."
    )
    return Check("alternative graphs", None, sentence, table)


def judge(frame: pd.DataFrame, graph: Graph, thresholds: Thresholds, rng: np.random.Generator) -> dict:
    """One graph as a claim about the data: the gate's rule applied to it."""
    statements = implied_independences(graph, thresholds.max_lag, thresholds.own_lags)
    row = {
        "graph": graph.title,
        "claims": len(statements),
        "violated": None,
        "p": None,
        "verdict": "claims nothing",
    }
    base = base_columns(frame)
    if not statements or any(b not in base for b in graph.observed):
        return row if not statements else {**row, "verdict": "not testable: a variable has no data"}
    columns = {b: base[b].to_numpy(float)[None] for b in graph.observed}
    seen = examine_all(columns, statements, graph, thresholds.spare_rows)
    count = int(violated(seen, thresholds.family).sum())
    p = _p(count, frame, graph, statements, thresholds, rng)
    verdict = "refuted" if p <= thresholds.level else "not refuted"
    return {**row, "violated": count, "p": round(p, 4), "verdict": verdict}


def _p(count: int, frame, graph: Graph, statements, thresholds: Thresholds, rng) -> float:
    """Under the graph's own null; without a violation it is one whatever the null, so none is drawn."""
    if count == 0:
        return 1.0
    panels = fit_pilot(frame, graph).panels(rng, thresholds.null_panels)
    drawn = examine_all(panels, statements, graph, thresholds.spare_rows)
    return Null(violated(drawn, thresholds.family).sum(axis=1), thresholds.level, drawn).p(count)
