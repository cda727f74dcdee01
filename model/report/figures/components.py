"""Every line of the decomposition over the whole window."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from model.report.figures.fit_view import FitView
from model.report.figures.style import (
    AXIS,
    EVENT,
    INK,
    MUTED,
    Space,
    colour,
    grid,
    key,
    mark_days,
    new_figure,
    panels,
    time_axis,
    zero,
)
from model.report.tables.lines import QUANTILES, READINGS, Block, block, quantiles, thinned

LEVELS = (QUANTILES[0], 0.25, 0.5, 0.75, QUANTILES[2])
NOTE = (
    "By component (whose trades), medians with 50 and 89 % bands; every panel has the same scale. "
    "Sums whose split only the prior decides are shown as sums."
)


def draw_components(view: FitView, quantity: str) -> Figure:
    """One panel per line, the observed value first; bands of one reading, the other's median dashed."""
    blocks = {r: block(thinned(d), quantity, "channel") for r, d in view.shown.items()}
    (first, b), *others = blocks.items()
    keep = [k for k, line in enumerate(b.lines) if line.additive]
    note = f"{NOTE} Bands: {READINGS[first].lower()}."
    fig = new_figure(
        view, f"{AXIS[quantity].split(',')[0]} by component, every day", note, 1.5 + 1.02 * (len(keep) + 1)
    )
    axes = panels(fig, len(keep) + 1, 1, Space(left=0.75, down=0.3), share=True)[:, 0]
    axes[0].bar(b.days, b.observed, color=INK, width=0.8)
    axes[0].set_title("Observed")
    for ax, k in zip(axes[1:], keep, strict=True):
        _band(ax, b, k)
        for _, other in others:
            middle = np.median(other.values[..., k], axis=0)
            ax.plot(other.days, middle, color=INK, lw=0.8, ls=(0, (3, 2)), zorder=1.8)
        ax.set_title(b.lines[k].title)
    for ax in axes:
        zero(ax, vertical=False)
        grid(ax, "y")
        mark_days(ax, view.days)
        ax.margins(x=0.01)
    time_axis(axes[-1])
    axes[len(keep) // 2].set_ylabel(AXIS[quantity])
    _legend(fig, [r for r, _ in others])
    return fig


def _band(ax: Axes, b: Block, k: int) -> None:
    outer_low, low, median, high, outer_high = quantiles(b.values[..., k], LEVELS)
    paint = colour(b.lines[k].key)
    ax.fill_between(b.days, outer_low, outer_high, color=paint, alpha=0.25, lw=0)
    ax.fill_between(b.days, low, high, color=paint, alpha=0.45, lw=0)
    ax.plot(b.days, median, color=paint, lw=1.3, zorder=2.2)


def _legend(fig: Figure, others: list[str]) -> None:
    handles: list[Line2D | Patch] = [
        Patch(color=MUTED, alpha=0.25, label="89 %"),
        Patch(color=MUTED, alpha=0.6, label="50 %"),
    ]
    handles += [
        Line2D([], [], color=INK, lw=0.8, ls=(0, (3, 2)), label=f"{READINGS[r]}: median") for r in others
    ]
    handles.append(Patch(color=EVENT, label="Event's days"))
    key(fig, handles)
