"""Arrays of a design as the equations and the Gaussian system take them."""

from __future__ import annotations

from typing import Any

import numpy as np

from model import units
from model.inference.likelihood.entry import pack
from model.inference.likelihood.rows import make_band
from model.inference.likelihood.system import Data, Families, Frame, columns
from model.mechanisms import booking as observation
from model.mechanisms.day import group_leader, shock_groups
from model.mechanisms.design import LAGS, Design
from model.mechanisms.hedge_curves import HedgeCurves

CHANGEABLE = (
    "returns",
    "returns_lag",
    "factor_returns",
    "basket",
    "stress",
    "gamma",
    "ratio",
    "log_ratio",
    "iv_change",
    "barrier",
    "live",
    "one_off_var",
    "book_on",
    "book_value",
    "book_slope",
    "book_top",
    "book_bottom",
    "system",
)
"""Arrays that may change without recompiling: same dates, same pattern of missing numbers."""


def arrays(design: Design, use_positions: bool = True) -> dict[str, Any]:
    """Arrays by name; missing numbers are zero here and dropped by the rows' weights."""
    out = design.to_arrays() | {
        "flows": np.nan_to_num(design.flows),
        "seen": np.nan_to_num(design.flows + design.pull),
        "flows_lag": np.nan_to_num(design.flows_lag),
        "iv_observed": np.isfinite(design.iv_change).astype(float),
        "iv_change": np.nan_to_num(design.iv_change),
        "premium": np.nan_to_num(design.premium),
        "log_ratio": np.log(design.ratio),
        "unit_rate": units.bn_to_thousand_units(design.price),
        "use_positions": np.full(len(design.positions), float(use_positions)),
        "barrier_width": design.barrier_width,
        "premium_observed": np.isfinite(design.premium).astype(float),
        "expiry": design.position_expiry,
        "print_var": design.basket_bn**2 + design.vendor_noise,
        "one_off_var": design.one_off_var,
        **_book(design),
    }
    return out | {"system": pack(system_data(out))}


def _book(design: Design) -> dict[str, Any]:
    """The dealer book at the observed returns, with its bounds; zero on days without one."""
    curves = design.book or HedgeCurves(design.days, design.book_days, design.book_grid, design.book_knots)
    value, slope = curves.at(design.returns)
    top, bottom = curves.steepness
    columns = {"on": curves.on, "value": value, "slope": slope, "top": top, "bottom": bottom}
    return {"book": design.book} | {f"book_{k}": v for k, v in columns.items()}


def system_data(d) -> Data:
    """The measured arrays of the Gaussian system; its prints are what all vendors say together."""
    return Data(*[d["seen" if name == "flows" else name] for name in Data._fields])


def make_frame(design: Design) -> Frame:
    """Number the unknowns of a design: every day has as many, so that rows repeat."""
    groups = shock_groups()
    gap_fund = _gap_funds(~np.isfinite(design.flows) & (design.listed > 0))
    width = len(groups) + 1 + len(gap_fund)
    start = width * np.arange(design.days)
    missing = np.full(design.flows.shape, -1, dtype=np.int64)
    for m, fund in enumerate(gap_fund):
        at = np.flatnonzero(fund >= 0)
        missing[at, fund[at]] = start[at] + len(groups) + 1 + m
    lengths = np.array([len(w) for w in design.position_days], dtype=np.int64)
    basis = groups.index(observation.PREMIUM_GROUP)
    cols = columns(len(groups), basis, len(gap_fund), design.booking_lags, int(lengths.max(initial=1)))
    frame = Frame(
        column=start[:, None] + np.arange(len(groups) + 1),
        missing=missing,
        gap_fund=gap_fund,
        regime=design.regime,
        reach=np.array([design.booking_lags]),
        group_loading=np.array([observation.LOADINGS.index(group_leader(g).loading) for g in groups]),
        group_mixed=np.array([int(g != observation.PREMIUM_GROUP) for g in groups]),
        basis=np.array([basis]),
        week_end=np.array([w[-1] for w in design.position_days], dtype=np.int64),
        week_length=lengths,
        lag=np.concatenate([c[0] for c in cols]),
        slot=np.concatenate([c[1] for c in cols]),
        family=np.cumsum([0, *(c.shape[1] for c in cols)]),
        first=np.zeros(0, np.int64),
        shape=np.zeros(2, np.int64),
    )
    band = make_band(
        design.days, width, [(*c, u) for c, u in zip(cols, _used(frame, cols, design), strict=True)]
    )
    return frame._replace(first=band.first, shape=band.shape)


def _used(frame: Frame, cols: list[np.ndarray], design: Design) -> list[np.ndarray]:
    """Where each column's coefficient may differ from zero. ``Shape: (C, T)`` per family."""
    days, width = frame.column.shape
    out = [np.ones((c.shape[1], days), bool) for c in cols]
    for (lag, slot), used in zip(cols, out, strict=True):
        for c in np.flatnonzero(slot >= width):
            used[c, lag[c] :] = frame.gap_fund[slot[c] - width, : days - lag[c]] >= 0
    fund = Families._fields.index("fund")
    _only_late_trades(out[fund], cols[fund], width, design)
    week = out[Families._fields.index("week")]
    week[:] = False
    for end, length in zip(frame.week_end, frame.week_length, strict=True):
        week[:length, end] = True
    return out


def _only_late_trades(used: np.ndarray, columns: np.ndarray, width: int, design: Design) -> None:
    """Beyond the kernel's lags, only trades of the late window are booked; other days need no wider band."""
    window = design.late_window.any(axis=1)
    for c, (k, s) in enumerate(zip(*columns, strict=True)):
        traded = k - (s >= width)  # a missing print moves the next day's trades
        if traded >= LAGS:
            used[c, traded:] &= window[: design.days - traded]


def _gap_funds(gaps: np.ndarray) -> np.ndarray:
    """Funds whose print is missing, in the day's spare unknowns; -1 where a day has fewer. ``Shape: (M, T)``."""
    out = np.full((int(gaps.sum(axis=1).max(initial=0)), len(gaps)), -1, dtype=np.int64)
    for t, row in enumerate(gaps):
        funds = np.flatnonzero(row)
        out[: len(funds), t] = funds
    return out
