"""Latent projection of the unrolled graph onto a few nodes, latents made explicit again."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import networkx as nx


def project(world: nx.DiGraph, kept: Iterable[str]) -> nx.DiGraph:
    """A small graph over ``kept`` with the same separations among them (Verma 1993).

    ``a -> b`` where a directed path avoids the others; a latent common cause where two are reached from one
    unkept node along paths that avoid the kept ones.
    """
    nodes = set(kept)
    reach = {n: _reached(world, n, nodes) for n in world}
    out = nx.DiGraph()
    out.add_nodes_from(sorted(nodes), observed=True)
    out.add_edges_from((a, b) for a in nodes for b in reach[a])
    shared = {pair for n in world.nodes - nodes for pair in combinations(sorted(reach[n]), 2)}
    for a, b in sorted(shared):
        hidden = f"U({a},{b})"
        out.add_node(hidden, observed=False)
        out.add_edges_from([(hidden, a), (hidden, b)])
    return out


def _reached(world: nx.DiGraph, start: str, kept: set[str]) -> set[str]:
    """Kept nodes reached from start by directed paths whose inner nodes are not kept."""
    found: set[str] = set()
    seen, todo = {start}, [start]
    while todo:
        for child in world.successors(todo.pop()):
            if child in kept:
                found.add(child)
            elif child not in seen:
                seen.add(child)
                todo.append(child)
    return found - {start}
