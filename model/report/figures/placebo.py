"""The event's parts among those of other falls and of quiet days."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from model.report.figures.style import AXIS, INK, MUTED, PAPER, RC, grid, save, zero

EVENT_PAINT, FALL_PAINT = "#d55e00", "#0072b2"


def draw_placebo(table: pd.DataFrame, title: str, path: Path) -> Path:
    """One row a part: grey quiet days, blue falls, the event's days named.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`model.studies.placebo.statistics`.
    title : str
    path : Path
    """
    with rc_context(RC):
        fig = Figure(figsize=(11.0, 4.2), facecolor=PAPER, layout="constrained")
        FigureCanvasAgg(fig)
        for ax, quantity in zip(fig.subplots(1, 2), AXIS, strict=True):
            rows = table[(table["quantity"] == quantity) & (table["part"] != "percentile")]
            parts = list(rows["part"].unique())
            shift = np.random.default_rng(0).uniform(-0.16, 0.16, len(rows))
            at = rows["part"].map(parts.index).to_numpy(float)
            for kind, paint, up in (("quiet", MUTED, 0.2), ("fall", FALL_PAINT, -0.1)):
                here = (rows["kind"] == kind).to_numpy()
                ax.plot(
                    rows["value"][here], at[here] + up + 0.6 * shift[here], "o", ms=3, color=paint, alpha=0.55
                )
            event = (rows["kind"] == "event").to_numpy()
            ax.plot(rows["value"][event], at[event], "D", ms=6, color=EVENT_PAINT, mec=INK, mew=0.6)
            ax.set_yticks(range(len(parts)), [p.replace("_", " ") for p in parts])
            ax.invert_yaxis()
            ax.set_xlabel(AXIS[quantity])
            zero(ax)
            grid(ax)
        fig.suptitle(
            f"{title}: orange, its days; blue, other falls; grey, quiet days", fontsize=11, ha="left", x=0.01
        )
        return save(fig, path)
