"""Reading TOML, the one way of this project: what is missing, unknown or of the wrong type is refused with its line.

A file becomes a :class:`Table`. Its getters check types by msgspec, without coercion but of whole numbers to numbers,
and remember what was asked for, so that :meth:`Table.done` can refuse keys that nobody knows and name the nearest one
that is known. :meth:`Table.into` does all of that for a dataclass, nested ones included.
"""

from __future__ import annotations

import difflib
import inspect
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from model.errors import AttributionError, DataError
from model.toml_table.source import Keys, Source, parsed

type Columns = tuple[str, ...]
"""One text or a list of texts."""
type Range = tuple[float, float]
"""Two increasing numbers."""
type Place = str | Keys
"""A key of a table, or the path to one below it."""

MISSING: Any = object()
YEARS = (1900, 2200)
"""Of dates: those that calendars know."""
_WORDS: dict[Any, str] = {
    str: "a text",
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    date: "a date such as 2026-02-05 (no quotes)",
    datetime: "a time with offset such as 2026-02-04T16:00:00-05:00 (no quotes)",
    time: "a time such as 15:30:00 (no quotes)",
    tuple[date, ...]: "a list of dates such as [2026-02-05, 2026-02-06] (no quotes)",
    tuple[str, ...]: "a list of texts",
    tuple[int, ...]: "a list of whole numbers",
    tuple[float, ...]: "a list of numbers",
    tuple[float, float]: "two numbers [low, high]",
    tuple[tuple[float, ...], ...]: "a list of lists of numbers",
    tuple[tuple[str, str], ...]: 'pairs of texts such as [["a", "b"], ["b", "c"]]',
    dict[str, float]: "a table of numbers",
    dict[str, tuple[str, ...]]: "a table of lists of texts",
}
"""What a value of a type is called in a message."""


def read_toml(path: str | Path, error: type[AttributionError] = DataError) -> Table:
    """Read a TOML file, with or without a byte-order mark.

    Parameters
    ----------
    path : str or Path
    error : type
        Kind of error that the file's faults are.

    Raises
    ------
    AttributionError
        Of that kind, if the file cannot be read, is too large, not UTF-8, not TOML, or nested too deeply.
    """
    data, source = parsed(path, error)
    return Table(data, source, error=error)


class Table:
    """A TOML table that remembers which keys were asked for.

    Every getter refuses a missing key (unless a default is given) and a value of another type; `done` refuses
    keys nobody asked for and names the nearest valid one.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        source: Source,
        path: Keys = (),
        error: type[AttributionError] = DataError,
    ) -> None:
        self.data, self.source, self.path, self.error = dict(data), source, path, error
        self._seen: dict[str, None] = {}
        self._included: dict[str, Source] = {}

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.source.file

    @property
    def where(self) -> str:
        """What the table is called: ``[etf]``, ``[[funds]] number 2``, nothing for a whole file."""
        names = ".".join(str(p) for p in self.path if not isinstance(p, int))
        if self.path and isinstance(self.path[-1], int):
            return f"[[{names}]] number {self.path[-1] + 1}"
        return f"[{names}]" if names else ""

    def place(self, key: Place) -> str:
        """File and line of a key, for messages written later."""
        path = (key,) if isinstance(key, str) else key
        return self._source(str(path[0])).place((*self.path, *path))

    def refuse(self, key: Place, problem: str, remedy: str) -> NoReturn:
        """Raise the file's error for a key, with the line where it is found."""
        path = (key,) if isinstance(key, str) else key
        label = f"{self.where} {'.'.join(str(p) for p in path if not isinstance(p, int))}".strip()
        raise self.error(f"{self.place(key)}: {label}: {problem}.", remedy)

    def wrong(self, key: Place, value: Any, words: str) -> NoReturn:
        """Refuse a value that is not what ``words`` say."""
        self.refuse(key, f"must be {words}, is {_told(value)}", f"Write {words}.")

    def done(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self.data:
            if key not in self._seen:
                near = nearest(key, self._seen)
                hint = f"Did you mean {near}?" if near else f"Valid here: {', '.join(self._seen)}."
                self.refuse(key, "unknown key", f"{hint} Otherwise remove it.")

    def raw(self, key: str, default: Any = MISSING) -> Any:
        """The value as TOML gives it."""
        self._seen[key] = None
        if key in self.data:
            return self.data[key]
        if default is MISSING:
            self.misspelt(key)
            self.refuse(key, "is missing", f"Add {key} to {self.where or 'the file'}.")
        return default

    def misspelt(self, *keys: str) -> None:
        """Refuse a key that is none of those asked for and nearly one of these absent ones."""
        absent = [k for k in keys if k not in self.data]
        for other in self.data:
            if other not in self._seen and other not in keys and (near := nearest(other, absent)):
                self.refuse(other, "unknown key", f"Did you mean {near}?")

    def get(self, key: str, kind: Any, default: Any = MISSING) -> Any:
        """The value as a type, given as a type hint; texts are not empty and numbers finite."""
        value = self.raw(key, default)
        if key not in self.data:
            return value
        try:
            found = msgspec.convert(value, kind, builtin_types=(date, datetime, time))
        except msgspec.ValidationError:
            self.wrong(key, value, _WORDS[kind])
        if isinstance(found, str) and not found.strip():
            self.refuse(key, "is empty", "Write a text, or leave the key out where it is optional.")
        if fault := _fault(found):
            self.refuse(key, f"must be {fault}, is {_told(value)}", "Correct the value.")
        return found

    def text(self, key: str, default: Any = MISSING, choices: tuple[str, ...] = ()) -> Any:
        """A non-empty string, one of ``choices`` where given."""
        value = self.get(key, str, default)
        if choices:
            self.one_of(key, value, choices)
        return value

    def one_of(self, key: Place, value: str, choices: tuple[str, ...]) -> None:
        """Refuse a text that is none of the choices, with the nearest."""
        if value not in choices:
            near = nearest(str(value), choices)
            hint = f"Did you mean {near}? " if near else ""
            name = key if isinstance(key, str) else key[-1]
            self.refuse(key, f"unknown {name} {value!r}", f"{hint}Use one of {', '.join(choices)}.")

    def number(self, key: str, default: Any = MISSING, low: float = -math.inf, high: float = math.inf) -> Any:
        """A finite number within bounds, as float."""
        value = self.get(key, float, default)
        if key in self.data and not low <= value <= high:
            self.wrong(key, value, f"a number between {low:g} and {high:g}")
        return value

    def integer(self, key: str, default: Any = MISSING) -> Any:
        """A whole number."""
        return self.get(key, int, default)

    def flag(self, key: str, default: Any = MISSING) -> Any:
        """True or false."""
        return self.get(key, bool, default)

    def day(self, key: str, default: Any = MISSING) -> Any:
        """A date without a time."""
        return self.get(key, date, default)

    def dates(self, key: str, default: Any = MISSING) -> tuple[date, ...]:
        """A list of dates."""
        return tuple(self.get(key, tuple[date, ...], default))

    def instant(self, key: str, default: Any = MISSING) -> Any:
        """A moment with its offset from UTC."""
        value = self.get(key, datetime, default)
        if key in self.data and value.tzinfo is None:
            self.wrong(key, value, _WORDS[datetime])
        return value

    def columns(self, key: str, default: Any = MISSING) -> tuple[str, ...]:
        """One text or a list of texts."""
        value = self.raw(key, default)
        if key in self.data:
            value = (self.text(key),) if isinstance(value, str) else self.get(key, tuple[str, ...])
            if not value or not all(v.strip() for v in value):
                self.wrong(key, self.data[key], "a text or a list of texts")
        return tuple(value)

    def range(self, key: str, default: Any = MISSING) -> tuple[float, float]:
        """Two increasing numbers."""
        value = self.get(key, tuple[float, float], default)
        if key in self.data and not value[0] < value[1]:
            self.wrong(key, list(value), "two increasing numbers [low, high]")
        return value

    def date_map(self, key: str) -> dict[date, date]:
        """A sub-table whose keys and values are dates."""
        sub, out = self.table(key), {}
        for k in sub.data:
            try:
                out[date.fromisoformat(k)] = sub.day(k)
            except ValueError:
                sub.refuse(k, "is not a date", "Write keys such as 2026-02-05.")
        return out

    def table(self, key: str, *, required: bool = False) -> Table:
        """A sub-table; empty when absent and not required."""
        value = self.raw(key, MISSING if required else {})
        if not isinstance(value, Mapping):
            self.wrong(key, value, f"a table [{key}]")
        return Table(value, self._source(key), (*self.path, key), self.error)

    def tables(self, key: str, default: Any = MISSING) -> list[Table]:
        """A list of tables."""
        value = self.raw(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(v, Mapping) for v in value):
            self.wrong(key, value, f"tables, with [[{key}]] above each")
        return [Table(v, self._source(key), (*self.path, key, i), self.error) for i, v in enumerate(value)]

    def include(self, other: Table) -> None:
        """Take over the keys of another file that this one does not have."""
        for key in other.data.keys() - self.data.keys():
            self.data[key], self._included[key] = other.data[key], other._source(key)

    def _source(self, key: str) -> Source:
        return self._included.get(key, self.source)

    def into[T](self, cls: type[T], **given: Any) -> T:
        """This table as a dataclass or named tuple, fields read by their declared type; ``given`` are not read."""
        hints = typing.get_type_hints(cls)
        values = dict(given)
        for name, p in inspect.signature(cls).parameters.items():
            if name in given:
                continue
            if name in self.data or p.default is inspect.Parameter.empty:
                values[name] = self._field(name, hints[name])
            self._seen[name] = None
        self.done()
        return cls(**values)

    def _field(self, key: str, hint: Any) -> Any:
        if typing.get_origin(hint) in (types.UnionType, typing.Union):
            hint = next(a for a in typing.get_args(hint) if a is not type(None))
        special: dict[Any, Callable[[str], Any]]
        special = {Columns: self.columns, Range: self.range, Mapping[date, date]: self.date_map}
        if hint in special:
            return special[hint](key)
        inner: Any = next(iter(typing.get_args(hint)), None)
        if typing.get_origin(hint) is tuple and hasattr(inner, "__annotations__"):
            return tuple(t.into(inner) for t in self.tables(key))
        if is_dataclass(hint):
            return self.table(key, required=True).into(typing.cast(type, hint))
        return self.get(key, dict[str, float] if hint == Mapping[str, float] else hint)


def nearest(key: str, among: Iterable[str]) -> str:
    """The most similar of some keys, or nothing when none is."""
    return next(iter(difflib.get_close_matches(key, list(among), n=1, cutoff=0.7)), "")


def _fault(value: Any) -> str:
    """What a number, date or text within a value is not, though its type is right; empty where nothing is wrong."""
    if isinstance(value, float):
        return "" if math.isfinite(value) else "finite"
    if isinstance(value, date):
        return "" if YEARS[0] <= value.year <= YEARS[1] else f"of the years {YEARS[0]} to {YEARS[1]}"
    if isinstance(value, str):
        return "" if all(c.isprintable() or c in "\n\t" for c in value) else "free of control characters"
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple | list) else ()
    return next(filter(None, map(_fault, inner)), "")


def _told(value: Any) -> str:
    told = str(value) if isinstance(value, date | time) else repr(value)
    return told if len(told) < 60 else f"{told[:56]} ..."
