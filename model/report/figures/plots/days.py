"""The days around an event: stacked components over price, premium, positions, volatility and risk factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from model.report.figures.palette import SPARE, colour
from model.report.figures.plots.base import AXIS, INK, frame
from model.report.figures.summary import MEAN, Summary

PANEL, STACK = 120, 210
"""Pixels of a series, and of a stack."""
NEAR = 45
"""Trading days on either side of the event that are shown first; the rest is a zoom away."""
LINES = {"price": "#67737f", "premium": "#0072b2", "implied_vol": "#d55e00", "stress": "#cc79a7"}


def days_figure(
    stacks: Mapping[str, Summary],
    around: Mapping[str, Any] | None = None,
    weekly: Mapping[str, Sequence[Any]] | None = None,
    event: Sequence[pd.Timestamp] = (),
) -> go.Figure:
    """Stacked means of flow and return, and what stood around them, over one time axis.

    Parameters
    ----------
    stacks : mapping
        ``flow`` and ``return`` by channel, over every day.
    around : mapping, optional
        Of :mod:`model.report.figures.surroundings`: ``dates``, ``series``, ``factors``.
    weekly : mapping, optional
        ``end``, ``seen``, ``mean``, ``low``, ``high``: weekly change of positions beside the model's sum,
        thousand units.
    event : sequence of pandas.Timestamp
        Days to mark.
    """
    titles = [f"{AXIS[q]}, by component" for q in stacks]
    around = around or {"dates": (), "series": {}, "factors": {}}
    series = around["series"]
    panels = [k for k in ("price", "premium") if k in series]
    titles += [f"{series[k]['title']}, {series[k]['unit']}" for k in panels]
    titles += ["Weekly shorts (open) and the model's basis trades"] if weekly else []
    vols = [k for k in ("implied_vol", "stress") if k in series]
    titles += [_named({series[k]["title"]: LINES[k] for k in vols}) + ", points"] if vols else []
    if around["factors"]:
        titles += [_named(dict(zip(around["factors"], SPARE, strict=False))) + ", cumulated log-%"]
    heights = [STACK] * len(stacks) + [PANEL] * (len(titles) - len(stacks))
    fig = make_subplots(
        len(titles), 1, shared_xaxes=True, row_heights=heights, vertical_spacing=0.028, subplot_titles=titles
    )
    row = 0
    for q, s in stacks.items():
        row += 1
        _stack(fig, s, q, row)
    for k in panels:
        row += 1
        _line(fig, around["dates"], series[k]["values"], series[k]["title"], LINES[k], row)
    if weekly:
        row += 1
        _weekly(fig, weekly, row)
    if vols:
        row += 1
        for k in vols:
            _line(fig, around["dates"], series[k]["values"], series[k]["title"], LINES[k], row)
    if around["factors"]:
        row += 1
        for paint, (title, values) in zip(SPARE, around["factors"].items(), strict=False):
            total = np.nancumsum(np.array([np.nan if v is None else v for v in values]))
            _line(fig, around["dates"], total, title, paint, row)
    frame(
        fig,
        70 + sum(heights),
        barmode="relative",
        bargap=0.08,
        hovermode="x unified",
        showlegend=True,
        clickmode="event",
    )
    fig.update_layout(margin={"l": 8, "r": 12, "t": 70, "b": 30}, legend={"y": 1.03})
    fig.update_annotations(font={"size": 12}, x=0.0, xanchor="left")
    _mark(fig, next(iter(stacks.values())).days, event)
    return fig


def _stack(fig: go.Figure, s: Summary, quantity: str, row: int) -> None:
    digits = 0 if quantity == "flow" else 2
    for k, line in enumerate(s.lines):
        if line.additive:
            v = s.values[:, k].round(digits + 1)
            fig.add_bar(
                x=_dates(s.days),
                y=v[:, MEAN],
                name=line.title,
                legendgroup=line.title,
                showlegend=row == 1,
                marker={"color": colour(line.key), "line": {"width": 0}},
                customdata=v[:, [1, 4]].astype("f4"),
                hovertemplate=f"%{{y:.{digits}f}} [%{{customdata[0]:.{digits}f}}, %{{customdata[1]:.{digits}f}}]",
                row=row,
                col=1,
            )
    fig.add_scatter(
        x=_dates(s.days),
        y=s.observed,
        name="Observed",
        legendgroup="Observed",
        showlegend=row == 1,
        mode="markers",
        marker={"color": INK, "size": 4, "symbol": "diamond"},
        meta="ink",
        hovertemplate=f"%{{y:.{digits}f}}",
        row=row,
        col=1,
    )


def _line(fig: go.Figure, dates, values, title: str, paint: str, row: int) -> None:
    y = np.array([np.nan if v is None else v for v in values], dtype="f4")
    fig.add_scatter(
        x=list(dates),
        y=y,
        name=title,
        mode="lines",
        line={"color": paint, "width": 1.5},
        showlegend=False,
        row=row,
        col=1,
    )


def _weekly(fig: go.Figure, weekly: Mapping[str, Sequence[Any]], row: int) -> None:
    mean, low, high = (np.array(weekly[k], float) for k in ("mean", "low", "high"))
    fig.add_scatter(
        x=weekly["end"],
        y=mean,
        name="Model's weekly sum of basis trades",
        mode="markers",
        marker={"color": colour("basis"), "size": 7},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": high - mean,
            "arrayminus": mean - low,
            "width": 0,
            "thickness": 1.4,
        },
        hovertemplate="%{y:.2f}",
        showlegend=False,
        row=row,
        col=1,
    )
    fig.add_scatter(
        x=weekly["end"],
        y=weekly["seen"],
        name="Leveraged shorts",
        mode="markers",
        meta="ink",
        marker={"color": INK, "size": 8, "symbol": "diamond-open"},
        hovertemplate="%{y:.2f}",
        showlegend=False,
        row=row,
        col=1,
    )


def _mark(fig: go.Figure, days: pd.DatetimeIndex, event: Sequence[pd.Timestamp]) -> None:
    """Shade the event and start with the days near it; a day is half a day wide on either side."""
    half = pd.Timedelta(hours=12)
    for d in event:
        fig.add_vrect(
            x0=str(d - half),
            x1=str(d + half),
            fillcolor="#e69f00",
            opacity=0.16,
            line_width=0,
            row="all",
            col=1,
        )
    if len(event) and len(days) > 2 * NEAR:
        at = days.get_indexer(pd.DatetimeIndex(list(event)))
        first, last = max(int(at.min()) - NEAR, 0), min(int(at.max()) + NEAR, len(days) - 1)
        fig.update_xaxes(range=[str(days[first] - half), str(days[last] + half)])


def _named(paints: Mapping[str, str]) -> str:
    """Names in the colours of their lines: a legend in a title."""
    return ", ".join(
        f'<span style="color:{paint}">\N{BLACK SQUARE}</span> {name}' for name, paint in paints.items()
    )


def _dates(days: pd.DatetimeIndex) -> list[str]:
    return [str(d.date()) for d in days]
