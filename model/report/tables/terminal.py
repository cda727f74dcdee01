"""The short table at the end of a fit."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
from rich.table import Table
from rich.text import Text

from model.attribution.identification import informed
from model.gate.result import GateResult
from model.report.tables.lines import MIXTURE, READINGS, SHOWN, UNITS, Readings, shown
from model.report.tables.tables import event_table, printed
from model.report.tables.text import amount, day, interval

MARK = "\N{DAGGER}"
CAPTION = (
    "Medians and 89 % intervals; medians need not add up, every draw does. * The split is prior-driven. "
    f"{MARK} Neither moved nor narrowed by these data: what was assumed. "
    "Expected: predictive, given earlier days and the day's close, its own print unseen."
)
LABEL, CELL = 26, 21
"""Characters a label and a value with its interval need."""


def terminal_table(
    decomposition: Readings,
    days: Sequence[date],
    gate: GateResult | None = None,
    view: str = "channel",
    width: int | None = None,
    identification: Iterable[Mapping[str, Any]] = (),
) -> Table:
    """Flow and return by component on the event's days, unattributed first, one section per dating reading.

    Parameters
    ----------
    decomposition
        By reading.
    days : sequence of date
        The event's days.
    gate : GateResult, optional
        Its verdict, and the accepted reason, become the title.
    view : {"channel", "trigger"}
    width : int, optional
        Characters of the terminal; in a narrow one each interval stands below its median.
    identification : iterable of mapping
        The manifest's list; lines that data neither moved nor narrowed are marked.
    """
    blind = {(r["reading"], r["parameter"]) for r in identification if not informed(r["verdict"])}
    table = event_table(shown(decomposition), days)
    table = printed(table[table["view"] == view])
    columns = [(q, pd.Timestamp(d)) for q in UNITS for d in days]
    room = width or shutil.get_terminal_size().columns
    between = " " if room >= LABEL + CELL * len(columns) else "\n"
    out = Table(
        title=_title(gate), caption=CAPTION, title_justify="left", caption_justify="left", pad_edge=False
    )
    out.add_column("", min_width=15)
    for q, d in columns:
        out.add_column(f"{q.capitalize()}, {UNITS[q]}\n{day(d)}", justify="right", no_wrap=True)
    for reading in table["reading"].unique():
        _section(out, reading, table[table["reading"] == reading], columns, between, blind)
    return out


def _section(
    out: Table, reading: str, rows: pd.DataFrame, columns: list[tuple[str, pd.Timestamp]], between: str,
    blind: set[tuple[str, str]],
) -> None:  # fmt: skip
    out.add_section()
    out.add_row(Text(READINGS[reading], style="bold"), *[""] * len(columns))
    cells = {(r["part"], r["quantity"], r["date"]): r for r in rows.to_dict("records")}
    seen = rows.drop_duplicates("part").to_dict("records")
    last = ("observed", "expected")
    ordered = [r for r in seen if r["part"] not in last] + [r for p in last for r in seen if r["part"] == p]
    for r in ordered:
        title = f"  of which {r['title'].lower()} *" if r["kind"] == "split" else r["title"]
        style = {"split": "dim", "observed": "bold"}.get(r["kind"], "")
        out.add_row(
            title,
            *[
                _cell(cells.get((r["part"], q, d)), q, between, _mark(reading, q, r["part"], d, blind))
                for q, d in columns
            ],
            style=style,
        )


def _mark(reading: str, quantity: str, part: str, d: pd.Timestamp, blind: set[tuple[str, str]]) -> str:
    """A dagger where the number repeats what was assumed; in the mixture, where it does under both datings."""
    behind = SHOWN if reading == MIXTURE else (reading,)
    return MARK if all((r, f"{quantity}:{part}:{d.date()}") in blind for r in behind) else ""


def _cell(row: dict | None, quantity: str, between: str, mark: str) -> str:
    if row is None:
        return ""
    if row["kind"] == "observed":
        return amount(row["median"], quantity)
    return f"{amount(row['median'], quantity)}{mark}{between}{interval(row['low'], row['high'], quantity)}"


def _title(gate: GateResult | None) -> str:
    if gate is None:
        return ""
    reason = f" Accepted: {gate.accepted_reason}" if gate.accepted_reason else ""
    return f"Causal gate: {gate.verdict}.{reason}"
