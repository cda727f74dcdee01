"""Panels for proving the gate: the graph is true, the rest is harder than the pilot assumes.

The pilot's world is linear with constant shock scales. The proof's panels add what real data have and the
pilot lacks: a concave reaction of flows to a fall, gamma times shock, heavy tails, and stochastic
volatility that moves return, factors and flows together, undone only by the trailing scales of the gate
frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from model.gate.frame import RENAMED, gate_frame
from model.gate.pilot import Pilot
from model.gate.world import World, draw

TAIL, BEND, AMPLIFY = 7.0, -0.15, 0.2
VOLATILITY_SD, VOLATILITY_MEMORY = 0.35, 0.97
LEVELS = ("gamma", "premium", "volatility")


@dataclass(frozen=True)
class Panels:
    """A source of daily columns in which a given world is true.

    Parameters
    ----------
    world : World
    missing : DataFrame
        Day by base name, True where missing.
    """

    world: World
    missing: pd.DataFrame

    def frame(self, rng: np.random.Generator) -> pd.DataFrame:
        """One gate frame."""
        days = len(self.missing)
        drawn = {name: x[0] for name, x in draw(self.world, rng, 1, days).items()}
        spread = np.exp(VOLATILITY_SD * _slow(rng, days))
        daily = pd.DataFrame(
            {name: x if name in LEVELS else x * spread for name, x in drawn.items()}, index=self.missing.index
        )
        daily = daily.mask(self.missing[list(daily)])
        back = {new: old for old, new in RENAMED.items()}
        return gate_frame(daily.rename(columns=back).assign(scale=_trailing(daily["return"])))


def harder(pilot: Pilot) -> World:
    """The pilot's world with concave flows, gamma times shock and heavy tails."""
    links = [k for k in pilot.world.coefficients if k[0] == "return" and k[2] == "flow"]
    return replace(
        pilot.world,
        bends=dict.fromkeys(links, BEND),
        amplified={effect: (state, AMPLIFY) for effect, (state, _) in pilot.world.amplified.items()},
        tail=TAIL,
    )


def _slow(rng: np.random.Generator, days: int) -> np.ndarray:
    """A stationary first-order autoregression with unit variance."""
    out = np.empty(days)
    level = rng.standard_normal()
    for t in range(days):
        out[t] = level
        level = VOLATILITY_MEMORY * level + np.sqrt(1 - VOLATILITY_MEMORY**2) * rng.standard_normal()
    return out


def _trailing(x: pd.Series, half_life: float = 15.0) -> pd.Series:
    """Volatility known the day before."""
    return np.sqrt((x**2).ewm(halflife=half_life).mean()).shift(1).fillna(float(x.std()))
