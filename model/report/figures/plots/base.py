"""The common frame of interactive figures. No colour of paper or text is set: the page's theme decides those."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

FAINT = "rgba(128,140,152,0.28)"
STRONG = "rgba(128,140,152,0.9)"
CLEAR = "rgba(0,0,0,0)"
AXIS = {"flow": "Net flow, USD m", "return": "Return, log-%"}
INK = "#67737f"
"""A grey that both themes can carry; the page replaces it by its own ink where it stands for text."""


def plain_figure(height: int, **layout: Any) -> go.Figure:
    """An empty figure without a template: small, transparent, no logo."""
    fig = go.Figure()
    frame(fig, height, **layout)
    return fig


def frame(fig: go.Figure, height: int, **layout: Any) -> None:
    """Bring a figure into the common frame."""
    fig.update_layout(
        template=None,
        height=height,
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        margin={"l": 8, "r": 12, "t": 30, "b": 36},
        font={"family": "system-ui, sans-serif", "size": 12, "color": INK},
        hoverlabel={"align": "left"},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0, "traceorder": "normal"},
        dragmode=False,
    )
    fig.update_xaxes(automargin=True, gridcolor=FAINT, zerolinecolor=STRONG, linecolor=FAINT, fixedrange=True)
    fig.update_yaxes(automargin=True, gridcolor=FAINT, zerolinecolor=STRONG, linecolor=FAINT, fixedrange=True)
    fig.update_layout(**layout)


def segments(low, high, at) -> dict[str, list[Any]]:
    """Horizontal lines from low to high at each position, separated by gaps."""
    x = [v for a, b in zip(low, high, strict=True) for v in (float(a), float(b), None)]
    y = [v for a in at for v in (a, a, None)]
    return {"x": x, "y": y}
