"""Figures of a dealer book: exposure over spot, amplification, demand by strike."""

from __future__ import annotations

from pathlib import Path as FilePath

import matplotlib as mpl
import numpy as np

from model.dealer_book.book import Book
from model.dealer_book.demand import Demand
from model.dealer_book.exposure import exposure
from model.dealer_book.path import Path
from model.dealer_book.profile import profile, spots_of
from model.store import write_figure
from model.units import MN_PER_BN, PERCENT

mpl.use("Agg")
mpl.rcParams["text.parse_math"] = False  # titles of books and notes are no formulas
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.ticker import FuncFormatter  # noqa: E402

FIGURES = ("profile", "amplification", "by_strike")

COLOURS = {"etf": "#1b6ca8", "crypto": "#e07b39", "notes": "#7a5195", "total": "#222222"}
LABELS = {
    "etf": "ETF options (s = +1)",
    "crypto": "crypto-native options (s = +1)",
    "notes": "notes (no sign)",
    "total": "all together",
}
SIGN = {"etf": 1.0, "crypto": 1.0}


def _style(ax: Axes, ylabel: str, title: str, base: float = 0.0) -> None:
    ax.set_ylabel(ylabel, fontsize=9)
    ax.set_title(title, loc="left", fontsize=10, fontweight="bold")
    ax.grid(alpha=0.25, lw=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.axhline(base, color="#444444", lw=0.8)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / MN_PER_BN:.0f}k"))


def _marks(ax: Axes, path: Path, levels: list[float], book: Book, labels: bool) -> None:
    a, b = path.points[0].spot, path.points[-1].spot
    ax.axvspan(min(a, b), max(a, b), color="#f2c14e", alpha=0.13, lw=0)
    lines = [(a, "start", "#666666", "-"), (b, "end", "#666666", "-")]
    lines += [(x, "zero gamma", "#c1121f", "--") for x in levels]
    lines += [
        (
            n.barrier,
            f"barrier {n.shown_barrier:g}" + (" (gone)" if n.knocked_on else ""),
            COLOURS["notes"],
            ":",
        )
        for n in book.notes
    ]
    left, right = ax.get_xlim()
    placed: list[float] = []
    for x, text, colour, dash in sorted(lines):
        if not left < x < right:
            continue
        ax.axvline(x, color=colour, lw=1.0, ls=dash)
        if labels:
            near = sum(abs(x - y) < 0.06 * (right - left) for y in placed)
            ax.annotate(
                f"{text}: {x / MN_PER_BN:.1f}k",
                (x, 1.0),
                xycoords=("data", "axes fraction"),
                fontsize=7.5,
                color=colour,
                xytext=(2, -9 - 10 * near),
                textcoords="offset points",
                ha="left",
                bbox={"facecolor": "white", "alpha": 0.85, "lw": 0, "pad": 0.6},
            )
            placed.append(x)


def _foot(fig: Figure, book: Book, extra: str) -> None:
    fig.text(
        0.01, 0.008, f"{book.title}. {extra} Book {book.sha256[:12]}.", fontsize=7, color="#555555", wrap=True
    )


def _shown(book: Book) -> dict[str, str]:
    """Lines with their labels; a book of one source has one line, which is the total."""
    has = {"etf": len(book.etf), "crypto": len(book.crypto), "notes": len(book.notes)}
    sources = {k: LABELS[k] for k, n in has.items() if n}
    if len(sources) == 1:
        return {"total": next(iter(sources.values()))}
    return sources | {"total": LABELS["total"]}


def _legend(fig: Figure, ax: Axes, bottom: float) -> None:
    """One row under the panels, where it hides no line."""
    handles, labels = ax.get_legend_handles_labels()
    fig.legend(
        handles,
        labels,
        fontsize=8,
        frameon=False,
        ncols=len(labels),
        loc="lower center",
        bbox_to_anchor=(0.5, bottom),
    )


def figure_profile(book: Book, path: Path, levels: list[float], low: float, high: float) -> Figure:
    """Dealer delta, gamma and hedging flow over spot, by source, with the low-high band of the total."""
    spots = np.linspace(low, high, 401)
    start = path.points[0]
    r = PERCENT * np.log(spots / start.spot)
    grid = np.unique(np.concatenate([r, [0.0]]))
    fig, axes = plt.subplots(3, 1, figsize=(9.5, 10), sharex=True)
    cases = {}
    for case in ("low", "mid", "high"):
        held = book.case(case)
        e = exposure(held, start.vol, spots, SIGN)
        p = profile(book, start.spot, start.vol, grid, case)
        flow = {"etf": p.etf_demand, "crypto": p.crypto_demand, "notes": p.note_demand}
        cases[case] = (e, flow | {"total": p.etf_demand + p.crypto_demand + p.note_demand})
    x_flow = spots_of(start.spot, grid)
    panels = (
        (
            "delta",
            lambda c, k: cases[c][0]["delta" if k == "total" else f"delta_{k}"],
            spots,
            1.0,
            "USD bn",
            "Dealers' option delta before hedging",
        ),
        (
            "slope",
            lambda c, k: cases[c][0]["slope" if k == "total" else f"slope_{k}"],
            spots,
            MN_PER_BN,
            "USD m per 1 %",
            "Hedging of a 1 % move (above 0: short gamma, amplifies; below 0: long gamma, damps)",
        ),
        (
            "flow",
            lambda c, k: cases[c][1][k],
            x_flow,
            1.0,
            "USD bn",
            f"Hedging flow from {start.spot / MN_PER_BN:.1f}k to each price (below 0 = dealers have sold)",
        ),
    )
    shown = _shown(book)
    for ax, (_, get, x, scale, unit, title) in zip(axes, panels, strict=True):
        least, most = (scale * get(c, "total") for c in ("low", "high"))
        if not np.allclose(least, most):
            ax.fill_between(
                x,
                np.minimum(least, most),
                np.maximum(least, most),
                color="#999999",
                alpha=0.25,
                lw=0,
                label="all, low to high",
            )
        for k, label in shown.items():
            ax.plot(x, scale * get("mid", k), color=COLOURS[k], lw=2.2 if k == "total" else 1.4, label=label)
        ax.set_xlim(low, high)
        _style(ax, unit, title)
        _marks(ax, path, levels, book, labels=ax is axes[0])
    axes[2].set_xlabel("underlying, USD", fontsize=9)
    _legend(fig, axes[0], 0.02)
    fig.tight_layout(rect=(0, 0.05, 1, 1))
    none = "" if levels else " No zero-gamma level in this range."
    _foot(
        fig,
        book,
        f"Volatility {start.vol:.1f}. s = +1 is a unit, not a finding.{none}",
    )
    return fig


def figure_amplification(
    book: Book, path: Path, levels: list[float], low: float, high: float, lams: tuple[float, float, float]
) -> Figure:
    """1/(1-phi) over spot for several dealer signs; the band is the impact from low to high."""
    spots = np.linspace(low, high, 401)
    fig, ax = plt.subplots(figsize=(9.5, 5.2))
    signs = ((1.0, "#c1121f"), (0.5, "#e07b39"), (0.0, "#666666"), (-0.5, "#5fa8d3"), (-1.0, "#1b6ca8"))
    nothing = "s = 0 (notes only)" if book.notes else "s = 0"
    for s, colour in signs:
        slope = exposure(book.case("mid"), path.points[0].vol, spots, {"etf": s, "crypto": s})["slope"]
        curves = [1 / (1 - np.minimum(lam * slope, 0.8)) for lam in lams]
        ax.fill_between(spots, curves[0], curves[2], color=colour, alpha=0.12, lw=0)
        ax.plot(spots, curves[1], color=colour, lw=1.9, label=f"s = {s:+.1f}" if s else nothing)
    ax.set_xlim(low, high)
    _style(ax, "amplification 1/(1 - phi)", "How much dealers multiply a shock, by their unknown sign", 1.0)
    bottom, top = ax.get_ylim()
    ax.set_ylim(max(bottom, 0.5), top + 0.08 * (top - bottom))
    _marks(ax, path, levels, book, labels=True)
    ax.set_xlabel("underlying, USD", fontsize=9)
    _legend(fig, ax, 0.035)
    fig.tight_layout(rect=(0, 0.09, 1, 1))
    _foot(
        fig,
        book,
        f"Line: impact lam = {lams[1]:g} % per USD bn; band {lams[0]:g} to {lams[2]:g}. phi held below 0.8. "
        f"Volatility {path.points[0].vol:.1f}.",
    )
    return fig


def figure_strikes(book: Book, path: Path, result: Demand, most: int = 30) -> Figure:
    """Demand of the move by strike in underlying terms, gamma, vanna and knock-in stacked."""
    sources = [
        k
        for k in ("etf", "crypto", "notes")
        if result.by_strike.loc[result.by_strike["source"] == k, "total"].abs().sum() > 0
    ]
    fig, axes = plt.subplots(
        1,
        max(len(sources), 1),
        figsize=(9.5, 5.2),
        squeeze=False,
        width_ratios=[2 if k != "notes" else 1 for k in sources] or [1],
    )
    for ax, source in zip(axes[0], sources, strict=False):
        rows = result.by_strike[result.by_strike["source"] == source]
        rows = rows[rows["total"].abs() > 1e-3 * rows["total"].abs().max()]
        rows = rows.loc[rows["total"].abs().nlargest(most).index].sort_values("strike")
        up, down = np.zeros(len(rows)), np.zeros(len(rows))
        for part, colour in (("gamma", "#c1121f"), ("vanna", "#5fa8d3"), ("knock_in", "#7a5195")):
            x = MN_PER_BN * rows[part].to_numpy()
            if not result.by_strike[part].any():
                continue
            ax.barh(
                np.arange(len(rows)),
                x,
                left=np.where(x > 0, up, down),
                color=colour,
                height=0.75,
                label=part.replace("_", "-"),
            )
            up, down = up + np.maximum(x, 0), down + np.minimum(x, 0)
        ax.plot(
            MN_PER_BN * rows["total"], np.arange(len(rows)), "|", color="black", ms=9, mew=2, label="total"
        )
        ax.set_yticks(np.arange(len(rows)), [f"{k:,.10g}" for k in rows["strike"]], fontsize=7.5)
        ax.axvline(0, color="#444444", lw=0.8)
        ax.set_title(
            f"{LABELS[source]}\n{MN_PER_BN * rows['total'].sum():+,.0f} USD m", fontsize=9, loc="left"
        )
        wide = max(float(np.ptp(np.concatenate([up, down, [0.0]]))), 1e-9)
        ax.set_xlim(down.min(initial=0.0) - 0.06 * wide, up.max(initial=0.0) + 0.06 * wide)
        ax.set_xlabel("USD m, own scale" if source == "notes" else "USD m (negative: sells)", fontsize=8)
        ax.grid(axis="x", alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(axis="x", labelsize=8)
    axes[0, 0].legend(fontsize=7.5, frameon=False)
    axes[0, 0].set_ylabel("strike (notes: barrier), as quoted", fontsize=9)
    a, b = path.points[0], path.points[-1]
    fig.suptitle(
        f"Hedging demand by strike: {a.spot:,.0f} to {b.spot:,.0f}, volatility {a.vol:.1f} to {b.vol:.1f}",
        x=0.01,
        ha="left",
        fontsize=10.5,
        fontweight="bold",
    )
    fig.tight_layout(rect=(0, 0.03, 1, 1))
    _foot(fig, book, "Mid amounts.")
    return fig


def save_figures(
    book: Book,
    path: Path,
    result: Demand,
    levels: list[float],
    low: float,
    high: float,
    lams: tuple[float, float, float],
    out: FilePath,
) -> list[FilePath]:
    """Write the three figures as PNG and return their paths."""
    figures = (
        figure_profile(book, path, levels, low, high),
        figure_amplification(book, path, levels, low, high, lams),
        figure_strikes(book, path, result),
    )
    written = []
    for name, fig in zip(FIGURES, figures, strict=True):
        file = out / f"{name}.png"
        written.append(write_figure(fig, file, dpi=140))
        plt.close(fig)
    return written
