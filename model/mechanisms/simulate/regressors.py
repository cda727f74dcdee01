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
    """Regressors that follow the path: volatility, its ratio, gamma proxy, mean and size of flows, prices, barriers."""

    def __init__(self, design: Design):
        self.printed = np.isfinite(design.flows) & (design.listed > 0)
        whole = (self.printed | (design.listed == 0)).all(axis=1)
        self.summed = whole | np.isfinite(design.total) if len(design.total) else whole
        self.square = float(design.activity[0]) ** 2
        self.calm_flow = design.calm_flow
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
            self._flows(path, t)
            fall = max(self.log_close[-trailing.HIGH_WINDOW :]) - self.log_close[-1]
            typical = path.volatility[t] * math.sqrt(trailing.HIGH_WINDOW)
            path.gamma[t] = np.clip(fall / typical - trailing.TYPICAL_DRAWDOWN, -1.0, 2.0)
        for n, (level, share) in self.notes.items():
            self._note(path, t, n, level, share)

    def _flows(self, path: SimulatedPath, t: int) -> None:
        """Mean and size of flows, from what was printed the day before."""
        before = path.flows[t - 1]
        keep = 0.5 ** (1.0 / trailing.RECENT_HALF_LIFE)
        moved = keep * path.recent[t - 1] + (1.0 - keep) * before
        path.recent[t] = np.where(self.printed[t - 1], moved, path.recent[t - 1])
        if self.summed[t - 1]:
            keep = 0.5 ** (1.0 / trailing.ACTIVITY_HALF_LIFE)
            self.square = keep * self.square + (1.0 - keep) * (before.sum() / self.calm_flow) ** 2
        path.activity[t] = np.clip(math.sqrt(self.square), *trailing.RATIO_RANGE)

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
