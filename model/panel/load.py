"""From a file to a panel: read, place on trading days, check, and only then believe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.calendar import publication_time
from model.panel.checks import Report, check_values, non_trading_days
from model.panel.columns import column_sentences, list_inputs
from model.panel.panel import PUBLISHED, Panel
from model.panel.roles import FLOW, POSITIONS, TOTAL, Rows, assemble
from model.panel.tables import read_tables
from model.panel.universe import Universe, load_universe

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
    problems = tables.problems
    rows = Rows(tables.days, tables.files[0].names)
    assembly = assemble(tables.header, tables.read, rows, u, problems)
    if any(not p.row for p in problems.found):  # a column is absent: nothing to check against
        problems.raise_if_any()
    report = Report(tables.place, assembly.origin, problems)
    outside, notes = non_trading_days(assembly.frame, u, report)
    frame = assembly.frame[~outside].copy()
    check_values(frame, u, report)
    problems.raise_if_any()
    inputs = list_inputs({c: f.path.name for c, f in tables.owner.items()}, assembly.origin, u)
    notes += tables.notes + column_sentences(inputs, None)

    if newest_row_partial:
        notes.extend(_clear_partial_row(frame, u))
    frame[PUBLISHED] = _published(frame, u)
    listed = pd.DataFrame(
        {f.key: frame.index >= pd.Timestamp(f.first_day) for f in u.funds}, index=frame.index
    )
    panel = Panel(frame, listed, u, assembly.supplied, notes=tuple(notes), inputs=inputs)
    return panel if as_of is None else panel.as_of_date(as_of)


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
