"""Does the model expect what happened? One-day-ahead bands with the observed values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from model.report.figures.palette import READING_COLOURS
from model.report.figures.plots.base import AXIS, INK, plain_figure
from model.report.figures.predictive import Predicted
from model.report.figures.summary import LEVELS
from model.report.tables.lines import quantiles

OUTSIDE = "#d55e00"


def predictive_figure(p: Predicted, quantity: str, event: Sequence[pd.Timestamp] = ()) -> go.Figure:
    """Bands of 50 and 89 %, and the observed values; those outside the wide band in orange."""
    low, lower, upper, high = quantiles(p.draws[:: max(1, len(p.draws) // 1000)], LEVELS)
    dates = [str(d.date()) for d in p.days]
    fig = plain_figure(280, hovermode="x")
    for a, b, share in ((low, high, 0.2), (lower, upper, 0.35)):
        paint = {
            "fillcolor": _faded(READING_COLOURS["vendor"], share),
            "line": {"width": 0},
            "showlegend": False,
            "hoverinfo": "skip",
        }
        fig.add_scatter(
            x=dates, y=a.astype("f4"), mode="lines", **{k: v for k, v in paint.items() if k != "fillcolor"}
        )
        fig.add_scatter(x=dates, y=b.astype("f4"), mode="lines", fill="tonexty", **paint)
    outside = (p.seen < low) | (p.seen > high)
    for chosen, name, marker, meta in (
        (~outside, "inside the 89 % band", {"size": 4, "color": INK}, "ink"),
        (outside, "outside", {"size": 7, "color": OUTSIDE}, None),
    ):
        at = np.flatnonzero(chosen & np.isfinite(p.seen))
        fig.add_scatter(
            x=[dates[i] for i in at], y=p.seen[at], mode="markers", name=name, marker=marker, meta=meta
        )
    for d in event:
        half = pd.Timedelta(hours=12)
        fig.add_vrect(x0=str(d - half), x1=str(d + half), fillcolor="#e69f00", opacity=0.16, line_width=0)
    fig.update_yaxes(title=AXIS[quantity])
    return fig


def _faded(paint: str, share: float) -> str:
    r, g, b = (int(paint[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{share})"
