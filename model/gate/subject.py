"""What a gate script works on: a frame, the graph to test, and where both came from."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from model.design.make import make_design
from model.errors import UsageError
from model.events.card import event_panel, load_event
from model.gate.declared import design_frame, graph_of
from model.gate.graph import Graph
from model.gate.rivals import COMPARED, NAMED, Rival, load_rival
from model.gate.thresholds import Thresholds, load_thresholds


@dataclass(frozen=True)
class Subject:
    """A gate frame with the graph to test.

    Parameters
    ----------
    frame : DataFrame
    graph : Graph
    thresholds : Thresholds
    title : str
        Event and days.
    gate_reason : str or None
        The event card's reason for accepting an inconclusive verdict.
    notes : tuple of str
        What was told of the panel when it was read.
    """

    frame: pd.DataFrame
    graph: Graph
    thresholds: Thresholds
    title: str
    gate_reason: str | None
    notes: tuple[str, ...] = ()

    def rival(self, name: str) -> Rival:
        """A rival of this graph, by name or file."""
        return load_rival(name, self.graph, self.thresholds)

    def rivals(self, names: Iterable[str] = NAMED) -> tuple[Rival, ...]:
        """Named rivals that can be built from this graph (a file may edit an edge this graph lacks)."""
        found = []
        for name in names:
            with suppress(UsageError):
                found.append(self.rival(name))
        return tuple(found)

    def compared(self) -> tuple[Rival, ...]:
        """Rivals held against the data; one that makes the same claims as this graph is left out."""
        return tuple(r for r in self.rivals(COMPARED) if r.graph.sha256 != self.graph.sha256)


def load_subject(event: str, panel: Path | None, graph: str = "model") -> Subject:
    """Read event, panel and graph.

    Parameters
    ----------
    event : str
        Event id or path of its card.
    panel : Path or None
        A longer panel than the event's own.
    graph : str
        ``model``, a name in ``data/graphs``, or a TOML file.
    """
    card = load_event(event)
    read = event_panel(card, panel)
    design = make_design(read, card)
    thresholds, base = load_thresholds(), graph_of(design)
    frame = design_frame(design)
    span = f"{frame.index[0]:%Y-%m-%d} to {frame.index[-1]:%Y-%m-%d}, {len(frame)} trading days"
    title = f"{card.id}: {span}"
    return Subject(frame, _graph(graph, base, thresholds), thresholds, title, card.gate_reason, read.notes)


def _graph(name: str, base: Graph, thresholds: Thresholds) -> Graph:
    return base if name == "model" else load_rival(name, base, thresholds).graph
