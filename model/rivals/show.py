"""Run and print the comparison of rivals."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from model.design import PRE_SAMPLE
from model.errors import DataError, UsageError
from model.fit import Settings
from model.reopen import Opened, event_rows
from model.rivals.compare import bayes_factors, compare, score_model, score_rival
from model.rivals.factors import NOISY
from model.rivals.rival import Rival
from model.store import write_json


def run_compare(opened: Opened, args: Namespace, console: Console) -> list[dict[str, Any]]:
    """Fit and score the chosen rivals, print the table, write ``rivals.json``."""
    rivals = _chosen(opened, args.rival)
    settings = Settings(args.chains, args.draws, args.tune, args.seed)
    count = args.chains * args.draws
    scored = [score_model(opened, count, args.seed)]
    scored += [score_rival(opened, r, settings, count, console.print) for r in rivals]
    dates = opened.subject.design.dates[PRE_SAMPLE:]
    rows = compare(scored, event_rows(opened) - PRE_SAMPLE, dates)
    factors = bayes_factors(opened, scored, rivals, args.seed)
    for row in rows[1:]:
        found = factors[row["key"]]
        row["log_bayes_factor"] = None if found is None or found.error > NOISY else found.value
        row["log_bayes_factor_error"] = None if found is None else found.error
    write_json({"reading": opened.main, "rivals": rows}, opened.fit.folder / "rivals.json")
    _print(rows, console)
    console.print(f"Wrote {opened.fit.folder / 'rivals.json'}", markup=False)
    return rows


def _chosen(opened: Opened, keys: list[str] | None) -> tuple[Rival, ...]:
    rivals = opened.subject.card.rivals
    if not rivals:
        raise DataError("The event card has no rivals.", "Add [[rivals]] entries; see data/README.md.")
    known = [r.key for r in rivals]
    for key in keys or ():
        if key not in known:
            raise UsageError(f"Unknown rival {key!r}.", f"Use one of {', '.join(known)}.")
    return tuple(r for r in rivals if not keys or r.key in keys)


def _word(r: dict[str, Any], first: str) -> str:
    if r["key"] == first:
        return ""
    word = "tied" if r["tied"] else "better" if r["gain"] > 0 else "worse"
    return word + ("" if r["converged"] in (None, True) else ", not converged")


def _cells(r: dict[str, Any], first: str) -> list[str]:
    factor, own = r.get("log_bayes_factor"), r["key"] == first
    return [
        r["key"], f"{r['elpd']:.1f} ({r['elpd_se']:.1f})",
        "" if own else f"{r['gain']:+.2f} ({r['gain_se']:.2f}; {r['gain_mc']:.2f})",
        "" if own else f"{r['event_gain']:+.2f}",
        "" if own else f"{r['rest_gain']:+.2f} ({r['rest_gain_se']:.2f})",
        f"{r['weight']:.2f}",
        "" if factor is None else f"{factor:+.2f} ({r['log_bayes_factor_error']:.2f})",
        f"{r['pareto_k_max']:.2f} ({r['pareto_k_bad']})", _word(r, first),
    ]  # fmt: skip


COLUMNS = ("story", "elpd (s.e.)", "gain (s.e.; Monte Carlo)", "event days", "other days (s.e.)", "stacking",
           "log BF (error)", "worst k (days above 0.7)", "")  # fmt: skip


def notes(rows: list[dict[str, Any]]) -> list[str]:
    """What must be read with the table: ties and what would end them, days that importance weights cannot leave out."""
    out = [
        f"{r['key']} is tied with the model. It would be told apart by {r['separated_by']}."
        for r in rows[1:]
        if r["tied"]
    ]
    bad = sorted({d for r in rows for d in r["bad_days"]})
    if bad:
        out.append(
            f"Pareto k exceeds 0.7 on {', '.join(bad)} in at least one story: the density of these days is indicative only."
        )
    if any(r.get("log_bayes_factor") is None for r in rows[1:]):
        out.append(
            "Without a Bayes factor: stories with a shock of any size on one day (the factor, and the density of that day, "
            "say how wide the shock's prior is), or a Monte Carlo error above one nat."
        )
    return out


def _print(rows: list[dict[str, Any]], console: Console) -> None:
    table = Table(
        *COLUMNS, title=f"Leave-one-out predictive density of return and flow, {rows[0]['days']} days"
    )
    for r in rows:
        table.add_row(*_cells(r, rows[0]["key"]))
    console.print(table)
    for line in notes(rows):
        console.print(escape(line))


def page(rows: list[dict[str, Any]]) -> list[str | pd.DataFrame]:
    """The comparison for a page of Markdown."""
    cells = [_cells(r, rows[0]["key"]) for r in rows]
    return [
        f"Expected log predictive density (nats) of a day's return and total flow, given the days before and the day's "
        f"surprise of implied volatility; leave-one-out over {rows[0]['days']} days by Pareto-smoothed importance sampling, "
        "the same days for all. Gain is against the model as fitted. Tied: closer than two standard errors or four nats. "
        "Stacking weights are those of the best mixture; they are noisy where stories are tied. Bayes factors (log, against "
        "the model) by bridge sampling.",
        pd.DataFrame(cells, columns=[c or "verdict" for c in COLUMNS]),
        "\n".join(f"* {r['key']}: {r['text']}" for r in rows[1:]),
        "\n".join(f"* {line}" for line in notes(rows)) or "No story is tied with the model.",
    ]
