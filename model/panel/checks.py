"""What a panel must satisfy before anything is computed from it. Each check names row, column and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.calendar import displaced_reports, position_date, sessions, span
from model.panel.roles import FLOW, POSITIONS, TOTAL, alive
from model.panel.schema import schema_problems
from model.units import PERCENT, premium_pct

if TYPE_CHECKING:
    from model.panel.problems import Problems, Report
    from model.panel.universe import Universe

ROUNDING_USD_M = 0.2  # per fund and for the total: vendors print one decimal
PRINTED_DECIMALS = 1
SMALL_ROW = 0.05
"""Gross flow, in parts of a typical day's, below which more decimals than usual mean another unit."""
MAX_JUMP_PCT = 50.0  # a close that moves more in one session is a split or a unit slip
MIN_ROWS_FOR_UNIT = 10  # fewer totals say nothing about their unit


def check_days(days: pd.DatetimeIndex, places: tuple[str, ...], u: Universe, problems: Problems) -> None:
    """Dates must be readable, inside the calendar, each once, in order; otherwise no row can be placed.

    Raises
    ------
    DataError
    """
    first: dict[pd.Timestamp, str] = {}
    begin, end = span(u.calendar)
    previous = None
    for day, place in zip(days, places, strict=True):
        if pd.isna(day):
            continue
        row = f"{day.date()}, {place}"
        if day in first:
            problems.add(f"this date is also on {first[day]}", "Remove one of the two rows.", row=row)
        elif previous is not None and day < previous:
            problems.add(
                f"comes after {previous.date()}: the rows are unsorted", "Sort the rows by date.", row=row
            )
        if not begin <= day <= end:
            problems.add(f"no {u.calendar} trading day is known so far away", "Correct the date.", row=row)
        first.setdefault(day, place)
        previous = day
    problems.raise_if_any()


def non_trading_days(frame: pd.DataFrame, u: Universe, report: Report) -> tuple[np.ndarray, list[str]]:
    """Rows that are not trading days: dropped when their flows are all zero or missing, otherwise a problem.

    Vendors print holidays as rows of zeros.

    Returns
    -------
    outside : ndarray of bool
        Shape: (rows,).
    notes : list of str
    """
    outside = ~frame.index.isin(sessions(frame.index[0], frame.index[-1], u.calendar))
    flows = [c for c in map(str, frame.columns) if c.startswith(FLOW)]
    for day in frame.index[outside]:
        traded = [c for c in flows if np.nan_to_num(frame.loc[day, c]) != 0]
        if traded:
            report(
                day,
                traded[:3],
                f"flows on a day that is not a trading day of {u.calendar}",
                "Give the flow on the trading day it belongs to, and remove this row.",
            )
    if outside.all():
        report(
            None,
            [],
            f"no row is a trading day of {u.calendar}",
            "Check the dates, or the universe's calendar.",
        )
    dropped = ", ".join(str(day.date()) for day in frame.index[outside])
    return outside, [f"Dropped rows of zeros on days without trading: {dropped}."] if dropped else []


def check_values(frame: pd.DataFrame, u: Universe, report: Report) -> None:
    """All checks on values; adds to the report, raises nothing."""
    if frame.empty:
        return
    _complete(frame, u, report)
    for day, column, text, remedy, check in schema_problems(frame, u):
        report(day, column, text, remedy, check)
    _flows_present(frame, u, report)
    _funds_sum(frame, u, report)
    _flow_unit(frame, u, report)
    _flow_decimals(frame, u, report)
    _jumps(frame, report)
    _session_prices(frame, u, report)
    _etf_against_price(frame, u, report)
    _future_against_price(frame, u, report)
    _expiry_days(frame, u, report)
    _position_dates(frame, u, report)
    _position_sizes(frame, report)


def _complete(frame: pd.DataFrame, u: Universe, report: Report) -> None:
    for day in sessions(frame.index[0], frame.index[-1], u.calendar):
        if day in frame.index:
            continue
        before = frame.index[frame.index < day][-1]
        report(
            before,
            [],
            f"the next trading day, {day.date()}, is missing",
            "Add the row; leave the cells empty that are not known.",
        )


def _flows_present(frame: pd.DataFrame, u: Universe, report: Report) -> None:
    """A flow column without a single value is a reading error, not missing data."""
    listed = [FLOW + f.key for f in u.funds if alive(pd.DatetimeIndex(frame.index), f).any()]
    for column in [TOTAL, *listed]:
        if frame[column].isna().all():
            report(None, column, "has no value at all", "Give the flows, in USD m.")


def _funds_sum(frame: pd.DataFrame, u: Universe, report: Report) -> None:
    funds = [FLOW + k for k in u.fund_keys]
    unlisted = np.column_stack([~alive(pd.DatetimeIndex(frame.index), f) for f in u.funds])
    known = (frame[funds].notna().to_numpy() | unlisted).all(axis=1) & frame[TOTAL].notna().to_numpy()
    gap = frame[funds].sum(axis=1) - frame[TOTAL]
    for day in frame.index[known & (gap.abs() > ROUNDING_USD_M * len(funds)).to_numpy()]:
        total = frame.loc[day, TOTAL]
        report(
            day,
            TOTAL,
            f"funds sum to {total + gap[day]:.1f}, the total says {total:.1f} (USD m)",
            "Correct the fund or the total; a fund in another unit is the usual cause.",
            "total",
        )


def _flow_unit(frame: pd.DataFrame, u: Universe, report: Report) -> None:
    """The median absolute total tells USD m from USD thousand, USD and USD bn."""
    traded = frame[TOTAL].abs().loc[lambda x: x > 0]
    low, high = u.flow_total.median_range
    if len(traded) >= MIN_ROWS_FOR_UNIT and not low <= traded.median() <= high:
        report(
            None,
            TOTAL,
            f"the median absolute total is {traded.median():.4g}; in USD m it lies in {low:g} to {high:g}",
            "Give flows in USD m, not USD, USD thousand or USD bn.",
            "unit",
        )


def _flow_decimals(frame: pd.DataFrame, u: Universe, report: Report) -> None:
    """A row with more decimals than the others, and far smaller than they are, is a row in USD bn.

    More decimals alone are another vendor's, or another fund's, habit.
    """
    funds = [FLOW + k for k in u.fund_keys]
    flows = frame[funds]
    off = (flows - flows.round(PRINTED_DECIMALS)).abs() > 1e-6
    finer = off.any(axis=1)
    if len(frame) < MIN_ROWS_FOR_UNIT or finer.mean() > 1 / MIN_ROWS_FOR_UNIT:
        return  # this vendor prints more decimals
    gross = flows.abs().sum(axis=1)
    small = gross < SMALL_ROW * gross[gross > 0].median()
    for day in frame.index[finer & small]:
        report(
            day,
            [c for c in funds if off.loc[day, c]][:3],
            "has more decimals than the other rows and is far smaller: another unit?",
            "Give flows in USD m, rounded like the others.",
            "decimals",
        )


def _jumps(frame: pd.DataFrame, report: Report) -> None:
    closes = [
        "price",
        "etf_close",
        "future",
        *(c for c in map(str, frame.columns) if c.startswith(("factor_", "price_"))),
    ]
    for column in closes:
        moves = frame[column].where(frame[column] > 0).pct_change(fill_method=None) * PERCENT
        for day in frame.index[moves.abs() > MAX_JUMP_PCT]:
            report(
                day,
                column,
                f"moves {moves[day]:+.0f} % in one session, to {frame.loc[day, column]:g}",
                "Correct the price or its unit, or use split-adjusted closes.",
                "jump",
            )


def _session_prices(frame: pd.DataFrame, u: Universe, report: Report) -> None:
    """The session's closing price is of the same hour as the price: two venues, never two days."""
    if "price_close" not in frame:
        return
    gap = PERCENT * (frame["price_close"] / frame["price"].where(frame["price"] > 0) - 1)
    for day in frame.index[gap.abs() > u.underlying.max_gap_pct]:
        report(
            day,
            ["price_close", "price"],
            f"the session's close is {gap[day]:+.1f} % off the price",
            "Check both prices, their dates and clocks.",
        )


def _etf_against_price(frame: pd.DataFrame, u: Universe, report: Report) -> None:
    fair = frame["price"].where(frame["price"] > 0) * u.etf.units_per_share
    gap = PERCENT * (frame["etf_close"] / fair - 1)
    for day in frame.index[gap.abs() > u.etf.max_gap_pct]:
        close = frame.loc[day, "etf_close"]
        report(
            day,
            ["etf_close", "price"],
            f"close {close:g} is {gap[day]:+.1f} % off what a share holds ({fair[day]:.4g})",
            "Check both prices, their dates and clocks, and units_per_share in the universe file.",
            "gap",
        )


def _future_against_price(frame: pd.DataFrame, u: Universe, report: Report) -> None:
    premium = pd.Series(
        premium_pct(frame["future"], frame["price"].where(frame["price"] > 0)), index=frame.index
    )
    for day in frame.index[premium.abs() > u.future.max_premium_pct]:
        report(
            day,
            ["future", "price"],
            f"a futures premium of {premium[day]:+.1f} % of price",
            "Check both prices, their dates and their units.",
            "premium",
        )


def _expiry_days(frame: pd.DataFrame, u: Universe, report: Report) -> None:
    """Days to expiry must lead to the last Friday of a month, where the universe assumes that."""
    if u.future.expiry != "last-friday":
        return
    days = frame["future_days"]
    for day in frame.index[days.between(0, 366)]:
        ahead = days[day]
        expiry = day + pd.Timedelta(days=float(ahead))
        if expiry.day_name() != "Friday" or (expiry + pd.Timedelta(days=7)).month == expiry.month:
            report(
                day,
                "future_days",
                f"{ahead:g} days lead to {expiry.date()}, which is not the last Friday of a month",
                "Count calendar days from this row's date to the last Friday of the month.",
                "expiry",
            )


def _position_dates(frame: pd.DataFrame, u: Universe, report: Report) -> None:
    days = pd.DatetimeIndex(frame.index[frame[list(POSITIONS)].notna().any(axis=1)])
    moved = displaced_reports(days, u.positions.weekday)
    for day in days:
        expected = position_date(day, u.positions.weekday)
        if day == expected:
            continue
        if day in moved:
            report.notes.append(
                f"{day.date()} ({day.day_name()}): taken as that week's position date; the week has no other report."
            )
            continue
        report(
            day,
            [c for c in POSITIONS if np.isfinite(frame[c][day])],
            f"positions on a {day.day_name()}; the next position date is {expected.date()}",
            "Put positions on the date they describe, not on the publication date.",
            "position_date",
        )


def _position_sizes(frame: pd.DataFrame, report: Report) -> None:
    for side in ("short", "long"):
        held = frame[side] + frame["spread"].fillna(0)
        for day in frame.index[held > frame["open_interest"]]:
            interest = frame.loc[day, "open_interest"]
            report(
                day,
                [side, "open_interest"],
                f"{held[day]:g} contracts held exceed the open interest of {interest:g}",
                "Check whether columns are swapped or not in contracts.",
                "position_size",
            )
