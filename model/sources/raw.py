"""What a reader returns: stamps and values as the vendor gave them, before clocks, units and checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from model.errors import DataError
from model.sources.spec import Series, SourceSpec, way_out
from model.sources.text import EPOCH, EPOCHS, day, instant, where

type Blobs = dict[str, bytes]
type Seen = dict[str, dict[str, str]]  # column -> value -> where it first stood
_IDENTITY = """
    symbol ticker instrument instrument_name instrument_id contract contract_code contract_market_name
    cftc_contract_market_code market market_and_exchange_names futonly_or_combined pair product product_id coin asset
    currency ccy denomination base base_currency base_asset quote_currency quote_asset settlement_currency settle_currency
    margin_currency underlying fund exchange venue interval resolution timeframe unit units isin cusip quote
"""
IDENTITY = frozenset(_IDENTITY.split())
"""Columns that say what a row is of: a series holds rows of one."""
OFTEN_NUMBERS = frozenset({"quote", "base"})
"""Of these, names under which others give a number, which says nothing of the instrument."""


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
    if spec.stamp == "date" and spec.options.get("time_unit") in (*EPOCHS, EPOCH):
        return day(instant(raw, place, spec.options["time_unit"]), place)
    if spec.stamp == "date":
        return day(raw, place, tuple(spec.options.get("date_formats", ("iso",))))
    return instant(raw, place, spec.options.get("time_unit", "iso"))


ODD_BARS, ODD_SIZE = 0.05, 0.02
"""A feed has odd bars: at most this share of them (or one), each off by at most this part of its price."""
FEW_BARS = 10
"""Fewer bars say nothing about which of them is odd."""
SWAPPED = 0.2
"""From this share of contradictions on it is the columns, not the bars."""


def check_ohlc(
    prices: tuple[np.ndarray, ...], rows: list[tuple[str, pd.Timestamp]], spec: SourceSpec, known: float = 0.0
) -> None:
    """Low and high must bound open and close, but for a few odd bars, which are told.

    Parameters
    ----------
    prices : tuple of ndarray
        Open, high, low and close. Shape: (n,) each.
    rows : list of (place, stamp)
        Shape: (n,).
    known : float
        Share of rows on which the vendor is known to contradict itself by any size.

    Raises
    ------
    DataError
        When bars contradict themselves by more, or more often.
    """
    o, h, l, c = prices
    if not len(o):
        return
    slack = 1e-6 * np.nanmax(np.abs(h), initial=1.0)
    bad = (h + slack < np.fmax(o, c)) | (l - slack > np.fmin(o, c)) | (h + slack < l)
    bad &= [not (b and spec.accepts("bar", stamp)) for b, (_, stamp) in zip(bad, rows, strict=True)]
    if not bad.any():
        return
    size = np.fmax(np.fmax(np.fmax(o, c) - h, l - np.fmin(o, c)), l - h) / np.abs(c)
    small = bool(np.all(size[bad] <= ODD_SIZE)) and len(o) >= FEW_BARS
    if bad.mean() <= known or (small and bad.sum() <= max(1, int(ODD_BARS * len(o)))):
        days = ", ".join(f"{rows[i][1]:%Y-%m-%d}" for i in np.flatnonzero(bad)[:5])
        spec.say(
            f"bars whose open, high, low and close contradict each other, read as they stand ({days})",
            0,
            f"{int(bad.sum())} of {len(o)} bars",
        )
        return
    i = int(np.argmax(bad))
    place, stamp = rows[i]
    swapped = (
        "Columns may be swapped; compare with the vendor's documentation. " if bad.mean() >= SWAPPED else ""
    )
    raise DataError(
        f"{place}: open {o[i]:g}, high {h[i]:g}, low {l[i]:g}, close {c[i]:g} "
        f"contradict each other ({int(bad.sum())} of {len(o)} bars do).",
        swapped + way_out("bar", stamp),
    )


def check_one(seen: Seen, record: dict[str, Any], place: str, spec: SourceSpec, option: str = "") -> None:
    """Refuse rows of two instruments, units or intervals in one series.

    Parameters
    ----------
    seen : dict
        Column to its values so far and where each stood first; filled here.
    option : str
        The reader's own option that names the one to read; ``where`` without.
    """
    for column, value in record.items():
        if str(column).lower() not in IDENTITY or str(column) in spec.options.get("mixed", ()):
            continue
        text = "" if value is None else str(value).strip()
        if not text or text == "nan" or (str(column).lower() in OFTEN_NUMBERS and not text.isalpha()):
            continue
        values = seen.setdefault(str(column), {})
        values.setdefault(text, place)
        if len(values) > 1:
            first, second = list(values)[:2]
            raise DataError(
                f"{place}: {column} is {second!r}, {first!r} at {values[first]}: rows that do not belong together.",
                "Name the one to read in sources.toml: "
                + (
                    f"options.{option} = {first!r}"
                    if option
                    else f"options.where = {{ {column} = {first!r} }}"
                )
                + f"; or, if they are one series, options.mixed = [{str(column)!r}].",
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
