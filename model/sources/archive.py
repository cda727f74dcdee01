"""Archives of one table: a zip with one text in it, tables without a header, tables with bars between cells."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pandas as pd

from model.errors import DataError
from model.sources.text import MAX_BYTES, decode, instant, number, where

MICROSECONDS_FROM = 1e14
"""An epoch from here on is in microseconds, below in milliseconds; no time from 2009 to 2099 is in doubt."""


def member(blob: bytes, name: str) -> tuple[str, str]:
    """The one text of a zip file (or the file itself where it is text), and its name for messages.

    Raises
    ------
    DataError
        If the zip is broken, holds several files, or its text is not UTF-8.
    """
    if not blob.startswith(b"PK"):
        return decode(blob, name), name
    try:
        with zipfile.ZipFile(io.BytesIO(blob)) as z:
            inside = [i for i in z.infolist() if not i.is_dir()]
            if len(inside) != 1:
                raise DataError(f"{name} holds {len(inside)} files, expected one.", "Download it again.")
            if inside[0].file_size > MAX_BYTES:
                raise DataError(f"{name} unpacks to more than {MAX_BYTES:,} bytes.", "It is another file.")
            return decode(z.read(inside[0]), f"{name}/{inside[0].filename}"), f"{name}/{inside[0].filename}"
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise DataError(
            f"{name} is not a readable zip file: {error}.", "It may be cut off; download it again."
        ) from None


def rows(text: str, name: str, delimiter: str = ",") -> list[tuple[str, list[str]]]:
    """Lines of a table as (place, cells); a last line without its newline is refused, empty lines left out.

    Raises
    ------
    DataError
        If the text is HTML or JSON, or cut off.
    """
    if text.lstrip()[:1] in "<{[":
        raise DataError(f"{name} is no table.", "The vendor answered with another format; download it again.")
    if not text.endswith("\n"):
        raise DataError(f"{name} does not end with a newline, so it may be cut off.", "Download it again.")
    try:
        if delimiter == ",":
            table = list(csv.reader(io.StringIO(text), strict=True))
        else:  # a quotation mark in a company's name is no quoting
            table = [line.split(delimiter) for line in text.splitlines() if line]
    except csv.Error as error:
        raise DataError(f"{name} is not a valid table: {error}.", "Download it again.") from None
    return [(where(name, i), [c.strip() for c in row]) for i, row in enumerate(table, start=1) if row]


def records(
    table: list[tuple[str, list[str]]], header: list[str], name: str
) -> list[tuple[str, dict[str, str]]]:
    """Rows as records, once every row has the header's length.

    Raises
    ------
    DataError
        If there is no row, or one of another length.
    """
    if not table:
        raise DataError(f"{name} has no rows.", "Download it again.")
    for place, row in table:
        if len(row) != len(header):
            raise DataError(
                f"{place}: {len(row)} cells, the table has {len(header)} columns.",
                "Download it again; the row is broken.",
            )
    return [(place, dict(zip(header, row, strict=True))) for place, row in table]


def epoch(raw: Any, at: str) -> pd.Timestamp:
    """A moment in UTC from milliseconds or microseconds since 1970; the venue changed from one to the other."""
    return instant(raw, at, "us" if number(raw, at) >= MICROSECONDS_FROM else "ms")


def fund_column(field: str, at: str) -> tuple[str, str]:
    """``SYMBOL.Column`` as its two parts: the row of an instrument, and the number in it.

    Raises
    ------
    DataError
        If the text is no such pair.
    """
    symbol, dot, column = field.partition(".")
    if not (symbol and dot and column):
        raise DataError(f"{at}: field {field!r} names no row.", "Write fields such as 'IBIT.ShortVolume'.")
    return symbol, column
