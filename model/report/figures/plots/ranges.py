"""Any result that is a list of numbers with intervals: the picture of every verb that is run on a fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from model.report.figures.palette import SPARE
from model.report.figures.plots.base import INK, plain_figure, segments


def ranges_figure(rows: Sequence[Mapping[str, Any]], unit: str) -> go.Figure:
    """Rows with ``label``, ``mid`` and, where there is an interval, ``low`` and ``high``; ``seen`` marks another value.

    ``group`` gives rows of one kind one colour and a name in the legend.
    """
    labels = [str(r["label"]) for r in rows]
    groups = list(dict.fromkeys(str(r.get("group", "")) for r in rows))
    fig = plain_figure(90 + 24 * len(rows), showlegend=len(groups) > 1)
    wide = [r for r in rows if r.get("low") is not None]
    at = segments([r["low"] for r in wide], [r["high"] for r in wide], [str(r["label"]) for r in wide])
    fig.add_scatter(**at, mode="lines", line={"color": INK, "width": 1.5}, hoverinfo="skip", showlegend=False)
    for k, g in enumerate(groups):
        mine = [r for r in rows if str(r.get("group", "")) == g]
        fig.add_scatter(
            x=[r["mid"] for r in mine],
            y=[str(r["label"]) for r in mine],
            mode="markers",
            name=g or unit,
            marker={"size": 9, "color": SPARE[k % len(SPARE)]},
            customdata=[_said(r) for r in mine],
            hovertemplate="%{y}: %{customdata}<extra></extra>",
        )
    seen = [r for r in rows if r.get("seen") is not None]
    if seen:
        fig.add_scatter(
            x=[r["seen"] for r in seen],
            y=[str(r["label"]) for r in seen],
            mode="markers",
            name="as observed or fitted",
            marker={"size": 8, "symbol": "diamond-open", "color": INK},
            meta="ink",
        )
    fig.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=labels)
    fig.update_xaxes(title=unit)
    return fig


def _said(r: Mapping[str, Any]) -> str:
    if r.get("low") is None:
        return f"{r['mid']:.4g}"
    return f"{r['mid']:.4g} [{r['low']:.4g}, {r['high']:.4g}]"
