"""Posterior predictive: does the model expect what happened?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model.report.figures.fit_view import FitView
from model.report.figures.style import (
    AXIS,
    FAINT,
    INK,
    READING_COLOURS,
    Space,
    grid,
    mark_days,
    new_figure,
    panels,
    time_axis,
    zero,
)
from model.report.tables.lines import QUANTILES, READINGS, dates_of, quantiles

NOTE = (
    "Left: predictive distribution of each day with 50 and 89 % bands (flow given what the day's close shows; return "
    "given its risk factors and stress); orange: observed outside the 89 % band. Right: distribution of "
    "the observed value's percentile (PIT) minus the uniform one; grey: where 89 % of calibrated models "
    "stay. Parameters were fitted to the same days, which flatters the model."
)
SIMULATIONS = 1000
OUTSIDE = "#d55e00"
LEVELS = (QUANTILES[0], 0.25, 0.5, 0.75, QUANTILES[2])


class Predicted(NamedTuple):
    """Replicates and observed values. ``draws``: ``Shape: (sample, date)``; ``seen``: ``(date,)``."""

    days: pd.DatetimeIndex
    draws: np.ndarray
    seen: np.ndarray

    @property
    def pit(self) -> np.ndarray:
        """Share of replicates below the observed value, per day with an observation."""
        known = np.isfinite(self.seen)
        return (self.draws[:, known] < self.seen[known]).mean(axis=0)


def predicted(view: FitView, reading: str, quantity: str) -> Predicted | None:
    """Replicates of a quantity beside the observed values on the days both have."""
    data = view.group(reading, "posterior_predictive")
    if data is None or quantity not in data:
        return None
    other = view.decomposition[reading]
    have, want = dates_of(data), dates_of(other)
    common = have.intersection(want)
    values = data[quantity].transpose("sample", "date").to_numpy()[:, have.get_indexer(common)]
    seen = other[f"observed_{quantity}"].to_numpy()[want.get_indexer(common)]
    return Predicted(common, values, seen)


def draw_predictive(view: FitView) -> Figure:
    """Bands with observations, and PIT, for flow and return."""
    title = f"Posterior predictive: {READINGS[view.main].lower()}"
    fig = new_figure(view, title, NOTE, 6.4)
    axes = panels(fig, 2, 2, Space(left=0.45, across=0.6, down=0.75, bottom=0.55), width_ratios=[2.6, 1])
    for (left, right), quantity in zip(axes, AXIS, strict=True):
        p = predicted(view, view.main, quantity)
        if p is None:
            left.text(0.5, 0.5, "No replicates in this fit.", ha="center", transform=left.transAxes)
            continue
        _bands(left, p, view, quantity)
        _pit(right, p.pit, view.gate.seed)
    return fig


def _bands(ax: Axes, p: Predicted, view: FitView, quantity: str) -> None:
    outer_low, low, median, high, outer_high = quantiles(p.draws[:: max(1, len(p.draws) // 1000)], LEVELS)
    paint = READING_COLOURS[view.main]
    ax.fill_between(p.days, outer_low, outer_high, color=paint, alpha=0.18, lw=0)
    ax.fill_between(p.days, low, high, color=paint, alpha=0.32, lw=0)
    ax.plot(p.days, median, color=paint, lw=0.9)
    out = (p.seen < outer_low) | (p.seen > outer_high)
    size = 3.2 if len(p.days) < 200 else 1.8
    ax.plot(p.days[~out], p.seen[~out], "o", ms=size, color=INK)
    ax.plot(p.days[out], p.seen[out], "o", ms=size + 1.2, color=OUTSIDE, mec="white", mew=0.4)
    share = np.mean(~out[np.isfinite(p.seen)])
    ax.set_title(f"{AXIS[quantity]}: {share:.0%} of days inside the 89 % band")
    mark_days(ax, view.days)
    zero(ax, vertical=False)
    grid(ax, "y")
    time_axis(ax)
    ax.margins(x=0.01)


def _pit(ax: Axes, pit: np.ndarray, seed: int) -> None:
    at = np.linspace(0, 1, 101)
    low, high = simultaneous_band(len(pit), at, seed)
    ax.fill_between(at, low, high, color=FAINT, lw=0)
    ax.step(at, ecdf(pit, at) - at, color=INK, lw=1.3, where="post")
    zero(ax, vertical=False)
    ax.set_title("PIT minus uniform")
    ax.set_xlabel("percentile of the observed value")
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100"])
    ax.tick_params(length=0)


def ecdf(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Empirical distribution function of the last axis. ``(..., n), (k,) -> (..., k)``."""
    ordered = np.sort(values, axis=-1)
    flat = ordered.reshape(-1, ordered.shape[-1])
    counts = np.stack([np.searchsorted(row, at, side="right") for row in flat])
    return (counts / ordered.shape[-1]).reshape(*values.shape[:-1], len(at))


def simultaneous_band(n: int, at: np.ndarray, seed: int, mass: float = 0.89) -> tuple[np.ndarray, np.ndarray]:
    """Band that ``mass`` of uniform samples of size n stay in everywhere, around the uniform distribution.

    Pointwise standard deviations times one factor, found by simulation (Saeilynoja, Buerkner and Vehtari 2022
    use the same idea with exact pointwise quantiles).
    """
    draws = ecdf(np.random.default_rng(seed).random((SIMULATIONS, n)), at) - at
    sd = np.sqrt(np.maximum(at * (1 - at), 0.25 / n) / n)
    factor = np.quantile(np.abs(draws / sd).max(axis=1), mass)
    return -factor * sd, factor * sd
