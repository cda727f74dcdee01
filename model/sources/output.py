"""Writing and reading panels atomically, and printing what a build or a comparison found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd
import tomlkit
from rich.table import Table

from model.errors import DataError
from model.panel.accepted import SUFFIX
from model.sources.build import Built, Report
from model.sources.reconcile import Reconciliation
from model.sources.tidy import Note
from model.store import write_atomic
from model.terminal import Terminal


def write_table(frame: pd.DataFrame, path: Path, as_of: date | None = None) -> None:
    """A panel or tidy table as parquet or CSV, by the file's ending; `as_of` goes into parquet's metadata."""
    out = frame.copy()
    out.attrs = {"as_of": as_of.isoformat()} if as_of else {}
    try:
        if path.suffix == ".parquet":
            write_atomic(path, out.to_parquet())
        elif path.suffix == ".csv":
            write_atomic(path, out.to_csv(index=out.index.name is not None, date_format="%Y-%m-%d").encode())
        else:
            raise DataError(f"{path.name}: unknown kind of file.", "Use .parquet or .csv.")
    except OSError as error:
        raise DataError(f"Cannot write {path}: {error.strerror}.", "Choose another place.") from None


PANEL_CHECKS = {"jump": "jump", "date": "position_date", "total": "total", "value": "range"}
"""What a source's accepted finding is called when the panel is read."""


def write_accepted(built: Built, panel: Path) -> Path | None:
    """What was accepted of the sources, beside the panel, where reading it would stumble over the same rows.

    A file that is there already is the user's and stays.

    Returns
    -------
    Path or None
        The file written.
    """
    entries = [
        {"check": PANEL_CHECKS[a.check], "days": list(a.days), "reason": a.reason}
        | ({"columns": list(a.columns)} if a.columns else {})
        for a in built.report.accepted
        if a.check in PANEL_CHECKS
    ]
    path = panel.with_name(panel.stem + SUFFIX)
    if not entries or path.exists():
        return None
    write_atomic(path, tomlkit.dumps({"accept": entries}).encode())
    return path


def read_table(path: Path) -> pd.DataFrame:
    """A panel written by `write_table`, indexed by date."""
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, parse_dates=["date"]).set_index("date")
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.", "Check the path.") from None
    except (ValueError, KeyError) as error:
        raise DataError(
            f"{path} is not a panel: {error}.", "Build one with scripts/build_panel.py."
        ) from None
    return frame


def print_report(built: Built) -> None:
    """The reconciliation table of a build."""
    report = built.report
    _table(
        "Sources",
        ["source", "clock", "values read", "values kept", "dropped"],
        report.sources.to_numpy().tolist(),
    )
    _table(
        "Dropped or blanked",
        ["source", "what", "rows", "why"],
        [[n.source, n.what, n.rows, n.why] for n in merge(report.notes) if n.rows],
    )
    told = [[n.source, n.what, n.why] for n in merge(report.notes) if not n.rows]
    if told:
        _table("Told: read, but look at it", ["source", "what", "why"], told)
    print_reconciliation(report.pairs, 0)
    _conflicts(report)
    if len(report.baskets):
        _table(
            "Shares against whole baskets",
            ["fund", *report.baskets.columns],
            report.baskets.reset_index().to_numpy().tolist(),
        )
    if report.half_days:
        days = ", ".join(map(str, report.half_days))
        _line(f"Half days (shares close at 13:00, reference rate at 16:00 New York): {days}")
    _line(
        f"Optional roles supplied: {', '.join(report.supplied) or 'none'}. "
        f"Not supplied: {', '.join(report.absent) or 'none'}."
    )


def merge(notes: Iterable[Note]) -> list[Note]:
    """Notes that say the same of several funds as one."""
    out: dict[tuple[str, str, str, int], list[str]] = {}
    for n in notes:
        subject, _, what = n.what.partition(": ")
        out.setdefault((n.source, what or subject, n.why, n.rows if what else 0), []).append(
            subject if what else ""
        )
        if not what:
            out[n.source, subject, n.why, 0] = [str(n.rows)]
    merged = []
    for (source, what, why, rows), subjects in out.items():
        if rows == 0 and subjects[0].isdigit():
            merged.append(Note(source, what, int(subjects[0]), why))
        else:
            names = subjects[0] if len(subjects) == 1 else f"{len(subjects)} series"
            merged.append(Note(source, f"{names}: {what}", rows * len(subjects), why))
    return merged


def _conflicts(report: Report) -> None:
    rows = [
        [str(r.date)[:10], r.column, r.vendor, f"{r.kept:g}", f"{r.other:g}", f"{r.difference:+.4g}", r.lag]
        for r in report.conflicts.itertuples()
    ]
    if rows:
        _table(
            "Conflicts (the first source of the file is kept)",
            ["date", "column", "vendor", "kept", "other", "difference", "at shift"],
            rows,
        )
    else:
        _line("No conflicts between vendors.")


def print_reconciliation(pairs: list[Reconciliation], days: int) -> None:
    """One row per vendor pair; the match share of every lag and the disagreeing days where `days` > 0."""
    rows = []
    for p in pairs:
        at = p.table.loc[p.lag] if p.lag is not None else None
        rows.append(
            [
                p.column,
                p.second,
                "unclear" if p.lag is None else f"{p.lag:+d}" if p.lag else "0",
                "" if at is None else f"{at['match']:.1%}",
                "" if at is None else f"{at['correlation']:.3f}",
                int(p.table["days"].max()),
                "" if at is None else f"{p.level:+.4g}",
                len(p.differences),
            ]
        )
    _table(
        "Vendors against the panel (shift in trading days, + = dated later)",
        ["column", "vendor", "shift", "match", "correlation", "days", "median difference", "disagree"],
        rows,
    )
    for p in pairs if days else []:
        _line(str(p))
        lags = [
            [k, int(r["days"]), f"{r['match']:.1%}", f"{r['correlation']:.3f}"] for k, r in p.table.iterrows()
        ]
        if p.lag != 0 or len(p.differences):
            _table(
                f"{p.column} and {p.second}: evidence per lag", ["lag", "days", "match", "correlation"], lags
            )
        if len(p.differences):
            shown = [
                [str(d)[:10], f"{r['first']:g}", f"{r['second']:g}", f"{r['difference']:+.4g}"]
                for d, r in p.differences.head(days).iterrows()
            ]
            _table(
                f"{p.column}: days that disagree (first {days})",
                ["date", "panel", p.second, "difference"],
                shown,
            )


def _table(title: str, header: list[str], rows: list[list]) -> None:
    table = Table(title=title, title_justify="left", show_edge=False)
    for i, name in enumerate(header):
        table.add_column(
            name,
            overflow="fold",
            justify="left" if i < 2 else "right" if name not in ("why", "days") else "left",
        )
    for row in rows:
        table.add_row(*(str(x) for x in row))
    _console().print(table)
    _line("")


def _line(text: str) -> None:
    _console().print(text, highlight=False, markup=False)


def _console():  # noqa: ANN202
    return Terminal()
