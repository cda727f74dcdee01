"""The timed causal graph, derived from what the components declare.

Nodes carry a day: ``return[t-1]``, ``stress[t]``, ``flow[t+2]``. Within-day feedback is collapsed into the
solved return, so the graph is acyclic although the day's loop is not. An edge is declared once and holds on
every day: ``basis[t] -> flow[t+1]`` and ``basis[t-1] -> flow[t]`` are the same statement.

Three conventions fill in what no component declares, and are applied only when the graph is unrolled:

* every observed node may depend on its own previous day (so persistence is never taken for causation);
* nodes *outside* the model (no declared cause: stress, risk factors) are taken as given. They may share
  shocks on a day and depend on one another's previous day, and on nothing else;
* nodes known *before the open* (the gamma state, trailing volatility) may depend on anything observed the day
  before, and on one another.

Weekly measurements (``positions[week]``) are kept aside: they are drawn, and no daily claim rests on them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import networkx as nx

from model.errors import UsageError

BEFORE_OPEN = ("gamma", "volatility", "recent_flow")
WEEKLY = "[week]"
PAST, OUTSIDE, BEFORE = "past", "outside", "before_open"
TIMED = re.compile(r"^(?P<base>[A-Za-z_][\w.]*)\[t(?P<offset>[+-]\d+)?\]$")
Edge = tuple[str, str]


class Declaration(Protocol):
    """Anything that declares its part of the graph."""

    @property
    def name(self) -> str: ...
    @property
    def edges(self) -> tuple[Edge, ...]: ...
    @property
    def latents(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Node:
    """One variable on one day; ``lag`` is 1 for ``[t-1]``, 0 for ``[t]``, -1 for ``[t+1]``."""

    name: str
    lag: int
    observed: bool


@dataclass(frozen=True)
class Graph:
    """Declared edges between timed nodes.

    Parameters
    ----------
    nodes : tuple of Node
    edges : tuple of (cause, effect)
        Timed names, as declared.
    outside : tuple of str
        Base names taken as given (no declared cause).
    before_open : tuple of str
        Base names known before the open.
    title : str
    weekly : tuple of (cause, effect)
        Edges into weekly measurements, outside the daily graph.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    outside: tuple[str, ...] = ()
    before_open: tuple[str, ...] = ()
    title: str = "model"
    weekly: tuple[Edge, ...] = ()

    @property
    def observed(self) -> tuple[str, ...]:
        """Base names of observed variables, sorted."""
        return tuple(sorted({split(n.name)[0] for n in self.nodes if n.observed}))

    @property
    def latents(self) -> tuple[str, ...]:
        """Base names of latent variables, sorted."""
        return tuple(sorted({split(n.name)[0] for n in self.nodes if not n.observed}))

    @property
    def links(self) -> tuple[tuple[str, int, str], ...]:
        """Edges as ``(cause, days, effect)``: the cause on day t - days acts on the effect on day t."""
        return tuple(sorted({_link(a, b) for a, b in self.edges}))

    @property
    def sha256(self) -> str:
        """Hash of what the graph claims (titles and order of declaration do not matter)."""
        claim = [self.links, self.observed, self.latents, sorted(self.outside), sorted(self.before_open)]
        return hashlib.sha256(json.dumps(claim).encode()).hexdigest()

    def edited(
        self,
        add: Iterable[Edge] = (),
        drop: Iterable[Edge] = (),
        latents: Iterable[str] = (),
        title: str = "",
    ) -> Graph:
        """A rival: edges dropped (on every day), then added; what is outside the model stays outside."""
        gone, new = {_link(a, b) for a, b in drop}, tuple((a, b) for a, b in add)
        missing = gone - set(self.links)
        if missing:
            raise UsageError(
                f"Graph {title or self.title!r} drops an edge that is not there: {missing}.",
                "Check its file.",
            )
        kept = tuple(e for e in self.edges if _link(*e) not in gone)
        hidden = {n.name for n in self.nodes if not n.observed} | set(latents)
        edited = _assemble(kept + new, hidden, title or self.title, extra=[n.name for n in self.nodes])
        return replace(edited, outside=self.outside, before_open=self.before_open, weekly=self.weekly)

    def indexed(self, index: Mapping[str, Sequence[str]]) -> Graph:
        """Replace a node kind by its members: ``{"factor": ("a", "b")}`` splits ``factor[t]`` in two."""
        edges = [e for edge in self.edges for e in _expand(edge, index)]
        hidden = {n.name for n in self.nodes if not n.observed}
        whole = _assemble(tuple(edges), hidden, self.title)
        return replace(
            whole,
            before_open=self.before_open,
            weekly=self.weekly,
            outside=tuple(sorted(m for base in self.outside for m in _members(base, index))),
        )


def split(name: str) -> tuple[str, int]:
    """``"flow[t+1]"`` to ``("flow", 1)``."""
    match = TIMED.match(name)
    if match is None:
        raise UsageError(
            f"{name!r} is not a timed node.", "Write it like return[t], flow[t+1], premium[t-1]."
        )
    return match["base"], int(match["offset"] or 0)


def timed(base: str, offset: int = 0) -> str:
    """``("flow", 1)`` to ``"flow[t+1]"``."""
    return f"{base}[t{offset:+d}]" if offset else f"{base}[t]"


def build_graph(declarations: Iterable[Declaration], title: str = "model") -> Graph:
    """The graph of all declarations together.

    Parameters
    ----------
    declarations : iterable
        Objects with ``name``, ``edges`` and ``latents``; ``before_open`` and ``outside`` (base names) are
        optional.
    title : str

    Raises
    ------
    UsageError
        An effect before its cause, or a cycle within the day.
    """
    parts = tuple(declarations)
    every = tuple(dict.fromkeys((a, b) for part in parts for a, b in part.edges))
    weekly = tuple(e for e in every if e[0].endswith(WEEKLY) or e[1].endswith(WEEKLY))
    edges = tuple(e for e in every if e not in weekly)
    latents = {name for part in parts for name in part.latents}
    graph = _assemble(edges, latents, title)
    before = {b for part in parts for b in getattr(part, "before_open", ())} | set(BEFORE_OPEN)
    caused = {effect for _, _, effect in graph.links}
    before_open = tuple(b for b in graph.observed if b in before)
    roots = tuple(b for b in graph.observed if b not in caused and b not in before)
    named = tuple(sorted({b for part in parts for b in getattr(part, "outside", ())}))
    return replace(graph, outside=named or roots, before_open=before_open, weekly=weekly)


def unroll(graph: Graph, back: int = 6, ahead: int = 0) -> nx.DiGraph:
    """The graph over days t - back .. t + ahead, conventions included.

    The two first days share the latent ``past``: nothing is claimed about days that are not shown.
    """
    days = range(-back, ahead + 1)
    out = nx.DiGraph()
    for base, observed in [(b, True) for b in graph.observed] + [(b, False) for b in graph.latents]:
        out.add_nodes_from((timed(base, d) for d in days), observed=observed)
    for cause, lag, effect in graph.links + conventions(graph):
        out.add_edges_from((timed(cause, d - lag), timed(effect, d)) for d in days if d - lag >= -back)
    for shared, members in ((OUTSIDE, graph.outside), (BEFORE, graph.before_open)):
        for d in days if len(members) > 1 else ():
            out.add_node(timed(shared, d), observed=False)
            out.add_edges_from((timed(shared, d), timed(b, d)) for b in members)
    out.add_node(PAST, observed=False)
    early = {-back, -back + 1}
    out.add_edges_from((PAST, timed(b, d)) for b in graph.observed + graph.latents for d in early)
    return out


def conventions(graph: Graph) -> tuple[tuple[str, int, str], ...]:
    """Own lags, the outside block's lags and the causes of pre-open states, as links."""
    own = {(b, 1, b) for b in graph.observed}
    outside = {(a, 1, b) for a in graph.outside for b in graph.outside}
    before = {(a, 1, b) for a in graph.observed for b in graph.before_open}
    return tuple(sorted((own | outside | before) - set(graph.links)))


def _assemble(edges: tuple[Edge, ...], latents: set[str], title: str, extra: Iterable[str] = ()) -> Graph:
    hidden = {split(name)[0] for name in latents}
    names = dict.fromkeys([n for edge in edges for n in edge] + list(extra))
    nodes = tuple(Node(n, -split(n)[1], split(n)[0] not in hidden) for n in names)
    graph = Graph(nodes, edges, title=title)
    today = nx.DiGraph([(a, b) for a, lag, b in graph.links if lag == 0])
    if not nx.is_directed_acyclic_graph(today):
        loop = " -> ".join(a for a, _ in nx.find_cycle(today))
        raise UsageError(f"Graph {title!r} has a loop within the day: {loop}.", "Collapse it into return[t].")
    return graph


def _link(cause: str, effect: str) -> tuple[str, int, str]:
    (a, day_a), (b, day_b) = split(cause), split(effect)
    if day_b < day_a:
        raise UsageError(
            f"Edge {cause} -> {effect} runs back in time.", "An effect cannot precede its cause."
        )
    return a, day_b - day_a, b


def _members(base: str, index: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{base}.{key}" for key in index[base]] if base in index else [base]


def _expand(edge: Edge, index: Mapping[str, Sequence[str]]) -> list[Edge]:
    (a, day_a), (b, day_b) = split(edge[0]), split(edge[1])
    return [(timed(x, day_a), timed(y, day_b)) for x in _members(a, index) for y in _members(b, index)]
