"""A TOML text: the limits of what is read, and on which line each key stands."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from model.errors import AttributionError

LARGEST = 5_000_000
"""Bytes of a file."""
DEEPEST = 16
"""Tables within tables."""

type Keys = tuple[str | int, ...]
"""The path to a value: keys, and numbers of entries."""


def parsed(path: str | Path, error: type[AttributionError]) -> tuple[dict[str, Any], Source]:
    """Data and text of a file.

    Raises
    ------
    AttributionError
        Of the kind given, if the file cannot be read, is too large, not UTF-8, not TOML, or nested too deeply.
    """
    try:
        with Path(path).open("rb") as f:
            blob = f.read(LARGEST + 1)
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise error(f"Cannot read {path}: {why}.", "Check the path.") from None
    if len(blob) > LARGEST:
        raise error(f"{path} is larger than {LARGEST / 1e6:g} MB.", "Name a TOML file of this project.")
    try:
        text = blob.decode("utf-8-sig").replace("\r\n", "\n")
        data = tomllib.loads(text)
        shallow = not _deeper(data, DEEPEST)
    except UnicodeDecodeError:
        raise error(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from None
    except ValueError as problem:
        raise error(f"{path} is not valid TOML: {problem}.", "Correct the line named.") from None
    except RecursionError:
        shallow = False
    if not shallow:
        raise error(
            f"{path} is nested more than {DEEPEST} levels deep.", "No file here needs that: flatten it."
        )
    return data, Source(str(path), text)


def _deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(v, levels - 1) for v in inner)


@dataclass(frozen=True)
class Source:
    """A TOML text, its file, and on which line each key stands."""

    file: str
    text: str = ""

    @property
    def sha256(self) -> str:
        """Hash of the text: the same with and without a byte-order mark."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def place(self, path: Keys) -> str:
        """File and line of a key, or of the nearest table around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return f"{self.file}, line {self._lines[path]}" if path else self.file

    @cached_property
    def _lines(self) -> dict[Keys, int]:
        """Line of every key and table header. Keys of an inline table stand with the key it belongs to."""
        found: dict[Keys, int] = {}
        arrays: dict[Keys, int] = {}
        table: Keys = ()
        brackets, quote = 0, ""
        for number, line in enumerate(self.text.splitlines(), 1):
            if quote:
                quote = "" if quote in line else quote
            elif brackets:
                brackets += _opened(line)
            elif head := _HEADER.match(line):
                table = _resolved(head["keys"], arrays, bool(head["array"]))
                found.setdefault(table, number)
            elif key := _KEY.match(line):
                path = table
                for part in _parts(key["keys"]):
                    path += (part,)
                    found.setdefault(path, number)
                rest = line[key.end() :]
                quote = next((q for q in ('"""', "'''") if rest.count(q) % 2), "")
                brackets = 0 if quote else _opened(rest)
        return found


_PART = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEYS = rf"(?P<keys>{_PART}(?:\s*\.\s*{_PART})*)"
_HEADER = re.compile(rf"\s*\[(?P<array>\[)?\s*{_KEYS}\s*\]")
_KEY = re.compile(rf"\s*{_KEYS}\s*=")
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|#.*""")


def _parts(keys: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_PART, keys)]


def _resolved(keys: str, arrays: dict[Keys, int], is_array: bool) -> Keys:
    """The path of a header; entries of arrays of tables by number."""
    *outer, last = _parts(keys)
    table: Keys = ()
    for part in outer:
        table += (part,)
        table += (arrays[table],) if table in arrays else ()
    table += (last,)
    if is_array:
        arrays[table] = arrays.get(table, -1) + 1
        table += (arrays[table],)
    return table


def _opened(line: str) -> int:
    bare = _QUOTED.sub("", line)
    return sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}")
