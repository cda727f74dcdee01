"""Pictures of the gate: the graph with its tests, the statements, the null with the count, the power."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from model.gate.graph import Graph, split
from model.gate.result import GateResult
from model.report.figures.graph_drawing import arrow, join
from model.store import write_figure

mpl.rcParams["text.parse_math"] = False  # an accepted reason with two dollar amounts is no formula
INK, MUTED, BLUE, RED, SAND, GREEN = "#1b2a3a", "#9aa5b1", "#2f6db3", "#c0392b", "#b8860b", "#3b8f5a"
VERDICT_COLOUR = {"pass": GREEN, "inconclusive": SAND, "fail": RED}
HEADINGS = ("yesterday", "given", "hidden shocks", "hidden trades", "the price", "recorded")
SHOWN, DPI = 40, 130
"""Statements drawn at most; the largest effects first."""


def draw_graph(graph: Graph, result: GateResult, path: Path) -> None:
    """The declared timed graph: boxes observed, rounded dashed latent; violated pairs joined in red."""
    dag = nx.DiGraph([*graph.edges, *graph.weekly])
    place = _layout(graph, dag)
    fig = plt.figure(figsize=(14, 8), dpi=DPI)
    ax = fig.add_axes((0.0, 0.05, 1.0, 0.84))
    ax.set_xlim(-0.5, len(HEADINGS) - 0.5)
    ax.set_ylim(0.0, 1.06)
    ax.axis("off")
    boxes = {name: _box(ax, name, *at, _hidden(graph, name)) for name, at in place.items()}
    fig.canvas.draw()
    for a, b in dag.edges:
        ax.add_patch(arrow(boxes, place, a, b, MUTED if _hidden(graph, a) else BLUE))
    for a, b in map(_sides, _violated(result)):
        if a in place and b in place:
            ax.add_patch(join(boxes, place, a, b, RED, strong=True))
    for x, text in enumerate(HEADINGS):
        ax.text(x, 1.02, text, ha="center", fontsize=11, color=INK, weight="bold")
    fig.suptitle(_title(result, f"Timed graph: {graph.title}"), x=0.02, ha="left", fontsize=13, color=INK)
    fig.text(0.02, 0.02, _legend(result), fontsize=10, color=INK)
    _save(fig, path)


def draw_tests(result: GateResult, path: Path) -> None:
    """Effects of the statements beside what chance would produce, and the power."""
    rows = [r for r in result.check("implied independences").table if r["effect"] is not None]
    rows = sorted(rows, key=lambda r: -abs(r["effect"]))[:SHOWN][::-1]
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(14, 0.21 * max(len(rows), 14) + 2.0), width_ratios=[1.5, 1.0]
    )
    _statements(left, rows)
    _power(right, result.check("power against wrong graphs").table)
    fig.suptitle(_title(result, "Implied independences and power"), x=0.02, ha="left", fontsize=13, color=INK)
    fig.tight_layout(rect=(0, 0, 1, 0.99))
    _save(fig, path)


def draw_proof(table: pd.DataFrame, path: Path) -> None:
    """Rejection rates over simulated panels with 95 % intervals."""
    rows = [{str(k): v for k, v in r.items()} for r in table.iloc[::-1].to_dict("records")]
    fig, ax = plt.subplots(figsize=(10, 0.5 * len(rows) + 1.8))
    for i, row in enumerate(rows):
        true = row["world"] == row["graph_held"]
        blind = not true and row["claims_broken"] == 0
        colour = GREEN if true else MUTED if blind else BLUE
        ax.plot([row["low"], row["high"]], [i, i], color=colour, lw=3, alpha=0.5)
        ax.plot(row["rate"], i, "o", color=colour, ms=7)
        note = "breaks no claim: cannot be found" if blind else f"{row['rejected']} of {row['panels']}"
        left = row["high"] < 0.7
        x = row["high"] + 0.02 if left else row["low"] - 0.02
        ax.text(x, i, note, va="center", ha="left" if left else "right", fontsize=9, color=INK)
    ax.set_yticks(range(len(rows)), [_worded(r) for r in rows], fontsize=9)
    ax.axvline(0.05, color=RED, lw=0.9, ls=":")
    ax.axvline(0.8, color=INK, lw=0.9, ls=":")
    ax.set_xlim(-0.01, 1.01)
    ax.set_xlabel("share of panels refused; dotted: 5 % and 80 %")
    ax.set_title("How often the gate refuses a true graph (green) and finds a wrong one (blue)", loc="left")
    _clean(ax)
    fig.tight_layout()
    _save(fig, path)


def _worded(row: dict) -> str:
    held, world = (str(row[k]).replace("_", " ") for k in ("graph_held", "world"))
    if held == world:
        return "the model holds"
    return f"world: {world}" if held == "model" else f"graph held: {held}"


def _statements(ax: Axes, rows: list[dict]) -> None:
    at = np.arange(len(rows))
    limit = [1.96 / np.sqrt(max(r["days"], 5)) for r in rows]
    ax.barh(at, [2 * v for v in limit], left=[-v for v in limit], height=0.75, color="#e9edf2", zorder=0)
    colours = [RED if r["violated"] else SAND if r["p"] < 0.05 else BLUE for r in rows]
    ax.scatter([r["effect"] for r in rows], at, c=colours, s=26, zorder=2)
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks(at, [_pair(r) for r in rows], fontsize=8)
    ax.set_ylim(-0.7, len(rows) - 0.3)
    reach = max(0.25, 1.1 * max((abs(r["effect"]) for r in rows), default=0.0))
    ax.set_xlim(-reach, reach)
    ax.set_xlabel("partial correlation of innovations (grey: 95 % of chance, before counting tests)")
    ax.set_title("red: violated; yellow: p < 5 % alone; blue: as claimed", fontsize=9, loc="left", color=INK)
    _clean(ax)


def _power(ax: Axes, rows: list[dict]) -> None:
    if not rows:
        ax.axis("off")
        ax.text(0.0, 0.5, "Nothing is claimed, so nothing can be found.", color=INK)
        return
    at = np.arange(len(rows))[::-1]
    rates = [r["detected"] for r in rows]
    ax.barh(at, rates, color=[BLUE if r["statements_broken"] else MUTED for r in rows], height=0.55)
    ax.axvline(0.8, color=INK, lw=0.8, ls=":")
    for y, row, rate in zip(at, rows, rates, strict=True):
        text = f"{rate:.0%}" if row["statements_broken"] else "breaks no claim: cannot be found"
        inside = rate > 0.8
        ax.text(
            rate + (-0.02 if inside else 0.02),
            y,
            text,
            va="center",
            ha="right" if inside else "left",
            fontsize=9,
            color="white" if inside else INK,
        )
    ax.set_yticks(at, [r["wrong_graph"] for r in rows], fontsize=9)
    ax.set_xlim(0, 1)
    ax.set_xlabel("share of such samples in which the model is refused")
    ax.set_title("If the world were otherwise, would the gate notice?", fontsize=10, loc="left", color=INK)
    _clean(ax)


def _layout(graph: Graph, dag: nx.DiGraph) -> dict[str, tuple[float, float]]:
    """Six columns; inside a column, nodes follow the mean height of their neighbours to the left."""
    columns: list[list[str]] = [[] for _ in HEADINGS]
    for name in sorted(dag, key=lambda n: (n.split("[")[0], len(n), n)):
        columns[_column(graph, dag, name)].append(name)
    place: dict[str, tuple[float, float]] = {}
    for x, names in enumerate(columns):
        if x == 3:
            names.sort(key=lambda n: -_height(place, dag.predecessors(n)))
        for i, name in enumerate(names):
            place[name] = (float(x), 1.0 - (i + 0.5) / len(names))
    return place


def _height(place: dict[str, tuple[float, float]], names: Iterable[str]) -> float:
    known = [place[n][1] for n in names if n in place]
    return float(np.mean(known)) if known else 0.5


def _column(graph: Graph, dag: nx.DiGraph, name: str) -> int:
    if name.endswith("[week]"):
        return 5
    base, day = split(name)
    if day < 0:
        return 0
    if base in graph.outside or base in graph.before_open:
        return 1
    if _hidden(graph, name):
        return 3 if dag.in_degree(name) else 2
    return 4 if any(not n.endswith("[week]") and split(n)[1] > 0 for n in dag.successors(name)) else 5


def _hidden(graph: Graph, name: str) -> bool:
    return not name.endswith("[week]") and split(name)[0] in graph.latents


def _box(ax: Axes, name: str, x: float, y: float, hidden: bool) -> Text:
    style = {
        "boxstyle": "round,pad=0.4" if hidden else "square,pad=0.4",
        "fc": "white",
        "lw": 1.2,
        "ec": MUTED if hidden else INK,
        "ls": "--" if hidden else "-",
    }
    text = name.replace("_", " ")
    slant = "italic" if hidden else "normal"
    return ax.text(
        x, y, text, ha="center", va="center", fontsize=10, color=INK, bbox=style, zorder=3, style=slant
    )


def _violated(result: GateResult) -> list[dict]:
    return [r for r in result.check("implied independences").table if r["violated"]]


def _sides(row: dict) -> tuple[str, str]:
    x, y = (n.strip() for n in row["short"].split(" | ")[0].split("_||_"))
    return x, y


def _pair(row: dict) -> str:
    return row["short"].split(" | ")[0].replace("_||_", "⊥").replace("_", " ").strip()


def _legend(result: GateResult) -> str:
    count = len(_violated(result))
    red = f"red: the {count} violated independences" if count else "no independence is violated"
    return f"solid box: observed   dashed: never observed   blue arrow: from an observed cause   {red}"


def _title(result: GateResult, text: str) -> str:
    accepted = f" (accepted: {result.accepted_reason})" if result.accepted_reason else ""
    days = result.facts.get("days", "?")
    return f"{text}\nverdict: {result.verdict}{accepted}; {days} days, data {result.data_hash[:8]}"


def _clean(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(length=0)


def _save(fig: Figure, path: Path) -> None:
    write_figure(fig, path, dpi=DPI, facecolor="white")
    plt.close(fig)
