"""What a reader returns: stamps and values as the vendor gave them, before clocks, units and checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from model.errors import DataError
from model.sources.spec import Series, SourceSpec
from model.sources.text import day, instant, where

type Blobs = dict[str, bytes]


@dataclass
class RawSeries:
    """One variable of one source.

    `stamps` are naive days for daily vendors and UTC moments for intraday ones; `places` say where each value
    stands, for messages. Shape: (n,) each.
    """

    series: Series
    fund: str
    stamps: pd.DatetimeIndex
    values: np.ndarray
    places: list[str]
    published: pd.DatetimeIndex | None = None

    @property
    def name(self) -> str:
        """Role and fund, for messages."""
        return f"{self.series.role} {self.fund}".strip()

    def take(self, keep: np.ndarray) -> RawSeries:
        """Rows by mask or position."""
        index = np.flatnonzero(keep) if keep.dtype == bool else keep
        published = None if self.published is None else self.published[index]
        return RawSeries(
            self.series,
            self.fund,
            self.stamps[index],
            self.values[index],
            [self.places[i] for i in index],
            published,
        )


@dataclass
class Collector:
    """Gathers a reader's rows by (series, fund)."""

    spec: SourceSpec
    rows: dict[tuple[str, str], list[tuple[pd.Timestamp, float, str, pd.Timestamp | None]]] = field(
        default_factory=dict
    )

    def add(
        self,
        series: Series,
        fund: str,
        stamp: pd.Timestamp,
        value: float,
        place: str,
        published: pd.Timestamp | None = None,
    ) -> None:
        """One value."""
        self.rows.setdefault((series.output(fund), fund), []).append((stamp, value, place, published))

    def done(self) -> list[RawSeries]:
        """All series of the spec.

        Raises
        ------
        DataError
            If a series has no row (in an as-of vintage it is left out).
        """
        out = []
        for series, fund, column in self.spec.fields:
            rows = self.rows.get((series.output(fund), fund), [])
            if not rows and self.spec.vintage is not None:
                continue
            if not rows:
                raise DataError(
                    f"{self.spec.name}: no rows for {column!r}.",
                    "Check the file, and the field in sources.toml.",
                )
            stamps, values, places, published = zip(*rows, strict=True)
            known = None if published[0] is None else pd.DatetimeIndex(list(published))
            out.append(
                RawSeries(
                    series, fund, pd.DatetimeIndex(list(stamps)), np.array(values, float), list(places), known
                )
            )
        return out


def require_columns(present: Iterable[str], needed: Iterable[str], name: str) -> None:
    """Refuse a table without the needed columns, or with one of them twice."""
    names = list(present)
    for column in dict.fromkeys(needed):
        if column not in names:
            shown = ", ".join(str(n) for n in names[:12])
            raise DataError(
                f"{name}: no column {column!r} (it has: {shown}).",
                "The vendor changed its layout, or this is another vendor's file; correct sources.toml.",
            )
        if names.count(column) > 1:
            raise DataError(f"{name}: column {column!r} appears twice.", "Remove one of them.")


def stamp_of(spec: SourceSpec, raw: Any, place: str) -> pd.Timestamp:
    """The vendor's stamp: a day, or a UTC moment, by `spec.stamp` and the source's options."""
    if spec.stamp == "date":
        return day(raw, place, tuple(spec.options.get("date_formats", ("iso",))))
    return instant(raw, place, spec.options.get("time_unit", "iso"))


def check_ohlc(
    o: np.ndarray, h: np.ndarray, l: np.ndarray, c: np.ndarray, places: list[str], allowed: float = 0.0
) -> None:
    """Low and high must bound open and close on all but a share `allowed` of the rows."""
    if not len(o):
        return
    slack = 1e-6 * np.nanmax(np.abs(h), initial=1.0)
    bad = (h + slack < np.fmax(o, c)) | (l - slack > np.fmin(o, c)) | (h + slack < l)
    if bad.mean() > allowed:
        at = places[int(np.argmax(bad))]
        raise DataError(
            f"{at}: open {o[bad][0]:g}, high {h[bad][0]:g}, low {l[bad][0]:g}, close {c[bad][0]:g} "
            "contradict each other.",
            "Columns may be swapped; compare with the vendor's documentation.",
        )


def check_continuity(o: np.ndarray, c: np.ndarray, name: str) -> None:
    """In a market that never closes each open follows the close before it; open and close swapped break this.

    Candles must be in time order. Needs 20 of them.
    """
    if len(o) < 20:
        return
    jump = np.nanmedian(np.abs(o[1:] - c[:-1]))
    swapped = np.nanmedian(np.abs(c[1:] - o[:-1]))
    if jump > swapped:
        raise DataError(
            f"{name}: opens do not follow the closes before them.", "Open and close may be swapped."
        )


def lookup(record: Any, path: str, place: str) -> Any:
    """A value by dotted path (``funds.X``) in nested JSON objects."""
    value = record
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            raise DataError(where(place, None, path) + " is missing.", "Check the field in sources.toml.")
        value = value[key]
    return value
