"""The panel object: what was known, when, on consecutive trading days."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from model.calendar import as_day, next_session
from model.errors import DataError
from model.panel.columns import column_sentences
from model.panel.extras import published
from model.panel.roles import FLOW, OPEN, POSITIONS, TOTAL
from model.units import premium_pct

if TYPE_CHECKING:
    from datetime import date

    from model.calendar import DateLike
    from model.panel.columns import Input
    from model.panel.universe import Universe

PUBLISHED = "positions_published"
OPENING = pd.Timedelta(hours=9.5)
LATEST = 40
"""Rows at the end that may not have been published: the slowest of the further inputs comes out six weeks later."""


class Panel:
    """Canonical columns on consecutive trading days; never changes after it is made.

    Parameters
    ----------
    frame : DataFrame
        Shape: (T, columns), index `date`. Columns and units as in docs/contracts.md: flows in USD m on the
        vendor's date, prices in USD, volume in shares, volatility indices in points, positions in contracts
        (NaN except on position dates), `positions_published` as New York wall time (NaT likewise).
    listed : DataFrame
        Shape: (T, funds), bool: False before a fund's first day.
    universe : Universe
    supplied : tuple of str
        Optional roles that the input had; kept are those with a number on one of these days.
    as_of : date, optional
        Only what was published by the end of this New York day is present; None: everything.
    notes : tuple of str
        What was dropped or set to missing on the way, for the report.
    inputs : tuple of Input
        The input's columns and what each became, see :mod:`model.panel.columns`.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        listed: pd.DataFrame,
        universe: Universe,
        supplied: tuple[str, ...] = (),
        as_of: date | None = None,
        notes: tuple[str, ...] = (),
        inputs: tuple[Input, ...] = (),
    ) -> None:
        self._frame, self._listed = frame.copy(), listed.copy()
        self.universe, self.as_of, self.notes = universe, as_of, tuple(notes)
        self.supplied = tuple(s for s in supplied if s not in frame or frame[s].notna().any())
        self.inputs = tuple(inputs)

    @property
    def frame(self) -> pd.DataFrame:
        """A copy of the canonical columns (copied on write): changing it does not change the panel."""
        return self._frame.copy()

    @property
    def listed(self) -> pd.DataFrame:
        """A copy of the listing table. Shape: (T, funds)."""
        return self._listed.copy()

    @property
    def dates(self) -> pd.DatetimeIndex:
        """Trading days. Shape: (T,)."""
        return pd.DatetimeIndex(self._frame.index)

    @property
    def findings(self) -> tuple[str, ...]:
        """The notes but those about columns, which a fit words by what it uses of them."""
        about = set(column_sentences(self.inputs, None))
        return tuple(n for n in self.notes if n not in about)

    def __len__(self) -> int:
        return len(self._frame)

    def __repr__(self) -> str:
        span = f"{self.dates[0].date()} to {self.dates[-1].date()}"
        known = f", as of {self.as_of}" if self.as_of else ""
        return (
            f"Panel({self.universe.name}: {len(self)} trading days, {span}{known}, sha256 {self.sha256[:12]})"
        )

    @cached_property
    def sha256(self) -> str:
        """Hash of the canonical content: dates, column names, values; not of the file's bytes."""
        digest = hashlib.sha256()
        digest.update(self.dates.to_numpy("datetime64[D]").astype("<i8").tobytes())
        for name, column in self._frame.items():
            digest.update(f"\n{name}\n".encode())
            digest.update(_canonical_bytes(column))
        return digest.hexdigest()

    def window(self, start: DateLike, end: DateLike) -> Panel:
        """The rows from `start` to `end`, both included.

        Raises
        ------
        DataError
            If no trading day of the panel lies between them.
        """
        inside = (self.dates >= as_day(start)) & (self.dates <= as_day(end))
        if not inside.any():
            span = f"{self.dates[0].date()} to {self.dates[-1].date()}"
            raise DataError(
                f"No rows from {as_day(start).date()} to {as_day(end).date()}; the panel covers {span}.",
                "Ask for days inside the panel, or give a longer panel.",
            )
        return self._with(self._frame[inside], self._listed[inside])

    def as_of_date(self, day: DateLike) -> Panel:
        """Only what was published by the end of `day` in New York.

        * rows after `day` are removed;
        * prices, volumes and volatility indices of `day` are known after its 16:00 close;
        * a flow dated d is published on the morning of the next trading day: those dated `day` are missing
          (and on a Saturday, Friday's);
        * a further input is known from its own publication on (:meth:`published`): some the next morning, short
          interest and fails to deliver weeks later;
        * positions are known from `positions_published` on (15:30, so on that day itself).

        A later `day` than the panel's own `as_of` cannot bring anything back.

        Raises
        ------
        DataError
            If nothing was known by then.
        """
        end = as_day(day)
        if self.as_of is not None:
            end = min(end, as_day(self.as_of))
        kept = self.dates <= end
        if not kept.any():
            raise DataError(
                f"Nothing in the panel was known by {end.date()}.",
                f"Ask for {self.dates[0].date()} or later.",
            )
        frame = self._frame[kept].copy()
        flows = [c for c in map(str, frame.columns) if c.startswith(FLOW)]
        unpublished = [d for d in frame.index[-3:] if next_session(d, self.universe.calendar) > end]
        frame.loc[unpublished, flows] = np.nan
        for extra in self.universe.extras:
            if extra.column in frame:
                late = [d for d in frame.index[-LATEST:] if self.published(extra.column, d).normalize() > end]
                frame.loc[late, extra.column] = np.nan
        hidden = frame[PUBLISHED].dt.normalize() > end
        frame.loc[hidden, list(POSITIONS)] = np.nan
        frame.loc[hidden, PUBLISHED] = pd.NaT
        return self._with(frame, self._listed[kept], as_of=end.date())

    def published(self, column: str, day: pd.Timestamp) -> pd.Timestamp:
        """When a number of `day` became public. Unit: New York wall time."""
        if column in POSITIONS:
            return pd.DatetimeIndex(self._frame[PUBLISHED])[int(self.dates.searchsorted(day))]
        if column.startswith(FLOW):
            return published("next_session", day, self.universe.calendar)
        if column.endswith(OPEN):
            return as_day(day) + OPENING
        known = next((e.known for e in self.universe.extras if e.column == column), "same_day")
        return published(known, day, self.universe.calendar)

    def premium(self) -> pd.Series:
        """Futures premium; missing near expiry, where it says nothing. Unit: % of price. Shape: (T,)."""
        f = self._frame
        values = premium_pct(f["future"], f["price"])
        usable = f["future_days"] >= self.universe.future.min_days
        return pd.Series(np.where(usable, values, np.nan), index=f.index, name="premium")

    def describe(self) -> dict[str, Any]:
        """What the panel holds, in plain types for a manifest or report."""
        funds = [FLOW + k for k in self.universe.fund_keys]
        missing = self._frame[funds].isna() & self._listed.to_numpy()
        return {
            "universe": self.universe.name,
            "rows": len(self),
            "first": str(self.dates[0].date()),
            "last": str(self.dates[-1].date()),
            "as_of": str(self.as_of) if self.as_of else None,
            "sha256": self.sha256,
            "supplied": list(self.supplied),
            "missing_flows": {c: int(n) for c, n in missing.sum().items() if n},
            "missing_total": int(self._frame[TOTAL].isna().sum()),
            "position_reports": int(self._frame[PUBLISHED].notna().sum()),
            "notes": list(self.notes),
        }

    def _with(self, frame: pd.DataFrame, listed: pd.DataFrame, as_of: date | None = None) -> Panel:
        return Panel(
            frame, listed, self.universe, self.supplied, as_of or self.as_of, self.notes, self.inputs
        )


def _canonical_bytes(column: pd.Series) -> bytes:
    """Little-endian bytes in which equal values are equal: one NaN, no negative zero, times in seconds."""
    if column.dtype.kind == "M":
        return column.to_numpy("datetime64[s]").astype("<i8").tobytes()
    values = column.to_numpy(float) + 0.0
    return np.where(np.isnan(values), np.nan, values).astype("<f8").tobytes()
