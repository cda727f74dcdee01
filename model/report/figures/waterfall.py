"""The event's days, split: bars that add up to the observed value."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model.report.figures.fit_view import FitView
from model.report.figures.style import AXIS, INK, MUTED, Space, colour, grid, new_figure, panels, zero
from model.report.tables.lines import QUANTILES, READINGS, VIEWS, Block, Line, block, expected_of
from model.report.tables.text import amount, day, interval

TITLES = {
    ("flow", "channel"): "Who traded: the event's net flow by component",
    ("return", "channel"): "Whose trades moved the price: the event's return by component",
    ("flow", "trigger"): "Whose shock started it: the event's net flow by trigger",
    ("return", "trigger"): "Whose shock started it: the event's return by trigger",
}
NOTE = (
    "Bars: posterior means, which add up to the observed value. Numbers: median and 89 % interval of each "
    "part, as in the tables; black lines: the same interval. Hatched: the split of a sum, which only the prior decides."
)
EXPECTED_NOTE = " Diamond: flow expected at the day's close, with its 89 % predictive interval."
ROW = 0.235
"""Inches per line."""
UNPUBLISHED = "not published yet"
"""Stands where an observed flow would: bars end at no number then, because their sum is a guess as well."""
TINY = 1e-3
"""Share of the observed value below which a line that is no component is left out."""
SPACE = Space(left=2.75, right=1.3, across=1.45)


def draw_waterfall(view: FitView, quantity: str, by: str) -> Figure:
    """Event days (rows) by dating reading (columns).

    Parameters
    ----------
    quantity : {"flow", "return"}
    by : {"channel", "trigger"}
    """
    blocks = {r: block(d, quantity, by, view.days) for r, d in view.shown.items()}
    blocks, left_out = _without_tiny(blocks)
    with_expected = (quantity, by) == ("flow", "channel")
    rows = len(next(iter(blocks.values())).lines) + 1 + with_expected
    note = NOTE + (EXPECTED_NOTE if with_expected else "")
    note += book_note(view)
    note += f" Not drawn, below 0.1 % of the observed: {', '.join(left_out).lower()}." if left_out else ""
    height = 1.35 + len(view.days) * (rows * ROW + 0.62)
    fig = new_figure(view, TITLES[quantity, by], note, height)
    axes = panels(fig, len(view.days), len(blocks), SPACE, share=True)
    for j, (reading, b) in enumerate(blocks.items()):
        expected = expected_of(view.shown[reading], view.days).draws if with_expected else None
        for i, d in enumerate(view.days):
            _draw_day(axes[i, j], b, i, quantity, None if expected is None else expected[:, i])
            axes[i, j].set_title(f"{day(d)}: {READINGS[reading].lower()}")
    for ax in axes[-1]:
        ax.set_xlabel(f"{AXIS[quantity]} ({VIEWS[by]})")
    return fig


def book_note(view: FitView) -> str:
    """Which days used a dealer book; empty if none did."""
    days = ", ".join(day(d) for d in view.booked_days)
    return f" Dealer hedging: by the dealer book on {days}, by the gamma proxy on other days." if days else ""


def _without_tiny(blocks: dict[str, Block]) -> tuple[dict[str, Block], list[str]]:
    """Leave out lines that are no components and practically zero on every day, in every draw and reading.

    The unattributed part always stays: that it is small is a finding.
    """
    first = next(iter(blocks.values()))
    largest = np.max([np.abs(b.values).max(axis=(0, 1)) for b in blocks.values()], axis=0)
    seen = np.concatenate([np.abs(b.observed[np.isfinite(b.observed)]) for b in blocks.values()])
    bound = TINY * seen.max(initial=0.0)
    keep = [
        line.is_component or line.key == "unattributed" or size >= bound
        for line, size in zip(first.lines, largest, strict=True)
    ]
    lines = tuple(line for line, kept in zip(first.lines, keep, strict=True) if kept)
    smaller = {r: b._replace(lines=lines, values=b.values[..., keep]) for r, b in blocks.items()}
    return smaller, [line.title for line, kept in zip(first.lines, keep, strict=True) if not kept]


def _draw_day(ax: Axes, b: Block, i: int, quantity: str, expected: np.ndarray | None) -> None:
    start = 0.0
    inside = 0.0
    for k, line in enumerate(b.lines):
        values = b.values[:, i, k]
        base = inside if line.kind == "split" else start
        follow = 1 + sum(other.kind == "split" for other in b.lines[k + 1 : k + 3]) * (line.kind == "sum")
        _bar(ax, k, base, values, line, follow)
        _label(ax, k, amount(np.median(values), quantity), *_ends(values), quantity, line.kind == "split")
        if line.kind == "split":
            inside += values.mean()
        else:
            inside, start = start, start + values.mean()
    k = len(b.lines)
    seen = float(b.observed[i])
    published = np.isfinite(seen)
    if published:
        ax.barh(k, seen, color=INK, height=0.6, zorder=2)
    _text(ax, k, amount(seen, quantity) if published else UNPUBLISHED, bold=published)
    labels = [_title(line) for line in b.lines] + ["Observed"]
    if expected is not None:
        low, median, high = np.quantile(expected, QUANTILES)
        ax.plot([low, high], [k + 1, k + 1], color=INK, lw=1.1, zorder=3)
        ax.plot(median, k + 1, "D", color="white", mec=INK, ms=5, zorder=4)
        _label(ax, k + 1, amount(median, quantity), low, high, quantity)
        labels.append("Expected flow")
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    zero(ax)
    grid(ax)
    ax.spines["left"].set_visible(False)


def _bar(ax: Axes, k: int, base: float, values: np.ndarray, line: Line, follow: int) -> None:
    split = line.kind == "split"
    style: dict[str, Any] = {"color": colour(line.key)}
    if split:
        style = {"hatch": "/////", "facecolor": "white", "edgecolor": colour(line.key), "lw": 0.8}
    mean = float(values.mean())
    ax.barh(k, mean, left=base, height=0.36 if split else 0.6, zorder=2, **style)
    low, high = _ends(values)
    ax.plot([base + low, base + high], [k, k], color=INK, lw=0.9 if split else 1.2, zorder=3)
    if not split:
        end = base + mean
        ax.plot([end, end], [k + 0.3, k + follow - 0.3], color=MUTED, lw=0.6, ls=":", zorder=1)


def _ends(values: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(values, [QUANTILES[0], QUANTILES[2]])
    return float(low), float(high)


def _label(
    ax: Axes, k: int, centre: str, low: float, high: float, quantity: str, faint: bool = False
) -> None:
    _text(ax, k, f"{centre} {interval(low, high, quantity)}", colour_=MUTED if faint else INK)


def _text(ax: Axes, k: int, text: str, bold: bool = False, colour_: str = INK) -> None:
    """A number right of the axes, on its line."""
    ax.annotate(
        text,
        (1.0, k),
        (6, 0),
        xycoords=ax.get_yaxis_transform(),
        textcoords="offset points",
        va="center",
        ha="left",
        fontsize=8,
        color=colour_,
        weight="bold" if bold else "normal",
    )


def _title(line: Line) -> str:
    return f"of which {line.title.lower()}" if line.kind == "split" else line.title
