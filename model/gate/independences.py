"""What the graph forbids: independences among observed variables, latents projected out.

Two observed variables can be separated by some observed set exactly when the projected mixed graph has no
edge between them; and if any observed set separates them, their observed ancestors do (Richardson and
Spirtes 2002). So the search needs no explicit projection: it asks the unrolled graph, conditioning on
observed nodes only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from model.gate.graph import Graph, split, timed, unroll
from model.gate.separation import Separation


@dataclass(frozen=True)
class Independence:
    """``x`` is independent of ``y`` given ``given``; timed names, the later of x and y on day t."""

    x: str
    y: str
    given: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.x} _||_ {self.y} | {', '.join(self.given) or 'nothing'}"

    @property
    def short(self) -> str:
        """The claim without days further back than those of x and y."""
        near = [n for n in self.given if split(n)[1] == 0]
        return f"{self.x} _||_ {self.y} | {', '.join([*near, 'past'])}"


@lru_cache(maxsize=64)
def implied_independences(graph: Graph, max_lag: int = 1, own_lags: int = 2) -> tuple[Independence, ...]:
    """One statement for every pair of observed variables that some observed set separates.

    Parameters
    ----------
    graph : Graph
    max_lag : int
        Pairs are (a on day t - k, b on day t) with k up to this; day shifts of a statement are not repeated.
    own_lags : int
        Previous days of x and y added to the conditioning set wherever separation survives it, so that
        what is tested are innovations.
    """
    world = _world(graph, max_lag + own_lags)
    usable = {timed(b, -k) for b in graph.observed for k in range(max_lag + own_lags + 1)}
    found = [_separate(world, x, y, usable, own_lags) for x, y in _pairs(graph, max_lag)]
    return tuple(statement for statement in found if statement is not None)


def implies(graph: Graph, statement: Independence) -> bool:
    """Whether the graph implies this statement (False when it does not know the variables)."""
    names = {statement.x, statement.y, *statement.given}
    world = _world(graph, max(-split(n)[1] for n in names))
    if not names <= world.position.keys():
        return False
    return world.separated(statement.x, statement.y, statement.given)


@lru_cache(maxsize=64)
def _world(graph: Graph, deepest: int) -> Separation:
    return Separation(unroll(graph, back=deepest + 1))


def _pairs(graph: Graph, max_lag: int):
    """Pairs worth asking about; neither the outside nor the pre-open block is set against itself."""
    blocks = (graph.outside, graph.before_open)
    for lag, (a, b) in product(range(max_lag + 1), product(graph.observed, repeat=2)):
        twice = (lag == 0 and a >= b) or (lag > 0 and a == b)
        if not twice and not any(a in block and b in block for block in blocks):
            yield timed(a, -lag), timed(b)


def _separate(world: Separation, x: str, y: str, usable: set[str], own_lags: int) -> Independence | None:
    """Prefer one variable of the same day beside own lags; otherwise thin the observed ancestors out."""
    candidates = (world.ancestors([x, y]) & usable) - {x, y}
    if not world.separated(x, y, candidates):
        return None
    own = _own_lags(x, y, own_lags) & usable
    for extra in [set[str](), *({n} for n in sorted(usable - {x, y}) if split(n)[1] == 0)]:
        if world.separated(x, y, own | extra):
            return Independence(x, y, tuple(sorted(own | extra)))
    given = set(candidates)
    for name in sorted(candidates - own, key=lambda n: (split(n)[1], n)):
        if world.separated(x, y, given - {name}):
            given.remove(name)
    for name in sorted(own - given):
        if world.separated(x, y, given | {name}):
            given.add(name)
    return Independence(x, y, tuple(sorted(given)))


def _own_lags(x: str, y: str, own_lags: int) -> set[str]:
    return {timed(b, d - k) for b, d in (split(x), split(y)) for k in range(1, own_lags + 1)} - {x, y}
