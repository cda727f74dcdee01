"""Rival graphs are small files, tested on the same footing."""

import tomllib
from dataclasses import replace

import pytest

from model.errors import UsageError
from model.gate.declared import declared_graph
from model.gate.independences import implied_independences, implies
from model.gate.rivals import COMPARED, FOLDER, NAMED, load_rival, named_rivals
from model.gate.thresholds import load_thresholds
from model.gate.world import STABLE


def test_the_five_named_wrong_graphs_load(graph, thresholds):
    rivals = named_rivals(graph, thresholds)
    assert [r.name for r in rivals] == list(NAMED)
    assert all(r.why for r in rivals)
    for r in rivals:
        if r.name != "basis_moves_price":
            assert r.graph.sha256 != graph.sha256


def test_which_of_them_break_a_claim(graph, thresholds):
    statements = implied_independences(graph)
    broken = {
        r.name: sum(not implies(r.graph, s) for s in statements) for r in named_rivals(graph, thresholds)
    }
    assert broken["basis_moves_price"] == 0
    assert all(broken[n] > 0 for n in ("edge_dropped", "edge_reversed", "common_shock_omitted"))


def test_a_rival_world_differs_by_its_edits_only(graph, thresholds, truth):
    rival = load_rival("edge_dropped", graph, thresholds)
    world = rival.world(truth)
    changed = {k for k in world.coefficients if world.coefficients[k] != truth.coefficients.get(k)}
    assert changed == {("return", 1, "stress")}


def test_reversal_adds_one_edge_and_costs_claims():
    thresholds, base = load_thresholds(), declared_graph(("a", "b"))
    rival = load_rival("reversal", base, thresholds)
    assert set(rival.graph.links) - set(base.links) == {("basis", 1, "return")}
    assert set(base.links) <= set(rival.graph.links)
    assert len(implied_independences(rival.graph)) < len(implied_independences(base))


def test_the_written_graph_has_no_edge_the_components_do_not_declare(graph):
    declared = declared_graph(("a", "b"))
    missing = {link for link in declared.links if link not in graph.links}
    assert set(graph.links) <= set(declared.links)
    assert {b for a, _, b in missing} | {a for a, _, b in missing} >= {"dealer", "iv_shock"}
    known = {node for a, _, b in graph.links for node in (a, b)}
    within = [{a, b} for a, _, b in missing if {a, b} <= known]  # a further component is not written there
    assert all({"dealer", "iv_shock", "futures_demand"} & ends for ends in within)


def test_every_compared_rival_can_be_built_from_the_declared_graph():
    thresholds, base = load_thresholds(), declared_graph(("a", "b"))
    built = [load_rival(name, base, thresholds) for name in COMPARED]
    assert [r.name for r in built] == list(COMPARED)


def test_a_graph_of_ones_own(tmp_path, graph, thresholds):
    path = tmp_path / "mine.toml"
    path.write_text(
        'edges = [["stress[t]", "return[t]"], ["factor[t]", "return[t]"], ["return[t]", "flow[t]"]]\n'
    )
    rival = load_rival(path, graph, thresholds)
    assert rival.graph.observed == ("factor.a", "factor.b", "flow", "return", "stress")
    assert implied_independences(rival.graph)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("edges = [", "not valid TOML"),
        ('title = "x"', "edges: is missing, and so is based_on"),
        ('edges = [["a", "b[t]"]]', "not a timed node"),
        ('based_on = "model"\n[[drop]]\ncause = "premium[t]"\neffect = "stress[t]"\n', "not there"),
    ],
)
def test_a_bad_file_is_named(tmp_path, graph, thresholds, text, said):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        load_rival(path, graph, thresholds)


def test_unknown_name_lists_the_known(graph, thresholds):
    with pytest.raises(UsageError, match="edge_dropped"):
        load_rival("nonsense", graph, thresholds)


def test_every_shipped_graph_says_what_it_means():
    for path in FOLDER.glob("*.toml"):
        raw = tomllib.loads(path.read_text())
        assert raw["title"], path
        assert len(raw["why"]) > 30, path
    assert set(COMPARED) <= {p.stem for p in FOLDER.glob("*.toml")}


def test_a_rival_that_would_make_the_world_explode_is_weakened(graph, thresholds, truth):
    rival = load_rival("edge_dropped", graph, thresholds)
    link = ("return", 1, "stress")
    back = {("stress", 0, "return"): -2.0, link: -0.6}
    wild = replace(rival, add=back)
    world = wild.world(truth)
    assert truth.rewired(back, (), (), {}).modulus() > 1.0
    assert world.modulus() <= STABLE
    assert -0.6 < world.coefficients[link] < 0.0
    assert rival.world(truth).coefficients[link] == rival.add[link]
