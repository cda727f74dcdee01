"""Run every claim of a card against a fit and its panel."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from model.attribution.identification import informed
from model.errors import DataError
from model.events.claims.claim import Claim
from model.events.claims.finding import VERDICTS, Finding, Scene
from model.report.runs import leave, of_claims
from model.store import CLAIMS, RIVALS, Fit, changing, read_result, write_csv, write_result
from model.studies.reopen import Opened

COLUMNS = ("key", "claim", "test", "verdict", "number", "reason", "comment", "source")


def scene_of(opened: Opened) -> Scene:
    """What the tests may look at."""
    fit, panel = opened.fit, opened.subject.panel
    compared = read_result(RIVALS, fit.folder, fit.manifest)
    rivals = compared["rivals"] if compared else []
    return Scene(
        frame=panel.frame,
        decompositions={r: fit.decomposition[r].to_dataset() for r in opened.datings},
        posteriors={r: fit.posterior[f"{r}/posterior"].to_dataset() for r in opened.datings},
        identified={
            (row["parameter"], row["reading"]): informed(row["verdict"])
            for row in fit.manifest["identification"]
        },
        rivals={row["key"]: row for row in rivals},
        supplied=panel.supplied,
        min_days=panel.universe.future.min_days,
    )


def audit(claims: tuple[Claim, ...], scene: Scene) -> pd.DataFrame:
    """One row per claim.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`; verdicts are among :data:`model.events.claims.finding.VERDICTS`.

    Raises
    ------
    DataError
        If there are no claims.
    """
    if not claims:
        raise DataError("The event card has no claims.", "Add [[claims]] entries; see data/README.md.")
    rows = [_row(c, c.test.run(scene)) for c in claims]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(c: Claim, f: Finding) -> dict[str, Any]:
    return {
        "key": c.key, "claim": c.text, "test": c.name, "verdict": f.verdict, "number": f.number,
        "reason": f.reason, "comment": c.comment or "", "source": c.source,
    }  # fmt: skip


def counts(table: pd.DataFrame) -> dict[str, int]:
    """Claims per verdict, every verdict named."""
    found = Counter(table["verdict"])
    return {v: int(found[v]) for v in VERDICTS}


def page(table: pd.DataFrame) -> list[str | pd.DataFrame]:
    """The verdicts for a page of Markdown, one table per verdict."""
    out: list[str | pd.DataFrame] = [
        f"{len(table)} claims: {', '.join(f'{n} {v}' for v, n in counts(table).items())}. Probabilities are the "
        "model's, under each dating; what mostly the prior says, or what the datings answer differently, is not identified."
    ]
    for verdict in VERDICTS:
        rows = table[table["verdict"] == verdict]
        if len(rows):
            why = (rows["reason"] + " " + rows["comment"]).str.strip()
            out += [f"## {verdict.capitalize()}",
                    pd.DataFrame({"claim": rows["claim"], "number": rows["number"], "why": why})]  # fmt: skip
    return out


def write_audit(table: pd.DataFrame, fit: Fit) -> list[Path]:
    """Write ``claims.json`` and ``tables/claims.csv``, and leave the verdicts on the fit's page."""
    path = fit.folder / "tables" / "claims.csv"
    path.parent.mkdir(exist_ok=True)
    with changing(fit.folder, path):
        write_csv(table, path)
    content = {"verdicts": counts(table), "claims": table.to_dict("records")}
    written = [write_result(CLAIMS, content, fit.folder, fit.manifest), path]
    return [*written, *leave(of_claims(content), fit.folder, fit.manifest, table)]
