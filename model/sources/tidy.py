"""From one source's raw observations to tidy rows: vintages first, then clocks, units and checks.

The as-of filter comes before every check and every choice, so nothing published later can influence the
result.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from model.calendar import NEW_YORK
from model.sources import checks, reader, variety
from model.sources.cadence import check_interval
from model.sources.clocks import CLOCKS, Context, Vintage, moments
from model.sources.daily import sample
from model.sources.raw import Blobs, RawSeries
from model.sources.spec import SourceSpec

COLUMNS = ["source", "variable", "fund", "date", "value", "unit", "clock", "published_at", "column"]
MAX_OFF_DAYS = 0.05  # a larger share of values on days without trading means shifted dates
EDGE_ROWS, REPORTING_ROWS = 5, 10  # newest rows a vendor still fills in; rows that show a fund is reporting


@dataclass
class Note:
    """Something dropped or blanked (`rows` of it), or only told (no rows), and why."""

    source: str
    what: str
    rows: int
    why: str


@dataclass
class Tidied:
    """A source's tidy table with what happened on the way."""

    frame: pd.DataFrame
    read: int
    notes: list[Note] = field(default_factory=list)


def cutoff(as_of: date | None) -> pd.Timestamp | None:
    """The end of `as_of` in New York, UTC: what was public before it is known."""
    if as_of is None:
        return None
    return (pd.Timestamp(as_of).tz_localize(NEW_YORK) + pd.offsets.DateOffset(days=1)).tz_convert("UTC")


def tidy(blobs: Blobs, spec: SourceSpec, ctx: Context, start: date, as_of: date | None = None) -> Tidied:
    """Read one source.

    Parameters
    ----------
    blobs : dict of str to bytes
        The source's files.
    start : date
        Rows before it are left out (a vendor's history may reach back decades).
    as_of : date, optional
        Only rows published by the end of this day in New York.

    Raises
    ------
    DataError
        With file, row, column and remedy, for anything that can't be read with certainty.
    """
    until, clock = cutoff(as_of), CLOCKS[spec.clock]
    vintage = None if until is None else Vintage(clock, _interval(spec), ctx, until)
    spec = replace(spec, vintage=vintage, said=[])
    raws = reader(spec.reader)(blobs, spec)
    out = Tidied(pd.DataFrame(columns=COLUMNS), sum(len(r.values) for r in raws))
    if vintage is not None and vintage.skipped:
        out.notes.append(Note(spec.name, f"rows published after {as_of}", vintage.skipped, "not public yet"))
    newest: Any = max((r.stamps.max() for r in raws), default=pd.NaT)
    if vintage is not None and vintage.skipped:
        newest = pd.NaT  # a later row exists, so the newest one kept had been finished
    done = [d for d in (_one(r, spec, ctx, start, out) for r in raws) if d is not None]
    if spec.clock == "flow_date":
        _flows(done, newest, spec, out)
    for raw, _ in done:
        checks.check_plausible(raw, spec)
        checks.check_typical(raw)
        checks.check_ratio(raw, spec)
    for what, why in variety.told([raw for raw, _ in done], spec):
        spec.say(what, 0, why)
    out.notes += [Note(spec.name, *said) for said in spec.said]
    parts = [_frame(raw, published, spec) for raw, published in done]
    if parts:
        out.frame = pd.concat(parts, ignore_index=True)
    return out


def _interval(spec: SourceSpec) -> float:
    return spec.interval_minutes if spec.stamp == "start" else 0.0


def _one(
    raw: RawSeries, spec: SourceSpec, ctx: Context, start: date, out: Tidied
) -> tuple[RawSeries, pd.DatetimeIndex] | None:
    """One series: window, off days, repeats, clock, unit."""
    clock = CLOCKS[spec.clock]
    checks.check_future(raw, _latest(spec))
    floor = pd.Timestamp(start) if raw.stamps.tz is None else pd.Timestamp(start, tz="UTC")
    raw = _drop(raw, raw.stamps >= floor, f"{raw.name}: before {start}", "outside the panel", spec, out)
    raw = _left_out(raw, spec, out)
    if clock.days == "sessions" and raw.stamps.tz is None and len(raw.values):
        idle = ~raw.stamps.isin(ctx.sessions(raw.stamps)) & (np.isnan(raw.values) | _zero_is_nothing(raw))
        raw = _drop(
            raw, ~idle, f"{raw.name}: zeros or blanks on holidays", "no trading, so no value", spec, out
        )
        raw = _off_days(raw, spec, ctx, out)
    if not len(raw.values):
        return None
    interval = _interval(spec)
    moments(raw, clock, interval, ctx, spec)  # refuses days that cannot be
    if spec.fetched_at is not None and clock.days != "positions" and spec.clock != "flow_date":
        # a candle or session still open at the download has no close yet; report days are only a rule
        final = np.asarray(moments(raw, clock, interval, ctx, spec) <= spec.fetched_at)
        raw = _drop(raw, final, f"{raw.name}: not finished at the download", "provisional", spec, out)
    if not len(raw.values):
        return None
    raw, repeats = checks.drop_repeats(raw)
    if repeats:
        out.notes.append(
            Note(spec.name, f"{raw.name}: repeated rows", repeats, "identical, or an older vintage")
        )
    if raw.stamps.tz is not None and len(raw.values):
        before = len(raw.values)
        check_interval(raw, spec)
        raw, gaps = sample(raw, clock, interval, ctx, int(spec.options.get("prints", 1)), spec)
        out.notes.append(
            Note(spec.name, f"{raw.name}: intraday rows not used", before - len(raw.values), clock.title)
        )
        if gaps:
            out.notes.append(
                Note(spec.name, f"{raw.name}: days without a value", gaps, f"none at {clock.title}")
            )
    if not len(raw.values):
        return None
    raw.values = raw.values * raw.series.kind.factor(raw.series.unit, spec.name)
    return raw, moments(raw, clock, 0.0, ctx, spec)


def _left_out(raw: RawSeries, spec: SourceSpec, out: Tidied) -> RawSeries:
    """Without the days that the user leaves out of this column alone."""
    column = raw.series.output(raw.fund)
    for leave in spec.dropped:
        if column in leave.columns:
            keep = np.array([d not in leave.days for d in raw.stamps.date], bool)
            raw = _drop(raw, keep, f"{raw.name}: left out on request", leave.reason, spec, out)
    return raw


def _off_days(raw: RawSeries, spec: SourceSpec, ctx: Context, out: Tidied) -> RawSeries:
    """Values on days without trading: given up where the source says so and they are few."""
    if spec.off_days != "drop" or not len(raw.values):
        return raw
    off = ~raw.stamps.isin(ctx.sessions(raw.stamps))
    if off.mean() > MAX_OFF_DAYS:
        return raw
    days = ", ".join(str(d.date()) for d in raw.stamps[off])
    return _drop(
        raw,
        ~off,
        f"{raw.name}: values on days without trading ({days})",
        "not a trading day of the panel",
        spec,
        out,
    )


def _latest(spec: SourceSpec) -> pd.Timestamp:
    moment = spec.fetched_at if spec.fetched_at is not None else pd.Timestamp.now("UTC")
    return moment.tz_convert(NEW_YORK) + pd.Timedelta(days=1)


def _zero_is_nothing(raw: RawSeries) -> np.ndarray:
    """Only a flow of zero on a day without trading is no information; a price of zero is an error."""
    return (raw.values == 0) & raw.series.role.startswith("flow")


def _drop(raw: RawSeries, keep: np.ndarray, what: str, why: str, spec: SourceSpec, out: Tidied) -> RawSeries:
    lost = int((~np.asarray(keep)).sum())
    if not lost:
        return raw
    out.notes.append(Note(spec.name, what, lost, why))
    return raw.take(np.asarray(keep, bool))


def _flows(done: list, newest: Any, spec: SourceSpec, out: Tidied) -> None:
    """Blank the row the vendor is still filling in, then check the total."""
    for raw, published in done:
        open_rows = raw.stamps == newest
        if spec.fetched_at is not None:
            open_rows = np.asarray(published > spec.fetched_at)
        blank = open_rows & ((raw.values == 0) | (raw.series.role == "flow_total"))
        if blank.any():
            raw.values = np.where(blank, np.nan, raw.values)
            out.notes.append(
                Note(
                    spec.name,
                    f"{raw.name}: unfinished last row blanked",
                    int(blank.sum()),
                    "zero there means not reported",
                )
            )
    totals = [r for r, _ in done if r.series.role == "flow_total"]
    funds = [r for r, _ in done if r.series.role == "flow"]
    if not (spec.funds_complete and totals and funds):
        return
    table = pd.DataFrame({r.fund: pd.Series(r.values, r.stamps) for r in funds})
    total = pd.Series(totals[0].values, totals[0].stamps)
    partial = _partial(table, spec)
    held = total.index.isin(partial) & total.notna()
    if held.any():
        totals[0].values = np.where(held, np.nan, totals[0].values)
        out.notes.append(
            Note(
                spec.name,
                "flow_total: partial totals blanked",
                int(held.sum()),
                "a reporting fund is missing",
            )
        )
    checks.check_total(table, total, spec)


def _partial(table: pd.DataFrame, spec: SourceSpec) -> pd.DatetimeIndex:
    """Days among the newest rows on which a fund that has been reporting, and has not closed, is missing."""
    has = table.notna()
    for fund, (_, last) in spec.lives.items():
        if fund in has:
            has[fund] |= has.index > pd.Timestamp(last)
    reporting = has.shift(1, fill_value=False).rolling(REPORTING_ROWS, min_periods=1).max().astype(bool)
    late = (~has & reporting).any(axis=1)
    late.iloc[:-EDGE_ROWS] = False
    return pd.DatetimeIndex(table.index[late])


def _frame(raw: RawSeries, published: pd.DatetimeIndex, spec: SourceSpec) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source": spec.name,
            "variable": raw.series.role,
            "fund": raw.fund,
            "date": raw.stamps,
            "value": raw.values,
            "unit": raw.series.kind.unit,
            "clock": spec.clock,
            "published_at": published,
            "column": raw.series.output(raw.fund),
        }
    )
