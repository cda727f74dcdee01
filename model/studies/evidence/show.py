"""Evidence in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from model.studies.evidence.report import Applied, changes, summary


def show(applied: dict[str, Applied], console: Console) -> None:
    """Print what the statements said before and after, the weights, and what changes on the event's days."""
    for reading, s in summary(applied).items():
        table = Table("statement", "strength", "before data", "after data", "with evidence", "log Bayes factor", "",
                      title=f"Evidence, {reading.replace('_', '-')}")  # fmt: skip
        for f in s["statements"]:
            mark = "CONFLICT with data and model" if f["conflict"] else ""
            table.add_row(
                f["text"], f"{f['strength']:g}", f"{f['before_data']:.2f}", f"{f['after_data']:.2f}",
                f"{f['after_evidence']:.2f}", f"{f['log_bayes_factor']:+.2f}", mark,
            )  # fmt: skip
        console.print(table)
        refit = f" after a refit (before: {s['pareto_k_before_refit']:.2f})" if s["refitted"] else ""
        console.print(
            f"Pareto k {s['pareto_k']:.2f}{refit}, {s['effective_draws']:.0f} effective of {s['draws']} draws; "
            f"agreement of the statements {s['agreement']:+.2f} (log)."
        )
        if s["contradict_each_other"]:
            console.print("The statements contradict each other: they are far likelier apart than together.")
    _changes(applied, console)


def _changes(applied: dict[str, Applied], console: Console) -> None:
    table = Table("day", "part", "data only", "with evidence", title="Median and 89 % interval by channel")
    rows = changes(applied)
    first = rows["reading"].iloc[0]
    for r in rows[rows["reading"] == first].to_dict("records"):
        if r["part"] not in ("pre_sample", "drift"):
            d = 0 if r["unit"] == "USD m" else 2
            table.add_row(
                r["day"], f"{r['quantity']}: {r['part']}, {r['unit']}",
                f"{r['median']:.{d}f} [{r['low']:.{d}f}, {r['high']:.{d}f}]",
                f"{r['evidence_median']:.{d}f} [{r['evidence_low']:.{d}f}, {r['evidence_high']:.{d}f}]",
            )  # fmt: skip
    console.print(table)
