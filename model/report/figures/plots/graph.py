"""The causal graph by time, with what the tests of its implied independences said."""

from __future__ import annotations

from typing import Any

import networkx as nx
import plotly.graph_objects as go

from model.gate.graph import Graph
from model.gate.result import GateResult
from model.mechanisms.components import COMPONENTS
from model.report.figures.graph import AGREED, VIOLATED, box_label, check_table, drawn, graph_of_gate, pair
from model.report.figures.graph_layout import HEADINGS, layout
from model.report.figures.palette import colour
from model.report.figures.plots.base import CLEAR, INK, STRONG, plain_figure

HEIGHT = 560


def graph_figure(gate: GateResult) -> go.Figure:
    """Boxes, arrows and tested pairs; hovering over a box names its causes and effects.

    Parameters
    ----------
    gate : GateResult
        Of any verdict.
    """
    graph = graph_of_gate(gate)
    dag = nx.DiGraph([(drawn(a), drawn(b)) for a, b in (*graph.edges, *graph.weekly)])
    place = layout(graph, dag)
    fig = plain_figure(HEIGHT, showlegend=False)
    notes = [_arrow(place[a], place[b], _paint(a)) for a, b in dag.edges]
    _pairs(fig, gate, place)
    known = {c.name for c in COMPONENTS}
    names = list(place)
    fig.add_scatter(
        x=[place[n][0] for n in names],
        y=[place[n][1] for n in names],
        mode="markers+text",
        text=[box_label(graph, n).replace("\n", "<br>") for n in names],
        textposition="top center",
        marker={
            "size": 13,
            "symbol": ["circle-open" if _hidden(graph, n) else "square" for n in names],
            "color": [colour(n.split("[")[0]) if n.split("[")[0] in known else INK for n in names],
            "line": {"width": 2},
        },
        customdata=[_said(dag, graph, n) for n in names],
        hovertemplate="%{customdata}<extra></extra>",
    )
    notes += [
        {"x": x, "y": 1.1, "text": f"<b>{text}</b>", "showarrow": False} for x, text in enumerate(HEADINGS)
    ]
    fig.update_layout(annotations=notes)
    fig.update_xaxes(visible=False, range=[-0.5, len(HEADINGS) - 0.5])
    fig.update_yaxes(visible=False, range=[-0.06, 1.15])
    return fig


def _arrow(start: tuple[float, float], end: tuple[float, float], paint: str) -> dict[str, Any]:
    """All arrows are set at once: added one by one, each would check all the others again."""
    return {
        "x": end[0], "y": end[1], "ax": start[0], "ay": start[1],
        "xref": "x", "yref": "y", "axref": "x", "ayref": "y",
        "text": "", "showarrow": True, "arrowhead": 2, "arrowsize": 1, "arrowwidth": 1.1,
        "arrowcolor": paint, "standoff": 9, "startstandoff": 9,
    }  # fmt: skip


def _pairs(fig: go.Figure, gate: GateResult, place) -> None:
    """One line a tested pair; one violated statement colours the pair."""
    found: dict[frozenset[str], bool] = {}
    for row in check_table(gate, "implied independences"):
        ends = frozenset(drawn(n) for n in pair(row))
        if len(ends) == 2 and ends <= set(place):
            found[ends] = found.get(ends, False) or bool(row["violated"])
    for bad in (False, True):
        some = [sorted(ends) for ends, violated in found.items() if violated is bad]
        x = [v for a, b in some for v in (place[a][0], place[b][0], None)]
        y = [v for a, b in some for v in (place[a][1], place[b][1], None)]
        line = {
            "color": VIOLATED if bad else AGREED,
            "width": 3 if bad else 0.7,
            "dash": "solid" if bad else "dot",
        }
        fig.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", fillcolor=CLEAR)


def _hidden(graph: Graph, name: str) -> bool:
    return name.split("[")[0] in graph.latents


def _said(dag: nx.DiGraph, graph: Graph, name: str) -> str:
    kind = "never observed" if _hidden(graph, name) else "observed"
    before, after = (", ".join(sorted(x)) or "none" for x in (dag.predecessors(name), dag.successors(name)))
    return f"<b>{name}</b>, {kind}<br>causes: {before}<br>effects: {after}"


def _paint(cause: str) -> str:
    base = cause.split("[")[0]
    return colour(base) if base in {c.name for c in COMPONENTS} else STRONG
