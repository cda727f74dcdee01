r"""A linear timed world with latents, and panels drawn from it.

.. math:: y_{v,t} = \Big(\sum_{u,k} a_{uvk}\, y_{u,t-k} + \sigma_v e_{v,t}\Big)
          \big(1 + c_v\, g_t\big)_{\text{same-day terms only}}

Units are standard deviations of the observed columns. Shocks of what is outside the model are correlated;
shocks may be Student-t; a state known before the open may amplify the same-day terms (gamma times shock).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import networkx as nx
import numpy as np

Link = tuple[str, int, str]
BURN_IN = 40
AMPLIFIED = (0.3, 3.0)
"""Widest range the amplification of a day is kept in."""
STABLE = 0.975
"""Largest modulus a world's companion matrix may have, also on its most amplified day: panels must not explode."""

GAIN_STEPS = 20


@dataclass(frozen=True)
class World:
    """Coefficients and shock scales of a timed linear system.

    Parameters
    ----------
    observed, latents : tuple of str
    coefficients : mapping of (cause, days, effect) to float
    scales : mapping of str to float
        Standard deviation of each variable's own shock.
    shared : (names, correlation)
        Block of variables with correlated shocks.
    amplified : mapping of str to (state, strength)
    bends : mapping of (cause, days, effect) to float
        Change of slope where the cause is below -1 (a concave response).
    tail : float
        Degrees of freedom of the shocks; infinity for Gaussian.
    """

    observed: tuple[str, ...]
    latents: tuple[str, ...]
    coefficients: Mapping[Link, float]
    scales: Mapping[str, float]
    shared: tuple[tuple[str, ...], np.ndarray] = ((), np.zeros((0, 0)))
    amplified: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    bends: Mapping[Link, float] = field(default_factory=dict)
    tail: float = np.inf

    @property
    def names(self) -> tuple[str, ...]:
        """All variables, causes of the same day first."""
        today = nx.DiGraph()
        today.add_nodes_from(sorted(self.observed + self.latents))
        today.add_edges_from((a, b) for a, lag, b in self.coefficients if lag == 0)
        return tuple(nx.lexicographical_topological_sort(today))

    def modulus(self, gain: float = 1.0) -> float:
        """Largest modulus of the companion matrix; below one, panels stay within bounds.

        Parameters
        ----------
        gain : float
            Factor on the same-day terms of what is amplified, as on a day in an extreme state.
        """
        place = {name: i for i, name in enumerate(self.names)}
        now, *before = (_matrix(self, place, k) for k in range(self.deepest + 1))
        for name in self.amplified:
            now[:, place[name]] *= gain
        solved = np.linalg.inv(np.eye(len(place)) - now.T)
        size = len(place) * len(before)
        companion = np.eye(size, k=-len(place))
        for k, matrix in enumerate(before):
            companion[: len(place), k * len(place) : (k + 1) * len(place)] = solved @ matrix.T
        return float(np.abs(np.linalg.eigvals(companion)).max()) if size else 0.0

    @property
    def deepest(self) -> int:
        """Longest lag."""
        return max((lag for _, lag, _ in self.coefficients), default=0)

    @property
    def largest_gain(self) -> float:
        """Amplification above which the world would explode, at most the upper end of ``AMPLIFIED``."""
        low, high = 1.0, AMPLIFIED[1]
        if not self.amplified or self.modulus(high) <= STABLE:
            return high
        for _ in range(GAIN_STEPS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self.modulus(middle) <= STABLE else (low, middle)
        return low

    def rewired(
        self,
        add: Mapping[Link, float],
        drop: tuple[Link, ...],
        latents: tuple[str, ...],
        scales: Mapping[str, float],
    ) -> World:
        """Another world: links dropped, then added with the strengths given; new latents have unit shocks."""
        kept = {k: v for k, v in self.coefficients.items() if k not in drop}
        new = tuple(b for b in latents if b not in self.latents)
        return replace(
            self,
            latents=self.latents + new,
            coefficients={**kept, **add},
            scales={**self.scales, **dict.fromkeys(new, 1.0), **scales},
            bends={k: v for k, v in self.bends.items() if k not in drop},
        )


def draw(world: World, rng: np.random.Generator, panels: int, days: int) -> dict[str, np.ndarray]:
    """Panels of the observed variables.

    Returns
    -------
    dict of str to numpy.ndarray
        ``Shape: (panels, days)`` per observed variable.
    """
    names = world.names
    place = {name: i for i, name in enumerate(names)}
    shocks = _shocks(world, rng, panels, days + BURN_IN, place)
    deepest, most = world.deepest, world.largest_gain
    lagged = [_matrix(world, place, k) for k in range(deepest + 1)]
    bends = [(place[a], k, place[b], slope) for (a, k, b), slope in world.bends.items()]
    amplified = {place[v]: (place[g], c) for v, (g, c) in world.amplified.items()}
    y = np.zeros((days + BURN_IN + deepest, panels, len(names)))
    for t in range(deepest, len(y)):
        _one_day(y, t, shocks[t - deepest], lagged, bends, amplified, most)
    kept = y[-days:].transpose(2, 1, 0)
    return {name: np.ascontiguousarray(kept[place[name]]) for name in world.observed}


def _one_day(y, t, shock, lagged, bends, amplified, most) -> None:
    before = sum((y[t - k] @ lagged[k] for k in range(1, len(lagged))), np.zeros_like(shock))
    same_day = lagged[0]
    for v in range(shock.shape[1]):
        now = shock[:, v] + y[t][:, :v] @ same_day[:v, v]
        past = before[:, v]
        for cause, k, effect, slope in bends:
            if effect == v:
                past = past + slope * np.minimum(y[t - k][:, cause] + 1.0, 0.0)
        if v in amplified:
            state, strength = amplified[v]
            now = now * np.clip(1.0 + strength * y[t][:, state], AMPLIFIED[0], most)
        y[t][:, v] = now + past


def _matrix(world: World, place: Mapping[str, int], lag: int) -> np.ndarray:
    out = np.zeros((len(place), len(place)))
    for (a, k, b), value in world.coefficients.items():
        if k == lag:
            out[place[a], place[b]] = value
    return out


def _shocks(world: World, rng, panels: int, days: int, place: Mapping[str, int]) -> np.ndarray:
    """``Shape: (days, panels, variables)``."""
    e = rng.standard_normal((days, panels, len(place)))
    block, correlation = world.shared
    if block:
        root = np.linalg.cholesky(correlation + 1e-9 * np.eye(len(block)))
        where = [place[b] for b in block]
        e[:, :, where] = e[:, :, where] @ root.T
    if np.isfinite(world.tail):
        e *= np.sqrt((world.tail - 2.0) / rng.chisquare(world.tail, e.shape))
    return e * np.array([world.scales[name] for name in place])
