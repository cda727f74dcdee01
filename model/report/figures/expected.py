"""Was the event's flow unusual? Observed beside expected flow and the predictive distribution."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model.report.figures.fit_view import FitView
from model.report.figures.style import AXIS, INK, READING_COLOURS, Space, density, grid, new_figure, panels
from model.report.tables.lines import READINGS, Expected, expected_of
from model.report.tables.text import amount, day, interval

NOTE = (
    "Shaded: the flow that was to be expected at the day's close, given earlier days and the day's return, its own "
    "print unseen (darker: middle 89 %). Diamond and lines: its median, 50 and 89 % predictive intervals. Tick marks "
    "below: 89 % interval of the mean alone, which is no forecast. Black line: the flow on the vendor's date. The "
    "outermost 2 % at either end are not drawn. Parameters were fitted to the same days."
)
REACH = (0.02, 0.98)
"""Part of the predictive distribution that is drawn."""


def draw_expected(view: FitView) -> Figure:
    """Event days (rows) by reading (columns)."""
    shown = view.shown
    fig = new_figure(view, "Expected beside observed flow", NOTE, 1.6 + 1.75 * len(view.days))
    axes = panels(fig, len(view.days), len(shown), Space(down=0.36), share=True)
    for j, (reading, data) in enumerate(shown.items()):
        expected = expected_of(data, view.days)
        for i, d in enumerate(view.days):
            ax = axes[i, j]
            _panel(ax, expected, i, READING_COLOURS[reading])
            ax.set_title(f"{day(d)}: {READINGS[reading].lower()}")
    for ax in axes[-1]:
        ax.set_xlabel(AXIS["flow"])
    return fig


def _panel(ax: Axes, e: Expected, i: int, paint: str) -> None:
    draws, seen = e.draws[:, i], float(e.seen[i])
    numbers = {k: float(x[i]) for k, x in e.summary().items()}
    x, y = density(draws[(draws >= np.quantile(draws, REACH[0])) & (draws <= np.quantile(draws, REACH[1]))])
    inside = (x >= numbers["low"]) & (x <= numbers["high"])
    ax.fill_between(x, y / y.max(), color=paint, alpha=0.15, lw=0)
    ax.fill_between(x, y / y.max(), where=list(inside), color=paint, alpha=0.3, lw=0)
    for ends, width in ((("low", "high"), 1.2), (("low_50", "high_50"), 3.0)):
        ax.plot([numbers[k] for k in ends], [0.14, 0.14], color=INK, lw=width)
    ax.plot(numbers["median"], 0.14, "D", color="white", mec=INK, ms=6)
    ax.plot([numbers["mean_low"], numbers["mean_high"]], [0.05, 0.05], "|-", color=INK, lw=0.6, ms=5)
    said = "observed: not published yet"
    if np.isfinite(seen):
        ax.plot([seen, seen], [0, 1.08], color=INK, lw=2.0)
        said = f"observed {amount(seen, 'flow')} ({ordinal(numbers['percentile'])} percentile)"
    text = f"{said}, expected {amount(numbers['median'], 'flow')} {interval(numbers['low'], numbers['high'], 'flow')}"
    ax.text(0.0, 0.99, text, transform=ax.transAxes, va="top", fontsize=8.5)
    ax.set_ylim(0, 1.32)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=INK, lw=0.7, ls=":", ymax=0.8)
    grid(ax)


def percentile(draws: np.ndarray | None, seen: float) -> float:
    """Where an observed value stands in a predictive distribution, in per cent; NaN without draws or print."""
    return float("nan") if draws is None or not np.isfinite(seen) else 100 * float((draws < seen).mean())


def ordinal(percent: float) -> str:
    """``82nd``."""
    if not np.isfinite(percent):
        return "unknown"
    n = round(percent)
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
