"""Counterfactual flow and return of the event's days, draw by draw, with a Shapley split of several settings.

The days before the event keep their observed returns and prints. From two booking days before the event on, the
settings hold and the days are lived through again by :func:`~model.mechanisms.simulate.replay` with the draw's own shocks.
Impact, gamma state and notes stay on the realised path; with ``rebuild`` the first two follow the new one, and
the difference is the state effect.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from model import units
from model.attribution.ledger import split_shocks
from model.errors import UsageError
from model.inference.draws import Draws, by_name, one, posterior_latents
from model.mechanisms.design import PRE_SAMPLE, Design
from model.mechanisms.simulate.replay import extract_shocks, replay
from model.panel.universe import Universe
from model.studies.counterfactual.cut import cut
from model.studies.counterfactual.interventions import Setting, World
from model.studies.counterfactual.state import follow

MOST_SETTINGS = 5
REPLAY_TOLERANCE = 1e-9


@dataclass(frozen=True)
class WhatIf:
    """Result of settings on the event's days.

    Attributes
    ----------
    settings : tuple of Setting
    dates : tuple of str
    observed : numpy.ndarray
        ``Shape: (days, 2)``: flow (USD m) and return (log-%).
    counterfactual : numpy.ndarray
        ``Shape: (S, days, 2)``, all settings together.
    shapley : numpy.ndarray
        ``Shape: (settings, S, days, 2)``; they add up to counterfactual minus observed.
    state_effect : numpy.ndarray or None
        ``Shape: (S, days, 2)``; what a rebuilt state adds to the counterfactual.
    """

    settings: tuple[Setting, ...]
    dates: tuple[str, ...]
    observed: np.ndarray
    counterfactual: np.ndarray
    shapley: np.ndarray
    state_effect: np.ndarray | None


def what_if(
    draws: Draws,
    design: Design,
    settings: tuple[Setting, ...],
    seed: int,
    use_positions: bool = True,
    universe: Universe | None = None,
) -> WhatIf:
    """Counterfactuals of the event's days.

    Parameters
    ----------
    draws : mapping
        Posterior draws, each ``Shape: (S, ...)``.
    design : Design
        With event days.
    settings : tuple of Setting
    seed : int
        For latents and the prior-driven split of the shared demand shock.
    use_positions : bool
    universe : Universe, optional
        Given: the state effect is worked out too.

    Raises
    ------
    UsageError
        If there are no settings, too many, or one twice.
    ArithmeticError
        If the replay without settings does not give the data back.
    """
    _check(settings)
    worlds, days = worlds_of(draws, design, seed, use_positions)
    subsets = [s for k in range(len(settings) + 1) for s in combinations(range(len(settings)), k)]
    values = {s: np.stack([_live(_with(w, settings, s), days) for w in worlds]) for s in subsets}
    _require_the_data(values[()], worlds, days)
    everything = tuple(range(len(settings)))
    effect = None
    if universe is not None:
        full = [_with(w, settings, everything) for w in worlds]
        effect = np.stack([_live(follow(w, design, universe), days) for w in full]) - values[everything]
    return WhatIf(
        settings,
        tuple(str(design.dates[t].date()) for t in design.event_days),
        values[()].mean(axis=0),
        values[everything],
        shapley(values, len(settings)),
        effect,
    )


def worlds_of(
    draws: Draws, design: Design, seed: int, use_positions: bool = True
) -> tuple[list[World], list[int]]:
    """Every draw's parameters, shocks and days from two booking days before the event, and the event's rows."""
    latents, flows = posterior_latents(draws, design, use_positions, seed)
    split = split_shocks(draws, latents, np.random.default_rng(seed))
    start, stop = min(design.event_days) - PRE_SAMPLE, max(design.event_days) + 1
    short = cut(design, start, stop)
    worlds = []
    for s in range(len(latents)):
        p, x = one(draws, s), latents[s, start:stop]
        prints = flows[min(s, len(flows) - 1), start:stop]
        shocks = extract_shocks(p, short, by_name(x, prints))
        worlds.append(World(p, short, shocks, split["multi_asset"][s, start:stop]))
    return worlds, list(short.event_days)


def _with(world: World, settings: tuple[Setting, ...], chosen: Iterable[int]) -> World:
    for k in chosen:
        world = settings[k].do(world)
    return world


def _live(world: World, days: list[int]) -> np.ndarray:
    """Total flow (USD m) and return (log-%) of the days. ``Shape: (days, 2)``."""
    path = replay(world.parameters, world.design, world.shocks)
    return np.column_stack([units.bn_to_usd_m(path.flows[days].sum(axis=1)), path.returns[days]])


def shapley(values: dict[tuple[int, ...], np.ndarray], count: int) -> np.ndarray:
    """Shapley value of every setting: its mean effect over all orders in which they can be switched on.

    Parameters
    ----------
    values : mapping
        Outcome of every subset of settings, arrays of one shape.
    count : int

    Returns
    -------
    numpy.ndarray
        ``Shape: (count, ...)``; sums over settings to ``values[all] - values[()]``.
    """
    out = np.zeros((count, *values[()].shape))
    for k in range(count):
        others = [i for i in range(count) if i != k]
        for size in range(count):
            weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
            for s in combinations(others, size):
                out[k] += weight * (values[tuple(sorted((*s, k)))] - values[s])
    return out


def _require_the_data(nothing: np.ndarray, worlds: list[World], days: list[int]) -> None:
    """Without settings every draw must give back what was observed."""
    gap = np.abs(nothing[..., 1] - worlds[0].design.returns[days]).max()
    if not gap < REPLAY_TOLERANCE:
        raise ArithmeticError(f"The replay misses the observed returns by {gap:.3g} log-%.")


def _check(settings: tuple[Setting, ...]) -> None:
    names = [s.name for s in settings]
    if not settings or len(settings) > MOST_SETTINGS:
        raise UsageError(f"{len(settings)} settings.", f"Give one to {MOST_SETTINGS} with --set NAME=VALUE.")
    if len(set(names)) < len(names):
        raise UsageError("A setting is given twice.", "Give each once.")
