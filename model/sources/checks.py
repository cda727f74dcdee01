"""Checks that every source passes once its clock is known. Each refuses with place, column and remedy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from model.errors import DataError
from model.sources.raw import RawSeries
from model.sources.spec import SourceSpec, way_out

MIN_FOR_TYPICAL = 20  # non-zero values needed before a file's scale says anything


def drop_repeats(raw: RawSeries) -> tuple[RawSeries, int]:
    """Rows in time order; identical repeats dropped; among vintages the newest kept.

    Raises
    ------
    DataError
        If two rows of one vintage give one moment two values.
    """
    keys = (
        [raw.stamps.to_numpy()]
        if raw.published is None
        else [raw.published.to_numpy(), raw.stamps.to_numpy()]
    )
    out = raw.take(np.lexsort(keys))
    same = np.flatnonzero(out.stamps[1:] == out.stamps[:-1])
    for i in map(int, same):
        revised = out.published is not None and out.published[i] != out.published[i + 1]
        if not revised and not _equal(out.values[i], out.values[i + 1]):
            a, b = out.values[i], out.values[i + 1]
            raise DataError(
                f"{out.places[i]} and {out.places[i + 1]}: {out.stamps[i]:%Y-%m-%d %H:%M} appears twice, "
                f"as {a:g} and {b:g}.",
                "Keep the correct row.",
            )
    keep = np.ones(len(out.values), bool)
    keep[same] = False
    return out.take(keep), len(same)


def _equal(a: float, b: float) -> bool:
    return a == b or (np.isnan(a) and np.isnan(b))


def check_plausible(raw: RawSeries, spec: SourceSpec) -> None:
    """Every value within the declared range (canonical unit)."""
    low, high = raw.series.plausible
    bad = (raw.values < low) | (raw.values > high)
    bad &= _not_accepted("value", bad, raw, spec)
    if bad.any():
        i = int(np.argmax(bad))
        raise DataError(
            f"{raw.places[i]}: {raw.name} {raw.values[i]:g} {raw.series.kind.unit} "
            f"lies outside {low:g} to {high:g}.",
            f"Check the unit (1e3 or 1e6?) and the sign; widen `plausible` if values like it are real. "
            f"{way_out('value', raw.stamps[i])}",
        )


def _not_accepted(check: str, bad: np.ndarray, raw: RawSeries, spec: SourceSpec) -> np.ndarray:
    """False where the user lets the finding pass. Shape: (n,)."""
    column = (raw.series.output(raw.fund),)
    return np.array(
        [not (b and spec.accepts(check, s, column)) for b, s in zip(bad, raw.stamps, strict=True)], bool
    )


def check_typical(raw: RawSeries) -> None:
    """The series' scale within the declared band: catches a file in thousands or billions of its unit."""
    if raw.series.typical is None:
        return
    size = np.abs(raw.values[np.isfinite(raw.values) & (raw.values != 0)])
    if len(size) < MIN_FOR_TYPICAL:
        return
    scale, (low, high) = float(np.quantile(size, 0.9)), raw.series.typical
    if not low <= scale <= high:
        raise DataError(
            f"{raw.name}: 90 % of values are below {scale:g} {raw.series.kind.unit}; "
            f"expected {low:g} to {high:g}.",
            "Check the file's unit; set `typical` if this is real.",
        )


def check_ratio(raw: RawSeries, spec: SourceSpec) -> None:
    """No jump between neighbouring values beyond `max_ratio`: catches a unit slip in single rows."""
    if raw.series.max_ratio is None:
        return
    ok = np.flatnonzero(np.isfinite(raw.values) & (raw.values > 0))
    ratio = np.abs(np.diff(np.log(raw.values[ok])))
    bad = np.concatenate([[False], ratio > np.log(raw.series.max_ratio)])
    late = raw.take(ok)
    bad = (bad & _not_accepted("jump", bad, late, spec))[1:]
    if bad.any():
        i, j = ok[int(np.argmax(bad))], ok[int(np.argmax(bad)) + 1]
        raise DataError(
            f"{raw.places[j]}: {raw.name} jumps from {raw.values[i]:g} to {raw.values[j]:g}.",
            "A unit slip or an unadjusted split; correct it, or raise `max_ratio` if such moves are real. "
            f"{way_out('jump', raw.stamps[j])}",
        )


def check_future(raw: RawSeries, latest: pd.Timestamp | None) -> None:
    """No row dated after the download (or after today)."""
    if latest is None:
        return
    days = raw.stamps.tz_localize(None) if raw.stamps.tz is not None else raw.stamps
    bad = days > latest.tz_localize(None)
    if bad.any():
        i = int(np.argmax(bad))
        raise DataError(
            f"{raw.places[i]}: {days[i].date()} lies after the download ({latest.date()}).",
            "The file's dates are shifted, or `fetched_at` is wrong.",
        )


def check_total(funds: pd.DataFrame, total: pd.Series, spec: SourceSpec) -> None:
    """Funds sum to the vendor's total, to rounding, wherever all are given.

    Parameters
    ----------
    funds : DataFrame
        Shape: (T, K), USD m.
    total : Series
        Shape: (T,), USD m.
    """
    error = (funds.sum(axis=1, skipna=True) - total).abs()
    allowed = 0.15 + 0.055 * funds.shape[1]
    for when in error.index[error > allowed]:
        if spec.accepts("total", when):
            continue
        raise DataError(
            f"{spec.name}, {when.date()}: funds sum to {funds.loc[when].sum():.1f}, "
            f"the total says {total[when]:.1f} USD m.",
            f"A fund is missing from the mapping, a cell is wrong, or columns are swapped. {way_out('total', when)}",
        )
