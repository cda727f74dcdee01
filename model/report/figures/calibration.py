"""Ranks of the truth among posterior draws, over simulated panels."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from model.report.figures.predictive import ecdf, simultaneous_band
from model.store import write_figure

AT = np.linspace(0, 1, 51)
COLUMNS = 4


def plot_calibration(table: pd.DataFrame, kept: int, path: Path) -> None:
    """One panel per quantity: distribution of ranks (of ``kept`` draws) minus uniform, with the band of a right program."""
    groups = list(table.groupby("quantity", sort=False))
    rows = -(-len(groups) // COLUMNS)
    fig, axes = plt.subplots(rows, COLUMNS, figsize=(11, 1.9 * rows + 0.8), sharex=True, sharey=True)
    panels = table["panel"].nunique()
    band = simultaneous_band(panels, AT, 1)
    for ax, (name, g) in zip(axes.ravel(), groups, strict=False):
        ranks = (g["rank"].to_numpy() + 0.5) / (kept + 1)
        ax.fill_between(AT, *band, color="0.88", lw=0)
        ax.plot(AT, ecdf(ranks[None, :], AT)[0] - AT, color="#0072b2", lw=1.2)
        ax.axhline(0.0, color="0.5", lw=0.6)
        ax.set_title(str(name).replace("_", " "), fontsize=9)
    for ax in axes.ravel()[len(groups) :]:
        ax.axis("off")
    fig.supxlabel("rank of the truth among posterior draws, as a share", fontsize=9)
    fig.supylabel("distribution minus uniform", fontsize=9)
    fig.suptitle(f"Simulation-based calibration, {panels} panels. Grey: 89 % simultaneous band", fontsize=10)
    fig.tight_layout()
    write_figure(fig, path, dpi=130)
    plt.close(fig)


def plot_no_impact(table: pd.DataFrame, path: Path) -> None:
    """Intervals of the model's push and of the naive slope, panel by panel, where the truth is zero. log-% per USD bn."""
    ordered = table.sort_values("naive").reset_index(drop=True)
    fig, ax = plt.subplots(figsize=(7.5, 0.16 * len(ordered) + 1.8))
    for name, shift, colour, label in (
        ("push", -0.16, "#0072b2", "the model: push of a demand shock, 89 % interval"),
        ("naive", 0.16, "#d55e00", "least squares of the return on the day's flow, 89 % interval"),
    ):
        middle, at = ordered[name], ordered.index + shift
        reach = np.abs([middle - ordered[f"{name}_low"], ordered[f"{name}_high"] - middle])
        ax.errorbar(middle, at, xerr=reach, fmt="o", ms=3, lw=1, color=colour, label=label)
    ax.axvline(0.0, color="0.3", lw=0.8)
    ax.set_yticks([])
    ax.set_xlabel("log-% of price per USD bn of flow; the truth is zero", fontsize=9)
    ax.set_ylabel(f"{len(ordered)} simulated panels", fontsize=9)
    ax.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    fig.tight_layout()
    write_figure(fig, path, dpi=130)
    plt.close(fig)
