"""Dealers' hedging: what a book asks for over the price, and along the event's path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from model.report.figures.palette import VENUE_COLOURS, VENUES
from model.report.figures.plots.base import FAINT, INK, frame, plain_figure
from model.report.tables.text import day as written

CURVES = ("etf", "crypto", "note")
PARTS = ("gamma", "vanna", "knock_in")


def book_figure(book: Mapping[str, Any]) -> go.Figure:
    """Hedging demand over the price, and below it dollar gamma by strike; barriers and the day's start as lines.

    Parameters
    ----------
    book : mapping
        One of ``books`` in :mod:`model.report.figures.surroundings`. Dealer sign +1: dealers are short what customers hold.
    """
    titles = ("Hedging demand from the close before, USD m", "Gamma by strike, USD m per 1 %")
    fig = make_subplots(
        2, 1, shared_xaxes=True, row_heights=[2, 1], vertical_spacing=0.12, subplot_titles=titles
    )
    spots = np.array(book["spots"])
    for name in CURVES:
        demand = 1e3 * np.array(book["demand"][name])
        fig.add_scatter(
            x=spots,
            y=demand.astype("f4"),
            name=VENUES[name],
            line={"color": VENUE_COLOURS[name], "width": 2},
            hovertemplate="%{y:.0f}",
            row=1,
            col=1,
        )
    for venue in ("etf", "crypto"):
        rows = [s for s in book["strikes"] if s["venue"] == venue]
        if rows:
            fig.add_bar(
                x=[s["strike"] for s in rows],
                y=[s["gamma"] for s in rows],
                width=0.006 * book["spot"],
                name=VENUES[venue],
                showlegend=False,
                marker={"color": VENUE_COLOURS[venue]},
                customdata=[s["shown"] for s in rows],
                hovertemplate="strike %{customdata}: %{y:.1f}",
                row=2,
                col=1,
            )
    frame(fig, 470, hovermode="x unified", margin={"l": 8, "r": 12, "t": 66, "b": 36}, legend={"y": 1.07})
    fig.update_annotations(font={"size": 12}, x=0.0, xanchor="left")
    _line(fig, book["spot"], "close before", INK, "dot")
    for n in book["notes"]:
        _line(
            fig,
            n["level"],
            f"barrier {n['shown']:g}" + (" (crossed)" if n["gone"] else ""),
            VENUE_COLOURS["note"],
            "dash",
        )
    fig.update_xaxes(title="Price, USD", row=2, col=1)
    return fig


def _line(fig: go.Figure, x: float, text: str, paint: str, dash: str) -> None:
    fig.add_vline(x=x, line={"color": paint, "width": 1.2, "dash": dash}, row="all", col=1)
    fig.add_annotation(
        x=x,
        y=0.02,
        xref="x",
        yref="y domain",
        text=text,
        textangle=-90,
        showarrow=False,
        xanchor="right",
        yanchor="bottom",
        font={"size": 10},
    )


def hedging_figure(book: Mapping[str, Any]) -> go.Figure:
    """What dealers of sign +1 trade along the event's closes, by venue and cause, with the low and high amounts."""
    days, cases = book["hedging"]["days"], book["hedging"]["cases"]
    rows = [(f"{VENUES[v]}: {p.replace('_', '-')}", v, p) for v in ("etf", "crypto", "notes") for p in PARTS]
    rows = [r for r in rows if any(abs(c[f"{r[1]}:{r[2]}"]) > 1.0 for k in cases for c in cases[k])]
    fig = plain_figure(120 + 28 * len(rows) * max(len(days), 1), barmode="group")
    for k, day in enumerate(days):
        mid, low, high = (
            np.array([cases[c][k][f"{v}:{p}"] for _, v, p in rows]) for c in ("mid", "low", "high")
        )
        ends = np.stack([low, high])
        fig.add_bar(
            orientation="h",
            name=f"to the close of {written(day)}",
            y=[r[0] for r in rows],
            x=mid,
            marker={"color": (VENUE_COLOURS["etf"], VENUE_COLOURS["crypto"], FAINT)[k % 3]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": ends.max(axis=0) - mid,
                "arrayminus": mid - ends.min(axis=0),
                "width": 0,
                "thickness": 1.2,
            },
            hovertemplate="%{y}: %{x:.0f}",
        )
    fig.update_yaxes(autorange="reversed")
    fig.update_xaxes(title="USD m")
    return fig
