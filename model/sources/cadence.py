"""How often a file really gives a value, against what was declared of it.

A candle said to cover an hour that covers four is known three hours later than it is used; a rate paid every
four hours is half the rate paid every eight. Both read without a complaint, so the spacing of the stamps is
held against `interval_minutes` and `per_hours`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from model.errors import DataError
from model.sources.raw import RawSeries
from model.sources.spec import PER_INTERVAL, SourceSpec

RUN = 4
"""So many equal gaps in a row are a cadence, not missing rows."""
REGULAR = 0.9
"""Share of gaps that must be the same before a file's prints a day are told from them."""
HOURS_A_DAY = 24.0
PAID = (1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 24.0)
"""Hours for which a rate can be paid."""


def check_interval(raw: RawSeries, spec: SourceSpec) -> None:
    """Refuse candles that lie nearer together, or regularly further apart, than their declared length.

    Raises
    ------
    DataError
    """
    if spec.stamp != "start" or len(raw.stamps) < 2:
        return
    gaps = _gaps(raw.stamps)
    declared = spec.interval_minutes
    near = gaps < declared - 0.5
    if near.any():
        i = int(np.argmax(near))
        _refuse(raw, i, gaps[i], declared, "")
    far = (gaps > declared + 0.5) & (not spec.options.get("thinned", False))
    same = np.concatenate([[False], np.abs(np.diff(gaps)) < 0.5]) & far
    run = 0
    for i, more in enumerate(same):
        run = run + 1 if more else 0
        if run >= RUN - 1:
            thinned = " If each row is still one candle of that length and the others were left out: options.thinned = true."
            _refuse(raw, i - run, gaps[i], declared, thinned)


def _refuse(raw: RawSeries, i: int, gap: float, declared: float, thinned: str) -> None:
    raise DataError(
        f"{raw.places[i + 1]}: {gap:g} minutes after the row before it, but interval_minutes = {declared:g} "
        f"(from {raw.stamps[i]:%Y-%m-%d %H:%M} on).",
        f"Set interval_minutes to what a row covers; a file whose interval changes must become two sources.{thinned}",
    )


def rates(raw: RawSeries, spec: SourceSpec) -> tuple[RawSeries, np.ndarray]:
    """Rates per the role's hours, and the hours for which each was paid (NaN: unknown).

    Raises
    ------
    DataError
        If prints do not come every so many hours as the role's column is for, and the source does not say
        whether they are per interval.
    """
    per = raw.series.kind.per_hours
    assert per is not None
    hours = paid_hours(raw.stamps)
    stated = raw.series.per_hours
    if stated is None:
        off = np.isfinite(hours) & (np.abs(hours - per) > 1e-6)
        if off.any():
            i = int(np.argmax(off))
            raise DataError(
                f"{raw.places[i]}: prints come every {hours[i]:g} hours, the column is per {per:g} hours.",
                f'In sources.toml, set per_hours = "interval" in this series if each print is for the interval before '
                f"it, or per_hours = {per:g} if every print is per {per:g} hours already.",
            )
        return raw, hours
    out = raw.take(np.arange(len(raw.values)))
    if stated != PER_INTERVAL:
        out.values = out.values * per / stated
        return out, hours
    out.values = out.values * per / hours
    known = hours[np.isfinite(hours)]
    for value in sorted(set(known[np.abs(known - per) > 1e-6])):
        when = raw.stamps[np.flatnonzero(hours == value)[0]]
        spec.say(
            f"{raw.name}: paid every {value:g} hours (first {when:%Y-%m-%d %H:%M}), given per {per:g}",
            0,
            f"{int((known == value).sum())} prints scaled by {per / value:g}",
        )
    return out, hours


def paid_hours(stamps: pd.DatetimeIndex) -> np.ndarray:
    """Hours since the print before, where these are an interval and not a gap; NaN where it can't be told.

    A lone gap that is a multiple of the gaps beside it is taken for a missing print. Shape: (n,) -> (n,).
    """
    if len(stamps) < 2:
        return np.full(len(stamps), np.nan)
    gaps = np.round(_gaps(stamps) / 60.0, 2)
    out = np.concatenate([[gaps[0]], gaps])
    for i in range(1, len(out)):
        before = out[i - 1] if i > 1 else np.nan
        after = gaps[i] if i < len(gaps) else np.nan
        beside = [x for x in (before, after) if np.isfinite(x)]
        lone = beside and all(out[i] > x and (out[i] / x) % 1 == 0 for x in beside)
        if lone or out[i] not in PAID:
            out[i] = beside[-1] if len(set(beside)) == 1 else np.nan
    out[0] = out[1]
    return np.where(np.isin(out, PAID), out, np.nan)


def whole_days(stamps: pd.DatetimeIndex, hours: np.ndarray) -> pd.Series:
    """Which UTC days have all their prints: no print is missing before the first, after the last, or between.

    Parameters
    ----------
    hours : ndarray
        From `paid_hours`. Shape: (n,).
    """
    day = stamps.tz_localize(None).normalize()
    at = np.asarray((stamps.tz_localize(None) - day) / pd.Timedelta(hours=1))
    frame = pd.DataFrame({"day": day, "at": at, "hours": hours})
    frame["gap"] = frame.groupby("day")["at"].diff()
    tight = (frame["gap"] - frame["hours"]).abs().fillna(0.0) < 0.02
    first = frame.groupby("day").first()
    last = frame.groupby("day").last()
    inside = tight.groupby(frame["day"]).all() & frame["hours"].notna().groupby(frame["day"]).all()
    begins = first["at"] - first["hours"] < -0.02
    ends = last["at"] + last["hours"] >= HOURS_A_DAY - 0.02
    return inside & (begins | (first["at"] < 0.02)) & (ends | _changes(frame, last))


def _changes(frame: pd.DataFrame, last: pd.DataFrame) -> pd.Series:
    """Days whose last print is followed, at the next midnight, by one paid for the hours between."""
    rows = frame.groupby("day").tail(1).index + 1
    after = frame.reindex(rows).set_index(last.index)
    return (after["at"] < 0.02) & ((last["at"] + after["hours"] - HOURS_A_DAY).abs() < 0.02)


def prints_a_day(stamps: pd.DatetimeIndex) -> int:
    """Prints of a whole day by the file's own spacing; 0 where that is not regular."""
    if len(stamps) < 2:
        return 0
    gaps = np.round(_gaps(stamps))
    usual = float(pd.Series(gaps).mode().iloc[0])
    regular = usual > 0 and float(np.mean(gaps == usual)) >= REGULAR
    return int(HOURS_A_DAY * 60 // usual) if regular else 0


def _gaps(stamps: pd.DatetimeIndex) -> np.ndarray:
    """Minutes between neighbours. Shape: (n,) -> (n - 1,)."""
    return np.diff(stamps.as_unit("ns").asi8) / 6e10
