"""Booking lag against response: the ridge along which the data cannot tell a late booking from a late answer."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model import units
from model.report.figures.fit_view import FitView
from model.report.figures.style import MUTED, READING_COLOURS, Space, grid, new_figure, panels
from model.report.tables.lines import READINGS
from model.report.tables.ridge import RESPONSES, Ridge, label, ridge
from model.report.tables.text import number

POINTS = 1500
TITLES = {
    "response_today": "Response to today's return",
    "response_yesterday": "Response to yesterday's return",
}
NOTE = (
    "Posterior draws. Vertical: share of the option fund's trades booked on the day after the trade. Horizontal: how "
    "strongly flows answer a return. A slanted cloud is a ridge: late booking and late answer are told apart only jointly, "
    "and neither number may be read by itself."
)


def ridges(view: FitView) -> dict[str, Ridge]:
    """Of every reading that has a kernel."""
    found = {}
    for reading in view.readings("posterior"):
        data = view.group(reading, "posterior")
        r = None if data is None else ridge(data, view.manifest.get("option_fund"))
        if r is not None:
            found[reading] = r
    return found


def draw_ridge(view: FitView) -> Figure:
    """One column per reading, one row per response."""
    found = ridges(view)
    fig = new_figure(view, "Booking lag against response", NOTE, 6.6 if found else 2.0)
    if not found:
        fig.text(0.5, 0.5, "This fit has no booking kernel.", ha="center", color=MUTED)
        return fig
    axes = panels(fig, len(RESPONSES), len(found), Space(left=0.5, down=0.6, across=0.4, top=0.5))
    for j, (reading, r) in enumerate(found.items()):
        for i, name in enumerate(RESPONSES):
            _panel(axes[i, j], r, name, reading)
        axes[0, j].set_title(f"{READINGS[reading]}\n{label(r.correlations)}", fontsize=8.5)
    for ax in axes[:, 0]:
        ax.set_ylabel("Booked on the next day, %")
    return fig


def _panel(ax: Axes, r: Ridge, name: str, reading: str) -> None:
    at = np.unique(np.linspace(0, len(r.share) - 1, POINTS).astype(int))
    x, y = units.bn_to_usd_m(r.responses[name][at]), units.PERCENT * r.share[at]
    ax.scatter(x, y, s=5, color=READING_COLOURS[reading], alpha=0.25, lw=0)
    ax.set_xlabel(f"{TITLES[name]}, USD m per log-%")
    ax.text(
        0.98, 0.96, f"correlation {number(r.correlations[name], 2)}", transform=ax.transAxes, ha="right", va="top",
        fontsize=9, weight="bold",
    )  # fmt: skip
    grid(ax, "both")
