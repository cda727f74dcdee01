"""A day's return by component and trading session, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from model.report.figures.palette import SPARE
from model.report.figures.plots.base import AXIS, plain_figure
from model.report.figures.plots.waterfall import label_of
from model.report.figures.summary import HIGH, LOW, MEAN, Summary


def sessions_figure(parts: Mapping[str, Summary], quantity: str = "return") -> go.Figure:
    """Means with 89 % intervals, one colour a session.

    ``parts`` as :func:`~model.report.figures.summary.by_session` gives them.
    """
    first = next(iter(parts.values()))
    lines = [k for k, line in enumerate(first.lines) if line.additive]
    fig = plain_figure(110 + 34 * len(lines), barmode="group")
    for paint, (name, s) in zip(SPARE, parts.items(), strict=False):
        v = s.values[0][lines]
        fig.add_bar(
            orientation="h",
            name=name.replace("_", " ").capitalize(),
            y=[label_of(first.lines[k]) for k in lines],
            x=v[:, MEAN],
            marker={"color": paint},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": v[:, HIGH] - v[:, MEAN],
                "arrayminus": v[:, MEAN] - v[:, LOW],
                "thickness": 1.2,
                "width": 0,
            },
        )
    fig.update_yaxes(autorange="reversed")
    fig.update_xaxes(title=AXIS[quantity])
    return fig
