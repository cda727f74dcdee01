"""What weekly positions teach about the basis trade: its latent trades with and without them."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from model.report.figures.fit_view import FitView
from model.report.figures.style import (
    INK,
    PRIOR,
    READING_COLOURS,
    READING_DASHES,
    Space,
    density,
    grid,
    key,
    new_figure,
    panels,
)
from model.report.tables.lines import QUANTILES, READINGS, dates_of
from model.report.tables.text import amount, day, interval, probability

POSITION_DAY = 1
"""Weekday (Monday = 0) that weekly position reports describe: Tuesday's close."""
COMPONENT = "basis"
WITHOUT = "no_positions"


class Span(NamedTuple):
    """Days whose latent trades are added up."""

    title: str
    days: tuple[pd.Timestamp, ...]


def spans_of(view: FitView) -> list[Span]:
    """Each event day, then each position week (the days after one Tuesday up to the next) that holds one."""
    have = dates_of(view.decomposition[view.main])
    weeks = dict.fromkeys(_week_end(d) for d in view.days)
    single = [Span(day(d), (d,)) for d in view.days]
    whole = [tuple(d for d in have if end - timedelta(days=7) < d <= end) for end in weeks]
    return single + [Span(f"Week of positions to {day(w[-1])}", w) for w in whole if w]


def _week_end(d: pd.Timestamp) -> pd.Timestamp:
    return d + timedelta(days=(POSITION_DAY - d.weekday()) % 7)


def trades(view: FitView, reading: str, span: Span, kind: str = "latent") -> np.ndarray | None:
    """Basis trades over the span, USD m; ``kind`` is ``latent`` or ``prior_latent``. ``Shape: (sample,)``."""
    data = view.decomposition.get(reading)
    name = f"{kind}_{COMPONENT}"
    if data is None or name not in data:
        return None
    at = dates_of(data).get_indexer(pd.DatetimeIndex(span.days))
    return data[name].transpose("sample", "date").to_numpy()[:, at].sum(axis=1)


def draw_basis(view: FitView) -> Figure:
    """Prior and posterior of the latent basis trades on the event's days and over the position week."""
    spans = spans_of(view)
    compared = [r for r in (view.main, WITHOUT) if trades(view, r, spans[0]) is not None]
    note = (
        "Latent basis trades by trade date; negative: unwound. Grey: prior. The two posteriors differ by "
        "what weekly futures positions teach. Numbers: median, 89 % interval, and the probability that "
        "the trade was unwound."
    )
    fig = new_figure(view, "Basis trade with and without weekly futures positions", note, 4.1)
    axes = panels(fig, 1, len(spans), Space())[0]
    for ax, span in zip(axes, spans, strict=True):
        _panel(ax, view, span, compared)
    handles: list[Patch | Line2D] = [Patch(color=PRIOR, label="Prior")]
    handles += [
        Line2D([], [], color=READING_COLOURS[r], ls=READING_DASHES[r], lw=1.8, label=_label(r))
        for r in compared
    ]
    key(fig, handles)
    return fig


def _label(reading: str) -> str:
    return READINGS[WITHOUT] if reading == WITHOUT else "With weekly positions"


def _panel(ax: Axes, view: FitView, span: Span, compared: list[str]) -> None:
    prior = trades(view, view.main, span, "prior_latent")
    reach = []
    if prior is not None:
        x, y = density(prior)
        ax.fill_between(x, y, color=PRIOR, alpha=0.8, lw=0)
        reach.append(np.quantile(np.abs(prior), 0.97))
    top = 0.0
    for k, reading in enumerate(compared):
        draws = trades(view, reading, span)
        if draws is None:
            continue
        x, y = density(draws)
        top = max(top, y.max())
        paint = READING_COLOURS[reading]
        ax.plot(x, y, color=paint, ls=READING_DASHES[reading], lw=1.8)
        reach.append(np.quantile(np.abs(draws), 0.995))
        low, median, high = np.quantile(draws, QUANTILES)
        text = f"{amount(median, 'flow')} {interval(low, high, 'flow')}"
        text += f", P(<0) = {probability((draws < 0).mean())}"
        ax.text(0.0, 0.94 - 0.09 * k, text, transform=ax.transAxes, fontsize=8.5, color=paint, weight="bold")
    ax.set_xlim(-max(reach), max(reach))
    ax.set_ylim(0, 1.32 * top or None)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_title(span.title)
    ax.set_xlabel("USD m", color=INK)
    ax.axvline(0, color=INK, lw=0.8, ymax=0.8, zorder=1.5)
    grid(ax)
