"""From a vendor's columns to the panel's: which input column fills which role, and in which unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from model.units import USD_PER_MN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model.panel.accepted import Accepted
    from model.panel.problems import Problems
    from model.panel.universe import Fund, Member, Universe

FLOW = "flow_"
TOTAL = "flow_total"
POSITIONS = ("short", "long", "spread", "open_interest")
OPEN, CLOSE = "_open", "_close"
"""After a role: its price at the session's start, and its close on the same footing."""
SHARES = "shares"
"""The vendor whose flow is the change of shares outstanding times the net asset value."""
SEPARATOR = "__"
"""Between a column and a further vendor of it: ``flow_<fund>__<vendor>``, in files and in the panel."""

type Reader = Callable[[str], np.ndarray]


@dataclass(frozen=True)
class Role:
    """A canonical column, the input columns that may fill it, and whether the panel can do without it.

    A column that is `rare` is absent from a panel without it; any other is there and NaN throughout.
    """

    name: str
    columns: tuple[str, ...]
    required: bool
    rare: bool = False


def vendor_flow(fund: str, vendor: str) -> str:
    """Canonical column of a further vendor's flow, on that vendor's own date label."""
    return f"{FLOW}{fund}{SEPARATOR}{vendor}"


def roles(u: Universe) -> Iterator[Role]:
    """All roles but the funds'."""
    yield Role(TOTAL, u.flow_total.columns, True)
    for fund in u.funds:
        for v in fund.vendors:
            yield Role(vendor_flow(fund.key, v.key), v.columns, False, True)
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
    yield from session_roles(u)
    for e in u.extras:
        yield Role(e.column, e.columns, False, True)


def session_roles(u: Universe) -> Iterator[Role]:
    """Prices at the session's start, and closes on the same footing."""
    sides = {"price" + OPEN: u.underlying.open, "price" + CLOSE: u.underlying.close}
    sides |= {"stress" + OPEN: u.stress.open, "implied_vol" + OPEN: u.implied_vol.open}
    for f in u.factors:
        sides |= {f"factor_{f.key}{OPEN}": f.open, f"factor_{f.key}{CLOSE}": f.close}
    for name, columns in sides.items():
        if columns:
            yield Role(name, columns, False, True)


@dataclass
class Assembly:
    """Canonical columns, the input columns each came from, and the optional roles that were supplied."""

    frame: pd.DataFrame
    origin: dict[str, tuple[str, ...]]
    supplied: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """The rows of the input: their days and their names in a message. Shape: (T,)."""

    days: pd.DatetimeIndex
    names: tuple[str, ...]
    accepted: Accepted | None = None


def assemble(
    header: list[str], read: Callable[..., np.ndarray], rows: Rows, u: Universe, problems: Problems
) -> Assembly:
    """Fill every role from the first of its columns that the input has.

    `read` gives an input column as floats, ``Shape: (T,)``; with ``summed=True`` summed over calendar days.
    """
    out: dict[str, np.ndarray] = {}
    origin: dict[str, tuple[str, ...]] = {}
    supplied = []
    summed = {c for e in u.extras if e.days == "calendar" for c in (*e.bought, *e.volume)}

    def take(column: str) -> np.ndarray:
        return read(column, summed=column in summed) * u.scales.get(column, 1.0)

    for fund in u.funds:
        values, source = _fund_flow(fund, header, take, rows, problems)
        out[FLOW + fund.key], origin[FLOW + fund.key] = values, source
    for role in roles(u):
        column = _first(role.columns, header)
        if column is not None:
            out[role.name], origin[role.name] = take(column), (column,)
        elif not _made(role.name, header, take, u, out, origin):
            if role.required:
                _missing(role.name, role.columns, problems)
            if not role.rare:
                out[role.name] = np.full(len(rows.days), np.nan)
            continue
        if not role.required:
            supplied.append(role.name)
    for role in session_roles(u):
        if role.name in out and role.name.endswith(CLOSE) and role.name.removesuffix(CLOSE) + OPEN not in out:
            del out[role.name], origin[role.name]  # the other half of an opening price that is not there
            supplied.remove(role.name)
    return Assembly(pd.DataFrame(out, index=rows.days), origin, tuple(supplied))


def _made(
    name: str,
    header: list[str],
    take: Reader,
    u: Universe,
    out: dict[str, np.ndarray],
    origin: dict[str, tuple[str, ...]],
) -> bool:
    """Fill a role from two columns that make it up together; False where they are not both there."""
    extra = next((e for e in u.extras if e.column == name), None)
    if extra is not None:
        bought, volume = _first(extra.bought, header), _first(extra.volume, header)
        if bought and volume:
            out[name], origin[name] = 2.0 * take(bought) - take(volume), (bought, volume)
            return True
        return False
    if name == vendor_flow(u.option_fund, SHARES):
        inputs = [_first(e.columns, header) for e in u.extras if e.key in ("shares_outstanding", "nav")]
        if len(inputs) == 2 and all(inputs):
            shares, nav = (take(c) for c in inputs if c)
            change = np.concatenate([[np.nan], np.diff(shares)])
            out[name], origin[name] = change * nav / USD_PER_MN, tuple(c for c in inputs if c)
            return True
    return False


def _first(columns: tuple[str, ...], header: list[str]) -> str | None:
    return next((c for c in columns if c in header), None)


def fund_columns(fund: Fund) -> tuple[str, ...]:
    """Every input column that can feed a fund."""
    return (*fund.columns, *(c for m in fund.members for c in m.columns))


def _fund_flow(
    fund: Fund, header: list[str], take: Reader, rows: Rows, problems: Problems
) -> tuple[np.ndarray, tuple[str, ...]]:
    """A fund's flow, directly or as the sum of its listed members. Unit: USD m. Shape: (T,)."""
    own = _first(fund.columns, header)
    if own is not None:
        return _within_life(take(own), fund, own, rows, problems), (own,)
    days = rows.days
    total = np.zeros(len(days))
    used = []
    for member in fund.members:
        listed = alive(days, member)
        column = _first(member.columns, header)
        if column is None:
            if listed.any():
                _missing(FLOW + member.key, member.columns, problems)
            continue
        flow = _within_life(take(column), member, column, rows, problems)
        total = total + np.where(listed, flow, 0.0)
        used.append(column)
    if not used:
        _missing(FLOW + fund.key, fund_columns(fund), problems)
    return np.where(alive(days, fund), total, np.nan), tuple(used)


def alive(days: pd.DatetimeIndex, fund: Fund | Member) -> np.ndarray:
    """Days from a fund's first to its last, both included. Shape: (T,)."""
    return np.asarray((days >= pd.Timestamp(fund.first_day)) & (days <= pd.Timestamp(fund.last_day)))


def _within_life(
    flow: np.ndarray, fund: Fund | Member, column: str, rows: Rows, problems: Problems
) -> np.ndarray:
    """Outside a fund's life a zero is missing; a flow then is a contradiction."""
    outside = ~alive(rows.days, fund)
    for i in np.flatnonzero(outside & (np.nan_to_num(flow) != 0)).tolist():
        if rows.accepted is not None and rows.accepted.allows("life", rows.days[i], [column]):
            continue
        early = rows.days[i] < pd.Timestamp(fund.first_day)
        side, key = (
            ("before the fund's first", "first_day") if early else ("after the fund's last", "last_day")
        )
        problems.add(
            f"a flow {side} day {getattr(fund, key)}",
            f"Correct the value, or {key} in the universe file.",
            row=rows.names[i],
            column=repr(column),
        )
    return np.where(outside, np.nan, flow)


def _missing(name: str, columns: tuple[str, ...], problems: Problems) -> None:
    problems.add(
        f"no column for {name!r}",
        f"Add one of the columns {', '.join(columns)}, or its name to the universe file.",
    )
