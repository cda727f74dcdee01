"""The causal graph by time, with what the tests of its implied independences said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import networkx as nx
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from model.gate.declared import declared_graph
from model.gate.graph import Graph, split
from model.gate.result import GateResult
from model.mechanisms.components import COMPONENTS
from model.mechanisms.design import LAGS
from model.report.figures.fit_view import FitView
from model.report.figures.graph_drawing import arrow, join
from model.report.figures.graph_layout import HEADINGS, Places, layout
from model.report.figures.graph_tests import draw_power, draw_tests
from model.report.figures.style import INK, MUTED, PAPER, Space, colour, new_figure, panels

VIOLATED, AGREED = "#d55e00", "#0072b2"
NOTE = (
    "Square boxes: observed. Round and dashed: never observed. Arrows: declared causes; later days' "
    "flows, and the risk factors, share a box. Dotted blue: pairs the graph calls independent given the "
    "past, and the data agree; thick orange: the data disagree."
)
LABELS = {
    "factor": "risk factors",
    "iv_change": "implied volatility\nchange",
    "iv_shock": "implied volatility\nshock",
    "gamma": "gamma proxy",
    "positions": "futures positions",
    "premium": "futures premium",
    "futures_demand": "futures demand",
    "multi_asset": "multi-asset\nrebalancing",
    "directional": "directional\ndemand",
    "dealer": "dealer hedging",
    "basis": "basis trade",
}
FACTOR = re.compile(r"^factor\.(\w+)\[")


def draw_graph(view: FitView) -> Figure:
    """The graph above; below, every implied independence and the power against named wrong graphs."""
    gate = view.gate
    graph = graph_of_gate(gate)
    note = NOTE
    if graph.sha256 != gate.graph_hash:
        note += " Arrows are those declared by this version of the program; the fit tested an earlier graph."
    fig = new_figure(view, f"The causal graph and its tests (gate: {gate.verdict})", note, 9.6)
    top, left, right = _axes(fig)
    _draw(fig, top, graph, gate)
    draw_tests(left, check_table(gate, "implied independences"), VIOLATED, AGREED)
    draw_power(right, check_table(gate, "power against wrong graphs"), AGREED)
    return fig


def graph_of_gate(gate: GateResult) -> Graph:
    """The graph the gate tested, with or without late creation; the usual one if this version declares neither."""
    known = [declared_graph(factors_of(gate), lags) for lags in (LAGS, LAGS + 1)]
    return next((g for g in known if g.sha256 == gate.graph_hash), known[0])


def _axes(fig: Figure) -> tuple[Axes, Axes, Axes]:
    """The graph over two thirds of the height, two panels below it."""
    top = panels(fig, 1, 1, Space(left=0.0, right=0.0, top=0.0, bottom=2.9))[0, 0]
    left, right = panels(fig, 1, 2, Space(left=0.45, across=1.8, top=6.0), width_ratios=[1.1, 1])[0]
    return top, left, right


def check_table(gate: GateResult, name: str) -> list[dict]:
    """Rows of a check; empty where it was not made."""
    return next((c.table for c in gate.checks if c.name == name), [])


def factors_of(gate: GateResult) -> tuple[str, ...]:
    """Keys of the risk factors the gate tested."""
    names = [row["node"] for row in check_table(gate, "data")]
    names += [side for row in check_table(gate, "implied independences") for side in pair(row)]
    keys = [m[1] for m in map(FACTOR.match, names + [f"{n}[" for n in names]) if m]
    return tuple(dict.fromkeys(keys))


def pair(row: Mapping) -> tuple[str, str]:
    """The two variables of a statement."""
    a, b = row["short"].split(" | ")[0].split("_||_")
    return a.strip(), b.strip()


def drawn(name: str) -> str:
    """The box a timed node is drawn in: later days with the first one, all risk factors together."""
    if name.endswith("]") and "[week" not in name:
        base, day = split(name)
        base = "factor" if base.startswith("factor.") else base
        return f"{base}[t-1]" if day < 0 else f"{base}[t]"
    return name


def _draw(fig: Figure, ax: Axes, graph: Graph, gate: GateResult) -> None:
    dag = nx.DiGraph([(drawn(a), drawn(b)) for a, b in (*graph.edges, *graph.weekly)])
    place = layout(graph, dag)
    ax.set_xlim(-0.45, len(HEADINGS) - 0.55)
    ax.set_ylim(-0.02, 1.08)
    ax.axis("off")
    boxes = {n: _box(ax, graph, n, *at) for n, at in place.items()}
    renderer = FigureCanvasAgg(fig).get_renderer()
    for box in boxes.values():
        box.update_bbox_position_size(renderer)
    for a, b in dag.edges:
        ax.add_patch(arrow(boxes, place, a, b, _colour(a)))
    _pairs(ax, boxes, place, check_table(gate, "implied independences"))
    for x, text in enumerate(HEADINGS):
        ax.text(x, 1.05, text, ha="center", fontsize=9.5, color=MUTED, weight="bold")


def box_label(graph: Graph, name: str) -> str:
    """A box's words."""
    if "[week" in name:
        return LABELS.get(name.split("[")[0], name) + "\n(weekly)"
    base, day = split(name)
    days = sorted(
        {split(n.name)[1] for n in graph.nodes if split(n.name)[0] == base and split(n.name)[1] >= 0}
    )
    keys = [b.split(".")[1] for b in graph.outside if b.startswith(f"{base}.")]
    extra = f"\n({', '.join(keys)})" if keys else ""
    extra = f"\n(t to t+{days[-1]})" if day == 0 and len(days) > 1 else extra
    return LABELS.get(base, base.replace("_", " ")) + extra


def _box(ax: Axes, graph: Graph, name: str, x: float, y: float):
    base = name.split("[")[0]
    hidden = base in graph.latents
    known = {c.name for c in COMPONENTS}
    style = {
        "boxstyle": "round,pad=0.45,rounding_size=0.6" if hidden else "square,pad=0.45",
        "fc": PAPER,
        "ec": colour(base) if base in known else MUTED if hidden else INK,
        "lw": 1.8 if base in known else 1.1,
        "ls": "--" if hidden else "-",
    }
    slant = "italic" if hidden else "normal"
    return ax.text(
        x,
        y,
        box_label(graph, name),
        ha="center",
        va="center",
        fontsize=8.5,
        bbox=style,
        zorder=4,
        style=slant,
    )


def _colour(cause: str) -> str:
    base = cause.split("[")[0]
    return colour(base) if base in {c.name for c in COMPONENTS} else MUTED


def _pairs(ax: Axes, boxes: Mapping, place: Places, rows: Sequence[Mapping]) -> None:
    """Join the pairs of the statements; one violated statement colours the pair."""
    found: dict[frozenset[str], bool] = {}
    for row in rows:
        ends = frozenset(drawn(n) for n in pair(row))
        if len(ends) == 2 and ends <= set(place):
            found[ends] = found.get(ends, False) or bool(row["violated"])
    for ends, bad in found.items():
        a, b = sorted(ends)
        ax.add_patch(join(boxes, place, a, b, VIOLATED if bad else AGREED, strong=bad))
