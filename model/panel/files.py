"""Reading a table from disk as it stands: no guessing of types, every row with its place in the file."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from model.errors import DataError

if TYPE_CHECKING:
    from model.panel.problems import Problems

DATE = "date"
UTC_DATE = "date_utc"
"""Accepted for `DATE`: a table of UTC days says so in its header."""
MAX_BYTES = 256 * 1024 * 1024
"""A larger text is no daily panel."""
MISSING = {"", "na", "nan", "n/a", "null", "none"}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([ T]00:00:00(\.0+)?)?", re.ASCII)


@dataclass(frozen=True)
class RawTable:
    """Cells as read (texts from CSV, values from parquet) and the place of each row ("line 47")."""

    cells: pd.DataFrame
    places: tuple[str, ...]


def read_table(path: Path) -> RawTable:
    """Read a .csv or .parquet file.

    Raises
    ------
    DataError
        If the file is missing, of another kind, broken, empty, or has no `date` column.
    """
    readers = {".csv": _read_csv, ".parquet": _read_parquet}
    if path.suffix.lower() not in readers:
        raise DataError(
            f"{path}: cannot read files of type {path.suffix!r}.", "Give a .csv or .parquet file."
        )
    try:
        raw = readers[path.suffix.lower()](path)
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.", "Check the path.") from None
    header = list(raw.cells.columns)
    repeated = sorted({str(c) for c in header if header.count(c) > 1})
    if repeated:
        raise DataError(
            f"{path}: column {repeated[0]!r} appears twice in the header.", "Remove one of the two."
        )
    if UTC_DATE in header and DATE not in header:
        raw = RawTable(raw.cells.rename(columns={UTC_DATE: DATE}), raw.places)
        header = list(raw.cells.columns)
    if DATE not in header:
        raise DataError(
            f"{path}: no column {DATE!r} in the header.", "Name the column of trading days 'date'."
        )
    if raw.cells.empty:
        raise DataError(f"{path}: no rows.", "Give a file with at least one trading day.")
    return raw


def _read_csv(path: Path) -> RawTable:
    if path.stat().st_size > MAX_BYTES:
        raise DataError(
            f"{path} has {path.stat().st_size:,} bytes.", f"Split it: at most {MAX_BYTES:,} are read."
        )
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{path}, line {line}: not UTF-8 text.", "Save the file as UTF-8.") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"{path}, line {line}: a zero byte in a text file.", "Fetch the file again.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    rows: list[list[str]] = []
    places: list[str] = []
    try:
        for record in reader:
            if not any(cell.strip() for cell in record):
                continue
            if not header:
                header = [cell.strip() for cell in record]
                continue
            if rows and record[0].strip() and not any(cell.strip() for cell in record[1:]):
                record = [record[0], *[""] * (len(header) - 1)]  # only the date is filled, commas or not
            if len(record) != len(header):
                raise DataError(
                    f"{path}, line {reader.line_num}: {len(record)} fields, the header has {len(header)}.",
                    "Complete the row, or fetch the file again if it was cut off.",
                )
            rows.append(record)
            places.append(f"line {reader.line_num}")
    except csv.Error as error:
        raise DataError(
            f"{path}, line {reader.line_num}: broken CSV ({error}).", "Repair the quoting."
        ) from None
    return RawTable(pd.DataFrame(rows, columns=pd.Index(header), dtype=object), tuple(places))


def _read_parquet(path: Path) -> RawTable:
    try:
        cells = pd.read_parquet(path)
    except (pa.ArrowException, ValueError) as error:
        first = str(error).splitlines()[0]
        raise DataError(f"{path}: not a readable parquet file ({first}).", "Write the file again.") from None
    if DATE not in cells.columns and cells.index.name == DATE:
        cells = cells.reset_index()
    return RawTable(cells, tuple(f"row {i}" for i in range(1, len(cells) + 1)))


def to_days(raw: RawTable, problems: Problems) -> pd.DatetimeIndex:
    """The date column as naive days; what is not a date without time becomes NaT and a problem."""
    days = [_day(value) for value in raw.cells[DATE]]
    for value, day, place in zip(raw.cells[DATE], days, raw.places, strict=True):
        if day is pd.NaT:
            problems.add(
                f"{value!r} is not a date", "Write dates as 2026-02-05.", row=place, column=repr(DATE)
            )
    return pd.DatetimeIndex(days, dtype="datetime64[ns]", name=DATE)


def _day(value: Any) -> Any:
    if isinstance(value, str):
        value = value.strip()
        if not ISO_DAY.fullmatch(value):
            return pd.NaT
    elif isinstance(value, int | float | np.number):
        return pd.NaT
    try:
        day = pd.Timestamp(value)
        in_range = day.tz is None and day == day.normalize() and 1990 <= day.year <= 2100
    except (ValueError, TypeError, OverflowError):
        return pd.NaT
    return day.as_unit("ns") if in_range else pd.NaT


def to_numbers(raw: RawTable, rows: tuple[str, ...], column: str, problems: Problems) -> np.ndarray:
    """A column as floats; missing cells become NaN, anything that is not a finite number also a problem.

    Returns
    -------
    ndarray
        Shape: (rows,).
    """
    out = np.full(len(raw.cells), np.nan)
    for i, value in enumerate(raw.cells[column]):
        out[i], wrong = _number(value)
        if wrong:
            problems.add(
                f"{value!r} {wrong}",
                "Write plain numbers with a decimal point; leave a missing value empty.",
                row=rows[i],
                column=repr(column),
            )
    return out


def _number(value: Any) -> tuple[float, str]:
    if isinstance(value, str):
        text = value.strip()
        if text.lower() in MISSING:
            return np.nan, ""
        if INFINITE.fullmatch(text):
            return np.nan, "is infinite"
        if not NUMBER.fullmatch(text):
            return np.nan, "is not a number"
        value = float(text)
    if value is None or value is pd.NA or value is pd.NaT:
        return np.nan, ""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        return np.nan, "is not a number"
    if np.isinf(value):
        return np.nan, "is infinite"
    return float(value), ""
