"""The gate's tests as two small panels: every implied independence, and the power against wrong graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from model.report.figures.style import INK, MUTED, grid

ENOUGH = 0.8
"""Share of samples in which a wrong graph should be found."""
LABELLED, DOUBTFUL = 3, 0.05
"""At most so many pairs are named, and only those with a smaller p-value."""


def draw_tests(ax: Axes, rows: Sequence[Mapping], bad: str, good: str) -> None:
    """P-values of the implied independences, sorted, beside what chance alone gives."""
    tested = sorted((r for r in rows if r.get("p") is not None), key=lambda r: r["p"])
    if not tested:
        return _empty(ax, "No implied independence could be tested.")
    n = len(tested)
    at = np.arange(1, n + 1)
    p = np.maximum([r["p"] for r in tested], 1e-4)
    ax.plot(at, at / (n + 1), color=MUTED, lw=0.9, ls=(0, (4, 2)), label="expected if the graph holds")
    ax.scatter(at, p, s=20, c=[bad if r["violated"] else good for r in tested], zorder=3)
    for k, r in enumerate(r for r in tested[:LABELLED] if r["p"] < DOUBTFUL):
        text = r["short"].split(" | ")[0].replace("_||_", "\N{UP TACK}").replace("_", " ")
        ax.annotate(text, (at[k], p[k]), (7, -3), textcoords="offset points", fontsize=7.5, color=INK)
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylim(min(5e-3, p.min() / 2), 1.3)
    ax.set_xlabel("implied independences, most doubtful first")
    ax.set_ylabel("p-value")
    count = sum(bool(r["violated"]) for r in tested)
    ax.set_title(f"{count} of {n} implied independences violated")
    ax.legend(loc="lower right")
    grid(ax, "y")
    return None


def draw_power(ax: Axes, rows: Sequence[Mapping], paint: str) -> None:
    """How often each named wrong graph would be found in a sample like this one."""
    if not rows:
        return _empty(ax, "No power was simulated.")
    at = np.arange(len(rows))[::-1]
    ax.barh(at, [r["detected"] for r in rows], color=paint, height=0.55)
    ax.axvline(ENOUGH, color=INK, lw=0.9, ls=":")
    for y, r in zip(at, rows, strict=True):
        text = f"{r['detected']:.0%}" if r["statements_broken"] else "breaks no claim: cannot be found"
        high = r["detected"] > 0.7
        x, side = (r["detected"] - 0.02, "right") if high else (r["detected"] + 0.02, "left")
        ax.text(x, y, text, va="center", ha=side, fontsize=8, color="white" if high else INK)
    ax.set_yticks(at, [r["wrong_graph"] for r in rows])
    ax.set_xlim(0, 1)
    ax.set_xlabel(f"share of such samples in which it would be found (dotted: {ENOUGH:.0%})")
    ax.set_title("Would these data notice a wrong graph?")
    ax.spines["left"].set_visible(False)
    grid(ax)
    return None


def _empty(ax: Axes, text: str) -> None:
    ax.axis("off")
    ax.text(0.0, 0.5, text, color=INK)
