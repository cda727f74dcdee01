"""One day, split: bars that add up to the observed value, with 50 and 89 % intervals."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import xarray as xr

from model.report.figures.palette import colour
from model.report.figures.plots.base import AXIS, INK, STRONG, plain_figure, segments
from model.report.figures.summary import HIGH, LOW, LOWER, MEAN, UPPER, Summary, summarise
from model.report.tables.lines import Line
from model.report.tables.text import amount, interval

ROW, FRAME = 34, 90
"""Pixels a line takes, and around them."""
WIDEST = 27
"""Characters of a label before it is broken."""


def waterfall_figure(
    data: xr.Dataset | Summary, day: pd.Timestamp | str, quantity: str = "return", by: str = "channel"
) -> go.Figure:
    """The waterfall of one day.

    Parameters
    ----------
    data : xarray.Dataset or Summary
        One reading of a decomposition, or what :func:`~model.report.figures.summary.summarise` made of it.
    day : pandas.Timestamp or str
    quantity : {"flow", "return"}
        USD m, or log-%.
    by : {"channel", "trigger"}
        Whose trades, or whose shock.

    Raises
    ------
    DataError
        If the day is not in the decomposition.
    """
    d = pd.Timestamp(day)
    s = data if isinstance(data, Summary) else summarise(data, quantity, by, [d.date()])
    return draw_split(s.lines, s.values[s.on(d)], float(s.observed[s.on(d)]), quantity)


def draw_split(lines: tuple[Line, ...], values: np.ndarray, seen: float, quantity: str) -> go.Figure:
    """Four traces, in an order that the page relies on to put another day into them: bars, 89 %, 50 %, observed."""
    labels = [label_of(line) for line in lines]
    bases = starts(lines, values[:, MEAN])
    fig = plain_figure(FRAME + ROW * (len(lines) + 1), showlegend=False, bargap=0.35)
    texts = [f"{amount(v[MEAN], quantity)} {interval(v[LOW], v[HIGH], quantity)}" for v in values]
    paint = [colour(line.key) for line in lines]
    fig.add_bar(
        orientation="h",
        y=labels,
        x=values[:, MEAN],
        base=bases,
        customdata=texts,
        hovertemplate="%{y}: %{customdata}<extra></extra>",
        marker={
            "color": paint,
            "pattern": {"shape": ["/" if line.kind == "split" else "" for line in lines]},
            "line": {"width": 1, "color": STRONG},
        },
    )
    for low, high, width in ((LOW, HIGH, 1.5), (LOWER, UPPER, 4.5)):
        at = segments(bases + values[:, low], bases + values[:, high], labels)
        fig.add_scatter(**at, mode="lines", line={"color": INK, "width": width}, hoverinfo="skip", meta="ink")
    fig.add_bar(
        orientation="h",
        y=["Observed"],
        x=[seen],
        marker={"color": INK},
        meta="ink",
        text=[amount(seen, quantity)],
        textposition="none",
        hovertemplate="Observed: %{text}<extra></extra>",
    )
    fig.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=[*labels, "Observed"])
    fig.update_xaxes(title=AXIS[quantity])
    return fig


def starts(lines: tuple[Line, ...], means: np.ndarray) -> np.ndarray:
    """Where each bar starts: at the end of the one before; members of a sum start where the sum does."""
    out, end, inside = np.zeros(len(lines)), 0.0, 0.0
    for k, line in enumerate(lines):
        out[k] = inside if line.kind == "split" else end
        if line.kind == "split":
            inside += means[k]
        else:
            inside, end = end, end + means[k]
    return out


def label_of(line: Line) -> str:
    """A line's name on an axis, broken where it is long."""
    text = f"of which {line.title.lower()}" if line.kind == "split" else line.title
    return "<br>".join(textwrap.wrap(text, WIDEST))
