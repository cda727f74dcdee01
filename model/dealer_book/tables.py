"""Reading values out of a book file, with errors that name the table and the key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from model.errors import DataError

STATUSES = ("fact", "seed", "assumption")


class Entry:
    """One table of a book file: typed reads, required keys, and a refusal of keys nobody read.

    Parameters
    ----------
    where : str
        How to call the table in an error, e.g. ``[[note]] no. 2``.
    data : mapping
        The parsed table.
    """

    def __init__(self, where: str, data: Any) -> None:
        if not isinstance(data, Mapping):
            raise DataError(f"{where}: expected a table, found {data!r}.", "Write it as a TOML table.")
        self.where, self.data, self.read = where, data, set[str]()

    def _get(self, key: str, default: Any) -> Any:
        self.read.add(key)
        if key in self.data:
            return self.data[key]
        if default is ...:
            raise DataError(f"{self.where}: {key} is missing.", f"Add {key} = ... to this table.")
        return default

    def _fail(self, key: str, value: Any, rule: str) -> DataError:
        return DataError(f"{self.where}, {key}: {value!r} is not {rule}.", f"Correct {key} in this table.")

    def number(self, key: str, default: Any = ..., low: float = -math.inf, high: float = math.inf) -> float:
        """A finite number within bounds."""
        x = self._get(key, default)
        if (
            isinstance(x, bool)
            or not isinstance(x, int | float)
            or not math.isfinite(x)
            or not low <= x <= high
        ):
            raise self._fail(key, x, f"a number between {low:g} and {high:g}")
        return float(x)

    def text(self, key: str, default: Any = ..., choices: tuple[str, ...] | None = None) -> str:
        """A string, one of ``choices`` where given."""
        x = self._get(key, default)
        if not isinstance(x, str) or (choices and x not in choices):
            raise self._fail(key, x, f"one of {', '.join(choices)}" if choices else "a text")
        return x

    def day(self, key: str, default: Any = ...) -> date:
        """A calendar day."""
        x = self._get(key, default)
        if not isinstance(x, date) or isinstance(x, datetime):
            raise self._fail(key, x, "a date such as 2026-02-27 (no quotes)")
        return x

    def days(self, key: str) -> tuple[date, ...]:
        """Calendar days; none where the key is not given."""
        x = self._get(key, [])
        if not isinstance(x, list) or not all(isinstance(d, date) and not isinstance(d, datetime) for d in x):
            raise self._fail(key, x, "a list of dates such as [2026-02-27, 2026-03-27] (no quotes)")
        return tuple(x)

    def instant(self, key: str) -> datetime:
        """A time with its offset from UTC."""
        x = self._get(key, ...)
        if not isinstance(x, datetime) or x.tzinfo is None:
            raise self._fail(key, x, "a time with offset such as 2026-02-04T16:00:00-05:00 (no quotes)")
        return x

    def numbers(self, key: str, default: Any = ..., low: float = -math.inf) -> list[float]:
        """A non-empty list of finite numbers."""
        x = self._get(key, default)
        good = (
            isinstance(x, list)
            and x
            and all(
                isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) and v >= low
                for v in x
            )
        )
        if not good:
            raise self._fail(key, x, f"a list of numbers, each at least {low:g}")
        return [float(v) for v in x]

    def triple(self, key: str) -> tuple[float, float, float]:
        """``{low = , mid = , high = }`` in order and not negative; one number stands for all three."""
        x = self._get(key, ...)
        if isinstance(x, int | float) and not isinstance(x, bool):
            x = {"low": x, "mid": x, "high": x}
        inner = Entry(f"{self.where}, {key}", x)
        lo, mid, hi = (inner.number(k, low=0.0) for k in ("low", "mid", "high"))
        inner.done()
        if not lo <= mid <= hi:
            raise self._fail(key, x, "in the order low <= mid <= high")
        return lo, mid, hi

    def provenance(self) -> tuple[str, str]:
        """``status`` (fact, seed or assumption) and ``source``; both are required everywhere."""
        return self.text("status", choices=STATUSES), self.text("source")

    def done(self) -> None:
        """Refuse keys that nothing has read: a misspelt key must not be a silent default."""
        extra = sorted(set(self.data) - self.read)
        if extra:
            raise DataError(
                f"{self.where}: unknown key {extra[0]!r}.", f"Known here: {', '.join(sorted(self.read))}."
            )
