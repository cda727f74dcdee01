"""Strict reading of bytes, numbers and dates: what a lenient parser would guess is refused."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import pandas as pd

from model.errors import DataError

MAX_BYTES = 256 * 1024 * 1024  # a larger file is not one of these vendors' responses
MISSING = frozenset({"", "nan", "NaN", "null", "None", "NA"})
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_EPOCH_RANGE = (
    1_230_768_000,
    4_102_444_800,
)  # seconds, 2009 to 2099: no two units can be taken for one another
EPOCHS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
EPOCH = "epoch"
"""Time unit of a file whose stamps are in `EPOCHS`, each told by its size: a vendor may change it midway."""
_DATES = {
    "iso": (re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII), "%Y-%m-%d"),
    "us": (re.compile(r"\d{2}/\d{2}/\d{4}", re.ASCII), "%m/%d/%Y"),
    "day month year": (re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4}", re.ASCII), "%d %b %Y"),
    "month day year": (re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4}", re.ASCII), "%b %d, %Y"),
    "day.month.year": (re.compile(r"\d{2}\.\d{2}\.\d{4}", re.ASCII), "%d.%m.%Y"),
    "compact": (re.compile(r"\d{8}", re.ASCII), "%Y%m%d"),
}
_MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?(Z|[+-]\d{2}:?\d{2})?$", re.ASCII)
_ISO_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)


def where(name: str, row: Any = None, column: str | None = None) -> str:
    """`file, row 7, column 'x'`: the start of every message."""
    parts = [name]
    if row is not None:
        parts.append(f"row {row}")
    if column is not None:
        parts.append(f"column {column!r}")
    return ", ".join(parts)


def decode(blob: bytes, name: str) -> str:
    """UTF-8 text, with or without a byte-order mark.

    Raises
    ------
    DataError
        If the bytes are empty, too many, another encoding, or contain NUL.
    """
    if len(blob) > MAX_BYTES:
        raise DataError(
            f"{name} has {len(blob):,} bytes.", f"Split it: at most {MAX_BYTES:,} bytes are read."
        )
    try:
        text = blob.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} is not UTF-8 text (byte {error.start}).", "Download it again or save it as UTF-8."
        ) from None
    if not text.strip():
        raise DataError(f"{name} is empty.", "Download it again.")
    if "\x00" in text or "\ufffd" in text:
        raise DataError(f"{name} contains broken characters.", "Download it again or save it as UTF-8.")
    return text


def parse_json(blob: bytes, name: str) -> Any:
    """JSON, refused when it is HTML, cut off or repeats a key."""
    text = decode(blob, name)
    if text.lstrip()[:1] == "<":
        raise DataError(
            f"{name} is HTML, not JSON.", "The vendor answered with a page; download it again later."
        )
    try:
        return json.loads(text, object_pairs_hook=_unique_keys)
    except RecursionError:
        raise DataError(
            f"{name} is nested too deeply to be JSON of this vendor.", "Download it again."
        ) from None
    except ValueError as error:
        raise DataError(
            f"{name} is not valid JSON: {error}.", "It may be cut off; download it again."
        ) from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) < len(pairs):
        repeated = sorted({k for k, _ in pairs if [p for p, _ in pairs].count(k) > 1})
        raise ValueError(f"repeated key {repeated[0]!r}")
    return out


def number(raw: Any, at: str, missing: frozenset[str] = MISSING, accounting: bool = False) -> float:
    """A number, NaN when the vendor left it out.

    Thousands commas are accepted where they group by three; parentheses mean minus when `accounting`.
    Booleans, infinities, other digits and decimal commas are refused.
    """
    if raw is None:
        return math.nan
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        value = _as_float(raw, at)
        if math.isinf(value):
            raise DataError(f"{at}: infinite value.", "Correct or blank the cell.")
        return value
    if not isinstance(raw, str):
        raise DataError(f"{at}: {str(raw)[:40]!r} is not a number.", "Correct or blank the cell.")
    text = raw.strip()
    if text in missing:
        return math.nan
    negative = accounting and text.startswith("(") and text.endswith(")")
    body = text[1:-1] if negative else text
    if not any(c.isdigit() for c in body) or not _NUMBER.fullmatch(body) or (negative and body[0] in "+-"):
        raise DataError(
            f"{at}: {text[:40]!r} is not a number.", "Correct the cell, or blank it if it is missing."
        )
    value = _as_float(body.replace(",", ""), at)
    if math.isinf(value):
        raise DataError(f"{at}: infinite value.", "Correct or blank the cell.")
    return -value if negative else value


def _as_float(raw: Any, at: str) -> float:
    try:
        return float(raw)
    except (OverflowError, ValueError):
        raise DataError(
            f"{at}: {str(raw)[:40]!r} is not a number of usable size.", "Correct the cell."
        ) from None


def day(raw: Any, at: str, formats: tuple[str, ...] = ("iso",)) -> pd.Timestamp:
    """A calendar day as naive midnight, in exactly one of `formats`.

    A midnight time after an ISO day (with or without a zone) is dropped; any other time is refused.
    """
    if isinstance(raw, datetime | pd.Timestamp):
        stamp = pd.Timestamp(raw)
        if stamp != stamp.normalize():
            raise DataError(
                f"{at}: {raw} has a time of day.", "Give a date, or use stamp = 'start' or 'end'."
            )
        return stamp.tz_localize(None).as_unit("ns")
    if isinstance(raw, date):
        return pd.Timestamp(raw).as_unit("ns")
    parsed = _day_text(raw.strip(), formats) if isinstance(raw, str) else None
    if parsed is None:
        raise DataError(
            f"{at}: {str(raw)[:40]!r} is not a date ({' or '.join(formats)}).",
            _unit_hint(raw) or _format_hint(raw) or "Correct the date.",
        )
    return _in_range(parsed, raw, at)


@lru_cache(maxsize=20_000)  # the same days come back in every column and file
def _day_text(raw: str, formats: tuple[str, ...]) -> pd.Timestamp | None:
    text = _MIDNIGHT.sub("", raw)
    for name in formats:
        pattern, layout = _DATES[name]
        if pattern.fullmatch(text):
            try:
                return pd.Timestamp(datetime.strptime(text, layout)).as_unit("ns")
            except ValueError:
                return None
    return None


def _in_range(stamp: pd.Timestamp, raw: Any, at: str) -> pd.Timestamp:
    if not 1970 <= stamp.year <= 2099:
        shown = "a time far outside" if isinstance(raw, pd.Timestamp) else f"{str(raw)[:40]!r}, outside"
        raise DataError(f"{at}: {shown} 1970 to 2099.", "Correct the date.")
    return stamp.as_unit("ns")


def instant(raw: Any, at: str, unit: str = "iso") -> pd.Timestamp:
    """A moment in UTC. `unit`: of `EPOCHS` since 1970, ``epoch`` for any of them, or ``iso`` text with a zone.

    An epoch outside 2009 to 2099 is refused, so seconds can't pass for milliseconds.
    """
    if isinstance(raw, datetime | pd.Timestamp):
        return _utc(pd.Timestamp(raw), raw, at)
    if unit in EPOCHS or unit == EPOCH:
        return _since_1970(raw, at, unit)
    if not isinstance(raw, str) or not _ISO_TIME.fullmatch(raw.strip()):
        raise DataError(
            f"{at}: {str(raw)[:40]!r} is not a time.",
            _unit_hint(raw) or "Write times such as 2026-02-05T21:00:00Z.",
        )
    try:
        return _utc(pd.Timestamp(raw.strip()), raw, at)
    except (ValueError, OverflowError):
        raise DataError(f"{at}: {raw[:40]!r} is not a time.", "Correct the time.") from None


def _since_1970(raw: Any, at: str, unit: str) -> pd.Timestamp:
    value = number(raw, at)
    sizes = EPOCHS.values() if unit == EPOCH else (EPOCHS[unit],)
    fits = [value / size for size in sizes if _EPOCH_RANGE[0] <= value / size <= _EPOCH_RANGE[1]]
    if not fits:
        raise DataError(
            f"{at}: {raw!r} is not a time in {'s, ms, us or ns' if unit == EPOCH else unit} since 1970.",
            _unit_hint(raw) or "Check the unit of the time stamps.",
        )
    return pd.Timestamp(round(fits[0] * 1000), unit="ms", tz="UTC").as_unit("ns")


def _format_hint(raw: Any) -> str:
    """Which other layout a text would be a date in; empty when in none."""
    text = str(raw).strip()
    for name, (pattern, _) in _DATES.items():
        if pattern.fullmatch(text) and _day_text(text, (name,)) is not None:
            return (
                f"It would be a date written as {name!r}: where the whole file is, and the reader is a table, set "
                f"options.date_formats = [{name!r}] in sources.toml."
            )
    return ""


def _unit_hint(raw: Any) -> str:
    """Which unit a number would be a time in; empty when in none."""
    try:
        value = number(raw, "")
    except DataError:
        return ""
    for unit, size in EPOCHS.items():
        if _EPOCH_RANGE[0] <= value / size <= _EPOCH_RANGE[1]:
            return (
                f"It is a time in {unit}: set options.time_unit = '{unit}' in sources.toml, "
                f"or '{EPOCH}' where rows differ."
            )
    return ""


def _utc(stamp: pd.Timestamp, raw: Any, at: str) -> pd.Timestamp:
    if stamp is pd.NaT or stamp.tzinfo is None:
        raise DataError(f"{at}: {raw!r} has no time zone.", "Write times such as 2026-02-05T21:00:00Z.")
    return _in_range(stamp.tz_convert("UTC"), raw, at)
