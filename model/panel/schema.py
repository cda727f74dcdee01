"""Ranges and required values of the canonical columns, as a pandera schema collected lazily."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pandera.pandas as pa

from model.panel.roles import FLOW, POSITIONS, TOTAL, roles, vendor_flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.panel.universe import Universe

VOLUME = (1e5, 1e10)
EXPIRY_DAYS = (0, 366)
COUNTS = {*POSITIONS, "future_days"}
WHOLE = "whole_number"
UNFINISHED = "unfinished"
RANGE_REMEDY = {
    "price": "Give the price in USD; check for a unit slip or a wrong column.",
    "etf_volume": "Give shares traded; a volume in other units needs a scale in the universe file.",
    "future_days": "Give calendar days to expiry.",
}


def column_ranges(u: Universe) -> dict[str, tuple[float, float]]:
    """Believable values of each canonical column that has bounds."""
    low, high = u.underlying.min_price, u.underlying.max_price
    shares = u.etf.units_per_share
    limit = u.flow_total.max_abs
    ranges = {
        **{FLOW + k: (-limit, limit) for k in u.fund_keys},
        **{vendor_flow(f.key, v.key): (-limit, limit) for f in u.funds for v in f.vendors},
        TOTAL: (-limit, limit),
        "price": (low, high),
        "etf_close": (low * shares / 2, high * shares * 2),
        "etf_volume": VOLUME,
        "stress": u.stress.range,
        "implied_vol": u.implied_vol.range,
        "future": (low, high),
        "future_days": EXPIRY_DAYS,
        "open_interest": u.positions.open_interest_range,
    }
    for side in POSITIONS[:3]:
        ranges[side] = (0, u.positions.open_interest_range[1])
    ranges["price_open"] = ranges["price_close"] = (low, high)
    ranges["stress_open"], ranges["implied_vol_open"] = u.stress.range, u.implied_vol.range
    ranges |= {e.column: e.range for e in u.extras}
    for f in u.factors:
        ranges |= dict.fromkeys((f"factor_{f.key}", f"factor_{f.key}_open", f"factor_{f.key}_close"), f.range)
        for n, _ in enumerate(f.exclude):
            ranges[f"factor_{f.key}_less_{n}"] = (0.01, 1e6)
    return ranges


def required_columns(u: Universe) -> set[str]:
    """Canonical columns without a gap: the model has no equation for a missing one."""
    return {"price", "etf_close", "stress", *(f"factor_{f.key}" for f in u.factors)}


def schema_problems(frame: pd.DataFrame, u: Universe) -> Iterator[tuple[pd.Timestamp, str, str, str, str]]:
    """Cells outside their range or missing where they may not be: (day, column, problem, remedy, check)."""
    schema = _schema(u)
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as found:
        cases = found.failure_cases.sort_values(["index", "column"], kind="stable")
        for case in cases.to_dict("records"):
            yield _sentence(case, u)


def _schema(u: Universe) -> Any:
    """The schema of a universe's panel."""
    required = required_columns(u)
    rare = {r.name for r in roles(u) if r.rare}
    whole = pa.Check(lambda x: x == x.round(), name=WHOLE)
    columns = {}
    for name, (low, high) in column_ranges(u).items():
        checks = [pa.Check.in_range(low, high), *([whole] if name in COUNTS else [])]
        columns[name] = pa.Column(float, checks, nullable=name not in required, required=name not in rare)
    return pa.DataFrameSchema(columns)


def _sentence(case: dict[str, Any], u: Universe) -> tuple[pd.Timestamp, str, str, str, str]:
    column, value = str(case["column"]), case["failure_case"]
    if pd.isna(value):
        return (
            case["index"],
            column,
            "is missing",
            "Fill in the close; this column may have no gaps.",
            UNFINISHED,
        )
    if case["check"] == WHOLE:
        return (
            case["index"],
            column,
            f"{value:g} is not a whole number",
            "Give contracts, or days, in full.",
            "",
        )
    low, high = column_ranges(u)[column]
    text = f"{value:g} is outside {low:g} to {high:g}"
    extra = next((e for e in u.extras if e.column == column), None)
    if extra:
        return (
            case["index"],
            column,
            f"{text} ({extra.unit})",
            f"Give {extra.title} in {extra.unit}.",
            "range",
        )
    if column.startswith(FLOW):
        return (
            case["index"],
            column,
            f"{text} (USD m)",
            "Give flows in USD m, not USD or USD thousand.",
            "range",
        )
    remedy = RANGE_REMEDY.get(column, "Correct the value or its unit, or the range in the universe file.")
    return case["index"], column, text, remedy, "range"
