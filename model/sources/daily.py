"""Intraday values as daily ones: at the clock's moment, between two moments, or the UTC day's mean."""

from __future__ import annotations

import numpy as np
import pandas as pd

from model.calendar import NEW_YORK, sessions
from model.sources.cadence import prints_a_day, rates, whole_days
from model.sources.clocks import Clock, Context
from model.sources.raw import RawSeries
from model.sources.spans import collect
from model.sources.spec import SourceSpec


def sample(
    raw: RawSeries,
    clock: Clock,
    interval_minutes: float,
    ctx: Context,
    prints: int,
    spec: SourceSpec | None = None,
) -> tuple[RawSeries, int]:
    """Intraday values as daily ones: at the clock's moment, or the UTC day's mean; and the days without one.

    Parameters
    ----------
    prints : int
        For means: prints a whole day has; a day with fewer (or fewer than the file's own spacing gives) has no
        mean. Rates are whole by the hours they were paid for instead.
    """
    if clock.span is not None:
        return collect(raw, clock.span, interval_minutes, ctx)
    known = raw.stamps + pd.Timedelta(minutes=interval_minutes)
    if clock.moment is None:
        return _mean(raw, known, prints, spec)
    first, last = known.min().tz_convert(NEW_YORK), known.max().tz_convert(NEW_YORK)
    days = sessions(first.tz_localize(None).normalize(), last.tz_localize(None).normalize(), ctx.calendar)
    if not len(days):
        return raw.take(np.zeros(0, int)), 0
    wanted = clock.moment(days, ctx)
    inside = (wanted >= known.min()) & (wanted <= known.max())  # days the file can't reach are not gaps in it
    days, at = days[inside], known.get_indexer(wanted[inside])
    out = raw.take(at[at >= 0])
    out.stamps = days[at >= 0]
    return out, int((at < 0).sum())


def _mean(
    raw: RawSeries, known: pd.DatetimeIndex, prints: int, spec: SourceSpec | None
) -> tuple[RawSeries, int]:
    days = known.tz_localize(None).normalize()
    weights = np.ones(len(days))
    if raw.series.kind.per_hours is not None and spec is not None:
        raw, weights = rates(raw, spec)
        whole = whole_days(known, weights)
        whole &= ~pd.Series(np.isnan(raw.values)).groupby(days.to_numpy()).any()
    else:
        prints = max(prints, prints_a_day(known))
        whole = pd.Series(raw.values).groupby(days.to_numpy()).count() >= prints
    weights = np.where(np.isnan(raw.values), np.nan, weights)
    sums = (
        pd.DataFrame({"value": raw.values * weights, "weight": weights})
        .groupby(days.to_numpy())
        .sum(min_count=1)
    )
    means = (sums["value"] / sums["weight"])[whole]
    last = pd.Series(range(len(days))).groupby(days.to_numpy()).last()[whole]
    out = raw.take(last.to_numpy(dtype=int))
    out.stamps, out.values = pd.DatetimeIndex(means.index), means.to_numpy()
    return out, int((~whole).sum())
