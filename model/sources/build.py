"""All sources of a `sources.toml` as one panel on trading days, with a report of drops and conflicts.

The first source in the file that supplies a column wins; a further one becomes ``column__source`` and is
compared day by day. Nothing is filled, averaged or corrected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from model.calendar import nav_time, session_close, sessions
from model.errors import DataError
from model.panel.accepted import Accept
from model.panel.roles import SEPARATOR
from model.panel.universe import Fund, Member, Universe, load_universe
from model.sources.baskets import check_baskets, implied_flows
from model.sources.clocks import CLOCKS, Context
from model.sources.load import load_sources, read_blobs
from model.sources.reconcile import Reconciliation, reconcile
from model.sources.roles import ROLES
from model.sources.spec import Series, Sources, SourceSpec
from model.sources.tidy import Note, tidy


@dataclass
class Report:
    """What happened: rows per source, notes, conflicts, shifts, baskets, and optional roles supplied."""

    sources: pd.DataFrame
    notes: list[Note]
    conflicts: pd.DataFrame
    pairs: list[Reconciliation]
    baskets: pd.DataFrame
    supplied: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    half_days: list[date] = field(default_factory=list)
    accepted: list[Accept] = field(default_factory=list)


@dataclass
class Built:
    """The panel, the tidy table it was made from, and the report."""

    panel: pd.DataFrame
    tidy: pd.DataFrame
    report: Report


def build_panel(
    path: Path, as_of: date | None = None, progress: Callable[[str], None] = lambda _: None
) -> Built:
    """Build the canonical panel from the files named in `path`.

    Parameters
    ----------
    path : Path
        A `sources.toml`.
    as_of : date, optional
        Use only what was public by the end of this day in New York.
    progress : callable
        Told the name of each source before it is read.

    Raises
    ------
    DataError
        From reading, or when no source leaves any row.
    """
    plan = load_sources(path)
    universe = load_universe(plan.universe) if plan.universe else None
    ctx = Context(plan.calendar, universe.positions.delayed if universe else {})
    frames, rows, notes = [], [], []
    for spec in plan.sources:
        progress(spec.name)
        done = tidy(read_blobs(spec), _informed(spec, universe), ctx, plan.start, as_of)
        frames.append(done.frame)
        outside = _outside(done.frame, spec, plan)
        done.notes += outside
        notes += done.notes
        kept = done.frame["value"].notna().sum() - sum(n.rows for n in outside) if len(done.frame) else 0
        rows.append(
            {
                "source": spec.name,
                "clock": CLOCKS[spec.clock].title,
                "read": done.read,
                "kept": int(kept),
                "dropped": sum(n.rows for n in done.notes),
            }
        )
    table = (
        pd.concat([f for f in frames if len(f)], ignore_index=True) if any(len(f) for f in frames) else None
    )
    if table is None:
        raise DataError("No source has a row in the panel's window.", "Check `start`, `end` and --as-of.")
    return _assemble(plan, table, pd.DataFrame(rows), notes)


def _informed(spec: SourceSpec, universe: Universe | None) -> SourceSpec:
    """The source with what the universe knows of the funds' lives."""
    if universe is None:
        return spec
    lives: list[Fund | Member] = [*universe.funds, *(m for f in universe.funds for m in f.members)]
    return replace(spec, lives={x.key: (x.first_day, x.last_day) for x in lives})


def _outside(frame: pd.DataFrame, spec: SourceSpec, plan: Sources) -> list[Note]:
    """Values for which the panel has no row: of days without trading, or after its end."""
    notes = []
    for column, rows in frame[frame["value"].notna()].groupby("column", sort=False) if len(frame) else ():
        days = pd.DatetimeIndex(rows["date"])
        late = days > pd.Timestamp(plan.end or days.max())
        open_days = sessions(days.min(), days.max(), plan.calendar)
        for off, what, why in (
            (
                ~days.isin(open_days) & ~late,
                "values on days without trading",
                "not a trading day of the panel",
            ),
            (late, "values after the panel's end", "outside the panel"),
        ):
            if off.any():
                shown = ", ".join(f"{d:%a %Y-%m-%d}" for d in days[off][:3])
                more = ", ..." if off.sum() > 3 else ""
                notes.append(Note(spec.name, f"{column}: {what} ({shown}{more})", int(off.sum()), why))
    return notes


def _assemble(plan: Sources, table: pd.DataFrame, rows: pd.DataFrame, notes: list[Note]) -> Built:
    last = min(table["date"].max(), pd.Timestamp(plan.end or date.max.replace(year=2261)))
    days = sessions(plan.start, last, plan.calendar)
    panel, owners = _wide(plan, table, days)
    for derived in plan.derived:
        if derived.column not in panel:
            panel[derived.column] = days_to_last_friday(days)
    notes = notes + _mask(plan, panel)
    implied = implied_flows(panel)
    panel = pd.concat([panel, implied], axis=1)
    pairs, conflicts = _compare(panel, owners)
    scales = [(p.second, f"{p.column}: {p.other_scale}") for p in pairs if p.other_scale]
    notes += [Note(vendor, what, 0, "another unit, or another sign?") for vendor, what in scales]
    report = Report(rows, notes, conflicts, pairs, check_baskets(panel, plan.basket_shares or 1))
    if not plan.basket_shares:
        report.baskets = report.baskets.iloc[:0]
    used = {
        s.role
        for spec in plan.sources
        for s in spec.series
        if panel.get(s.output(next(iter(s.fields)))) is not None
    }
    report.supplied = sorted(r for r in used if ROLES[r].optional)
    report.absent = sorted(r for r, kind in ROLES.items() if kind.optional and r not in used)
    report.half_days = _half_days(days, plan.calendar)
    report.accepted = [a for spec in plan.sources for a in spec.accepted]
    panel.index.name = "date"
    return Built(panel, table, report)


def _wide(
    plan: Sources, table: pd.DataFrame, days: pd.DatetimeIndex
) -> tuple[pd.DataFrame, dict[str, Series]]:
    """Columns by priority of the file's order; the series that owns each column."""
    columns: dict[str, pd.Series] = {}
    owners: dict[str, Series] = {}
    for spec in plan.sources:
        for series, fund, _ in spec.fields:
            name = _free_name(series.output(fund), spec, columns)
            mine = table[(table["source"] == spec.name) & (table["column"] == series.output(fund))]
            columns[name] = mine.set_index("date")["value"].reindex(days).astype(float)
            owners[name] = series
    return pd.DataFrame(columns, index=days), owners


def _free_name(column: str, spec: SourceSpec, taken: dict[str, pd.Series]) -> str:
    if column not in taken:
        return column
    name = f"{column}{SEPARATOR}{spec.name}"
    if name in taken:
        raise DataError(
            f"Source {spec.name!r} supplies {column!r} twice.", "Give the second one its own column."
        )
    return name


def days_to_last_friday(days: pd.DatetimeIndex) -> np.ndarray:
    """Calendar days to the month's last Friday, or the next month's once it has passed. Shape: (T,)."""
    last = pd.offsets.LastWeekOfMonth(weekday=4)
    return np.array([(last.rollforward(d) - d).days for d in days], float)


def _mask(plan: Sources, panel: pd.DataFrame) -> list[Note]:
    notes = []
    for mask in plan.masks:
        for column in (mask.when, *mask.columns):
            if column not in panel:
                raise DataError(
                    f"Mask: no column {column!r} in the panel.", "Correct [[mask]] in sources.toml."
                )
        low = panel[mask.when] < mask.below
        for column in mask.columns:
            hit = low & panel[column].notna()
            panel.loc[hit, column] = np.nan
            notes.append(
                Note("mask", f"{column} where {mask.when} < {mask.below:g}", int(hit.sum()), mask.reason)
            )
    return notes


def _compare(panel: pd.DataFrame, owners: dict[str, Series]) -> tuple[list[Reconciliation], pd.DataFrame]:
    """Every further vendor against the first: its shift, and the days that disagree once shifted."""
    pairs, rows = [], []
    for column in [c for c in panel.columns if SEPARATOR in c]:
        base, vendor = column.split(SEPARATOR, 1)
        if base not in panel:
            continue
        series = owners.get(column, owners[base])
        tolerance = series.tolerance if series.tolerance is not None else series.kind.tolerance
        relative = series.kind.unit != "USD m"
        pair = reconcile(panel[base], panel[column], tolerance, relative, ("panel", vendor))
        pairs.append(pair)
        for day, r in pair.differences.iterrows():
            rows.append(
                {
                    "date": day,
                    "column": base,
                    "vendor": vendor,
                    "kept": r["first"],
                    "other": r["second"],
                    "lag": pair.lag,
                    "difference": r["difference"],
                }
            )
    names = ["date", "column", "vendor", "kept", "other", "lag", "difference"]
    return pairs, pd.DataFrame(rows, columns=names)


def _half_days(days: pd.DatetimeIndex, calendar: str) -> list[date]:
    return [d.date() for d in days if session_close(d, calendar) < nav_time(d, calendar)]


__all__ = ["Built", "Report", "build_panel", "load_sources"]
