"""Do the chains agree? Ranks of each chain's draws among all draws."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import rankdata

from model.plots.fit_view import FitView
from model.plots.parameters import main_parameters
from model.plots.predictive import ecdf, simultaneous_band
from model.plots.style import FAINT, new_figure, zero
from model.summary.lines import READINGS

COLUMNS = 6
CHAIN_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
NOTE = (
    "One line per chain: distribution of its draws' ranks among all draws, minus the uniform one. Chains that "
    "sampled the same distribution wander near zero (grey: 89 % of independent draws; draws that depend on one "
    "another wander further, with fewer effective draws)."
)


def draw_ranks(view: FitView) -> Figure:
    """Rank distribution per scalar parameter and chain."""
    names = main_parameters(view)
    rows = -(-len(names) // COLUMNS)
    title = f"Rank plots: {READINGS[view.main].lower()}"
    fig = new_figure(view, title, NOTE, 1.6 + 1.1 * rows)
    axes = fig.subplots(rows, COLUMNS, squeeze=False, sharex=True, sharey=True).ravel()
    at = np.linspace(0, 1, 51)
    chains, draws = np.shape(view.scalar(view.main, "posterior", names[0]))
    band = simultaneous_band(min(draws, 1000), at, view.gate.seed)
    for ax, name in zip(axes, names, strict=False):
        _panel(ax, view.scalar(view.main, "posterior", name), at, band)
        ax.set_title(name.replace("_", " ").capitalize(), fontsize=8)
    for ax in axes[len(names) :]:
        ax.axis("off")
    fig.supxlabel(f"rank among all draws, as a share ({chains} chains of {draws} draws)", fontsize=8.5)
    return fig


def _panel(ax: Axes, draws: np.ndarray | None, at: np.ndarray, band: tuple[np.ndarray, np.ndarray]) -> None:
    if draws is None:
        return
    share = rankdata(draws).reshape(draws.shape) / draws.size
    ax.fill_between(at, *band, color=FAINT, lw=0)
    for c, line in enumerate(ecdf(share, at) - at):
        ax.plot(at, line, color=CHAIN_COLOURS[c % len(CHAIN_COLOURS)], lw=0.9)
    zero(ax, vertical=False)
    ax.set_xlim(0, 1)
    ax.tick_params(length=0, labelsize=7)
