"""The graph that can be tested on these days: columns that do not vary cost their own claims and no others.

What is constant carries nothing from one variable to another, so the claims among the rest are those of the
graph without it. A state or risk factor is always taken out so; of the variables the model explains, only one
that causes nothing else: without price or flow there is no test left to save.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from model.gate.graph import Graph, split
from model.gate.independences import Independence
from model.gate.rivals import Rival

VARIES = 1e-12
MIN_VALUES = 3


def varies(column: pd.Series) -> bool:
    """Whether a column carries any information."""
    return int(column.notna().sum()) >= MIN_VALUES and float(column.std()) > VARIES


def standing(base: pd.DataFrame, graph: Graph) -> tuple[str, ...]:
    """Observed variables to take out: their column is there, does not vary, and nothing else rests on it."""
    causing = {cause for cause, _, effect in graph.links if effect != cause}
    given = {*graph.outside, *graph.before_open}
    return tuple(
        name
        for name in graph.observed
        if name in base and not varies(base[name]) and (name in given or name not in causing)
    )


def without(graph: Graph, gone: Iterable[str]) -> Graph:
    """The graph without some variables and the edges at them."""
    out = set(gone)
    if not out:
        return graph
    return replace(
        graph,
        nodes=tuple(n for n in graph.nodes if split(n.name)[0] not in out),
        edges=tuple(e for e in graph.edges if not {split(e[0])[0], split(e[1])[0]} & out),
        outside=tuple(b for b in graph.outside if b not in out),
        before_open=tuple(b for b in graph.before_open if b not in out),
    )


def rival_without(rival: Rival, gone: Iterable[str]) -> Rival:
    """A rival with the same variables taken out."""
    out = set(gone)
    return replace(
        rival,
        graph=without(rival.graph, out),
        add={link: v for link, v in rival.add.items() if not {link[0], link[2]} & out},
        drop=tuple(link for link in rival.drop if not {link[0], link[2]} & out),
    )


def lost(statements: Iterable[Independence], gone: Iterable[str]) -> tuple[Independence, ...]:
    """The claims that are about a variable taken out."""
    out = set(gone)
    return tuple(s for s in statements if {split(s.x)[0], split(s.y)[0]} & out)
