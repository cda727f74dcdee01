"""Rival graphs as small files: edits of the model's graph, or a whole graph of one's own.

An edit says ``based_on = "model"`` with ``[[drop]]`` and ``[[add]]`` tables (cause, effect, optional
strength in standard deviations); a whole graph lists ``edges``, ``latents`` and optionally
``outside`` and ``before_open``.
``factor[t]`` stands for every risk factor of the data.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model.errors import UsageError
from model.gate.graph import Edge, Graph, build_graph, split, timed
from model.gate.thresholds import Thresholds
from model.gate.world import STABLE, Link, World
from model.store import PROJECT

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
class Written:
    """A declaration read from a file."""

    name: str
    edges: tuple[Edge, ...]
    latents: tuple[str, ...]
    outside: tuple[str, ...] = ()
    before_open: tuple[str, ...] = ()


def load_rival(name_or_path: str | Path, base: Graph, thresholds: Thresholds) -> Rival:
    """Read a graph file, by name in ``data/graphs`` or by path.

    Raises
    ------
    UsageError
        No such file, or a graph that cannot be built from it.
    """
    path = _find(name_or_path)
    raw = _read(path)
    if raw.get("based_on") == "model":
        return _edited(path.stem, raw, base, thresholds)
    whole = _whole(path, raw).indexed(factor_index(base))
    links, mine = set(whole.links), set(base.links)
    add = dict.fromkeys(sorted(links - mine), thresholds.strength)
    return Rival(path.stem, raw.get("why", ""), whole, add, tuple(sorted(mine - links)))


def load_graph(name_or_path: str | Path) -> Graph:
    """A whole graph from a file (not an edit of the model's)."""
    path = _find(name_or_path)
    return _whole(path, _read(path))


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


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{path.name} is not valid TOML: {error}.", "See data/graphs for examples."
        ) from error


def _whole(path: Path, raw: Mapping[str, Any]) -> Graph:
    if "edges" not in raw:
        raise UsageError(f"{path.name} has neither edges nor based_on.", "See data/graphs for both forms.")
    part = Written(
        path.stem,
        tuple((a, b) for a, b in raw["edges"]),
        tuple(raw.get("latents", ())),
        tuple(raw.get("outside", ())),
        tuple(raw.get("before_open", ())),
    )
    return build_graph([part], title=raw.get("title", path.stem))


def _edited(name: str, raw: Mapping[str, Any], base: Graph, thresholds: Thresholds) -> Rival:
    index = factor_index(base)
    drop = [e for d in raw.get("drop", ()) for e in _edges(d, index)]
    added = [
        (e, a.get("strength", thresholds.strength)) for a in raw.get("add", ()) for e in _edges(a, index)
    ]
    graph = base.edited([e for e, _ in added], drop, raw.get("latents", ()), raw.get("title", name))
    return Rival(
        name,
        raw.get("why", ""),
        replace(graph, title=raw.get("title", name)),
        {_link(e): float(strength) for e, strength in added},
        tuple(_link(e) for e in drop),
    )


def _edges(entry: Mapping[str, Any], index: Mapping[str, tuple[str, ...]]) -> list[Edge]:
    causes, effects = (_members(entry[side], index) for side in ("cause", "effect"))
    return [(a, b) for a in causes for b in effects]


def _members(name: str, index: Mapping[str, tuple[str, ...]]) -> list[str]:
    base, day = split(name)
    return [timed(f"{base}.{key}", day) for key in index[base]] if base in index else [name]


def _link(edge: Edge) -> Link:
    (a, day_a), (b, day_b) = split(edge[0]), split(edge[1])
    return a, day_b - day_a, b
