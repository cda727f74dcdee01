"""Was the event's flow unusual? Observed beside expected flow and the predictive distribution."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model.report.figures.fit_view import FitView
from model.report.figures.predictive import Predicted, predicted
from model.report.figures.style import AXIS, INK, READING_COLOURS, Space, density, grid, new_figure, panels
from model.report.tables.lines import QUANTILES, READINGS, dates_of, expected_draws
from model.report.tables.text import amount, day, interval

NOTE = (
    "Shaded: what the model predicts for the day, given earlier days and the day's return, with shocks "
    "drawn afresh (darker: middle 89 %). Diamond: expected flow and its 89 % interval. Black line: the "
    "flow on the vendor's date. The outermost 2 % at either end are not drawn."
)
REACH = (0.02, 0.98)
"""Part of the predictive distribution that is drawn."""


def draw_expected(view: FitView) -> Figure:
    """Event days (rows) by reading (columns)."""
    shown = view.shown
    fig = new_figure(view, "Expected beside observed flow", NOTE, 1.6 + 1.75 * len(view.days))
    axes = panels(fig, len(view.days), len(shown), Space(down=0.36), share=True)
    for j, (reading, data) in enumerate(shown.items()):
        p = predicted(view, reading, "flow")
        expected = expected_draws(data, view.days)
        at = dates_of(data).get_indexer(pd.DatetimeIndex(view.days))
        for i, d in enumerate(view.days):
            ax = axes[i, j]
            seen = float(data["observed_flow"].to_numpy()[at[i]])
            _panel(ax, expected[:, i], seen, _on_day(p, d), READING_COLOURS[reading])
            ax.set_title(f"{day(d)}: {READINGS[reading].lower()}")
    for ax in axes[-1]:
        ax.set_xlabel(AXIS["flow"])
    return fig


def _on_day(p: Predicted | None, d) -> np.ndarray | None:
    return None if p is None or d not in p.days else p.draws[:, p.days.get_loc(d)]


def percentile(draws: np.ndarray | None, seen: float) -> float:
    """Where the observed value stands in the predictive distribution, in per cent; NaN without replicates."""
    return float("nan") if draws is None or not np.isfinite(seen) else 100 * float((draws < seen).mean())


def _panel(ax: Axes, expected: np.ndarray, seen: float, draws: np.ndarray | None, paint: str) -> None:
    if draws is not None:
        x, y = density(
            draws[(draws >= np.quantile(draws, REACH[0])) & (draws <= np.quantile(draws, REACH[1]))]
        )
        inside = (x >= np.quantile(draws, QUANTILES[0])) & (x <= np.quantile(draws, QUANTILES[2]))
        ax.fill_between(x, y / y.max(), color=paint, alpha=0.15, lw=0)
        ax.fill_between(x, y / y.max(), where=list(inside), color=paint, alpha=0.3, lw=0)
    low, median, high = np.quantile(expected, QUANTILES)
    ax.plot([low, high], [0.12, 0.12], color=INK, lw=1.4)
    ax.plot(median, 0.12, "D", color="white", mec=INK, ms=6)
    ax.plot([seen, seen], [0, 1.08], color=INK, lw=2.0)
    rank = percentile(draws, seen)
    text = f"observed {amount(seen, 'flow')}" + ("" if np.isnan(rank) else f" ({ordinal(rank)} percentile)")
    text += f", expected {amount(median, 'flow')} {interval(low, high, 'flow')}"
    ax.text(0.0, 0.99, text, transform=ax.transAxes, va="top", fontsize=8.5)
    ax.set_ylim(0, 1.32)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=INK, lw=0.7, ls=":", ymax=0.8)
    grid(ax)


def ordinal(percent: float) -> str:
    """``82nd``."""
    if not np.isfinite(percent):
        return "unknown"
    n = round(percent)
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
