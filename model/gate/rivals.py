"""Rival graphs as small files: edits of the model's graph, or a whole graph of one's own.

An edit says ``based_on = "model"`` with ``[[drop]]`` and ``[[add]]`` tables (cause, effect, optional
strength in standard deviations); a whole graph lists ``edges``, ``latents`` and optionally
``outside`` and ``before_open``.
``factor[t]`` stands for every risk factor of the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from model.errors import UsageError
from model.gate.graph import Edge, Graph, build_graph, split, timed
from model.gate.thresholds import Thresholds
from model.gate.world import STABLE, Link, World
from model.store import PROJECT
from model.toml_table import Table, read_toml

FOLDER = PROJECT / "data" / "graphs"
NAMED = ("edge_dropped", "edge_reversed", "flow_causes_return", "common_shock_omitted", "basis_moves_price")
"""The named wrong graphs every run measures its power on."""
COMPARED = (*NAMED, "no_risk_factors", "volatility_first", "reversal", "no_vanna")
"""Rivals held against the data beside the model."""

HALVINGS = 8


@dataclass(frozen=True)
class Rival:
    """A rival graph and how a world differs from the model's when it is true.

    Parameters
    ----------
    name, why : str
    graph : Graph
    add : mapping of link to strength
    drop : tuple of links
    """

    name: str
    why: str
    graph: Graph
    add: Mapping[Link, float]
    drop: tuple[Link, ...]

    def world(self, of: World) -> World:
        """The model's pilot world with this rival's links; links that would make it explode are halved."""
        new = tuple(b for b in self.graph.latents if b not in of.latents)
        add = dict(self.add)
        for _ in range(HALVINGS):
            world = of.rewired(add, self.drop, new, {})
            if world.modulus() <= max(STABLE, of.modulus()):
                return world
            add = {link: 0.5 * strength for link, strength in add.items()}
        return of.rewired(dict.fromkeys(add, 0.0), self.drop, new, {})


@dataclass(frozen=True)
class Whole:
    """A file that lists a graph of its own."""

    name: str
    edges: tuple[Edge, ...]
    latents: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    before_open: tuple[str, ...] = ()
    title: str = ""
    why: str = ""


@dataclass(frozen=True)
class Change:
    """A link to drop or add. Unit: `strength` in standard deviations; None: the gate's own."""

    cause: str
    effect: str
    strength: float | None = None


@dataclass(frozen=True)
class Edit:
    """A file that edits the model's graph."""

    based_on: str
    drop: tuple[Change, ...] = ()
    add: tuple[Change, ...] = ()
    latents: tuple[str, ...] = ()
    title: str = ""
    why: str = ""


def load_rival(name_or_path: str | Path, base: Graph, thresholds: Thresholds) -> Rival:
    """Read a graph file, by name in ``data/graphs`` or by path.

    Raises
    ------
    UsageError
        No such file, or a graph that cannot be built from it.
    """
    path = _find(name_or_path)
    t = read_toml(path, UsageError)
    if "based_on" in t.data:
        t.text("based_on", choices=("model",))
        return _edited(path.stem, t.into(Edit, based_on="model"), base, thresholds)
    written = _whole(path.stem, t)
    whole = _built(written).indexed(factor_index(base))
    links, mine = set(whole.links), set(base.links)
    add = dict.fromkeys(sorted(links - mine), thresholds.strength)
    return Rival(path.stem, written.why, whole, add, tuple(sorted(mine - links)))


def load_graph(name_or_path: str | Path) -> Graph:
    """A whole graph from a file (not an edit of the model's)."""
    path = _find(name_or_path)
    return _built(_whole(path.stem, read_toml(path, UsageError)))


def factor_index(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Members of every indexed kind: ``{"factor": ("a", "b")}`` from ``factor.a``, ``factor.b``."""
    members: dict[str, list[str]] = {}
    for base in graph.observed:
        kind, _, key = base.partition(".")
        if key:
            members.setdefault(kind, []).append(key)
    return {kind: tuple(keys) for kind, keys in members.items()}


def named_rivals(base: Graph, thresholds: Thresholds, names: Iterable[str] = NAMED) -> tuple[Rival, ...]:
    """The named wrong graphs, for this graph."""
    return tuple(load_rival(name, base, thresholds) for name in names)


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    for candidate in (path, FOLDER / f"{name_or_path}.toml"):
        if candidate.is_file():
            return candidate
    known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
    raise UsageError(f"No graph {str(name_or_path)!r}.", f"Give a TOML file or one of: model, {known}.")


def _whole(name: str, t: Table) -> Whole:
    if "edges" not in t.data:
        t.misspelt("edges", "based_on")
        t.refuse(
            "edges", "is missing, and so is based_on", "Give one of them; see data/graphs for both forms."
        )
    return t.into(Whole, name=name)


def _built(written: Whole) -> Graph:
    return build_graph([written], title=written.title or written.name)


def _edited(name: str, edit: Edit, base: Graph, thresholds: Thresholds) -> Rival:
    index = factor_index(base)
    drop = [e for d in edit.drop for e in _edges(d, index)]
    added = [
        (e, thresholds.strength if a.strength is None else a.strength)
        for a in edit.add
        for e in _edges(a, index)
    ]
    graph = base.edited([e for e, _ in added], drop, edit.latents, edit.title or name)
    return Rival(
        name, edit.why, graph, {_link(e): strength for e, strength in added}, tuple(_link(e) for e in drop)
    )


def _edges(entry: Change, index: Mapping[str, tuple[str, ...]]) -> list[Edge]:
    causes, effects = _members(entry.cause, index), _members(entry.effect, index)
    return [(a, b) for a in causes for b in effects]


def _members(name: str, index: Mapping[str, tuple[str, ...]]) -> list[str]:
    base, day = split(name)
    return [timed(f"{base}.{key}", day) for key in index[base]] if base in index else [name]


def _link(edge: Edge) -> Link:
    (a, day_a), (b, day_b) = split(edge[0]), split(edge[1])
    return a, day_b - day_a, b
