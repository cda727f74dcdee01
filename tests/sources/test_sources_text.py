"""Strict numbers, dates and moments."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from model.errors import DataError
from model.sources.text import day, decode, instant, number, parse_json


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("1,119.9", 1119.9),
        ("-3", -3.0),
        ("+.5", 0.5),
        ("1e3", 1000.0),
        (7, 7.0),
        ("12345.6", 12345.6),
        ("0", 0.0),
    ],
)
def test_number_reads(raw: object, value: float) -> None:
    assert number(raw, "x") == value


def test_parentheses_are_minus_only_in_accounting() -> None:
    assert number("(1,275.3)", "x", accounting=True) == -1275.3
    with pytest.raises(DataError):
        number("(1.0)", "x")
    with pytest.raises(DataError):
        number("(-1.0)", "x", accounting=True)


@pytest.mark.parametrize("raw", ["", "NaN", None, "null"])
def test_missing_is_nan_not_zero(raw: object) -> None:
    assert math.isnan(number(raw, "x"))


@pytest.mark.parametrize(
    "raw",
    ["12,5", "1_000", "１２", "0x1F", "inf", "1e999", True, "1 000", "1,00,000", "5%", "--", [1], 10**400],
)
def test_number_refuses_what_float_might_take(raw: object) -> None:
    with pytest.raises(DataError, match="row 3, column 'close'"):
        number(raw, "f.csv, row 3, column 'close'")


def test_days_in_their_vendors_formats_only() -> None:
    expected = pd.Timestamp("2026-02-05")
    assert day("05 Feb 2026", "x", ("day month year",)) == expected
    assert day("02/05/2026", "x", ("us",)) == expected
    assert day("2026-02-05T00:00:00.000", "x") == expected
    assert day("2026-02-05 00:00:00-05:00", "x") == expected
    for bad in ("02/05/2026", "2026-02-30", "2026-2-5", "2026-02-05T16:00:00Z", "", None, 20260205):
        with pytest.raises(DataError):
            day(bad, "x")


def test_epochs_tell_their_unit() -> None:
    assert instant(1770325200, "x", "s") == pd.Timestamp("2026-02-05T21:00Z")
    assert instant(1770325200000, "x", "ms") == pd.Timestamp("2026-02-05T21:00Z")
    for raw, unit in ((1770325200, "ms"), (1770325200000, "s"), (-1, "s"), (None, "s")):
        with pytest.raises(DataError):
            instant(raw, "x", unit)
    with pytest.raises(DataError, match="no time zone"):
        instant("2026-02-05T21:00:00", "x")


def test_bytes_must_be_text_and_json_must_be_whole() -> None:
    assert decode(b"\xef\xbb\xbfa", "f") == "a"
    for blob in (b"", b" \n", b"\xff\xfea\x00", b"a\x00b", "naïve".encode("latin-1")):
        with pytest.raises(DataError):
            decode(blob, "f")
    for blob in (b'{"a": [1, 2', b"<html></html>", b'{"a": 1, "a": 2}', b"[" * 100_000):
        with pytest.raises(DataError):
            parse_json(blob, "f")
