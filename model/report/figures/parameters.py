"""Prior beside posterior: which parameters the data moved."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from model.attribution.identification import MOVED, UNIDENTIFIED
from model.mechanisms.components import COMPONENTS
from model.priors.prior_set import load_priors
from model.report.figures.fit_view import FitView
from model.report.figures.style import (
    INK,
    MUTED,
    PRIOR,
    READING_COLOURS,
    READING_DASHES,
    Space,
    density,
    key,
    named,
    new_figure,
    panels,
)
from model.report.tables.lines import READINGS

COLUMNS = 5
FIRST = ("impact",)
"""Parameters shown before the components' own."""
REACH = 0.995
"""Prior mass inside the axes."""
NOTE = (
    "Grey: prior. Lines: posterior, each drawn to the same height. Not identified: under the first reading neither did "
    "the variance fall by a tenth nor the median move by half a prior spread, sampling error allowed for, so there the "
    "prior speaks, not the data. Moved: the median did, the variance did not fall."
)


def main_parameters(view: FitView) -> list[str]:
    """Scalar parameters of the components, in registry order, after price impact."""
    names = dict.fromkeys([*FIRST, *(p for c in COMPONENTS for p in c.priors)])
    return [n for n in names if view.scalar(view.main, "posterior", n) is not None]


def draw_parameters(view: FitView) -> Figure:
    """Small multiples, one per scalar parameter."""
    names = main_parameters(view)
    rows = -(-len(names) // COLUMNS)
    fig = new_figure(view, "Prior beside posterior", NOTE, 1.75 + 1.32 * rows)
    axes = panels(fig, rows, COLUMNS, Space(down=0.62, across=0.22, bottom=0.4)).ravel()
    readings = view.readings("posterior")
    units = units_of()
    for ax, name in zip(axes, names, strict=False):
        _panel(ax, view, name, readings, units.get(name, ""))
    for ax in axes[len(names) :]:
        ax.axis("off")
    handles: list[Patch | Line2D] = [Patch(color=PRIOR, label="Prior")]
    handles += [
        Line2D([], [], color=READING_COLOURS[r], ls=READING_DASHES[r], lw=1.5, label=READINGS[r])
        for r in readings
    ]
    key(fig, handles)
    return fig


def _panel(ax: Axes, view: FitView, name: str, readings: list[str], unit: str) -> None:
    prior = view.scalar(view.main, "prior", name)
    limits = []
    if prior is not None:
        x, y = density(prior)
        ax.fill_between(x, y / y.max(), color=PRIOR, lw=0, alpha=0.8)
        limits += list(np.quantile(prior, [1 - REACH, REACH]))
    for reading in readings:
        draws = view.scalar(reading, "posterior", name)
        if draws is not None:
            x, y = density(draws)
            ax.plot(x, y / y.max(), color=READING_COLOURS[reading], ls=READING_DASHES[reading], lw=1.5)
            limits += list(np.quantile(draws, [1 - REACH, REACH]))
    ax.set_xlim(min(limits), max(limits))
    ax.set_ylim(0, 1.08)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.locator_params(axis="x", nbins=4)
    ax.tick_params(length=2, labelsize=7.5)
    ax.set_title(named(name), fontsize=8.5)
    ax.set_xlabel(_short(unit), fontsize=7, color=MUTED)
    note = {UNIDENTIFIED: "not identified", MOVED: "moved, not narrowed"}.get(view.verdict(name))
    if note:
        text = ax.text(0.98, 0.97, note, transform=ax.transAxes, ha="right", va="top", fontsize=7.5)
        text.set(style="italic", color=INK, bbox={"fc": "white", "ec": "none", "alpha": 0.75, "pad": 1})


def units_of() -> dict[str, str]:
    return {name: prior.unit for name, prior in load_priors("literature").parameters.items()}


def _short(unit: str, most: int = 36) -> str:
    return unit if len(unit) <= most else unit[: most - 1].rsplit(" ", 1)[0] + " \N{HORIZONTAL ELLIPSIS}"
