"""Arrays of a design as the equations and the Gaussian system take them."""

from __future__ import annotations

from typing import Any

import numpy as np

from model import units
from model.inference.likelihood.entry import pack
from model.inference.likelihood.rows import make_band
from model.inference.likelihood.system import Data, Families, Frame, as_columns, columns
from model.inference.local import merged_terms
from model.mechanisms import booking
from model.mechanisms.day import group_leader, linked_groups
from model.mechanisms.design import LAGS, PRE_SAMPLE, Design
from model.mechanisms.hedge_curves import HedgeCurves
from model.mechanisms.measurements import MEASUREMENTS, PREMIUM, PRINTS, Measurement, Term
from model.mechanisms.measurements.premium import GROUP
from model.panel.trailing import SIZE_RANGE

CHANGEABLE = (
    "returns",
    "returns_lag",
    "factor_returns",
    "basket",
    "stress",
    "gamma",
    "ratio",
    "log_ratio",
    "log_activity",
    "recent",
    "rate",
    "size",
    "iv_change",
    "barrier",
    "live",
    "one_off_var",
    "flows_lag_total",
    "premium",
    "tenor",
    "week_change",
    "week_expiry",
    "week_rate",
    "row_weight",
    "measured_values",
    "night",
    "night_factors",
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
    modelled = np.arange(design.days) >= PRE_SAMPLE
    gaps = _gap_funds(design) >= 0
    before = design.price * np.exp(-design.returns / units.PERCENT)
    out = design.to_arrays() | {
        "flows": np.nan_to_num(design.flows),
        "seen": np.nan_to_num(design.flows + design.pull),
        "flows_lag": np.nan_to_num(design.flows_lag),
        "flows_lag_total": np.nan_to_num(design.flows_lag).sum(axis=1),
        "gap_yesterday": np.concatenate([np.zeros((len(gaps), 1)), gaps[:, :-1]], axis=1),
        "modelled": modelled.astype(float),
        "iv_observed": np.isfinite(design.iv_change).astype(float),
        "iv_change": np.nan_to_num(design.iv_change),
        "premium": np.nan_to_num(design.premium),
        "log_ratio": np.log(design.ratio),
        "log_activity": np.log(design.activity),
        "rate": units.bn_to_thousand_units(before),
        "size": np.clip(before / design.calm_price, *SIZE_RANGE),
        "barrier_width": design.barrier_width,
        "premium_observed": np.isfinite(design.premium).astype(float),
        "print_var": design.basket_bn**2 + design.vendor_noise,
        "read": _read(design),
        "one_off_var": design.one_off_var,
        "one_off_both": float(design.one_off_session == "both"),
        "one_off_early": float(design.one_off_session == "overnight"),
        **_night(design, modelled),
        "measured": tuple(design.measured),
        "measured_values": np.array([np.nan_to_num(v) for v in design.measured.values()]).reshape(
            -1, design.days
        ),
        "measured_seen": np.array(
            [np.isfinite(v) * modelled for v in design.measured.values()], float
        ).reshape(-1, design.days),
        **_weeks(design, use_positions),
        **_book(design),
    }
    out["row_weight"] = np.stack([weight_of(m, out) for m in measured_rows(design)])
    return out | {"system": pack(system_data(out))}


def _weeks(design: Design, use_positions: bool) -> dict[str, Any]:
    """Weekly positions on the days of their reports; ``week_rate (span, T)``: units a USD bn bought k days before."""
    rate = units.bn_to_thousand_units(design.price)
    out: dict[str, Any] = {f"week_{k}": np.zeros(design.days) for k in ("change", "end", "expiry", "used")}
    out["span"] = span_of(design)
    out["week_rate"] = np.zeros((out["span"], design.days))
    for days, change, expiry in zip(
        design.position_days, design.positions, design.position_expiry, strict=True
    ):
        end = days[-1]
        out["week_change"][end], out["week_expiry"][end] = change, expiry
        out["week_end"][end], out["week_used"][end] = 1.0, float(use_positions)
        for t in days:
            out["week_rate"][end - t, end] = rate[t]
    return out


def _night(design: Design, modelled: np.ndarray) -> dict[str, np.ndarray]:
    """Overnight return and factors, zero on days whose open is not known or that are not modelled."""
    night = design.measured.get("overnight", np.full(design.days, np.nan))
    opens = np.isfinite(night) & modelled
    factors = design.night_factors if len(design.night_factors) else np.zeros_like(design.factor_returns)
    return {
        "opens": opens.astype(float),
        "night": np.where(opens, np.nan_to_num(night), 0.0),
        "night_factors": np.where(opens[:, None], np.nan_to_num(factors), 0.0),
    }


def span_of(design: Design) -> int:
    """Days of the longest position week."""
    return max((len(w) for w in design.position_days), default=1)


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
    groups = linked_groups()
    gap_fund = _gap_funds(design)
    width = len(groups) + 1 + len(gap_fund)
    start = width * np.arange(design.days)
    missing = np.full(design.flows.shape, -1, dtype=np.int64)
    for m, fund in enumerate(gap_fund):
        at = np.flatnonzero(fund >= 0)
        missing[at, fund[at]] = start[at] + len(groups) + 1 + m
    basis = groups.index(GROUP)
    cols = columns(len(groups), basis, len(gap_fund), design.booking_lags)
    terms = [as_columns(_places(t, groups, len(gap_fund))) for t in layout(design)]
    used = _used(gap_fund, width, cols, design) + _used_terms(terms, gap_fund, width, design)
    cols = cols + terms
    band = make_band(design.days, width, [(*c, u) for c, u in zip(cols, used, strict=True)])
    return Frame(
        column=start[:, None] + np.arange(len(groups) + 1),
        missing=missing,
        gap_fund=gap_fund,
        regime=design.regime,
        reach=np.array([design.booking_lags]),
        axes=np.array([len(booking.LOADINGS), LAGS]),
        group_loading=np.array([booking.LOADINGS.index(group_leader(g).loading) for g in groups]),
        group_mixed=np.array([int(_scaled_by_flow(g)) for g in groups]),
        basis=np.array([basis]),
        lag=np.concatenate([c[0] for c in cols]),
        slot=np.concatenate([c[1] for c in cols]),
        family=np.cumsum([0, *(c.shape[1] for c in cols)]),
        first=band.first,
        shape=band.shape,
    )


def _scaled_by_flow(group: str) -> bool:
    shock = group_leader(group).shock
    return shock is not None and shock.scaled_by == "flow"


def measured_rows(design: Design) -> tuple[Measurement, ...]:
    """The same choice as :func:`model.inference.inputs.measured_in`, for a design."""
    return tuple(m for m in MEASUREMENTS if m.reads(1) and (not m.supplied or m.name in design.measured))


def weight_of(m: Measurement, d) -> np.ndarray:
    """Days on which a measurement has a number. ``(T,)``, 0/1."""
    return m.weight(d) * np.ones(len(d["returns"]))


def layout(design: Design) -> tuple[tuple[Term, ...], ...]:
    """Terms of each measurement's row in the system, local shocks integrated out (:mod:`model.inference.local`)."""
    return merged_terms([m.reads(span_of(design)) for m in measured_rows(design)])


def _places(terms: tuple[Term, ...], groups: tuple[str, ...], gaps: int) -> list[tuple[int, int]]:
    """Lag and slot of terms; missing prints have a column each."""
    names = {g: i for i, g in enumerate(groups)} | {PREMIUM: len(groups)}
    out = []
    for unknown, lag in terms:
        slots = range(len(groups) + 1, len(groups) + 1 + gaps) if unknown == PRINTS else [names[unknown]]
        out += [(lag, slot) for slot in slots]
    return out


def _used(gap_fund, width: int, cols: list[np.ndarray], design: Design) -> list[np.ndarray]:
    """Where each column's coefficient may differ from zero. ``Shape: (C, T)`` per family."""
    out = _where(cols, gap_fund, width)
    fund = Families._fields.index("fund")
    _only_late_trades(out[fund], cols[fund], design)
    return out


def _where(cols: list[np.ndarray], gap_fund, width: int) -> list[np.ndarray]:
    """The same, from the pattern of missing prints alone."""
    out = [np.ones((c.shape[1], gap_fund.shape[1]), bool) for c in cols]
    spare = width - len(gap_fund)
    for (lag, slot), used in zip(cols, out, strict=True):
        for c in np.flatnonzero(slot >= spare):
            used[c, lag[c] :] = gap_fund[slot[c] - spare, : used.shape[1] - lag[c]] >= 0
    return out


def _used_terms(cols: list[np.ndarray], gap_fund, width: int, design: Design) -> list[np.ndarray]:
    """The same for the measurements' terms."""
    d = _weeks(design, True)
    out = _where(cols, gap_fund, width)
    for m, used in zip(measured_rows(design), out, strict=True):
        narrower = m.used(d)
        if narrower is not None:
            used &= narrower
    return out


def _only_late_trades(used: np.ndarray, columns: np.ndarray, design: Design) -> None:
    """Beyond the kernel's lags, only trades of the late window are booked; other days need no wider band."""
    window = design.late_window.any(axis=1)
    for c, (k, s) in enumerate(zip(*columns, strict=True)):
        traded = k - (s > len(linked_groups()))  # a missing print moves the next day's trades
        if traded >= LAGS:
            used[c, traded:] &= window[: design.days - traded]


def _read(design: Design) -> np.ndarray:
    """Prints that a row is about. ``(T, I)``, 0/1: all but those that are missing on the last day."""
    out = np.ones(design.flows.shape)
    out[-1] = np.isfinite(design.flows[-1]) | (design.listed[-1] == 0)
    return out


def _gap_funds(design: Design) -> np.ndarray:
    """Funds whose print is missing, in the day's spare unknowns; -1 where a day has fewer. ``Shape: (M, T)``.

    None on the last day: no later row asks for its prints, so a fit of the evening costs what a complete one does.
    """
    gaps = ~np.isfinite(design.flows) & (design.listed > 0)
    gaps[-1] = False
    out = np.full((int(gaps.sum(axis=1).max(initial=0)), len(gaps)), -1, dtype=np.int64)
    for t, row in enumerate(gaps):
        funds = np.flatnonzero(row)
        out[: len(funds), t] = funds
    return out
