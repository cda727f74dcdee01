"""One self-contained page per fit, for a reader who doubts it."""

from __future__ import annotations

import base64
import gzip
import shlex
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from model.events.facts import told
from model.report import entries as runs_of
from model.report.figures.surroundings import read_surroundings
from model.report.page import checks, content, learned, words
from model.report.page.afterwards import afterwards, named
from model.report.page.answer import lower
from model.report.page.data import of_channel, page_data, stacks_of
from model.report.page.figures import drawn, graphs, key_of, pictures, script_json
from model.report.page.headline import headline
from model.report.page.parts import MEANING, event_parts, lead
from model.report.page.questions import answers
from model.report.page.rows import Scale, scale_of, scale_over, steps
from model.report.page.standing import Standing, name_of, standing
from model.report.page.supplied import inputs, unread
from model.report.tables.lines import READINGS, UNITS
from model.report.tables.tables import additivity, event_table
from model.report.tables.text import amount, day, interval, number, probability
from model.store import write_atomic, written

PAGE = "report.html"
TEMPLATE = "report.html.j2"
ASSETS = "model.report.page"
ABSENT: dict[str, Any] = {k: {} for k in ("arguments", "checks", "hashes", "versions")} | {
    "event": "",
    "priors": "",
    "seed": "",
}
"""What a manifest of an early end, or of an older version, may lack."""


def write_report(folder: Path) -> Path:
    """Write ``report.html`` into a fit folder, whatever became of the fit.

    A fit whose gate refused it, or that did not converge, gets a page that says so at the top and shows what there is
    besides a decomposition.

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
    DataError
        If the folder holds no gate result.
    """
    found = standing(Path(folder))
    try:
        html = environment().get_template(TEMPLATE).render(context(found))
    finally:
        found.close()
    path = found.folder / PAGE
    with written(path):
        write_atomic(path, html.encode())
    return path


def notebook(folder: Path) -> str:
    """Verdict, headline and first picture of a fit as a piece of HTML."""
    found = standing(Path(folder))
    try:
        said = headline(found.view) if found.view else None
        shown = {"steps": steps(said.main), "lead": READINGS[lead(found.view)]} if said and found.view else {}
        title = found.manifest.get("title", name_of(found.folder))
        template = environment().get_template("notebook.j2")
        return template.render(headline=said, title=title, gate=found.gate, notices=found.notices, **shown)
    finally:
        found.close()


def environment() -> Environment:
    """Templates of this package; an unknown name is an error, and text is escaped."""
    env = Environment(
        loader=PackageLoader(ASSETS, "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals |= {
        "words": words,
        "UNITS": UNITS,
        "READINGS": READINGS,
        "MEANING": MEANING,
        "VERBS": runs_of.VERBS,
        "Scale": Scale,
    }
    env.filters |= {
        "lower_first": lower,
        "amount": amount,
        "day": day,
        "number": number,
        "probability": probability,
    }
    env.globals |= {
        "check_title": checks.check_title,
        "interval": interval,
        "key_of": key_of,
        "scale_over": scale_over,
        "asset": asset,
    }
    return env


@cache
def asset(name: str) -> Markup:
    """A style sheet or script of this package, as it stands."""
    return Markup((files(ASSETS) / "assets" / name).read_text(encoding="utf-8"))


@cache
def library() -> str:
    """Plotly's script, compressed; the page unpacks it. A third of the size, and no network."""
    script = (files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    return base64.b64encode(gzip.compress(script, 9, mtime=0)).decode()


def context(found: Standing) -> dict[str, Any]:
    """Everything the template shows."""
    manifest, gate = found.manifest, found.gate
    runs = runs_of.entries(found.folder, manifest) if manifest else []
    base = {
        "manifest": ABSENT | dict(manifest) if manifest else {},
        "title": manifest.get("title", name_of(found.folder)),
        "gate": gate,
        "notices": found.notices,
        "gate_tables": checks.gate_tables(gate),
        "effects": checks.effects(gate),
        "convergence": checks.diagnostics(manifest),
        "seconds": checks.seconds(found.folder),
        "window": [day(d) for d in manifest.get("dates", manifest.get("window", []))],
        "days": [day(d) for d in manifest.get("days", [])],
        "facts": _facts(manifest),
        "runs": runs,
        "inputs": inputs(manifest),
        "unread": unread(manifest),
        "library": library(),
        "command": reproduce(manifest),
        "fit": named(found.folder),
        "shown": found.view is not None,
    }
    return base | (_shown(found, runs) if found.view else _refused(found, runs))


def _refused(found: Standing, runs: list[runs_of.Recorded]) -> dict[str, Any]:
    figures = graphs(found.gate, found.manifest) | pictures(runs, found.gate, found.manifest)
    return {"figures": figures, "data": "null"}


def _shown(found: Standing, runs: list[runs_of.Recorded]) -> dict[str, Any]:
    view, manifest = found.view, found.manifest
    assert view is not None, "only called where there is one"
    table = event_table(view.tabled, view.days)
    stacks, parts, said = stacks_of(view), event_parts(view), headline(view)
    around = read_surroundings(found.folder, manifest)
    newest = {r.entry.verb: r.entry.sentence for r in reversed(runs)}
    return {
        "figures": drawn(view, of_channel(view, stacks), said.main, around, runs),
        "data": script_json(page_data(view, stacks)),
        "headline": said,
        "steps": steps(said.main),
        "parts": parts,
        "scale_of": scale_of,
        "lead": READINGS[lead(view)],
        "readings": {READINGS[r]: words.READINGS[r] for r in view.decomposition},
        "answers": answers(view, parts, said.main, around, newest, named(found.folder)),
        "around": around,
        "learned": learned.rows(view),
        "pairs": learned.pairs(view)[0],
        "afterwards": afterwards(found.folder, manifest),
        "mixture": dating(manifest.get("mixture") or {}),
        "tables": content.part_tables(view, table),
        "triggers": content.trigger_tables(view, table),
        "expected": [list(r.values()) for r in content.expected_rows(view, table)],
        "basis": content.basis_rows(view),
        "dealers": content.dealers(view),
        "kernels": content.kernels(view),
        "vendors": [u["sentence"] for u in manifest.get("vendors", ())],
        "hidden": content.hidden(view),
        "largest_gap": _gap(additivity(view.decomposition)),
    }


def dating(mixture: Mapping[str, Any]) -> list[str]:
    """What the data say about the datings: what is believed, and why; two sentences of few numbers."""
    weights = mixture.get("weights")
    if not weights:
        return []
    said = " and ".join(f"{lower(READINGS[r])} {number(w, 2)}" for r, w in weights.items())
    *_, verdict = str(mixture.get("sentence", "")).rsplit(". ", 1)
    return [f"Both datings, weighed by what the data say: {said}.", verdict]


def reproduce(manifest: Any) -> str:
    """The command that makes this fit again; empty where the fit left no arguments."""
    a = manifest.get("arguments", {})
    if not a:
        return ""
    flags = [
        ("event", "--event"),
        ("panel", "--panel"),
        ("dating", "--dating"),
        ("priors", "--priors"),
        ("as_of", "--as-of"),
        ("window", "--window"),
        ("chains", "--chains"),
        ("draws", "--draws"),
        ("tune", "--tune"),
        ("seed", "--seed"),
        ("accept_gate", "--accept-gate"),
    ]
    said = [f"{flag} {shlex.quote(str(a[k]))}" for k, flag in flags if a.get(k) is not None]
    said += ["--no-book"] if str(a.get("book")) == "False" else []
    said += [f"--mechanism {k}={'on' if v else 'off'}" for k, v in (a.get("mechanisms") or {}).items()]
    return " ".join(["uv run scripts/fit.py", *said])


def _facts(manifest: Any) -> list[dict[str, str]]:
    return [
        {"text": told(f["at"], f["trading_day"], f["text"]), "source": f["source"]}
        for f in manifest.get("facts", ())
    ]


def _gap(table: Any) -> str:
    worst = table["largest_gap"].max()
    return f"{worst:.0e}" if worst > 0 else number(0)
