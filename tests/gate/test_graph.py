"""The timed graph: names, days, loops, edits."""

import networkx as nx
import pytest

from model.errors import UsageError
from model.gate.graph import build_graph, conventions, split, timed, unroll
from tests.gate.conftest import Part, chain


def test_names_and_days_go_round():
    assert split("flow[t+2]") == ("flow", 2)
    assert split("factor.a[t-1]") == ("factor.a", -1)
    assert timed(*split("return[t]")) == "return[t]"
    for bad in ("return", "return[t+]", "re turn[t]", "return[week]"):
        with pytest.raises(UsageError, match="timed node"):
            split(bad)


def test_an_edge_holds_on_every_day():
    assert chain(("basis[t]", "flow[t+1]")).links == chain(("basis[t-1]", "flow[t]")).links


def test_loop_within_the_day_is_refused():
    with pytest.raises(UsageError, match="loop within the day"):
        chain(("a[t]", "b[t]"), ("b[t]", "a[t]"))
    assert chain(("a[t]", "b[t]"), ("b[t-1]", "a[t]")).links


def test_effect_before_cause_is_refused():
    with pytest.raises(UsageError, match="back in time"):
        chain(("a[t]", "b[t-1]"))


def test_declarations_add_up_and_latents_are_marked():
    parts = [
        Part("one", (("stress[t]", "basis[t]"), ("basis[t]", "positions[week]")), ("basis[t]",)),
        Part("two", (("basis[t]", "return[t]"), ("gamma[t]", "return[t]"))),
    ]
    graph = build_graph(parts)
    assert graph.latents == ("basis",)
    assert graph.observed == ("gamma", "return", "stress")
    assert graph.outside == ("stress",)
    assert graph.before_open == ("gamma",)
    assert graph.weekly == (("basis[t]", "positions[week]"),)
    assert graph.sha256 == build_graph(parts[::-1]).sha256
    assert graph.sha256 != build_graph(parts[:1]).sha256


def test_index_spreads_edges_over_members():
    graph = chain(("factor[t]", "return[t]")).indexed({"factor": ("a", "b")})
    assert graph.links == (("factor.a", 0, "return"), ("factor.b", 0, "return"))
    assert graph.outside == ("factor.a", "factor.b")


def test_edit_drops_adds_and_keeps_what_is_outside(graph):
    reverse = graph.edited(add=[("iv_change[t]", "return[t]")], drop=[("return[t]", "iv_change[t]")])
    assert ("iv_change", 0, "return") in reverse.links
    assert ("return", 0, "iv_change") not in reverse.links
    assert reverse.outside == graph.outside
    with pytest.raises(UsageError, match="not there"):
        graph.edited(drop=[("premium[t]", "stress[t]")])


def test_unrolled_graph_is_acyclic_and_carries_the_conventions(graph):
    world = unroll(graph, back=4, ahead=1)
    assert nx.is_directed_acyclic_graph(world)
    assert world.has_edge("flow[t-1]", "flow[t]")
    assert world.has_edge("iv_change[t-1]", "gamma[t]")
    assert world.has_edge("outside[t]", "stress[t]")
    assert not world.nodes["basis[t]"]["observed"]
    assert ("stress", 1, "factor.a") in conventions(graph)
    assert ("return", 1, "stress") not in conventions(graph)
