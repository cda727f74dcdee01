"""Measured memory as a page: the curves, what they come to at the largest size, and whether they are straight lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.proofs.load.runs import CHAINS, COMMAND, SAMPLER
from tests.proofs.load.sampled import TUNE

BOUND_MB = 8000.0
WANTED_DAYS, WANTED_DRAWS = 1260, 2000
USUAL_TUNE = 300
CURVED = 0.1
"""Largest distance from the line, of the largest value, that still counts as linear."""
TITLE = "Memory: 12 funds, five years, 2,000 draws of 8 chains"
ABOUT = (
    "Peak of all processes of a command at one moment, looked at ten times a second; pages that they share are counted in "
    "each, so the numbers are upper bounds. Panels of 12 funds are resampled from the embedded event's rows; chains: "
    f"{CHAINS}. *{COMMAND.capitalize()}*: `fit.py` whole, of one reading, but for the sampler, in whose place as many draws "
    "come from the prior, and for the causal gate; draws are stored, decomposed, drawn and reported as always. "
    f"*{SAMPLER.capitalize()}*: the compiled model with {TUNE} steps before the draws, in a process of its own."
)


def curves(runs: pd.DataFrame) -> dict[str, tuple[str, pd.DataFrame]]:
    """The measured curves by title: the axis, and its rows."""
    out = {}
    for what in (COMMAND, SAMPLER):
        own = runs[runs["what"] == what]
        for axis, other in (("draws", "days"), ("days", "draws")):
            most = own[other].max()
            line = own[own[other] == most].sort_values(axis)
            if len(line) > 2:
                out[f"{what}, against {axis} at {most:.0f} {other}"] = axis, line
    return out


def bend(x: pd.Series, y: pd.Series) -> float:
    """Largest distance from the straight line through the points, of the largest value."""
    line = np.polyval(np.polyfit(x, y, 1), x)
    return float(np.abs(y - line).max() / y.max())


def verdicts(runs: pd.DataFrame) -> list[tuple[str, bool]]:
    """Sentences, and whether what each says is as it must be."""
    out = []
    for title, (axis, line) in curves(runs).items():
        off = bend(line[axis], line["together_mb"])
        slope = np.polyfit(line[axis], line["together_mb"], 1)[0]
        text = f"{title}: {slope:.2f} MB for each of the {axis}, at most {off:.0%} off a straight line."
        out.append((text, off <= CURVED))
    whole = runs[(runs["what"] == COMMAND) & (runs["days"] == WANTED_DAYS) & (runs["draws"] == WANTED_DRAWS)]
    for mb, page, opens in zip(whole["together_mb"], whole["page_mb"], whole["page_opens_s"], strict=True):
        drawn = (
            f"drawn by a browser {opens:.1f} s after it was asked for"
            if opens > 0
            else "no browser was at hand"
        )
        text = f"Whole command at {WANTED_DAYS} days, {WANTED_DRAWS} draws: {mb:,.0f} MB. Its page: {page:.1f} MB, {drawn}."
        out.append((text, mb <= BOUND_MB))
    long = runs[(runs["what"] == SAMPLER) & (runs["days"] == WANTED_DAYS)].sort_values("draws")
    if len(long) > 1:
        steps = WANTED_DRAWS + USUAL_TUNE - TUNE
        mb = float(np.polyval(np.polyfit(long["draws"], long["together_mb"], 1), steps))
        text = (
            f"Sampler at {WANTED_DAYS} days, by the line through its runs of few draws, for {WANTED_DRAWS} draws after "
            f"{USUAL_TUNE} steps (which are kept until the chains end): {mb:,.0f} MB. Not run at this length."
        )
        out.append((text, mb <= BOUND_MB))
    return out


def blocks(runs: pd.DataFrame, figure: str) -> list[str | pd.DataFrame]:
    """Paragraphs and tables."""
    said = [f"{'' if right else '**Not as it must be.** '}{text}" for text, right in verdicts(runs)]
    table = pd.DataFrame({
        "what": runs["what"],
        "days": runs["days"].map("{:.0f}".format),
        "draws a chain": runs["draws"].map("{:.0f}".format),
        "all processes, MB": runs["together_mb"].map("{:,.0f}".format),
        "largest process, MB": runs["largest_mb"].map("{:,.0f}".format),
        "stored draws, MB": runs["posterior_mb"].map(lambda v: "" if np.isnan(v) else f"{v:,.0f}"),
        "page, MB": runs["page_mb"].map(lambda v: "" if np.isnan(v) else f"{v:.1f}"),
        "code": runs["code"],
    })  # fmt: skip
    bound = f"The bound is {BOUND_MB:,.0f} MB; a curve is linear when no point is farther than {CURVED:.0%} of its largest."
    return [ABOUT, f"![Memory against draws and days]({figure})", *said, bound, table]


def draw(runs: pd.DataFrame, path: Path) -> Path:
    """Draw the curves."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    for title, (axis, line) in curves(runs).items():
        at = axes[("draws", "days").index(axis)]
        what, _, where = title.partition(", against ")
        at.plot(line[axis], line["together_mb"], "o-", label=f"{what}, {where.partition(' at ')[2]}")
    for at, label in zip(axes, ("draws a chain", "days"), strict=True):
        at.axhline(BOUND_MB, color="0.5", lw=1, ls="--")
        at.set(xlabel=label, ylim=(0, None), xlim=(0, None))
        at.spines[["top", "right"]].set_visible(False)
        if at.has_data() and at.get_legend_handles_labels()[0]:
            at.legend(frameon=False, fontsize=8)
    axes[0].set_ylabel("peak memory of all processes, MB")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
    return path
