"""Run and print the comparison of rivals."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from model.design import PRE_SAMPLE
from model.errors import DataError, UsageError
from model.fit import Settings
from model.reopen import Opened, event_rows
from model.rivals.compare import bayes_factors, compare, score_model, score_rival
from model.rivals.rival import Rival
from model.store import write_json


def run_compare(opened: Opened, args: Namespace, console: Console) -> list[dict[str, Any]]:
    """Fit and score the chosen rivals, print the table, write ``rivals.json``."""
    rivals = _chosen(opened, args.rival)
    settings = Settings(args.chains, args.draws, args.tune, args.seed)
    count = args.chains * args.draws
    scored = [score_model(opened, count, args.seed)]
    scored += [score_rival(opened, r, settings, count, console.print) for r in rivals]
    rows = compare(scored, event_rows(opened) - PRE_SAMPLE)
    factors = bayes_factors(opened, scored)
    for row in rows[1:]:
        row["log_bayes_factor"] = factors[row["key"]]
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


def _print(rows: list[dict[str, Any]], console: Console) -> None:
    table = Table("story", "elpd", "gain (s.e.)", "event days", "stacking", "log BF", "bad k", "",
                  title=f"Leave-one-out predictive density of return and flow, {rows[0]['days']} days")  # fmt: skip
    for r in rows:
        factor = r.get("log_bayes_factor")
        word = (
            ""
            if r["key"] == rows[0]["key"]
            else "tied"
            if r["tied"]
            else "better"
            if r["gain"] > 0
            else "worse"
        )
        word += "" if r["converged"] in (None, True) else ", not converged"
        table.add_row(
            r["key"], f"{r['elpd']:.1f}", f"{r['gain']:+.2f} ({r['gain_se']:.2f})", f"{r['event_gain']:+.2f}",
            f"{r['weight']:.2f}", "" if factor is None else f"{factor:+.2f}", str(r["pareto_k_bad"]), word,
        )  # fmt: skip
    console.print(table)
    for r in rows[1:]:
        if r["tied"]:
            console.print(
                f"{r['key']} is tied with the model. It would be told apart by {escape(r['separated_by'])}."
            )
