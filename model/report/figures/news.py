"""What newly arrived prints changed: intervals before and after, by day and line."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from model.report.figures.fit_view import FitView
from model.report.figures.style import (
    AXIS,
    INK,
    MUTED,
    RC,
    Space,
    colour,
    grid,
    key,
    new_figure,
    panels,
    save,
    zero,
)
from model.report.tables.lines import UNITS

COLUMNS = 3
OFFSET = 0.17
"""Days between the two intervals of a day."""


NAMES = tuple(f"news_{q}.png" for q in UNITS)
"""Files of the figures, one a quantity."""


def write_news_figures(
    view: FitView, changes: pd.DataFrame, titles: tuple[str, str], folder: Path
) -> list[Path]:
    """One figure for each quantity, as files."""
    with mpl.rc_context(RC):
        return [
            save(draw_news(view, changes, q, titles), folder / name)
            for q, name in zip(UNITS, NAMES, strict=True)
        ]


def draw_news(view: FitView, changes: pd.DataFrame, quantity: str, titles: tuple[str, str]) -> Figure:
    """One panel per line that adds up to the total, and the total; two intervals per day.

    Parameters
    ----------
    view : FitView
    changes : pandas.DataFrame
        From :func:`model.studies.news.news.changes_of`.
    quantity : {"flow", "return"}
    titles : tuple of str
        The two vintages.
    """
    rows = changes[(changes["quantity"] == quantity) & (changes["kind"] != "split")]
    moving = [
        str(p)
        for p, g in rows.groupby("part", sort=False)
        if g[["before_low", "after_high"]].abs().to_numpy().any()
    ]
    note = (
        "Median and 89 % interval of each line on the last days, by channel. Open: what was believed before "
        "the news; filled: after it. A print that was missing before has an interval before and a point after."
    )
    high = -(-len(moving) // COLUMNS)
    title = f"News: {titles[0]} against {titles[1]}"
    fig = new_figure(view, title, note, 1.5 + 2.25 * high)
    axes = panels(fig, high, COLUMNS, Space(left=0.45, down=0.55, across=0.45)).ravel()
    for ax, part in zip(axes, moving, strict=False):
        _panel(ax, rows[rows["part"] == part], part)
    for ax in axes[len(moving) :]:
        ax.axis("off")
    for ax in axes[::COLUMNS]:
        ax.set_ylabel(AXIS[quantity])
    key(fig, [_handle("before", "white"), _handle("after", MUTED)])
    return fig


def _handle(label: str, face: str) -> Line2D:
    return Line2D([], [], color=MUTED, marker="o", mfc=face, ms=5, lw=1.4, label=label)


def _panel(ax: Axes, rows: pd.DataFrame, part: str) -> None:
    paint = INK if part == "total" else colour(part)
    at = np.arange(len(rows))
    for side, shift, face in (("before", -OFFSET, "white"), ("after", OFFSET, paint)):
        ax.vlines(at + shift, rows[f"{side}_low"], rows[f"{side}_high"], color=paint, lw=1.6, alpha=0.9)
        ax.plot(at + shift, rows[side], "o", color=paint, mfc=face, ms=4)
    ax.set_title(str(rows["title"].iloc[0]), fontsize=8.5)
    ax.set_xticks(at[::2], [f"{d.day} {d:%b}" for d in rows["date"].iloc[::2]])
    zero(ax, vertical=False)
    grid(ax, "y")
