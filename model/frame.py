"""Arrays of a design as the equations and the Gaussian system take them."""

from __future__ import annotations

from typing import Any

import numpy as np

from model import observation, units
from model.design import LAGS, Design
from model.equations import group_leader, shock_groups
from model.hedge_curves import HedgeCurves
from model.system import Data, Frame, make_pattern

CHANGEABLE = (
    "returns",
    "returns_lag",
    "flows",
    "flows_lag",
    "factor_returns",
    "basket",
    "stress",
    "gamma",
    "ratio",
    "log_ratio",
    "iv_change",
    "premium",
    "tenor",
    "unit_rate",
    "positions",
    "next_day",
    "barrier",
    "live",
    "use_positions",
    "book_on",
    "book_value",
    "book_slope",
    "book_top",
    "book_bottom",
)
"""Arrays that may change without recompiling: same dates, same pattern of missing numbers."""


def arrays(design: Design, use_positions: bool = True) -> dict[str, Any]:
    """Arrays by name; missing numbers are zero here and dropped by the rows' weights."""
    return design.to_arrays() | {
        "flows": np.nan_to_num(design.flows),
        "flows_lag": np.nan_to_num(design.flows_lag),
        "iv_observed": np.isfinite(design.iv_change).astype(float),
        "iv_change": np.nan_to_num(design.iv_change),
        "premium": np.nan_to_num(design.premium),
        "log_ratio": np.log(design.ratio),
        "unit_rate": units.bn_to_thousand_units(design.price),
        "use_positions": np.full(len(design.positions), float(use_positions)),
        "barrier_width": design.barrier_width,
        **_book(design),
    }


def _book(design: Design) -> dict[str, Any]:
    """The dealer book at the observed returns, with its bounds; zero on days without one."""
    curves = design.book or HedgeCurves(design.days, design.book_days, design.book_grid, design.book_knots)
    value, slope = curves.at(design.returns)
    top, bottom = curves.steepness
    columns = {"on": curves.on, "value": value, "slope": slope, "top": top, "bottom": bottom}
    return {"book": design.book} | {f"book_{k}": v for k, v in columns.items()}


def system_data(d) -> Data:
    """The measured arrays of the Gaussian system."""
    return Data(*[d[name] for name in Data._fields])


def make_frame(design: Design) -> Frame:
    """Number the unknowns and rows of a design."""
    groups = shock_groups()
    basis = groups.index(observation.PREMIUM_GROUP)
    column = np.zeros((design.days, len(groups) + 1), dtype=np.int64)
    missing = np.full(design.flows.shape, -1, dtype=np.int64)
    size = 0
    for t in range(design.days):
        column[t] = size + np.arange(len(groups) + 1)
        size += len(groups) + 1
        gaps = np.flatnonzero(~np.isfinite(design.flows[t]) & (design.listed[t] > 0))
        missing[t, gaps] = size + np.arange(len(gaps))
        size += len(gaps)
    pattern = make_pattern(column, missing, basis, design.position_days, LAGS)
    lengths = [len(w) for w in design.position_days]
    return Frame(
        column=column,
        missing=missing,
        listed=design.listed,
        premium_observed=np.isfinite(design.premium).astype(float),
        regime=design.regime,
        group_loading=np.array([observation.LOADINGS.index(group_leader(g).loading) for g in groups]),
        group_mixed=np.array([float(g != observation.PREMIUM_GROUP) for g in groups]),
        basis=np.array([basis]),
        week_start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        week_days=np.concatenate([*design.position_days, np.zeros(0, np.int64)]).astype(np.int64),
        expiry=design.position_expiry,
        print_var=np.array([design.basket_bn**2]),
        indptr=pattern.indptr,
        indices=pattern.indices,
        first=pattern.first,
        size=np.array([pattern.size, pattern.bandwidth]),
    )
