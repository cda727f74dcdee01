"""Aligned arrays of one fit: everything the equations need, in model units, known when it is used.

Day 0 of the arrays is the panel's second row (the first with a return). The first ``PRE_SAMPLE`` days only
feed booking lags: their trades are latent, their prints and prices are conditioned on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from model import units
from model.errors import DataError
from model.events.card import EventCard, KnockIn
from model.mechanisms.design import LAGS, PRE_SAMPLE, Design
from model.mechanisms.measurements import MEASUREMENTS
from model.panel import Panel, trailing
from model.panel.vendors import Sighting, sight

MIN_DAYS = 20
"""Trading days of a panel: a month. So few days say little; they can move a prior that was learned before them."""
READINGS = ("vendor", "next_day")


def background_design(panel: Panel) -> Design:
    """Arrays of a panel without an event: no event days, no notes."""
    return make_design(panel, None)


def make_design(panel: Panel, card: EventCard | None) -> Design:
    """Build the arrays of one fit from a panel and an event card (``None``: no event).

    Raises
    ------
    DataError
        If the panel is too short or does not contain the event's days.
    """
    frame, universe = panel.frame, panel.universe
    if len(frame) < MIN_DAYS:
        raise DataError(
            f"The panel has {len(frame)} trading days; at least {MIN_DAYS} are needed.",
            "Give a longer panel with --panel.",
        )
    returns = units.log_return_pct(frame["price"])
    trailing_vol = trailing.volatility(returns, universe.calm.volatility_pct)
    factor_returns = _factor_returns(frame, universe)
    listed = panel.listed[list(universe.fund_keys)].to_numpy(float)
    sighting = sight(panel)
    flows = np.where(listed > 0, units.usd_m_to_bn(sighting.flows), 0.0)
    if np.isnan(flows[: PRE_SAMPLE + 1]).any():
        raise DataError(
            f"A listed fund's flow is missing within the first {PRE_SAMPLE + 1} days of the panel.",
            "Start the panel on a day from which the first days are complete: booking lags need them.",
        )
    recent, recent_weight = trailing.recent_flow(flows, listed)
    calm_flow = units.usd_m_to_bn(universe.calm.flow_usd_m)
    notes = card.knock_ins if card else ()
    barrier, live = _knock_ins(frame, notes)
    weeks, changes, expiries = _position_weeks(frame, universe)
    cut = slice(1, None)
    returns_lag = np.nan_to_num(np.concatenate([[0.0], returns[:-1]]))
    dates = pd.DatetimeIndex(frame.index)
    design = Design(
        dates=dates[cut],
        funds=universe.fund_keys,
        factors=tuple(f.key for f in universe.factors),
        returns=returns[cut],
        returns_lag=returns_lag[cut],
        flows=flows[cut],
        flows_lag=flows[:-1] * listed[cut],
        listed=listed[cut],
        factor_returns=factor_returns[cut],
        basket=factor_returns[cut].mean(axis=1),
        stress=trailing.stress_units(frame["stress"], universe.calm.stress_sd)[cut],
        gamma=trailing.gamma_proxy(frame["price"], trailing_vol)[cut],
        ratio=trailing.volatility_ratio(trailing_vol, universe.calm.volatility_pct)[cut],
        volatility=trailing_vol[cut],
        recent=recent[cut],
        recent_weight=recent_weight[cut],
        activity=trailing.activity(_known_total(sighting, flows), calm_flow)[cut],
        calm_flow=calm_flow,
        calm_price=universe.calm.price_usd,
        iv_change=_change(frame, "implied_vol")[cut],
        premium=_premium(frame, universe)[cut],
        tenor=np.nan_to_num(_column(frame, "future_days") / units.DAYS_PER_YEAR)[cut],
        price=frame["price"].to_numpy(float)[cut],
        week=_week_number(dates[cut]),
        positions=changes,
        position_days=weeks,
        position_expiry=expiries,
        regime=_regimes(dates[cut], universe.kernel_breaks),
        next_day=np.zeros_like(listed[cut]),
        late_window=np.zeros_like(listed[cut]),
        barrier=barrier[cut],
        live=live[cut],
        option_fund=np.array([float(k == universe.option_fund) for k in universe.fund_keys]),
        event_days=_event_days(dates[cut], card.days if card else ()),
        basket_bn=_basket_bn(universe, float(frame["price"].iloc[0])),
        barrier_width=float(np.mean([k.width_pct for k in notes])) if notes else 1.0,
        **_vendors(sighting, flows, cut),
        measured=_measured(frame, cut),
        total=_total(sighting, flows)[cut],
    )
    if "overnight" in design.measured:
        design = replace(design, night_factors=_night_factors(frame, universe, factor_returns)[cut])
    return _with_mechanisms(design, card) if card else design


def _measured(frame: pd.DataFrame, cut: slice) -> dict[str, np.ndarray]:
    """What each supplied measurement makes of the panel; nothing of one without a number."""
    found = {m.name: m.of_panel(frame) for m in MEASUREMENTS if m.supplied}
    return {n: x[cut] for n, x in found.items() if x is not None and np.isfinite(x[cut]).any()}


def _night_factors(frame: pd.DataFrame, universe, factor_returns: np.ndarray) -> np.ndarray:
    """Overnight returns of the factors, log-%.

    A factor without an open moves in the session alone. An excluded member has no open: its part stays in the session.
    """
    columns = []
    for j, f in enumerate(universe.factors):
        session = units.PERCENT * np.log(
            _column(frame, f"factor_{f.key}_close") / _column(frame, f"factor_{f.key}_open")
        )
        columns.append(np.nan_to_num(factor_returns[:, j] - session))
    return np.column_stack(columns)


def _vendors(sighting: Sighting, flows: np.ndarray, cut: slice) -> dict[str, Any]:
    """What further vendors add to the prints; nothing where none entered."""
    if not any(u.used for u in sighting.uses):
        return {}
    pull = np.nan_to_num(units.usd_m_to_bn(sighting.seen.value) - flows)
    # Twice, because a variance is a square.
    var = units.usd_m_to_bn(units.usd_m_to_bn(sighting.seen.var))
    return {"vendor_pull": pull[cut], "vendor_var": var[cut]}


def _total(sighting: Sighting, flows: np.ndarray) -> np.ndarray:
    """The vendor's total, USD bn, where some print is missing; empty where none is."""
    return units.usd_m_to_bn(sighting.total) if np.isnan(flows).any() else np.zeros(0)


def _known_total(sighting: Sighting, flows: np.ndarray) -> np.ndarray:
    """The prints' sum, or the vendor's total where a print is missing. ``Shape: (T,)``, USD bn."""
    whole = flows.sum(axis=1)
    return np.where(np.isfinite(whole), whole, units.usd_m_to_bn(sighting.total))


def _with_mechanisms(design: Design, card: EventCard) -> Design:
    """The design with the card's switches of operational shorting.

    Hedges that no creation settles reach no fund: without the option fund their loading is empty, here and wherever
    else flows are computed from the design.
    """
    if not card.mechanisms.hedge_settlement:
        design = replace(design, option_fund=np.zeros_like(design.option_fund))
    if card.mechanisms.late_creation:
        design = replace(design, late_window=next_day_mask(design, card))
    return design


def _basket_bn(universe, price: float) -> float:
    return universe.etf.basket_shares * universe.etf.units_per_share * price / units.USD_PER_BN


def next_day_mask(design: Design, card: EventCard) -> np.ndarray:
    """Next-day funds on the event's days: booked late by the next-day reading, in part by late creation. ``(T, I)``."""
    mask = np.zeros_like(design.listed)
    columns = [design.funds.index(k) for k in card.next_day_funds]
    for day in design.event_days:
        mask[day, columns] = 1.0
    return mask


def _event_days(dates: pd.DatetimeIndex, chosen: tuple[date, ...]) -> tuple[int, ...]:
    missing = [str(d) for d in chosen if pd.Timestamp(d) not in dates]
    if missing:
        raise DataError(
            f"The panel has no row for event day {', '.join(missing)}.",
            f"It covers {dates[0].date()} to {dates[-1].date()}: give a panel that contains the event, "
            "or a later --as-of.",
        )
    days = tuple(int(np.flatnonzero(dates == pd.Timestamp(d))[0]) for d in chosen)
    if days and min(days) < PRE_SAMPLE + LAGS:
        raise DataError("The event starts within the first days of the panel.", "Start the panel earlier.")
    return days


def _column(frame: pd.DataFrame, name: str) -> np.ndarray:
    return frame[name].to_numpy(float) if name in frame else np.full(len(frame), np.nan)


def _change(frame: pd.DataFrame, name: str) -> np.ndarray:
    return np.concatenate([[np.nan], np.diff(_column(frame, name))])


def _factor_returns(frame: pd.DataFrame, universe) -> np.ndarray:
    """Factor log returns with excluded members taken out: (r - sum w r_m) / (1 - sum w). ``Shape: (T, J)``."""
    columns = []
    for f in universe.factors:
        r = units.log_return_pct(frame[f"factor_{f.key}"])
        weight = 0.0
        for n, (_, w) in enumerate(f.exclude):
            member = units.log_return_pct(_column(frame, f"factor_{f.key}_less_{n}"))
            r = r - w * np.nan_to_num(member)
            weight += w
        columns.append(r / (1.0 - weight))
    return np.column_stack(columns)


def _premium(frame: pd.DataFrame, universe) -> np.ndarray:
    """Futures premium in % of price; NaN within ``min_days`` of expiry, where it says nothing."""
    premium = units.premium_pct(_column(frame, "future"), frame["price"])
    return np.where(_column(frame, "future_days") >= universe.future.min_days, premium, np.nan)


def _week_number(dates: pd.DatetimeIndex) -> np.ndarray:
    monday = (dates - pd.to_timedelta(dates.day_of_week, unit="D")).normalize()
    return np.unique(monday, return_inverse=True)[1].astype(np.int64)


def _regimes(dates: pd.DatetimeIndex, breaks: tuple[date, ...]) -> np.ndarray:
    """Booking-kernel regime per day, numbered from zero over the regimes that occur."""
    number = np.zeros(len(dates), dtype=np.int64)
    for b in breaks:
        number += np.asarray(dates >= pd.Timestamp(b)).astype(np.int64)
    return np.unique(number, return_inverse=True)[1].astype(np.int64)


def _measured_positions(frame: pd.DataFrame, used: str) -> np.ndarray:
    if used == "net":
        return _column(frame, "short") - _column(frame, "long")
    return _column(frame, "open_interest" if used == "open_interest" else "short")


def _position_weeks(frame: pd.DataFrame, universe):
    """Changes between consecutive position dates, thousand units, and the model days each change covers."""
    level = _measured_positions(frame, universe.positions.used)
    at = np.flatnonzero(np.isfinite(level))
    weeks, changes, expiries = [], [], []
    last_friday = _is_last_friday(pd.DatetimeIndex(frame.index))
    for start, end in zip(at[:-1], at[1:], strict=True):
        days = np.arange(start + 1, end + 1)
        if days[0] - 1 < PRE_SAMPLE:
            continue
        change = level[end] - level[start]
        weeks.append(days - 1)
        changes.append(float(units.contracts_to_thousand_units(change, universe.future.multiplier)))
        expiries.append(float(last_friday[days].any()))
    return tuple(weeks), np.array(changes), np.array(expiries)


def _is_last_friday(dates: pd.DatetimeIndex) -> np.ndarray:
    """Days on which the monthly future expires: the last Friday, or the session before a holiday Friday."""
    friday = np.asarray((dates.day_of_week == 4) & (dates.day + 7 > dates.days_in_month))
    following = np.concatenate([dates[1:], dates[-1:]])
    before = np.asarray(dates.day_of_week == 3) & (pd.DatetimeIndex(following).day_of_week == 0)
    return friday | (before & np.asarray(dates.day + 8 > dates.days_in_month))


def _knock_ins(frame: pd.DataFrame, notes: tuple[KnockIn, ...]):
    """Barrier distance from the previous ETF close and which notes are still alive (close monitoring)."""
    close = _column(frame, "etf_close")
    count = max(len(notes), 1)
    barrier = np.zeros((len(frame), count))
    live = np.zeros((len(frame), count))
    for n, note in enumerate(notes):
        previous = np.concatenate([[np.nan], close[:-1]])
        distance = units.PERCENT * np.log(note.barrier / previous)
        breached = np.concatenate(
            [[False], np.cumsum(np.nan_to_num(close, nan=np.inf) <= note.barrier)[:-1] > 0]
        )
        near = np.abs(distance) < 40.0
        on = np.isfinite(distance) & ~breached & near
        barrier[:, n] = np.where(on, distance, 0.0)
        live[:, n] = on / count
    return barrier, live
