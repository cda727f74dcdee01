"""The product's own graph follows the design: a late window lets trades reach one flow further."""

from synthetic import event_design

from model.gate.declared import declared_graph, graph_of
from model.gate.rivals import COMPARED, load_rival
from model.gate.thresholds import load_thresholds


def test_without_late_creation_the_graph_is_the_usual_one():
    design = event_design()
    assert graph_of(design).sha256 == declared_graph(design.factors, supplied=tuple(design.measured)).sha256
    assert max(days for _, days, effect in graph_of(design).links if effect == "flow") == 2


def test_late_creation_adds_edges_to_the_third_day_and_nothing_else():
    usual, late = (set(graph_of(event_design(name)).links) for name in ("vendor", "late_creation"))
    booked = {cause for cause, days, effect in usual if (days, effect) == (2, "flow")}
    assert booked >= {"basis", "dealer", "multi_asset", "directional", "return"}
    assert late - usual == {(cause, 3, "flow") for cause in booked}
    assert usual <= late


def test_every_compared_rival_can_be_built_with_late_creation():
    graph, thresholds = graph_of(event_design("late_creation")), load_thresholds()
    for name in COMPARED:
        assert load_rival(name, graph, thresholds).graph.sha256
