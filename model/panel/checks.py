"""What a panel must satisfy before anything is computed from it. Each check names row, column and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.calendar import is_session, position_date, sessions
from model.panel.roles import FLOW, POSITIONS, TOTAL
from model.panel.schema import schema_problems
from model.units import PERCENT, premium_pct

if TYPE_CHECKING:
    from model.panel.problems import Problems
    from model.universe import Universe

ROUNDING_USD_M = 0.2  # per fund and for the total: vendors print one decimal
MAX_JUMP_PCT = 50.0  # a close that moves more in one session is a split or a unit slip
MIN_ROWS_FOR_UNIT = 10


class Spot:
    """Names a cell for a message: date, place in the file, input column."""

    def __init__(self, places: pd.Series, origin: dict[str, str]) -> None:
        self.places, self.origin = places, origin

    def __call__(self, day: pd.Timestamp, *columns: str) -> str:
        names = ", ".join(f"{self.origin.get(c, c)!r}" for c in columns)
        return f"{day.date()}, {self.places[day]}" + (f", column {names}" if names else "")


def check_days(days: pd.DatetimeIndex, places: tuple[str, ...], problems: Problems) -> None:
    """Dates must be readable, each once, in order; otherwise nothing later can be placed.

    Raises
    ------
    DataError
    """
    first: dict[pd.Timestamp, str] = {}
    previous = None
    for day, place in zip(days, places, strict=True):
        if pd.isna(day):
            continue
        if day in first:
            problems.add(
                f"{day.date()}, {place}", f"this date is also on {first[day]}", "Remove one of the two rows."
            )
        elif previous is not None and day < previous:
            problems.add(
                f"{day.date()}, {place}",
                f"comes after {previous.date()}: rows are unsorted",
                "Sort the rows by date.",
            )
        first.setdefault(day, place)
        previous = day
    problems.raise_if_any()


def non_trading_days(
    frame: pd.DataFrame, origin: dict[str, str], places: pd.Series, u: Universe, problems: Problems
) -> tuple[np.ndarray, list[str]]:
    """Rows that are not trading days: dropped when their flows are all zero or missing, otherwise a problem.

    Vendors print holidays as rows of zeros.

    Returns
    -------
    outside : ndarray of bool
        Shape: (rows,).
    notes : list of str
    """
    spot = Spot(places, origin)
    outside = np.array([not is_session(day, u.calendar) for day in frame.index])
    flows = [c for c in frame if c.startswith(FLOW)]
    for day in frame.index[outside]:
        row = frame.loc[day, flows]
        traded = [c for c in flows if np.nan_to_num(row[c]) != 0]
        if traded:
            problems.add(
                spot(day, *traded[:3]),
                f"flows on a day that is not a trading day of {u.calendar}",
                "Give the flow on the trading day it belongs to, and remove this row.",
            )
    if outside.all():
        problems.add(
            "", f"no row is a trading day of {u.calendar}", "Check the dates, or the universe's calendar."
        )
    dropped = ", ".join(str(day.date()) for day in frame.index[outside])
    return outside, [f"Dropped rows of zeros on days without trading: {dropped}."] if dropped else []


def check_values(
    frame: pd.DataFrame, origin: dict[str, str], places: pd.Series, u: Universe, problems: Problems
) -> None:
    """All checks on values; adds to `problems`, raises nothing."""
    if frame.empty:
        return
    spot = Spot(places, origin)
    _complete(frame, u, spot, problems)
    for day, column, text, remedy in schema_problems(frame, u):
        problems.add(spot(day, column), text, remedy)
    _funds_sum(frame, u, spot, problems)
    _flow_unit(frame, u, origin, problems)
    _jumps(frame, u, spot, problems)
    _etf_against_price(frame, u, spot, problems)
    _future_against_price(frame, u, spot, problems)
    _expiry_days(frame, u, spot, problems)
    _position_dates(frame, u, spot, problems)
    _position_sizes(frame, spot, problems)


def _complete(frame: pd.DataFrame, u: Universe, spot: Spot, problems: Problems) -> None:
    for day in sessions(frame.index[0], frame.index[-1], u.calendar).difference(frame.index):
        before = frame.index[frame.index < day][-1]
        problems.add(
            f"{day.date()}, after {spot.places[before]}",
            "a trading day is missing",
            "Add the row; leave the cells empty that are not known.",
        )


def _funds_sum(frame: pd.DataFrame, u: Universe, spot: Spot, problems: Problems) -> None:
    funds = [FLOW + k for k in u.fund_keys]
    unlisted = np.column_stack([frame.index < pd.Timestamp(f.first_day) for f in u.funds])
    known = (frame[funds].notna().to_numpy() | unlisted).all(axis=1) & frame[TOTAL].notna().to_numpy()
    gap = frame[funds].sum(axis=1) - frame[TOTAL]
    tolerance = ROUNDING_USD_M * (len(funds) + 1)
    for day in frame.index[known & (gap.abs() > tolerance).to_numpy()]:
        total = frame.at[day, TOTAL]
        problems.add(
            spot(day, TOTAL),
            f"funds sum to {total + gap[day]:.1f}, the total says {total:.1f} (USD m)",
            "Correct the fund or the total; a fund in another unit is the usual cause.",
        )


def _flow_unit(frame: pd.DataFrame, u: Universe, origin: dict[str, str], problems: Problems) -> None:
    """The median absolute total tells USD m from USD thousand, USD and USD bn."""
    traded = frame[TOTAL].abs().loc[lambda x: x > 0]
    low, high = u.flow_total.median_range
    if len(traded) < MIN_ROWS_FOR_UNIT or low <= traded.median() <= high:
        return
    problems.add(
        f"column {origin[TOTAL]!r}",
        f"the median absolute total is {traded.median():.4g}; in USD m it lies between {low:g} and {high:g}",
        "Give flows in USD m, not USD, USD thousand or USD bn.",
    )


def _jumps(frame: pd.DataFrame, u: Universe, spot: Spot, problems: Problems) -> None:
    closes = ["price", "etf_close", "future", *(c for c in frame if c.startswith("factor_"))]
    for column in closes:
        ratio = frame[column].where(frame[column] > 0).pct_change(fill_method=None) * PERCENT
        for day in frame.index[ratio.abs() > MAX_JUMP_PCT]:
            problems.add(
                spot(day, column),
                f"moves {ratio[day]:+.0f} % in one session, to {frame.at[day, column]:g}",
                "Correct the price or its unit, or use split-adjusted closes.",
            )


def _etf_against_price(frame: pd.DataFrame, u: Universe, spot: Spot, problems: Problems) -> None:
    fair = frame["price"] * u.units_per_share
    gap = PERCENT * (frame["etf_close"] / fair - 1)
    for day in frame.index[gap.abs() > u.etf.max_gap_pct]:
        problems.add(
            spot(day, "etf_close", "price"),
            f"close {frame.at[day, 'etf_close']:g} is {gap[day]:+.1f} % off the share's holding ({fair[day]:.2f})",
            "Check both prices, their dates and clocks, and units_per_share in the universe file.",
        )


def _future_against_price(frame: pd.DataFrame, u: Universe, spot: Spot, problems: Problems) -> None:
    premium = pd.Series(premium_pct(frame["future"], frame["price"]), index=frame.index)
    for day in frame.index[premium.abs() > u.future.max_premium_pct]:
        problems.add(
            spot(day, "future", "price"),
            f"futures premium of {premium[day]:+.1f} % of price",
            "Check both prices, their dates and their units.",
        )


def _expiry_days(frame: pd.DataFrame, u: Universe, spot: Spot, problems: Problems) -> None:
    """Days to expiry must lead to the last Friday of a month, where the universe assumes that."""
    if u.future.expiry != "last-friday":
        return
    days = frame["future_days"].dropna()
    for day, ahead in days.items():
        expiry = day + pd.Timedelta(days=ahead)
        last = expiry.day_name() == "Friday" and (expiry + pd.Timedelta(days=7)).month != expiry.month
        if not last:
            problems.add(
                spot(day, "future_days"),
                f"{ahead:g} days lead to {expiry.date()}, which is not the last Friday of a month",
                "Count calendar days to the last Friday of the month, from this row's date.",
            )


def _position_dates(frame: pd.DataFrame, u: Universe, spot: Spot, problems: Problems) -> None:
    reported = frame.index[frame[list(POSITIONS)].notna().any(axis=1)]
    for day in reported:
        expected = position_date(day, u.positions.weekday)
        if day != expected:
            problems.add(
                spot(day, "short"),
                f"positions on a {day.day_name()}; the next position date is {expected.date()}",
                "Put positions on the date they describe, not on the publication date.",
            )


def _position_sizes(frame: pd.DataFrame, spot: Spot, problems: Problems) -> None:
    for side in ("short", "long"):
        held = frame[side] + frame["spread"].fillna(0)
        for day in frame.index[held > frame["open_interest"]]:
            problems.add(
                spot(day, side, "open_interest"),
                f"{side} positions of {held[day]:g} contracts exceed open interest {frame.at[day, 'open_interest']:g}",
                "Check whether columns are swapped or in other units (contracts).",
            )
