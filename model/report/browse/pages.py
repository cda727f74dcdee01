"""The browser's own pages, from what lies on the shelf."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby

from jinja2 import ChoiceLoader, PackageLoader

from model.report.browse.compare import COLOURS, Compared
from model.report.browse.shelf import Shelved
from model.report.page.figures import script_json
from model.report.page.report import environment, library


def list_page(fits: Sequence[Shelved], every: Sequence[Shelved], event: str, verdict: str) -> str:
    """The list; ``every`` fills the filters."""
    events = sorted({f.event for f in every if f.event})
    pair = [f.id for f in fits if f.state == "fitted"][:2] or [""]
    verdicts = sorted({v for f in every for v in (f.verdict, f.state) if v})
    return (
        _environment()
        .get_template("list.j2")
        .render(
            fits=fits,
            events=events,
            verdicts=verdicts,
            event=event,
            verdict=verdict,
            count=len(every),
            pair=pair,
        )
    )


def compare_page(first: Shelved, second: Shelved, found: Compared) -> str:
    """Two fits side by side."""
    figures = {k: script_json(json.loads(f.to_json())) for k, f in found.figures.items()}
    heights = {k: int(f.layout.height) for k, f in found.figures.items()}
    groups = [
        (key, list(rows)) for key, rows in groupby(found.split, key=lambda r: (r["day"], r["quantity"]))
    ]
    return (
        _environment()
        .get_template("compare.j2")
        .render(
            groups=groups,
            first=first,
            second=second,
            found=found,
            figures=figures,
            heights=heights,
            library=library(),
            colours=COLOURS,
        )
    )


def message_page(text: str) -> str:
    """One sentence, and the way back."""
    return _environment().get_template("message.j2").render(text=text)


def _environment():
    env = environment()
    packages = ("model.report.browse", "model.report.page")
    env.loader = ChoiceLoader([PackageLoader(p, "templates") for p in packages])
    return env
