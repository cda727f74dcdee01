"""Typed reading of TOML tables: what is missing, unknown or of the wrong type is refused with its line."""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
import typing
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NoReturn

from model.errors import DataError

_MISSING: Any = object()


def read_toml(path: Path) -> Table:
    """Read a TOML file.

    Raises
    ------
    DataError
        If the file is missing, not UTF-8, or not TOML.
    """
    try:
        source = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.", "Check the path.") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from None
    try:
        return Table(tomllib.loads(source), str(path), source)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path} is not valid TOML: {error}.", "Correct the line named.") from None


class Table:
    """A TOML table that remembers which keys were asked for.

    Every getter refuses a missing key (unless a default is given) and a value of another type; `done` refuses
    keys nobody asked for and names the nearest valid one.
    """

    def __init__(self, data: dict[str, Any], file: str, source: str, where: str = "") -> None:
        self.data, self.file, self.source, self.where = data, file, source, where
        self._seen: dict[str, None] = {}

    def refuse(self, key: str, problem: str, remedy: str) -> NoReturn:
        """Raise DataError for `key`, with the line where it is found."""
        raise DataError(f"{self.file}{self._line(key)}: {self._label(key)}: {problem}.", remedy)

    def place(self, key: str) -> str:
        """File and line of ``key``, for messages written later."""
        return f"{self.file}{self._line(key)}"

    def raw(self, key: str, default: Any = _MISSING) -> Any:
        """The value as TOML gives it."""
        self._seen[key] = None
        if key in self.data:
            return self.data[key]
        if default is _MISSING:
            misspelt = [k for k in self.data if k not in self._seen and _near(k, [key])]
            if misspelt:
                self.refuse(misspelt[0], "unknown key", f"Did you mean {key}?")
            self.refuse(key, "is missing", f"Add {key} to {self.where or 'the file'}.")
        return default

    def _typed(self, key: str, kind: tuple[type, ...], name: str, default: Any) -> Any:
        value = self.raw(key, default)
        wrong_bool = isinstance(value, bool) and bool not in kind
        if value is not default and (not isinstance(value, kind) or wrong_bool):
            self.refuse(key, f"must be {name}, is {value!r}", f"Write {name}.")
        return value

    def text(self, key: str, default: Any = _MISSING) -> Any:
        """A non-empty string."""
        value = self._typed(key, (str,), "a text", default)
        if isinstance(value, str) and not value.strip():
            self.refuse(key, "is empty", "Write a text, or leave the key out where it is optional.")
        return value

    def number(self, key: str, default: Any = _MISSING) -> Any:
        """A finite number as float."""
        value = self._typed(key, (int, float), "a number", default)
        if value is default:
            return value
        if value != value or value in (float("inf"), float("-inf")):
            self.refuse(key, f"must be finite, is {value}", "Write a finite number.")
        return float(value)

    def integer(self, key: str, default: Any = _MISSING) -> Any:
        """A whole number."""
        return self._typed(key, (int,), "a whole number", default)

    def flag(self, key: str, default: Any = _MISSING) -> Any:
        """True or false."""
        return self._typed(key, (bool,), "true or false", default)

    def day(self, key: str, default: Any = _MISSING) -> Any:
        """A date without a time."""
        value = self._typed(key, (date,), "a date such as 2026-02-05", default)
        if isinstance(value, datetime):
            self.refuse(key, "must be a date without a time", "Write a date such as 2026-02-05.")
        return value

    def clock(self, key: str, default: Any = _MISSING) -> Any:
        """A time of day."""
        return self._typed(key, (time,), "a time such as 15:30:00", default)

    def dates(self, key: str, default: Any = _MISSING) -> tuple[date, ...]:
        """A list of dates."""
        values = self._typed(key, (list,), "a list of dates", default)
        if not all(isinstance(v, date) and not isinstance(v, datetime) for v in values):
            self.refuse(key, "must be a list of dates", "Write dates such as [2026-02-05, 2026-02-06].")
        return tuple(values)

    def columns(self, key: str, default: Any = _MISSING) -> tuple[str, ...]:
        """One text or a list of texts; an empty default stays empty."""
        if default == () and key not in self.data:
            self._seen[key] = None
            return ()
        value = self._typed(key, (str, list), "a text or a list of texts", default)
        values = (value,) if isinstance(value, str) else tuple(value)
        if not values or not all(isinstance(v, str) and v.strip() for v in values):
            self.refuse(key, "must be a list of texts", "Write one or more texts.")
        return values

    def range(self, key: str, default: Any = _MISSING) -> tuple[float, float]:
        """Two increasing numbers."""
        value = self._typed(key, (list,), "a range [low, high]", default)
        ok = len(value) == 2 and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
        if not ok or not value[0] < value[1]:
            self.refuse(key, "must be two increasing numbers", "Write [low, high].")
        return float(value[0]), float(value[1])

    def table(self, key: str, *, required: bool = False) -> Table:
        """A sub-table; empty when absent and not required."""
        value = self._typed(key, (dict,), f"a table [{key}]", _MISSING if required else {})
        return Table(value, self.file, self.source, f"[{key}]")

    def tables(self, key: str, default: Any = _MISSING) -> list[Table]:
        """A list of tables."""
        value = self._typed(key, (list,), f"tables [[{key}]]", default)
        if not all(isinstance(v, dict) for v in value):
            self.refuse(key, f"must be tables [[{key}]]", f"Write [[{key}]] above each entry.")
        return [Table(v, self.file, self.source, f"[[{key}]] number {i + 1}") for i, v in enumerate(value)]

    def numbers(self, key: str) -> dict[str, float]:
        """A sub-table of numbers."""
        sub = self.table(key)
        return {k: sub.number(k) for k in sub.data}

    def date_map(self, key: str) -> dict[date, date]:
        """A sub-table whose keys and values are dates."""
        sub, out = self.table(key), {}
        for k in sub.data:
            try:
                out[date.fromisoformat(k)] = sub.day(k)
            except ValueError:
                sub.refuse(k, "is not a date", "Write keys such as 2026-02-05.")
        return out

    def build(self, key: str, cls: type, **given: Any) -> Any:
        """The sub-table `key` as a dataclass."""
        return self.table(key, required=True).into(cls, **given)

    def into(self, cls: type, **given: Any) -> Any:
        """This table as dataclass `cls`, each field read by its declared type.

        Fields in `given` are taken from there; one given as None is optional and read from the table.
        """
        hints = typing.get_type_hints(cls)
        values = dict(given)
        for f in dataclasses.fields(cls):
            if f.name not in given or given[f.name] is None:
                values[f.name] = self._field(f.name, hints[f.name], given.get(f.name, _MISSING))
        self.done()
        return cls(**values)

    def _field(self, key: str, hint: Any, default: Any) -> Any:
        readers = {str: self.text, float: self.number, int: self.integer, bool: self.flag, date: self.day,
                   time: self.clock, str | None: self.text}  # fmt: skip
        name = getattr(hint, "__name__", "")
        reader = {"Columns": self.columns, "Range": self.range}.get(name) or readers[hint]
        return reader(key, default)

    def done(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self.data:
            if key not in self._seen:
                near = _near(key, list(self._seen))
                hint = f"Did you mean {near}?" if near else f"Valid here: {', '.join(self._seen)}."
                self.refuse(key, "unknown key", f"{hint} Otherwise remove it.")

    def _label(self, key: str) -> str:
        return f"{self.where} {key}".strip()

    def _line(self, key: str) -> str:
        """Line of the key; of its table's header where the key is absent; empty when it cannot be told."""
        number = re.search(r"\[\[(\w+)\]\] number (\d+)", self.where)
        lines = self.source.splitlines()
        start = 0
        if number:
            name, nth = number.group(1), int(number.group(2))
            heads = [i for i, s in enumerate(lines) if re.match(rf"\s*\[\[(\w+\.)*{name}\]\]", s)]
            start = heads[nth - 1] if nth <= len(heads) else 0
        elif self.where:
            name = self.where.strip("[]")
            start = next((i for i, s in enumerate(lines) if re.match(rf"\s*\[(\w+\.)*{name}\]", s)), 0)
        pattern = rf"\s*(\[+(\w+\.)*)?\"?{re.escape(key)}\"?\]*\s*(=|$|#)"
        for i, s in enumerate(lines[start:], start + 1):
            if re.match(pattern, s):
                return f", line {i}"
        return f", line {start + 1}" if self.where else ""


def _near(key: str, among: list[str]) -> str:
    """The most similar of some keys, or nothing when none is."""
    return next(iter(difflib.get_close_matches(key, among, n=1, cutoff=0.7)), "")
