"""One look for every printed figure: a stamp, a frame, the palette of :mod:`model.report.figures.palette`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, date2num, num2date
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from model.report.figures.fit_view import FitView
from model.report.figures.palette import COLOURS as COLOURS
from model.report.figures.palette import READING_COLOURS as READING_COLOURS
from model.report.figures.palette import colour as colour
from model.store import write_figure

INK, MUTED, FAINT, PAPER = "#1f2933", "#67737f", "#d9dee4", "#ffffff"
PRIOR, EVENT = "#b4bcc6", "#f6ecd2"
READING_DASHES: dict[str, Any] = {"vendor": "-", "next_day": (0, (5, 2)), "no_positions": (0, (2, 1.5))}
AXIS = {"flow": "Net flow, USD m", "return": "Return, log-%"}
DPI, WIDTH = 150, 11.0
HASH = 12
MARGIN = 0.3
"""Inches around a figure."""

RC: dict[Any, Any] = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "text.parse_math": False,  # a reason with two dollar amounts is no formula
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.7,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "hatch.linewidth": 0.6,
    "savefig.bbox": "standard",  # preliz sets "tight" for the whole process, which crops the frame
}


def new_figure(view: FitView, title: str, note: str, height: float, width: float = WIDTH) -> Figure:
    """A figure with its title, how to read it, and the stamp at the foot; axes go between."""
    fig = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(fig)
    columns = int(14.2 * width)
    head = textwrap.wrap(note, columns)
    foot = [piece for line in stamp(view) for piece in textwrap.wrap(line, int(columns * 1.27))]
    top = 0.30 + 0.17 * len(head) + MARGIN / 2
    bottom = 0.14 * len(foot) + MARGIN / 2
    x = MARGIN / 2 / width
    fig.text(x, 1 - MARGIN / 2 / height, title, fontsize=13, weight="bold", va="top")
    fig.text(x, 1 - (MARGIN / 2 + 0.27) / height, "\n".join(head), fontsize=9, color=MUTED, va="top")
    fig.text(x, 0.09 / height, "\n".join(foot), fontsize=7, color=MUTED, va="bottom")
    fig.subplots_adjust(left=x, right=1 - x, bottom=bottom / height, top=1 - top / height)
    return fig


def stamp(view: FitView) -> list[str]:
    """Provenance printed on every figure: event, units, hashes, the gate's verdict, the accepted reason."""
    gate = view.gate
    hashes = view.manifest.get("hashes", {})
    data = str(hashes.get("data", gate.data_hash))[:HASH]
    first = (
        f"Event {view.manifest.get('event', '')}. Flows in USD m, returns in log-%. Data {data}, "
        f"graph {gate.graph_hash[:HASH]}, seed {view.manifest.get('seed', gate.seed)}. "
        f"Causal gate: {gate.verdict}."
    )
    out = [first, f"Accepted reason: {gate.accepted_reason}"] if gate.accepted_reason else [first]
    after = gate.after_sampling
    if after is not None and after.passed is False:
        out.append(f"After sampling the graph does not hold: {after.sentence}")
    return out


def save(fig: Figure, path: Path) -> Path:
    """Write a PNG; no date in it, so the same fit gives the same file."""
    return write_figure(fig, path, dpi=DPI, metadata={"Software": None}, pil_kwargs={"compress_level": 4})


def grid(ax: Axes, axis: Literal["both", "x", "y"] = "x") -> None:
    """Light lines behind the data."""
    ax.grid(axis=axis, color=FAINT, lw=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(length=0)


def zero(ax: Axes, vertical: bool = True) -> None:
    """The zero line."""
    (ax.axvline if vertical else ax.axhline)(0.0, color=INK, lw=0.8, zorder=1.5)


def mark_days(ax: Axes, days: Sequence[pd.Timestamp]) -> None:
    """Shade the event's days on a time axis."""
    for d in days:
        at = float(date2num(d.to_datetime64()))
        ax.axvspan(at - 0.5, at + 0.5, color=EVENT, lw=0, zorder=0)


def time_axis(ax: Axes) -> None:
    """Dates with their year."""
    ax.xaxis.set_major_locator(AutoDateLocator(minticks=5, maxticks=10))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{num2date(x).day} {num2date(x):%b %Y}"))


class Space(NamedTuple):
    """Inches kept free for labels: around the axes, and between their columns and rows."""

    left: float = 0.1
    right: float = 0.1
    across: float = 0.3
    down: float = 0.4
    top: float = 0.28
    bottom: float = 0.5


def panels(
    fig: Figure, rows: int, columns: int, space: Space, share: bool = False, **ratios: Any
) -> np.ndarray:
    """Axes in rows and columns, placed by hand (automatic layout takes seconds). ``Shape: (rows, columns)``."""
    width, height = fig.get_size_inches()
    free = fig.subplotpars
    wide = (free.right - free.left) * width - space.left - space.right
    high = (free.top - free.bottom) * height - space.top - space.bottom
    place = {
        "left": free.left + space.left / width,
        "right": free.right - space.right / width,
        "bottom": free.bottom + space.bottom / height,
        "top": free.top - space.top / height,
        "wspace": columns * space.across / max(wide - (columns - 1) * space.across, 0.1),
        "hspace": rows * space.down / max(high - (rows - 1) * space.down, 0.1),
    }
    return fig.subplots(rows, columns, squeeze=False, sharex=share, sharey=share, gridspec_kw=place | ratios)


def key(fig: Figure, handles: Sequence[Any]) -> None:
    """A legend beside the title."""
    width, height = fig.get_size_inches()
    at = (1 - MARGIN / 2 / width, 1 - 0.08 / height)
    fig.legend(handles=handles, loc="upper right", bbox_to_anchor=at, ncols=len(handles))


def named(parameter: str) -> str:
    """A parameter's name for people."""
    words = parameter.replace("_", " ")
    first, _, rest = words.partition(" ")
    return f"{first.upper()} {rest}" if first in ("iv", "etf") else words.capitalize()


def density(draws: np.ndarray, points: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """Kernel density of draws on a grid, reflected at their extremes so that bounded parameters do not leak.

    Returns
    -------
    x, y : numpy.ndarray
        ``Shape: (points,)``.
    """
    draws = np.asarray(draws, dtype=float).ravel()
    count, edges = np.histogram(draws, bins=points)
    step = edges[1] - edges[0]
    robust = np.subtract(*np.quantile(draws, [0.75, 0.25])) / 1.34
    width = 0.9 * (min(draws.std(), robust) or draws.std()) * len(draws) ** -0.2 / step
    reach = int(min(np.ceil(4 * width), points - 1))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(width, 1e-9)) ** 2)
    mirrored = np.pad(count, reach, mode="symmetric") if reach else count
    y = np.convolve(mirrored, kernel / kernel.sum(), mode="valid") / (len(draws) * step)
    return (edges[:-1] + edges[1:]) / 2, y
