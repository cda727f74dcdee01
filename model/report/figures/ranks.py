"""Do the chains agree? Ranks of each chain's draws among all draws."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import rankdata

from model.report.figures.fit_view import FitView
from model.report.figures.parameters import main_parameters
from model.report.figures.predictive import ecdf, simultaneous_band
from model.report.figures.style import FAINT, Space, named, new_figure, panels, zero
from model.report.tables.lines import READINGS

COLUMNS = 6
AT = np.linspace(0, 1, 51)
"""Points at which rank distributions are compared."""
CHAIN_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
NOTE = (
    "One line per chain: distribution of its draws' ranks among all draws (horizontal, as a share), "
    "minus the uniform one. Chains that sampled the same distribution wander near zero. Grey: where 89 % "
    "of independent draws stay; dependent draws wander further."
)


def draw_ranks(view: FitView) -> Figure:
    """Rank distribution per scalar parameter and chain."""
    drawn = {n: view.scalar(view.main, "posterior", n) for n in main_parameters(view)}
    lines = {n: rank_lines(d) for n, d in drawn.items() if d is not None}
    chains, draws = next((d.shape for d in drawn.values() if d is not None), (0, 1))
    rows = -(-len(lines) // COLUMNS)
    title = f"Rank plots: {READINGS[view.main].lower()}, {chains} chains of {draws} draws"
    fig = new_figure(view, title, NOTE, 1.6 + 1.1 * rows)
    axes = panels(fig, rows, COLUMNS, Space(left=0.45, across=0.2, down=0.33)).ravel()
    band = simultaneous_band(min(draws, 1000), AT, view.gate.seed)
    limit = 1.1 * max([band[1].max(), *(np.abs(v).max() for v in lines.values())])
    for k, (ax, (name, values)) in enumerate(zip(axes, lines.items(), strict=False)):
        _panel(ax, values, band)
        ax.set_title(named(name), fontsize=8)
        ax.set_ylim(-limit, limit)
        ax.tick_params(labelleft=k % COLUMNS == 0, labelbottom=k + COLUMNS >= len(lines))
    for ax in axes[len(lines) :]:
        ax.axis("off")
    return fig


def rank_lines(draws: np.ndarray) -> np.ndarray:
    """Each chain's distribution of ranks among all draws, minus uniform. ``(chain, draw) -> (chain, 51)``."""
    share = rankdata(draws).reshape(draws.shape) / draws.size
    return ecdf(share, AT) - AT


def _panel(ax: Axes, values: np.ndarray, band: tuple[np.ndarray, np.ndarray]) -> None:
    ax.fill_between(AT, *band, color=FAINT, lw=0)
    for c, line in enumerate(values):
        ax.plot(AT, line, color=CHAIN_COLOURS[c % len(CHAIN_COLOURS)], lw=0.9)
    zero(ax, vertical=False)
    ax.set_xlim(0, 1)
    ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    ax.tick_params(length=0, labelsize=7)
