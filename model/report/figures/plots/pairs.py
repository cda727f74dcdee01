"""Parameters that trade off: clouds of posterior draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from model.report.figures.palette import READING_COLOURS
from model.report.figures.plots.base import frame

POINTS = 250


def pairs_figure(pairs: Sequence[tuple[str, np.ndarray, str, np.ndarray]]) -> go.Figure:
    """Small multiples, one a pair: name and draws of either; at most 250 points each."""
    fig = make_subplots(-(-len(pairs) // 2), 2, horizontal_spacing=0.14, vertical_spacing=0.2)
    for k, (a, x, b, y) in enumerate(pairs):
        at = np.linspace(0, len(x) - 1, min(POINTS, len(x))).astype(int)
        where = {"row": k // 2 + 1, "col": k % 2 + 1}
        fig.add_scatter(
            x=x[at].astype("f4"),
            y=y[at].astype("f4"),
            mode="markers",
            marker={"size": 4, "opacity": 0.5, "color": READING_COLOURS["vendor"]},
            hovertemplate=f"{a} %{{x:.3g}}<br>{b} %{{y:.3g}}<extra></extra>",
            showlegend=False,
            **where,
        )
        fig.update_xaxes(title=a, **where)
        fig.update_yaxes(title=b, **where)
    frame(fig, 60 + 260 * -(-len(pairs) // 2))
    return fig
