"""Separation and implied independences against networkx and against known graphs."""

import networkx as nx
import numpy as np
import pytest

from model.gate.graph import unroll
from model.gate.independences import Independence, implied_independences, implies
from model.gate.projection import project
from model.gate.separation import Separation
from tests.gate.conftest import chain


def random_dag(seed: int, size: int = 9) -> nx.DiGraph:
    rng = np.random.default_rng(seed)
    dag = nx.DiGraph()
    dag.add_nodes_from(str(i) for i in range(size))
    dag.add_edges_from(
        (str(i), str(j)) for i in range(size) for j in range(i + 1, size) if rng.random() < 0.3
    )
    return dag


@pytest.mark.parametrize("seed", range(8))
def test_separation_agrees_with_networkx(seed):
    dag, rng = random_dag(seed), np.random.default_rng(seed)
    query = Separation(dag)
    answers = set()
    for _ in range(60):
        x, y, *given = (str(i) for i in rng.permutation(9)[: 2 + rng.integers(0, 4)])
        answer = query.separated(x, y, given)
        assert answer == nx.is_d_separator(dag, {x}, {y}, set(given))
        answers.add(answer)
    assert answers == {True, False}


@pytest.mark.parametrize("seed", range(5))
def test_projection_keeps_separations(seed):
    dag = random_dag(seed)
    kept = ["0", "2", "4", "5", "7", "8"]
    small, whole = Separation(project(dag, kept)), Separation(dag)
    rng = np.random.default_rng(seed)
    for _ in range(40):
        x, y, *given = (str(i) for i in rng.permutation(kept)[: 2 + rng.integers(0, 4)])
        assert small.separated(x, y, given) == whole.separated(x, y, given)


def test_every_implied_independence_is_a_separation(graph):
    statements = implied_independences(graph)
    world = unroll(graph, back=4)
    assert len(statements) > 40
    assert all(nx.is_d_separator(world, {s.x}, {s.y}, set(s.given)) for s in statements)
    assert all(implies(graph, s) for s in statements)


def test_hidden_common_cause_forbids_nothing_and_a_mediator_does():
    hidden = chain(("u[t]", "a[t]"), ("u[t]", "b[t]"), latents=("u[t]",))
    assert not [s for s in implied_independences(hidden) if {s.x, s.y} == {"a[t]", "b[t]"}]
    mediated = chain(("a[t]", "m[t]"), ("m[t]", "b[t]"))
    found = [s for s in implied_independences(mediated) if {s.x, s.y} == {"a[t]", "b[t]"}]
    assert len(found) == 1
    assert "m[t]" in found[0].given


def test_own_lags_are_taken_out(graph):
    about = [s for s in implied_independences(graph) if {s.x, s.y} == {"iv_change[t]", "premium[t]"}]
    assert len(about) == 1
    lags = {f"{name}[t-{k}]" for name in ("iv_change", "premium") for k in (1, 2)}
    assert lags | {"return[t]", "stress[t]"} == set(about[0].given)


def test_statement_about_unknown_variables_is_not_implied(graph):
    assert not implies(graph, Independence("nothing[t]", "return[t]", ()))


def test_dropping_an_edge_never_takes_claims_away(graph):
    more = graph.edited(drop=[("return[t]", "iv_change[t]")])
    assert len(implied_independences(more)) > len(implied_independences(graph))
