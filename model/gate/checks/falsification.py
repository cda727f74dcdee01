"""dowhy's permutation test of the graph: context only, because its boolean rejects true graphs."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import pandas as pd

from model.errors import DataError
from model.gate import dowhy_bridge
from model.gate.graph import Graph, timed, unroll
from model.gate.result import Check
from model.gate.separation import Separation


def check_falsification(frame: pd.DataFrame, graph: Graph, seed: int) -> Check:
    """Violations of local Markov conditions in the observed same-day graph, against permuted graphs."""
    try:
        found = dowhy_bridge.falsify(observed_dag(graph), frame, seed)
    except DataError as error:
        return Check("dowhy falsification", None, f"Could not run: {error.message}")
    said = {True: "says falsified", False: "says not falsified", None: "cannot say"}[found["falsified"]]
    sentence = (
        f"{found['violations']} of {found['tests']} local Markov conditions violated; "
        f"permuted graphs do as well in a "
        f"share {found['p']} of cases; dowhy {said}. Context: this boolean rejected true "
        f"graphs in 12 of 17 trials."
    )
    return Check("dowhy falsification", None, sentence, [found])


def observed_dag(graph: Graph) -> nx.DiGraph:
    """Same-day graph over observed nodes: joined where no observed set separates, in causal order."""
    world = unroll(graph, back=3)
    query = Separation(world)
    today = [timed(b) for b in graph.observed]
    order = [n for n in query.position if n in set(today)]
    usable = {timed(b, -k) for b in graph.observed for k in range(3)}
    dag = nx.DiGraph()
    dag.add_nodes_from(order)
    for a, b in combinations(order, 2):
        if not query.separated(a, b, (query.ancestors([a, b]) & usable) - {a, b}):
            dag.add_edge(a, b)
    return dag
