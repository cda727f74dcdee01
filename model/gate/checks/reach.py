"""What the verdict speaks about: claims by kind, and what each declared edge costs in claims."""

from __future__ import annotations

from collections.abc import Sequence

from model.gate.graph import Graph, split, timed
from model.gate.independences import Independence, implied_independences
from model.gate.result import Check
from model.gate.thresholds import Thresholds


def check_reach(
    graph: Graph, statements: Sequence[Independence], thresholds: Thresholds, edges: bool
) -> Check:
    """Count claims by kind; with ``edges``, how many more claims the graph would make without each edge.

    Parameters
    ----------
    edges : bool
        Also go through the edges one by one (some seconds).
    """
    kinds = [kind(graph, s) for s in statements]
    counts = {k: kinds.count(k) for k in ("inside", "state", "outside")}
    sentence = (
        f"Of {len(statements)} claims, {counts['inside']} set price, flows, premium and "
        f"implied volatility against one "
        f"another, {counts['state']} set them against states known before the open, and "
        f"{counts['outside']} say that "
        "stress and risk factors do not follow the market studied."
    )
    enough = counts["inside"] >= thresholds.min_inside
    if not enough:
        sentence += (
            " Nothing here tests how the day's price, flows, premium and "
            "implied volatility hang "
            "together: that structure is assumed."
        )
    table = [{"kind": k, "claims": n} for k, n in counts.items()]
    if edges:
        table += _costs(graph, len(statements), thresholds)
    return Check("reach", enough, sentence, table)


def kind(graph: Graph, statement: Independence) -> str:
    """``outside``, ``state`` or ``inside``: the least explained variable of the pair."""
    bases = {split(statement.x)[0], split(statement.y)[0]}
    if bases & set(graph.outside):
        return "outside"
    return "state" if bases & set(graph.before_open) else "inside"


def _costs(graph: Graph, claims: int, thresholds: Thresholds) -> list[dict]:
    rows = []
    for cause, lag, effect in graph.links:
        edge = (timed(cause, -lag), timed(effect))
        without = graph.edited(drop=[edge])
        more = len(implied_independences(without, thresholds.max_lag, thresholds.own_lags)) - claims
        if more:
            rows.append({"kind": f"without {edge[0]} -> {edge[1]}", "claims": more})
    return sorted(rows, key=lambda r: -r["claims"])
