"""From a file to a panel: read, place on trading days, check, and only then believe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.calendar import publication_time
from model.panel.accepted import Accepted, accepted_beside
from model.panel.checks import check_values, non_trading_days
from model.panel.columns import column_sentences, list_inputs
from model.panel.panel import PUBLISHED, Panel
from model.panel.problems import Report
from model.panel.roles import FLOW, POSITIONS, TOTAL, Rows, alive, assemble
from model.panel.tables import read_tables
from model.panel.universe import Universe, load_universe
from model.panel.variety import told

if TYPE_CHECKING:
    from model.calendar import DateLike


def load_panel(
    path: str | Path,
    universe: Universe | str,
    as_of: DateLike | None = None,
    *,
    newest_row_partial: bool = False,
) -> Panel:
    """Read, check and freeze a panel.

    Parameters
    ----------
    path : str or Path
        A .csv or .parquet file with a column `date` and the columns the universe names; or several, with commas
        between, which are joined on the first one's days (:mod:`model.panel.tables`).
    universe : Universe or str
    as_of : date, optional
        Keep only what was published by the end of this New York day (`Panel.as_of_date`).
    newest_row_partial : bool
        The file's last row is the vendor's newest, in which funds that have not reported yet stand at 0.0:
        those zeros, and the total, are taken as missing. Off by default: in any older row a zero is a zero,
        and which row is the newest only the one who fetched the file knows.

    Raises
    ------
    DataError
        With every problem found (up to 20), each with date, line, column and remedy.
    """
    u = load_universe(universe) if isinstance(universe, str) else universe
    tables = read_tables(path, u)
    problems, accepted = tables.problems, accepted_beside(tables.files[0].path)
    rows = Rows(tables.days, tables.files[0].names, accepted)
    assembly = assemble(tables.header, tables.read, rows, u, problems)
    if any(not p.row for p in problems.found):  # a column is absent: nothing to check against
        problems.raise_if_any()
    report = Report(tables.place, assembly.origin, problems, accepted, tables.days[0])
    outside, notes = non_trading_days(assembly.frame, u, report)
    frame, unfinished = _finished(assembly.frame[~outside].copy(), accepted)
    check_values(frame, u, report)
    problems.raise_if_any()
    inputs = list_inputs({c: f.path.name for c, f in tables.owner.items()}, assembly.origin, u)
    notes += unfinished + report.notes + accepted.notes + tables.notes + column_sentences(inputs, None)

    if newest_row_partial:
        notes.extend(_clear_partial_row(frame, u))
    frame[PUBLISHED] = _published(frame, u)
    listed = pd.DataFrame(
        {f.key: alive(pd.DatetimeIndex(frame.index), f) for f in u.funds}, index=frame.index
    )
    notes.extend(told(frame, listed, u))
    panel = Panel(frame, listed, u, assembly.supplied, notes=tuple(notes), inputs=inputs)
    return panel if as_of is None else panel.as_of_date(as_of)


def _finished(frame: pd.DataFrame, accepted: Accepted) -> tuple[pd.DataFrame, list[str]]:
    """The rows without the newest ones of which only the date is filled, or that the user calls unfinished."""
    empty = frame.isna().all(axis=1).to_numpy()
    end = len(frame)
    while end > 1 and (empty[end - 1] or accepted.allows("unfinished", frame.index[end - 1], [])):
        end -= 1
    gone = [str(d.date()) for d in frame.index[end:] if frame.loc[d].isna().all()]
    note = [f"Left out, only their date is filled: {', '.join(gone)}."] if gone else []
    return frame.iloc[:end], note


def _published(frame: pd.DataFrame, u: Universe) -> pd.Series:
    """Publication time of each row's positions; NaT where none. Unit: New York wall time. Shape: (T,)."""
    p = u.positions
    times = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns]")
    for day in frame.index[frame[list(POSITIONS)].notna().any(axis=1)]:
        times[day] = publication_time(day, p.delayed, p.publication_business_days, p.publication_time)
    return times


def _clear_partial_row(frame: pd.DataFrame, u: Universe) -> list[str]:
    last = frame.index[-1]
    silent = [FLOW + f.key for f in u.funds if frame.loc[last, FLOW + f.key] == 0.0]
    if not silent:
        return []
    frame.loc[last, [*silent, TOTAL]] = np.nan
    return [f"{last.date()}: newest row, not reported yet: {', '.join(silent)} and the total."]
