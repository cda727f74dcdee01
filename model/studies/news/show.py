"""News for the terminal and for files: what arrived, what it changed, and a figure for each quantity."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from model.report.figures.fit_view import open_fit
from model.report.figures.news import NAMES, write_news_figures
from model.report.runs import leave, of_news
from model.report.tables.text import amount, day, interval, number
from model.store import changing, write_csv
from model.studies.news.news import News

ARRIVED_SHOWN = 20


def write_news(found: News, fit: Path, out: Path | None) -> list[Path]:
    """Two tables, two figures and an entry on the fit's page; tables and figures go into the fit, or into ``out``.

    Raises
    ------
    GateError
        If the fit's gate allows no decomposition.
    """
    view = open_fit(fit)
    tables, figures = (out, out) if out else (fit / "tables", fit / "figures")
    for folder in (tables, figures):
        folder.mkdir(parents=True, exist_ok=True)
    written = [tables / "news.csv", tables / "news_arrived.csv"]
    drawn = [figures / name for name in NAMES]
    titles = (found.before.title, found.after.title)
    with changing(fit, *written, *drawn):
        write_csv(found.changes, written[0], float_format="%.4f")
        write_csv(found.arrived, written[1])
        write_news_figures(view, found.changes, titles, figures)
    manifest = view.manifest
    view.close()
    entry = of_news(found.changes, len(found.arrived), titles)
    return [*written, *drawn, *leave(entry, fit, manifest, found.changes)]


def print_news(found: News, count: int, console: Console) -> None:
    """What arrived, and the lines that moved most for their earlier width."""
    _print_arrived(found, console)
    table = found.changes
    width = (table["before_high"] - table["before_low"]).clip(lower=1e-9)
    clear = (table["change_low"] > 0.0) | (table["change_high"] < 0.0)
    moved = table[clear].assign(size=(table["change"].abs() / width)[clear])
    moved = moved.sort_values("size", ascending=False, kind="stable").head(count)
    out = Table("day", "line", "before", "after", "change", "width",
                title=f"What it changed: {found.before.title} against {found.after.title}, "
                f"largest {len(moved)} of {len(table)} lines")  # fmt: skip
    for r in moved.to_dict("records"):
        q = r["quantity"]
        cells = [
            f"{amount(r[s], q)} {interval(r[f'{s}_low'], r[f'{s}_high'], q)}" for s in ("before", "after")
        ]
        change = f"{amount(r['change'], q, sign=True)} {interval(r['change_low'], r['change_high'], q)}"
        title = f"{r['title']}, {'net flow' if q == 'flow' else 'return'}, {r['unit']}"
        out.add_row(day(r["date"]), title, *cells, change, f"x {number(r['width_ratio'], 2)}")
    console.print(out)
    console.print(
        "Medians with 89 % intervals; the change is of the median, its interval that of sampling error. "
        f"{int((~clear).sum())} lines moved by no more than that."
    )


def _print_arrived(found: News, console: Console) -> None:
    shown = found.arrived.head(ARRIVED_SHOWN)
    out = Table("column", "date", "value", "published, New York",
                title=f"What arrived: {len(found.arrived)} values")  # fmt: skip
    for r in shown.to_dict("records"):
        out.add_row(
            r["column"],
            day(r["date"]),
            f"{r['value']:,.6g}",
            pd.Timestamp(r["published"]).strftime("%Y-%m-%d %H:%M"),
        )
    console.print(out)
    if len(found.arrived) > len(shown):
        console.print(f"and {len(found.arrived) - len(shown)} more, in news_arrived.csv.")
