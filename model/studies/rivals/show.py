"""Run and print the comparison of rivals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from model.errors import DataError, UsageError
from model.events.rival import Rival
from model.inference.sample import Settings
from model.mechanisms.design import PRE_SAMPLE
from model.report.page.rival_words import COLUMNS, rival_cells, rival_notes
from model.report.runs import leave, of_rivals
from model.store import RIVALS, write_result
from model.studies.reopen import Opened, event_rows
from model.studies.rivals.compare import bayes_factors, compare, score_model, score_rival
from model.studies.rivals.factors import NOISY


def run_compare(
    opened: Opened, keys: Sequence[str], settings: Settings, console: Console
) -> list[dict[str, Any]]:
    """Fit and score the chosen rivals (all without ``keys``), print the table, write ``rivals.json``."""
    rivals = _chosen(opened, keys)
    count = settings.chains * settings.draws
    scored = [score_model(opened, count, settings.seed)]
    scored += [score_rival(opened, r, settings, count, console.print) for r in rivals]
    dates = opened.subject.design.dates[PRE_SAMPLE:]
    rows = compare(scored, event_rows(opened) - PRE_SAMPLE, dates)
    factors = bayes_factors(opened, scored, rivals, settings.seed)
    for row in rows[1:]:
        found = factors[row["key"]]
        row["log_bayes_factor"] = None if found is None or found.error > NOISY else found.value
        row["log_bayes_factor_error"] = None if found is None else found.error
    content = {"reading": opened.main, "rivals": rows}
    written = [write_result(RIVALS, content, opened.fit.folder, opened.fit.manifest)]
    _print(rows, console)
    written += leave(of_rivals(content), opened.fit.folder, opened.fit.manifest)
    for path in written:
        console.print(f"Wrote {path}", markup=False)
    return rows


def _chosen(opened: Opened, keys: Sequence[str]) -> tuple[Rival, ...]:
    rivals = opened.subject.card.rivals
    if not rivals:
        raise DataError("The event card has no rivals.", "Add [[rivals]] entries; see data/README.md.")
    known = [r.key for r in rivals]
    for key in keys:
        if key not in known:
            raise UsageError(f"Unknown rival {key!r}.", f"Use one of {', '.join(known)}.")
    return tuple(r for r in rivals if not keys or r.key in keys)


def _print(rows: list[dict[str, Any]], console: Console) -> None:
    title = f"Leave-one-out predictive density of return and flow, {rows[0]['days']} days"
    table = Table(title=title, pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for r in rows:
        table.add_row(*rival_cells(r, rows[0]["key"]))
    console.print(table)
    for line in rival_notes(rows):
        console.print(line)


def page(rows: list[dict[str, Any]]) -> list[str | pd.DataFrame]:
    """The comparison for a page of Markdown."""
    cells = [rival_cells(r, rows[0]["key"]) for r in rows]
    return [
        f"Expected log predictive density (nats) of a day's return and total flow, given the days before and the day's "
        f"implied volatility; leave-one-out over {rows[0]['days']} days by Pareto-smoothed importance sampling, "
        "the same days for all. Gain is against the model as fitted. Tied: closer than two standard errors or four nats. "
        "Stacking weights are those of the best mixture; they are noisy where stories are tied. Bayes factors (log, against "
        "the model) by bridge sampling.",
        pd.DataFrame(cells, columns=list(COLUMNS)),
        "\n".join(f"* {r['key']}: {r['text']}" for r in rows[1:]),
        "\n".join(f"* {line}" for line in rival_notes(rows)) or "No story is tied with the model.",
    ]
