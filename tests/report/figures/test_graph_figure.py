"""The graph: every box placed once, time runs left to right, violated pairs stand out."""

from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import networkx as nx
import pytest
from synthetic_fit import gate

from model.gate.declared import declared_graph
from model.report.figures import FitView
from model.report.figures.graph import VIOLATED, draw_graph, drawn, factors_of
from model.report.figures.graph_layout import _crossings, layout
from model.report.figures.style import RC

np = pytest.importorskip("numpy")
GRAPH = declared_graph(("one", "two"))


def drawn_graph() -> nx.DiGraph:
    return nx.DiGraph([(drawn(a), drawn(b)) for a, b in (*GRAPH.edges, *GRAPH.weekly)])


def test_factors_come_from_the_gate() -> None:
    assert factors_of(gate("pass", None)) == ("one", "two")


def test_names_share_boxes() -> None:
    assert drawn("flow[t+2]") == "flow[t]"
    assert drawn("flow[t-1]") == "flow[t-1]"
    assert drawn("factor.one[t]") == drawn("factor.two[t]") == "factor[t]"
    assert drawn("positions[week]") == "positions[week]"


def test_boxes_do_not_coincide_and_time_runs_right() -> None:
    place = layout(GRAPH, drawn_graph())
    assert len(set(place.values())) == len(place)
    assert place["flow[t-1]"][0] < place["factor[t]"][0] < place["basis[t]"][0] < place["return[t]"][0]
    assert place["return[t]"][0] < place["flow[t]"][0]
    for a, b in drawn_graph().edges:
        assert place[a][0] <= place[b][0]


def test_the_layout_is_the_same_every_time() -> None:
    assert layout(GRAPH, drawn_graph()) == layout(GRAPH, drawn_graph())


def test_crossings_are_counted() -> None:
    a = np.array([[0.0, 0.0], [0.0, 1.0]])
    assert _crossings(a, np.array([[1.0, 1.0], [1.0, 0.0]])) == 1
    assert _crossings(a, np.array([[1.0, 0.0], [1.0, 1.0]])) == 0


def test_a_violated_pair_is_drawn_in_its_own_colour(view: FitView) -> None:
    def orange(v: FitView) -> int:
        with mpl.rc_context(RC):
            patches = draw_graph(v).axes[0].patches
        return sum(
            mpl.colors.to_hex(p.get_edgecolor()) == VIOLATED and p.get_linewidth() > 2 for p in patches
        )

    failed = replace(gate("fail", None), verdict="pass")
    assert orange(view) == 0
    assert orange(replace(view, gate=failed)) == 1


def test_an_older_graph_is_named(view: FitView) -> None:
    with mpl.rc_context(RC):
        text = " ".join(t.get_text() for t in draw_graph(view).texts)
        same = replace(view, gate=replace(view.gate, graph_hash=GRAPH.sha256))
        assert "earlier" not in " ".join(t.get_text() for t in draw_graph(same).texts)
    assert "earlier" in text
