"""Paths of (spot, volatility) over which a book is hedged, and which venue was open at each point.

The stated path between two points is a staircase of equal steps in (log spot, vol): each step moves spot
first, then volatility.  With enough steps it is the straight line, so the split into gamma and vanna does
not depend on
an order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path as FilePath

import numpy as np
import pandas as pd

from model.calendar import session_close, session_open, sessions
from model.dealer_book.instants import instants
from model.errors import DataError, UsageError

STEPS = 24


@dataclass(frozen=True)
class Point:
    """Spot (USD), vol index (vol points); whether the ETF traded then; the ETF close of a day, if it is
    one."""

    spot: float
    vol: float
    etf_open: bool = True
    etf_close: bool = False
    day: date | None = None
    time: datetime | None = None


@dataclass(frozen=True)
class Path:
    """Points in order, the first being the state from which hedging is counted."""

    points: tuple[Point, ...]
    steps: int = STEPS

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise UsageError("A path needs at least two points.", "Write --spot FROM:TO.")
        for i, p in enumerate(self.points):
            if not (np.isfinite(p.spot) and p.spot > 0):
                raise DataError(f"Path point {i}, spot: {p.spot!r} is not a price.", "Correct the spot.")
            if not (np.isfinite(p.vol) and 1 <= p.vol <= 1000):
                raise DataError(
                    f"Path point {i}, vol: {p.vol!r} is not a volatility in points.",
                    "Write vol points (52.9), not a fraction.",
                )
        if not self.points[0].etf_open:
            raise DataError("The path starts while the ETF is closed.", "Start at an ETF close.")

    def seen_by(self, venue: str) -> Path:
        """The path as a venue's dealers see it: the ETF venue only while the ETF trades."""
        if venue == "crypto":
            return self
        kept = tuple(p for p in self.points if p.etf_open)
        return replace(self, points=kept if len(kept) > 1 else (kept[0], kept[0]))

    def legs(self) -> Iterator[tuple[Point, Point]]:
        """Consecutive stair steps; the observation flags of a point belong to its last step."""
        for a, b in zip(self.points[:-1], self.points[1:], strict=True):
            x = np.linspace(0.0, 1.0, self.steps + 1)
            spots = np.exp((1 - x) * np.log(a.spot) + x * np.log(b.spot))
            spots[0], spots[-1] = a.spot, b.spot
            vols = (1 - x) * a.vol + x * b.vol
            for i in range(self.steps):
                start = replace(a, spot=float(spots[i]), vol=float(vols[i]))
                last = i == self.steps - 1
                yield (
                    start,
                    b
                    if last
                    else replace(b, spot=float(spots[i + 1]), vol=float(vols[i + 1]), etf_close=False),
                )


def from_moves(
    spots: Sequence[float],
    vols: Sequence[float],
    day: date | None = None,
    low_after_close: float | None = None,
    low_in_hours: float | None = None,
) -> Path:
    """A path from yesterday's ETF close to today's, with the day's low where it is known.

    Parameters
    ----------
    spots, vols : sequence of float
        Two or more values each; a single volatility stands for all points. The last spot is today's ETF
        close.
    day : date, optional
        Today.
    low_in_hours, low_after_close : float, optional
        Low while the ETF traded (inserted before the close) or after it (appended: crypto options only).
    """
    vols = list(vols) * len(spots) if len(vols) == 1 else list(vols)
    if len(vols) != len(spots):
        raise UsageError(
            f"{len(spots)} spots but {len(vols)} volatilities.", "Give as many volatilities as spots, or one."
        )
    points = [
        Point(s, v, etf_close=i == 0, day=None) for i, (s, v) in enumerate(zip(spots, vols, strict=True))
    ]
    points[-1] = replace(points[-1], etf_close=True, day=day)
    if low_in_hours is not None:
        if low_in_hours > min(points[-1].spot, points[-2].spot):
            raise DataError(f"The low {low_in_hours:,.0f} is above the close.", "Correct --low.")
        points.insert(-1, Point(low_in_hours, points[-1].vol, day=day))
    if low_after_close is not None:
        points.append(Point(low_after_close, points[-1].vol, etf_open=False, day=day))
    return Path(tuple(points))


def from_bars(
    file: str | FilePath, calendar: str, timezone: str, steps: int = 4, needs_close: bool = True
) -> Path:
    """A path from a CSV of bars: ``time`` (end of the bar, ISO 8601 with offset), ``spot``, ``vol``,
    optional ``low``.

    A bar belongs to the ETF's hours if it ends after that day's open and not after its close; the bar
    ending at the close is the ETF close. The first row is the starting state. A bar's low is visited before
    its close.

    Parameters
    ----------
    needs_close : bool
        Whether every ETF close between first and last row has to end a bar. A book of crypto-native options
        alone does not look at it.

    Raises
    ------
    DataError
        No table, a missing column, a cell that is not a number, rows out of order, an ETF close no bar ends at.
    """
    frame = _read_bars(file)
    for column in ("time", "spot", "vol"):
        if column not in frame:
            raise DataError(
                f"Row 1, column {column}: the bars have no such column.", "Columns: time, spot, vol, low."
            )
    times = instants(frame["time"])
    _refuse(frame, "time", times.isna(), "a time with offset")
    for column in ("spot", "vol") + (("low",) if "low" in frame else ()):
        x = pd.to_numeric(frame[column], errors="coerce")
        _refuse(frame, column, ~(x > 0), "a positive number")
        frame[column] = x
    _refuse(frame, "time", times.diff() <= pd.Timedelta(0), "later than the row before")
    if "low" in frame:
        _refuse(frame, "low", frame["low"] > frame["spot"] * (1 + 1e-12), "at or below spot")
    hours = _sessions(times, calendar, timezone)
    if needs_close:
        _require_closes(times, hours, timezone)
    return Path(tuple(_bar_points(frame, times, _session_flags(times, hours, timezone))), steps)


def _read_bars(file: str | FilePath) -> pd.DataFrame:
    try:
        frame = pd.read_csv(file)
    except (FileNotFoundError, pd.errors.EmptyDataError) as err:
        raise DataError(f"No bars at {file}.", "Check the path.") from err
    except (OSError, pd.errors.ParserError, UnicodeDecodeError) as err:
        raise DataError(
            f"{file} is not a CSV table: {err}.", "Save the bars as comma-separated text."
        ) from err
    if frame.empty:
        raise DataError(
            f"{file} has a header and no rows.", "Supply the starting state and at least one bar."
        )
    return frame


def _bar_points(
    frame: pd.DataFrame, times: pd.Series, flags: list[tuple[bool, bool, date]]
) -> Iterator[Point]:
    previous = np.inf
    for i, (is_open, is_close, day) in enumerate(flags):
        spot, vol = float(frame["spot"].iloc[i]), float(frame["vol"].iloc[i])
        low = float(frame["low"].iloc[i]) if "low" in frame else spot
        if i and low < min(previous, spot):
            yield Point(low, vol, is_open, False, day, times.iloc[i].to_pydatetime())
        yield Point(spot, vol, is_open or i == 0, is_close, day, times.iloc[i].to_pydatetime())
        previous = spot


Hours = dict[date, tuple[pd.Timestamp, pd.Timestamp]]


def _sessions(times: pd.Series, calendar: str, timezone: str) -> Hours:
    """Open and close of the ETF's sessions on the days of the bars."""
    days = times.dt.tz_convert(timezone).dt.date
    return {
        d.date(): (session_open(d, calendar), session_close(d, calendar))
        for d in sessions(days.min(), days.max(), calendar)
    }


def _require_closes(times: pd.Series, hours: Hours, timezone: str) -> None:
    # Without its close a session is cut short in silence, and a note observed at closes cannot knock in.
    ends = set(times)
    for _, close in hours.values():
        if times.iloc[0] < close <= times.iloc[-1] and close not in ends:
            local = close.tz_convert(timezone)
            raise DataError(
                f"No bar ends at the ETF close of {local.date()}, {local.isoformat()}.",
                "Stamp bars with their end, to the second (21:00:00, not 20:59:59.999), and let one end there.",
            )


def _session_flags(times: pd.Series, hours: Hours, timezone: str) -> list[tuple[bool, bool, date]]:
    out = []
    for t, d in zip(times, times.dt.tz_convert(timezone).dt.date, strict=True):
        opened, closed = hours.get(d, (None, None))
        inside = opened is not None and closed is not None and opened < t <= closed
        out.append((inside, inside and t == closed, d))
    return out


def _refuse(frame: pd.DataFrame, column: str, bad: pd.Series, rule: str) -> None:
    if bad.any():
        i = int(np.flatnonzero(bad.to_numpy())[0])
        raise DataError(
            f"Row {i + 2}, column {column}: {frame[column].iloc[i]!r} is not {rule}.", f"Correct {column}."
        )
