"""From a vendor's columns to the panel's: which input column fills which role, and in which unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from model.panel.problems import Problems
    from model.panel.universe import Fund, Universe

FLOW = "flow_"
TOTAL = "flow_total"
POSITIONS = ("short", "long", "spread", "open_interest")
SEPARATOR = "__"
"""Between a column and a further vendor of it: ``flow_<fund>__<vendor>``, in files and in the panel."""

type Reader = Callable[[str], np.ndarray]


@dataclass(frozen=True)
class Role:
    """A canonical column, the input columns that may fill it, and whether the panel can do without it."""

    name: str
    columns: tuple[str, ...]
    required: bool


def vendor_flow(fund: str, vendor: str) -> str:
    """Canonical column of a further vendor's flow, on that vendor's own date label."""
    return f"{FLOW}{fund}{SEPARATOR}{vendor}"


def roles(u: Universe) -> Iterator[Role]:
    """All roles but the funds'."""
    yield Role(TOTAL, u.flow_total.columns, True)
    for fund in u.funds:
        for v in fund.vendors:
            yield Role(vendor_flow(fund.key, v.key), v.columns, False)
    yield Role("price", u.underlying.columns, True)
    yield Role("etf_close", u.etf.price, True)
    yield Role("etf_volume", u.etf.volume, False)
    for f in u.factors:
        yield Role(f"factor_{f.key}", f.columns, True)
        for n, (columns, _) in enumerate(f.exclude):
            yield Role(f"factor_{f.key}_less_{n}", columns, False)
    yield Role("stress", u.stress.columns, True)
    yield Role("implied_vol", u.implied_vol.columns, False)
    yield Role("future", u.future.columns, False)
    yield Role("future_days", u.future.days_columns, False)
    for name in POSITIONS:
        yield Role(name, getattr(u.positions, name), False)
    for e in u.extras:
        yield Role(f"extra_{e.key}", e.columns, False)


@dataclass
class Assembly:
    """Canonical columns, the input columns each came from, and the optional roles that were supplied."""

    frame: pd.DataFrame
    origin: dict[str, str]
    supplied: tuple[str, ...]
    unused: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """The rows of the input: their days and their names in a message. Shape: (T,)."""

    days: pd.DatetimeIndex
    names: tuple[str, ...]


def assemble(header: list[str], read: Reader, rows: Rows, u: Universe, problems: Problems) -> Assembly:
    """Fill every role from the first of its columns that the file has.

    An optional role that no column fills is NaN throughout. `read` gives an input column as floats,
    ``Shape: (T,)``.
    """
    out: dict[str, np.ndarray] = {}
    origin: dict[str, str] = {}
    supplied = []
    days = rows.days

    def take(column: str) -> np.ndarray:
        return read(column) * u.scales.get(column, 1.0)

    for fund in u.funds:
        values, source = _fund_flow(fund, header, take, rows, problems)
        out[FLOW + fund.key], origin[FLOW + fund.key] = values, source
    for role in roles(u):
        column = next((c for c in role.columns if c in header), None)
        if column is None:
            out[role.name] = np.full(len(days), np.nan)
            if role.required:
                _missing(role.name, role.columns, problems)
            continue
        out[role.name], origin[role.name] = take(column), column
        if not role.required:
            supplied.append(role.name)
    carried = {f"extra_{e.key}" for e in u.extras} | {r.name for r in roles(u) if SEPARATOR in r.name}
    unsupplied = carried - set(supplied)
    frame = pd.DataFrame({k: v for k, v in out.items() if k not in unsupplied}, index=days)
    known = {c for role in roles(u) for c in role.columns} | {c for f in u.funds for c in fund_columns(f)}
    unused = tuple(c for c in header if c not in known and c != days.name)
    return Assembly(frame, origin, tuple(supplied), unused)


def fund_columns(fund: Fund) -> tuple[str, ...]:
    """Every input column that can feed a fund."""
    return (*fund.columns, *(c for m in fund.members for c in m.columns))


def _fund_flow(
    fund: Fund, header: list[str], take: Reader, rows: Rows, problems: Problems
) -> tuple[np.ndarray, str]:
    """A fund's flow, directly or as the sum of its listed members. Unit: USD m. Shape: (T,)."""
    own = next((c for c in fund.columns if c in header), None)
    if own is not None:
        return _from_first_day(take(own), fund.first_day, own, rows, problems), own
    days = rows.days
    total = np.zeros(len(days))
    used = []
    for member in fund.members:
        listed = days >= pd.Timestamp(member.first_day)
        column = next((c for c in member.columns if c in header), None)
        if column is None:
            if listed.any():
                _missing(FLOW + member.key, member.columns, problems)
            continue
        flow = _from_first_day(take(column), member.first_day, column, rows, problems)
        total = total + np.where(listed, flow, 0.0)
        used.append(column)
    if not used:
        _missing(FLOW + fund.key, fund_columns(fund), problems)
    return np.where(days >= pd.Timestamp(fund.first_day), total, np.nan), " + ".join(used)


def _from_first_day(
    flow: np.ndarray, first_day: date, column: str, rows: Rows, problems: Problems
) -> np.ndarray:
    """Before a fund's first day a zero is missing; a flow then is a contradiction."""
    early = rows.days < pd.Timestamp(first_day)
    for i in np.flatnonzero(early & (np.nan_to_num(flow) != 0)):
        problems.add(
            f"a flow before the fund's first day {first_day}",
            "Correct the value, or first_day in the universe file.",
            row=rows.names[i],
            column=repr(column),
        )
    return np.where(early, np.nan, flow)


def _missing(name: str, columns: tuple[str, ...], problems: Problems) -> None:
    problems.add(
        f"no column for {name!r}",
        f"Add one of the columns {', '.join(columns)}, or its name to the universe file.",
    )
