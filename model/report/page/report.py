"""One self-contained page per fit, for a reader who doubts it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from model.events.facts import told
from model.report.figures.fit_view import FitView, open_fit
from model.report.figures.registry import FIGURES, FOLDER, draw_all
from model.report.page import content, words
from model.report.page.afterwards import afterwards
from model.report.page.answer import capital, other_reading, sentences
from model.report.page.captions import CAPTIONS, alt_text
from model.report.page.supplied import inputs, unread
from model.report.tables.lines import READINGS
from model.report.tables.tables import additivity, event_table
from model.report.tables.text import day, number
from model.store import write_atomic, written

PAGE = "report.html"
TEMPLATE = "report.html.j2"


def write_report(folder: Path) -> Path:
    """Write ``report.html`` from a fit folder; figures older than the decomposition are drawn again.

    Parameters
    ----------
    folder : Path
        A fit folder; nothing else is read.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    GateError
        If the gate failed, or was inconclusive and nobody accepted that in writing.
    """
    view = open_fit(Path(folder))
    try:
        if _stale(view):
            draw_all(view)
        html = environment().get_template(TEMPLATE).render(context(view))
    finally:
        view.close()
    path = view.folder / PAGE
    with written(path):
        write_atomic(path, html.encode())
    return path


def environment() -> Environment:
    """Templates of this package; an unknown name is an error, and text is escaped."""
    env = Environment(
        loader=PackageLoader("model.report.page", "."),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals["words"] = words
    return env


def context(view: FitView) -> dict[str, Any]:
    """Everything the template shows."""
    table = event_table(view.tabled, view.days)
    return {
        "manifest": view.manifest,
        "gate": view.gate,
        "days": [day(d) for d in view.days],
        "window": [day(d) for d in view.manifest.get("dates", view.manifest.get("window", []))],
        "readings": {READINGS[r]: words.READINGS[r] for r in view.decomposition},
        "main": READINGS[view.main],
        "facts": [
            {"text": told(f["at"], f["trading_day"], f["text"]), "source": f["source"]}
            for f in view.manifest.get("facts", ())
        ],
        "afterwards": afterwards(view.folder, view.manifest),
        "answer": [capital(s) for s in sentences(view, table)],
        "other_reading": other_reading(view, table),
        "mixture": (view.manifest.get("mixture") or {}).get("sentence", ""),
        "parts": content.part_tables(view, table),
        "triggers": content.trigger_tables(view, table),
        "expected": content.expected_rows(view, table),
        "basis": content.basis_rows(view),
        "identified": content.unidentified(view),
        "dealers": content.dealers(view),
        "kernels": content.kernels(view),
        "inputs": inputs(view.manifest),
        "unread": unread(view.manifest),
        "vendors": [u["sentence"] for u in view.manifest.get("vendors", ())],
        "sampling_warnings": content.sampling_warnings(view),
        "convergence": content.convergence(view),
        "hidden": content.hidden(view),
        "largest_gap": _gap(additivity(view.decomposition)),
        "figures": {spec.name: _figure(view, spec.name) for spec in FIGURES},
    }


def _gap(table: pd.DataFrame) -> str:
    worst = table["largest_gap"].max()
    return f"{worst:.0e}" if worst > 0 else number(0)


def _figure(view: FitView, name: str) -> dict[str, str]:
    data = (view.folder / FOLDER / f"{name}.png").read_bytes()
    return {"src": base64.b64encode(data).decode(), "caption": CAPTIONS[name], "alt": alt_text(view, name)}


def _stale(view: FitView) -> bool:
    newest = max((view.folder / n).stat().st_mtime for n in ("decomposition.nc", "gate.json"))
    files = [view.folder / FOLDER / f"{spec.name}.png" for spec in FIGURES]
    return any(not f.is_file() or f.stat().st_mtime < newest for f in files)
