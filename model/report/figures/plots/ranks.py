"""Did the chains sample the same distribution? Their ranks, for the parameters where they differ most."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from model.report.figures.palette import SPARE
from model.report.figures.plots.base import FAINT, frame
from model.report.figures.predictive import simultaneous_band
from model.report.figures.ranks import AT, rank_lines

WORST = 6


def ranks_figure(draws: Mapping[str, np.ndarray], seed: int) -> go.Figure:
    """One line a chain, for the parameters whose chains differ most; grey: where 89 % of independent draws stay.

    Parameters
    ----------
    draws : mapping
        By name, ``Shape: (chain, draw)``.
    seed : int
        Of the band's simulation.
    """
    lines = {name: rank_lines(x) for name, x in draws.items()}
    worst = sorted(lines, key=lambda n: -float(np.abs(lines[n]).max()))[:WORST]
    count = min(next(iter(draws.values())).shape[1], 1000)
    low, high = simultaneous_band(count, AT, seed)
    rows = -(-len(worst) // 2)
    fig = make_subplots(
        rows, 2, shared_xaxes=True, shared_yaxes=True, subplot_titles=worst, vertical_spacing=0.12
    )
    for k, name in enumerate(worst):
        where = {"row": k // 2 + 1, "col": k % 2 + 1}
        plain = {"mode": "lines", "hoverinfo": "skip", "showlegend": False, "line": {"width": 0}}
        fig.add_scatter(x=AT, y=low, **plain, **where)
        fig.add_scatter(x=AT, y=high, fill="tonexty", fillcolor=FAINT, **plain, **where)
        for c, y in enumerate(lines[name]):
            line = {"color": SPARE[c % len(SPARE)], "width": 1.3}
            fig.add_scatter(
                x=AT, y=y, mode="lines", name=f"chain {c + 1}", line=line, showlegend=k == 0, **where
            )
    frame(fig, 90 + 130 * rows, margin={"l": 8, "r": 12, "t": 60, "b": 36}, legend={"y": 1.1})
    fig.update_annotations(font={"size": 12})
    return fig
