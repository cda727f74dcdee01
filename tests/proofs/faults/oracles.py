"""What an accepted file must have been read as, by a second reading that shares no code with the program's."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

IGNORED = re.compile("sha256|hash|place|source_line|path|file")
"""Fields that say where something stands, or hash it."""
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
BLANK = ("", "nan", "NaN", "NA", "null", "-", "None", "N/A")
"""Cells that a panel may leave empty with."""
WILD = 1000.0
"""Times the largest of a column; what is larger is no number of the same column, and must not pass without a word."""
Leaves = dict[tuple[Any, ...], Any]


# --- tables of TOML -----------------------------------------------------------------------------------------------
def judge(said: Any, was: Any, found: Any, known: Any, derived: frozenset[str]) -> str:
    """What is wrong about an accepted TOML file; empty if nothing.

    Parameters
    ----------
    said, was : dict
        What the file says now and said before, by the standard library's parser.
    found, known : object
        What the program read from either.
    derived : frozenset of str
        Keys whose values are kept in another unit, or not at all.
    """
    new, old = dict(leaves(said)), dict(leaves(was))
    changed = {p: v for p, v in new.items() if p not in old or not _equal(v, old[p])}
    if not changed and new.keys() == old.keys():
        return "" if plainly(found) == plainly(known) else "another reading of the same words"
    if changed and plainly(found) == plainly(known) and not all(_key(p) & derived for p in changed):
        return f"the change of {_named(next(iter(changed)))} is ignored"
    have = set(_flat(plain(found)))
    for at, value in changed.items():
        if fault := _illegal(value, old.get(at)):
            return f"{_named(at)} = {value!r:.60}: {fault}"
        if _normal(value) not in have and not _key(at) & derived:
            return f"{_named(at)} = {value!r:.60} is nowhere in what was read"
    return ""


def leaves(x: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value of nested tables and lists, with its place."""
    inner = x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else None
    if inner is None:
        yield at, x
        return
    for key, value in inner:
        yield from leaves(value, (*at, key))


def _illegal(value: Any, before: Any) -> str:
    """Why a value should not have passed, whatever it is for."""
    if isinstance(value, float) and not math.isfinite(value):
        return "no finite number"
    if isinstance(value, str) and any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in value):
        return "control characters"
    if isinstance(value, date) and not 1990 <= value.year <= 2100 and isinstance(before, date):
        return "another century"
    return "" if before is None or _kind(value) == _kind(before) else f"was {type(before).__name__}"


def _kind(value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if number else type(value).__name__


def _equal(a: Any, b: Any) -> bool:
    return _kind(a) == _kind(b) and _normal(a) == _normal(b)


def _normal(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return float(value) + 0.0
    return str(value)


def _key(at: tuple[Any, ...]) -> set[str]:
    return {k for k in at if isinstance(k, str)}


def _named(at: tuple[Any, ...]) -> str:
    return ".".join(str(k) for k in at)


def plainly(value: Any) -> str:
    """Everything that was read, as text: equal texts for equal readings."""
    return repr(plain(value))


def plain(value: Any) -> Any:
    """Everything that was read, as plain lists and mappings."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [
            type(value).__name__,
            _own({f.name: getattr(value, f.name) for f in dataclasses.fields(value)}),
        ]
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return (value + 0.0 if value.dtype.kind == "f" else value).tolist()
    if isinstance(value, float):
        return value + 0.0  # zero has one sign: a file that says -0.0 says 0.0
    if isinstance(value, pd.Timestamp):
        return str(value)
    if isinstance(value, pd.DataFrame | pd.Series):
        return value.to_json()
    if hasattr(value, "__dict__") and not isinstance(value, Path | type) and not callable(value):
        return [type(value).__name__, _own(vars(value))]
    return value


def _own(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {k: plain(v) for k, v in fields.items() if not IGNORED.search(k)}


def _flat(value: Any) -> Iterator[Any]:
    for at, leaf in leaves(value):
        yield from (str(k) for k in at if isinstance(k, str))
        yield _normal(leaf)


# --- panels -------------------------------------------------------------------------------------------------------
def judge_panel(
    blob: bytes, found: pd.DataFrame, notes: str, columns: Mapping[str, tuple[str, float]]
) -> str:
    """What is wrong about an accepted panel; empty if nothing.

    Parameters
    ----------
    blob : bytes
        The file.
    found : pandas.DataFrame
        What the program read.
    notes : str
        What it said.
    columns : mapping
        From the file's column to the program's, and the unit of the file in the program's.
    """
    rows = list(csv.reader(io.StringIO(blob.decode("utf-8-sig"))))
    head = [c.strip() for c in rows[0]]
    # A newest row may end after its date.
    cells = pd.DataFrame([r + [""] * (len(head) - len(r)) for r in rows[1:]], columns=head)
    days = pd.DatetimeIndex(pd.to_datetime(cells.pop("date").str.strip()))
    filled = (cells.map(str.strip) != "").any(axis=1).to_numpy()
    lost = [d for d in days[filled] if d not in found.index]
    if lost and not all(str(d.date()) in notes for d in lost):
        return f"{lost[0].date()} is lost without a word"
    if extra := [d for d in found.index if d not in days]:
        return f"{extra[0].date()} comes from nowhere"
    for name in cells.columns.intersection(list(columns)):
        own, unit = columns[name]
        if own in found and (wrong := _column(cells[name], days, found[own], unit, notes)):
            return f"{name} {wrong}"
    return ""


def _column(cells: pd.Series, days: pd.DatetimeIndex, read: pd.Series, unit: float, notes: str) -> str:
    texts = [c.strip() for c in cells]
    odd = [c for c in texts if c not in BLANK and not NUMBER.fullmatch(c)]
    if odd:
        return f"{odd[0]!r} passed for a number"
    values = pd.Series([np.nan if c in BLANK else unit * float(c) for c in texts], index=days)
    if not np.isfinite(values.dropna()).all():
        return "holds a number without end"
    expected = values.reindex(read.index).to_numpy()
    other = ~np.isclose(read.to_numpy(float), expected, rtol=1e-12, atol=0.0, equal_nan=True)
    told = np.array([str(d.date()) in notes for d in read.index])
    if (other & ~told).any():
        k = int(np.argmax(other & ~told))
        return f"on {read.index[k].date()} is {read.iloc[k]!r} for {expected[k]!r}"
    size = np.sort(np.abs(values.dropna().to_numpy()))
    if len(size) > 3 and size[-1] > WILD * max(size[-2], 1e-9) and size[-2] > 0:
        k = int(np.nanargmax(np.abs(values.to_numpy())))
        return (
            "" if str(days[k].date()) in notes else f"on {days[k].date()}: {values.iloc[k]:g} without a word"
        )
    return ""
