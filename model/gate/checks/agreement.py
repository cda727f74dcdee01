"""Do dowhy and the gate read the same claims off the graph?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from model.errors import DataError
from model.gate import dowhy_bridge
from model.gate.graph import Graph, split, unroll
from model.gate.independences import Independence
from model.gate.result import Check


def check_agreement(
    frame: pd.DataFrame, graph: Graph, statements: Sequence[Independence], seed: int
) -> Check:
    """dowhy's d-separation must confirm every statement; its graph refuter is shown beside ours."""
    if not statements:
        return Check("dowhy agreement", None, "The graph implies no independence among observed variables.")
    deepest = max(-split(n)[1] for s in statements for n in (s.x, s.y, *s.given))
    world = unroll(graph, back=deepest + 1)
    wrong = dowhy_bridge.disagreements(world, statements)
    table = [{"statement": str(s)} for s in wrong]
    if wrong:
        return Check(
            "dowhy agreement", False, f"dowhy does not find {len(wrong)} statements in the graph.", table
        )
    try:
        found = dowhy_bridge.refute_graph(world, frame, statements, seed)
    except DataError as error:
        return Check(
            "dowhy agreement",
            True,
            f"dowhy confirms every statement; its refuter cannot run: {error.message}",
        )
    sentence = (
        f"dowhy confirms all {found.asked} statements in the graph. Its own refuter "
        f"(plain partial correlations, 5 %, "
        f"days complete in every column) answers {found.answered} and finds {found.satisfied} satisfied; "
        "it knows no null for the count, so it decides nothing."
    )
    return Check("dowhy agreement", True, sentence)
