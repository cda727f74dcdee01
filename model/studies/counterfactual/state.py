"""Let trailing volatility, impact scale and gamma proxy follow a counterfactual path."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from model import units
from model.mechanisms.design import Design
from model.mechanisms.simulate.replay import replay
from model.panel import trailing
from model.panel.universe import Universe
from model.studies.counterfactual.interventions import World


def follow(world: World, whole: Design, universe: Universe) -> World:
    """The world with its state rebuilt along its own path.

    Each day's state depends on the days before, so as many passes as there are days make it exact. Notes stay on
    the realised path.

    Parameters
    ----------
    world : World
        Cut from ``whole``.
    whole : Design
    universe : Universe
        For the documented starting values of the trailing scales.
    """
    start = int(np.flatnonzero(whole.dates == world.design.dates[0])[0])
    stop = start + world.design.days
    for _ in range(world.design.days):
        path = replay(world.parameters, world.design, world.shocks)
        state = rebuilt(whole, start, path.returns, universe)
        new: dict[str, Any] = {k: v[start:stop] for k, v in state.items()}
        world = world._replace(design=replace(world.design, **new))
    return world


def rebuilt(design: Design, start: int, returns: np.ndarray, universe: Universe) -> dict[str, np.ndarray]:
    """State regressors when the returns from ``start`` on are replaced. Each ``Shape: (T,)``.

    Only the departure from the realised path is applied, so that replacing returns by themselves changes nothing.
    """
    before = _state(design.returns, design, universe)
    new = design.returns.copy()
    new[start : start + len(returns)] = returns
    after = _state(new, design, universe)
    return {
        "volatility": design.volatility * after["volatility"] / before["volatility"],
        "ratio": design.ratio * after["ratio"] / before["ratio"],
        "gamma": design.gamma + after["gamma"] - before["gamma"],
    }


def _state(returns: np.ndarray, design: Design, universe: Universe) -> dict[str, np.ndarray]:
    """Trailing state of a return path; the row before the first day is the panel's first."""
    whole = np.concatenate([[np.nan], returns])
    first = design.price[0] / np.exp(design.returns[0] / units.PERCENT)
    price = pd.Series(first * np.exp(np.cumsum(np.nan_to_num(whole)) / units.PERCENT))
    vol = trailing.volatility(whole, universe.calm.volatility_pct)
    return {
        "volatility": vol[1:],
        "ratio": trailing.volatility_ratio(vol, universe.calm.volatility_pct)[1:],
        "gamma": trailing.gamma_proxy(price, vol)[1:],
    }
