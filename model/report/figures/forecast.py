"""Fan chart of a forecast: what was predicted for each day, and what came."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from model.report.figures.style import AXIS, INK, PAPER, RC, READING_COLOURS, grid, save, time_axis, zero

BANDS = ((0.055, 0.945, 0.18), (0.25, 0.75, 0.32))
"""Lower and upper quantile of a band, and how dark it is."""
OUTSIDE = "#d55e00"
PAINT = READING_COLOURS["vendor"]
KNOWN = {
    "past": "nothing of the day itself was known",
    "factors": "the day's risk factors and stress were known",
    "return": "the day's return, factors, stress, implied volatility and futures premium were known",
}


def draw_forecast(data: xr.Dataset, given: str, title: str, path: Path) -> Path:
    """One panel for flows and, where the return was predicted too, one for returns.

    Parameters
    ----------
    data : xarray.Dataset
        As in :class:`model.studies.forecast.forecast.Forecast`.
    given, title : str
    path : Path
        The PNG.
    """
    quantities = ["flow"] if given == "return" else ["flow", "return"]
    with rc_context(RC):
        fig = Figure(figsize=(11.0, 1.0 + 3.1 * len(quantities)), facecolor=PAPER, layout="constrained")
        FigureCanvasAgg(fig)
        axes = fig.subplots(len(quantities), 1, squeeze=False)[:, 0]
        for ax, quantity in zip(axes, quantities, strict=True):
            _fan(ax, data, quantity)
        fig.suptitle(f"{title}: {KNOWN[given]}", fontsize=11, ha="left", x=0.01)
        return save(fig, path)


def _fan(ax: Axes, data: xr.Dataset, quantity: str) -> None:
    days = pd.DatetimeIndex(data["date"].to_numpy())
    draws, seen = data[quantity].to_numpy(), data[f"observed_{quantity}"].to_numpy()
    inside = np.ones(len(days), bool)
    for low, high, alpha in BANDS:
        lower, upper = np.quantile(draws, [low, high], axis=0)
        ax.fill_between(days, lower, upper, color=PAINT, alpha=alpha, lw=0, step="mid")
        if low == BANDS[0][0]:
            inside = ~((seen < lower) | (seen > upper))
    ax.step(days, np.median(draws, axis=0), color=PAINT, lw=1.0, where="mid")
    ax.plot(days[inside], seen[inside], "o", ms=3.0, color=INK)
    ax.plot(days[~inside], seen[~inside], "o", ms=4.2, color=OUTSIDE, mec="white", mew=0.4)
    known = np.isfinite(seen)
    share = f"{inside[known].mean():.0%} of {known.sum()} days" if known.any() else "no day yet observed"
    ax.set_title(f"{AXIS[quantity]}. Line: median; bands: 50 and 89 %; inside the 89 % band: {share}")
    zero(ax, vertical=False)
    grid(ax, "y")
    time_axis(ax)
    ax.margins(x=0.01)
