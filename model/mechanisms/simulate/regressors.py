"""Regressors that follow a simulated path, as :mod:`model.panel.trailing` and :mod:`model.design` make them from data."""

from __future__ import annotations

import math

import numpy as np

from model import units
from model.mechanisms.design import Design
from model.mechanisms.simulate.records import SimulatedPath
from model.panel import trailing

LIVE_WITHIN = 40.0
"""log-%; barriers further away than this are left out, as in :mod:`model.design.make`."""


class Rebuild:
    """Regressors that follow the path: volatility, its ratio, gamma proxy, prices, barriers."""

    def __init__(self, design: Design):
        self.level = float(design.volatility[0] / design.ratio[0])
        first = units.PERCENT * math.log(design.price[0]) - design.returns[0]
        self.log_close = [float(first)]
        before = np.concatenate([[first], units.PERCENT * np.log(design.price[:-1])])
        self.notes: dict[int, tuple[float, float]] = {}
        for n in range(design.live.shape[1]):
            for t in np.flatnonzero(design.live[:, n])[:1]:
                self.notes[n] = (float(before[t] + design.barrier[t, n]), float(design.live[t, n]))

    def morning(self, path: SimulatedPath, t: int) -> None:
        """Write the day's regressors from the days before it."""
        if t:
            keep = 0.5 ** (1.0 / trailing.VOLATILITY_HALF_LIFE)
            path.volatility[t] = math.sqrt(
                keep * path.volatility[t - 1] ** 2 + (1.0 - keep) * path.returns[t - 1] ** 2
            )
            keep = 0.5 ** (1.0 / trailing.LEVEL_HALF_LIFE)
            self.level = keep * self.level + (1.0 - keep) * path.volatility[t - 1]
            path.ratio[t] = np.clip(path.volatility[t] / self.level, *trailing.RATIO_RANGE)
            fall = max(self.log_close[-trailing.HIGH_WINDOW :]) - self.log_close[-1]
            typical = path.volatility[t] * math.sqrt(trailing.HIGH_WINDOW)
            path.gamma[t] = np.clip(fall / typical - trailing.TYPICAL_DRAWDOWN, -1.0, 2.0)
        for n, (level, share) in self.notes.items():
            self._note(path, t, n, level, share)

    def _note(self, path: SimulatedPath, t: int, n: int, level: float, share: float) -> None:
        """Distance of a barrier from the last close; a note dies with the first close behind it."""
        distance = level - self.log_close[-1]
        alive = min(self.log_close) > level and abs(distance) < LIVE_WITHIN
        path.barrier[t, n] = distance if alive else 0.0
        path.live[t, n] = share if alive else 0.0

    def evening(self, path: SimulatedPath, t: int) -> None:
        """Write the day's close."""
        self.log_close.append(self.log_close[-1] + float(path.returns[t]))
        path.price[t] = math.exp(self.log_close[-1] / units.PERCENT)
