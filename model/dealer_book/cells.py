"""Cells of a chain's table: what is not the number, time or volatility it should be is refused with its row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from model.dealer_book.instants import instants
from model.errors import DataError
from model.units import PERCENT

MAX_BYTES = 256 * 1024 * 1024
"""A larger file is no option chain."""
PLACEHOLDER_IV = 1e-3
"""Yahoo writes 1e-5 where nothing was quoted."""
MAX_IV = 10.0
FLAT_IV = 0.03
"""A chain whose middle volatility lies below is in another unit."""
MANY = 0.2
"""From this share of impossible volatilities on it is the unit, not the quotes."""
IV_UNITS = {"percent": PERCENT, "fraction": 1.0}


def read_cells(path: str | Path) -> pd.DataFrame:
    """A CSV table as texts.

    Raises
    ------
    DataError
        If it is missing, unreadable, too large, not CSV, or empty.
    """
    try:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise DataError(f"{path} has {size:,} bytes.", f"Split it: at most {MAX_BYTES:,} bytes are read.")
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError as err:
        raise DataError(f"No chain at {path}.", "Check the path.") from err
    except OSError as err:
        raise DataError(f"{path} cannot be read: {err.strerror}.", "Name a CSV file.") from err
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as err:
        raise DataError(
            f"{path} is not a CSV table: {err}.", "Save the chain as comma-separated text."
        ) from err
    if frame.empty:
        raise DataError(f"{path} has a header and no rows.", "Supply at least one option.")
    return frame


def cell_error(frame: pd.DataFrame, column: str, bad: np.ndarray, rule: str, remedy: str) -> None:
    """Refuse the first bad cell; rows are counted as an editor counts lines."""
    if bad.any():
        i = int(np.flatnonzero(bad)[0])
        value = frame[column].iloc[i]
        raise DataError(
            f"Row {frame.index[i] + 2}, column {column}: {value!r} is not {rule} ({int(bad.sum())} such rows).",
            remedy,
        )


def numbers(
    frame: pd.DataFrame, column: str, low: float, strict: bool = True, blank: float | None = None
) -> np.ndarray:
    """A column of numbers above (or at least) `low`; empty cells are `blank` where that is given."""
    text = frame[column].str.strip()
    if blank is not None:
        text = text.where(~text.str.lower().isin(["", "nan"]), str(blank))
    x = pd.to_numeric(text, errors="coerce").to_numpy(float)
    cell_error(
        frame, column, ~np.isfinite(x), "a number", f"Write a plain number in {column} or delete the row."
    )
    rule = f"{'above' if strict else 'at least'} {low:g}"
    cell_error(frame, column, x <= low if strict else x < low, rule, f"Correct {column} or delete the row.")
    return x


def seconds(frame: pd.DataFrame, column: str) -> np.ndarray:
    """A column of times as seconds since the epoch."""
    t = instants(frame[column])
    cell_error(
        frame,
        column,
        t.isna().to_numpy(),
        "a time with offset",
        "Write ISO 8601, e.g. 2026-02-06 08:00:00+00:00.",
    )
    return (t - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds().to_numpy(float)


def volatilities(
    frame: pd.DataFrame, column: str, scale: float, drop: bool, held: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Implied volatilities as fractions, and which rows have none that can be used. Shape: (n,) each.

    Rows that nobody holds never stop a chain; of the others one without a usable volatility does, unless `drop`.
    """
    remedy = f'Fill {column}, delete the row, or ask to leave out such rows (--drop-bad-iv; in a book, bad_iv = "drop").'
    text = frame[column].str.strip()
    blank = text.str.lower().isin(["", "nan", "null", "none"]).to_numpy()
    x = pd.to_numeric(text.where(~blank, "0"), errors="coerce").to_numpy(float)
    cell_error(
        frame,
        column,
        ~np.isfinite(x) & held,
        "a number",
        f"Write a plain number in {column} or delete the row.",
    )
    iv = np.nan_to_num(x) / scale
    wild = (iv > MAX_IV) & held
    if not drop:
        cell_error(frame, column, blank & held, "a number", remedy)
        cell_error(frame, column, (iv < 0) & held, "at least 0", remedy)
        cell_error(frame, column, (iv < PLACEHOLDER_IV) & held, "an implied volatility", remedy)
    if wild.sum() > max(1.0, MANY * held.sum()):
        remedy = f"Check the unit of {column}: --iv-unit percent or fraction (in a book, iv_unit)."
    if not drop or remedy.startswith("Check"):
        cell_error(frame, column, wild, "a volatility under 1,000 %", remedy)
    bad = ~((iv >= PLACEHOLDER_IV) & (iv <= MAX_IV))
    fine = iv[held & ~bad]
    if fine.size and np.median(fine) < FLAT_IV:
        raise DataError(
            f"Column {column}: half of the volatilities lie under {PERCENT * float(np.median(fine)):.2g} %.",
            "They may be fractions where per cent are expected: --iv-unit fraction (in a book, iv_unit).",
        )
    return iv, bad
