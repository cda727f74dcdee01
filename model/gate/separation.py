"""m-separation on an unrolled graph, fast enough to search for small separating sets.

``x`` and ``y`` are separated by ``Z`` in a directed acyclic graph exactly when no path joins them in the
moral graph of the ancestors of ``{x, y} | Z`` once ``Z`` is removed (Lauritzen et al. 1990). Sets are bit
masks.
"""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx


class Separation:
    """Repeated separation queries on one directed acyclic graph.

    Parameters
    ----------
    world : networkx.DiGraph
    """

    def __init__(self, world: nx.DiGraph) -> None:
        order = list(nx.topological_sort(world))
        self.position = {name: i for i, name in enumerate(order)}
        self._parents = [self._mask(world.predecessors(name)) for name in order]
        self._children = [self._mask(world.successors(name)) for name in order]
        self._ancestors = [0] * len(order)
        for i in range(len(order)):
            self._ancestors[i] = (1 << i) | _union(self._ancestors, self._parents[i])

    def separated(self, x: str, y: str, given: Iterable[str]) -> bool:
        """Whether ``given`` separates x from y."""
        start, goal, blocked = 1 << self.position[x], 1 << self.position[y], self._mask(given)
        allowed = _union(self._ancestors, start | goal | blocked)
        seen = frontier = start
        while frontier:
            reached = 0
            for i in _bits(frontier):
                married = self._children[i] & allowed
                reached |= self._parents[i] | married | _union(self._parents, married)
            frontier = reached & allowed & ~seen & ~blocked
            if frontier & goal:
                return False
            seen |= frontier
        return True

    def ancestors(self, names: Iterable[str]) -> set[str]:
        """Names of all ancestors, the given ones included."""
        found = _union(self._ancestors, self._mask(names))
        return {name for name, i in self.position.items() if found >> i & 1}

    def _mask(self, names: Iterable[str]) -> int:
        mask = 0
        for name in names:
            mask |= 1 << self.position[name]
        return mask


def _bits(mask: int):
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _union(masks: list[int], members: int) -> int:
    out = 0
    for i in _bits(members):
        out |= masks[i]
    return out
