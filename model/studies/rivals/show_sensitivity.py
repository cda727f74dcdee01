"""The split under other assumptions, in the terminal and on a page."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from model.report.page.answer import records
from model.report.page.rival_words import HEAD, range_cells
from model.studies.rivals.sensitivity import Split


def show(span: pd.DataFrame, splits: list[Split], console: Console) -> None:
    """Print the ranges, and which assumptions count for none."""
    out = Table(*HEAD, title=f"Event split by channel over {_counted(splits)} assumptions")
    for row in _cells(span).itertuples(index=False):
        out.add_row(*row)
    console.print(out)
    for s in splits:
        if s.note:
            console.print(f"{s.name}: {s.note}", markup=False)


def page(rows: pd.DataFrame, span: pd.DataFrame, splits: list[Split]) -> list[str | pd.DataFrame]:
    """Ranges, then every assumption's medians, for a page of Markdown."""
    turned = span[span["sign_changes"]]
    names = ", ".join(f"{r['part']} ({r['quantity']}, {r['day']})" for r in turned.to_dict("records"))
    sure = turned.loc[turned["sign_ever_sure"], "part"]
    blocks: list[str | pd.DataFrame] = [
        f"Medians over draws of each line on the event's days, over {_counted(splits)} assumptions: priors of one part, or "
        "all, raised to a power (0.5: half as strong, 2: twice) by importance weights; refits with all spreads doubled, "
        "without what the commentary suggested, and with dealers of all venues short or long gamma for certain; the "
        "other dating of flows.",
        f"Change sign: {names or 'none'}. "
        + (f"Some 89 % interval excludes zero for {len(sure)} of them." if len(turned) else ""),
        _cells(span),
        "## Every assumption: median",
    ]
    for (day, quantity, unit), part in rows.groupby(["day", "quantity", "unit"], sort=False):
        d = 0 if unit == "USD m" else 2
        wide = part.pivot_table(index="assumption", columns="part", values="median", sort=False)
        text = wide.map(lambda x, d=d: f"{x:.{d}f}").reset_index()
        blocks += [f"{quantity}, {unit}, {day}", text]
    noted = [f"* {s.name}: {s.note}" for s in splits if s.note]
    return [*blocks, "\n".join(noted)] if noted else blocks


def content(span: pd.DataFrame, splits: list[Split]) -> dict[str, Any]:
    """Ranges, and what they range over, for ``sensitivity.json``."""
    return {
        "assumptions": _counted(splits),
        "names": [s.name for s in splits if s.counted],
        "ranges": span.to_dict("records"),
        "notes": [f"{s.name}: {s.note}" for s in splits if s.note],
    }


def _counted(splits: list[Split]) -> int:
    return sum(s.counted for s in splits)


def _cells(span: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame([range_cells(r) for r in records(span)], columns=list(HEAD))
