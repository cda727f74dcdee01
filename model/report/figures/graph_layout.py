"""Where the boxes of the graph go: columns by time and role, rows untangled."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np

from model.gate.graph import Graph, split

HEADINGS = ("the day before", "given today", "hidden today", "today's price", "recorded")
NEAR = 0.045
"""A line closer than this to a box it does not touch counts as running through it."""
SWEEPS = 6
type Places = dict[str, tuple[float, float]]


def layout(graph: Graph, dag: nx.DiGraph) -> Places:
    """Start from a topological order, then exchange boxes within columns until no exchange helps."""
    order = list(nx.lexicographical_topological_sort(dag))
    columns = [[n for n in order if column_of(graph, n) == x] for x in range(len(HEADINGS))]
    edges = sorted(dag.edges)
    best = _cost(columns, edges)
    for _ in range(SWEEPS):
        before = best
        for names in columns:
            for i, j in combinations(range(len(names)), 2):
                names[i], names[j] = names[j], names[i]
                cost = _cost(columns, edges)
                if cost < best:
                    best = cost
                else:
                    names[i], names[j] = names[j], names[i]
        if best == before:
            break
    return _places(columns)


def column_of(graph: Graph, name: str) -> int:
    """Index in ``HEADINGS``."""
    if "[week" in name:
        return 4
    base, day = split(name)
    if day < 0:
        return 0
    outside = {b.split(".")[0] for b in graph.outside}
    if base in outside or base in graph.before_open:
        return 1
    if base in graph.latents:
        return 2
    later = any(split(a) == (base, 0) and split(b)[1] > 0 for a, b in graph.edges)
    return 3 if later else 4


def _places(columns: list[list[str]]) -> Places:
    """Rows of neighbouring columns are staggered, so that lines pass between boxes."""
    place: Places = {}
    for x, names in enumerate(columns):
        shift = 0.5 if len(names) < 3 else 0.36 if x % 2 else 0.64
        place |= {n: (float(x), 1.0 - (i + shift) / len(names)) for i, n in enumerate(names)}
    return place


def _cost(columns: list[list[str]], edges: list[tuple[str, str]]) -> float:
    """Crossings, lines that run through boxes (within a column too), and a little for long lines."""
    place = _places(columns)
    a = np.array([place[s] for s, _ in edges])
    b = np.array([place[t] for _, t in edges])
    names = list(place)
    box = np.array([place[n] for n in names])
    span = b[:, :1] - a[:, :1]
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (box[:, 0] - a[:, :1]) / span
        off = np.abs(a[:, 1:] + u * (b[:, 1:] - a[:, 1:]) - box[:, 1])
    through = ((u > 0.01) & (u < 0.99) & (off < NEAR)).sum()
    rows = {n: i for names in columns for i, n in enumerate(names)}
    inside = sum(max(abs(rows[s] - rows[t]) - 1, 0) for s, t in edges if place[s][0] == place[t][0])
    return float(_crossings(a, b) + 2 * through + 3 * inside + 0.2 * np.abs(a[:, 1] - b[:, 1]).sum())


def _crossings(a: np.ndarray, b: np.ndarray) -> int:
    """Pairs of straight lines that cross, ends excluded."""

    def side(p, q, r):
        return np.sign(
            (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1])
            - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0])
        )

    p, q, r, s = a[:, None], b[:, None], a[None], b[None]
    crossed = (side(p, q, r) * side(p, q, s) < 0) & (side(r, s, p) * side(r, s, q) < 0)
    return int(crossed.sum() // 2)
