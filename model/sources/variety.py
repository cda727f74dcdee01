"""What a feed that moves does not do: the same value for days, the same row again, zeros throughout.

None of it is refused, because quiet feeds exist; all of it is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
import pandas as pd

from model.sources.raw import RawSeries
from model.sources.spec import SourceSpec

MIN_ZEROS = 10
"""Fewer values that are all zero say nothing."""


def standing(values: np.ndarray, least: int) -> Iterator[tuple[int, int]]:
    """Runs of at least `least` equal values other than zero: (first, last) positions. NaN ends a run."""
    if not least:
        return
    same = np.concatenate([[False], values[1:] == values[:-1], [False]])
    begin = None
    for i, more in enumerate(same):
        if more and begin is None:
            begin = i - 1
        if not more and begin is not None:
            if i - begin >= least and values[begin] != 0:
                yield begin, i - 1
            begin = None


def told(done: Sequence[RawSeries], spec: SourceSpec) -> Iterator[tuple[str, str]]:
    """(what, why) of everything in a source's daily series that does not vary."""
    for raw in done:
        runs = sorted(standing(raw.values, raw.series.kind.stands), key=lambda ab: ab[0] - ab[1])
        if runs:
            a, b = runs[0]
            span = f"{raw.stamps[a]:%Y-%m-%d} to {raw.stamps[b]:%Y-%m-%d}"
            more = f"; {len(runs) - 1} shorter runs" if len(runs) > 1 else ""
            yield (
                f"{raw.name}: the same value {raw.values[a]:g} {b - a + 1} times in a row ({span}{more})",
                "a feed that stands still? Compare with another vendor",
            )
        first, last = spec.lives.get(raw.fund, (date.min, date.max))
        alive = raw.values[np.array([first <= d <= last for d in raw.stamps.date], bool)]
        if np.isfinite(alive).sum() >= MIN_ZEROS and not np.any(np.nan_to_num(alive)):
            yield f"{raw.name}: no value other than 0", "does not vary: a column that is not filled?"
    yield from _rows_again([raw for raw in done if raw.series.role == "flow"])


def _rows_again(flows: Sequence[RawSeries]) -> Iterator[tuple[str, str]]:
    """Days on which every fund has what it had the day before."""
    if len(flows) < 2:
        return
    table = (
        pd.DataFrame({raw.fund: pd.Series(raw.values, raw.stamps) for raw in flows}).sort_index().fillna(0.0)
    )
    again = (table == table.shift(1)).all(axis=1) & (table != 0).any(axis=1)
    for day in table.index[again]:
        yield f"flow: the row of {day:%Y-%m-%d} is identical to the row before it", "a repeated row?"
