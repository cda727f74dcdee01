"""The universe: which funds, underlying, factors and columns make up a market. Read from one TOML file.

A second market is a second file. Nothing here knows a ticker.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path

from model.calendar import weekday_number
from model.errors import DataError
from model.panel.extras import Extra, read_extra
from model.store import PROJECT
from model.toml_table import Table, read_toml

FOLDER = PROJECT / "data" / "universes"
USED = ("short", "net", "open_interest")
MAX_LABEL_SHIFT = 5

type Columns = tuple[str, ...]
type Range = tuple[float, float]


@dataclass(frozen=True)
class Underlying:
    """What the funds hold. Unit: USD per `unit`; prices outside [min_price, max_price] are refused.

    `open` and `close` are one venue's prices at the start and the end of the trading session; its overnight return is
    ``log(open[t] / close[t-1])``. `close` and the price of `columns` may be another venue's, and apart by `max_gap_pct`.
    """

    name: str
    unit: str
    columns: Columns
    min_price: float
    max_price: float
    max_gap_pct: float
    open: Columns = ()
    close: Columns = ()


@dataclass(frozen=True)
class Etf:
    """The option fund's own shares. Unit: USD, shares; `units_per_share` of the underlying per share."""

    price: Columns
    volume: Columns
    units_per_share: float
    basket_shares: int
    max_gap_pct: float


@dataclass(frozen=True)
class Member:
    """One input column that is summed into a fund, with its own first day."""

    key: str
    columns: Columns
    first_day: date


@dataclass(frozen=True)
class Vendor:
    """A further vendor of a fund's flow, which dates it `label_shift` trading days later. Unit: USD m."""

    key: str
    title: str
    columns: Columns
    label_shift: int


@dataclass(frozen=True)
class Fund:
    """A fund, or a sum of small ones. Unit: flows in USD m; `base_share` of a typical day's gross flows."""

    key: str
    title: str
    columns: Columns
    members: tuple[Member, ...]
    first_day: date
    base_share: float
    options: bool
    vendors: tuple[Vendor, ...] = ()


@dataclass(frozen=True)
class FlowTotal:
    """The vendor's total. Unit: USD m; `median_range` bounds its median absolute value (a unit check)."""

    columns: Columns
    max_abs: float
    median_range: Range


@dataclass(frozen=True)
class Factor:
    """A risk factor's close, and members (columns, weight) whose return is taken out of its own.

    `open` and `close` are prices on one footing (neither adjusted for dividends): ``log(close / open)`` is the
    session's return. `close` may be one of `columns` too.
    """

    key: str
    title: str
    columns: Columns
    range: Range
    exclude: tuple[tuple[Columns, float], ...] = ()
    open: Columns = ()
    close: Columns = ()


@dataclass(frozen=True)
class Index:
    """A volatility index, and its value when the session starts. Unit: vol points, refused outside `range`."""

    title: str
    columns: Columns
    range: Range
    open: Columns = ()


@dataclass(frozen=True)
class Future:
    """The near-month future. Unit: USD; `multiplier` units per contract; premium void below `min_days`."""

    title: str
    columns: Columns
    days_columns: Columns
    multiplier: float
    min_days: int
    expiry: str | None
    max_premium_pct: float


@dataclass(frozen=True)
class Positions:
    """Weekly futures positions, in contracts. `delayed` maps position date to publication date."""

    title: str
    short: Columns
    long: Columns
    spread: Columns
    open_interest: Columns
    used: str
    open_interest_range: Range
    weekday: str
    publication_business_days: int
    publication_time: time
    delayed: Mapping[date, date]


@dataclass(frozen=True)
class Calm:
    """Starting values of trailing scales. Unit: log-% per day, vol points per day, shares per day."""

    volatility_pct: float
    stress_sd: float
    etf_volume: float


@dataclass(frozen=True)
class Universe:
    """A market. See ARCHITECTURE.md for the contract and `data/universes/` for files."""

    name: str
    title: str
    calendar: str
    option_fund: str
    kernel_breaks: tuple[date, ...]
    underlying: Underlying
    etf: Etf
    funds: tuple[Fund, ...]
    flow_total: FlowTotal
    factors: tuple[Factor, ...]
    stress: Index
    implied_vol: Index
    future: Future
    positions: Positions
    calm: Calm
    extras: tuple[Extra, ...] = ()
    scales: Mapping[str, float] = field(default_factory=dict)
    sha256: str = ""

    @property
    def fund_keys(self) -> tuple[str, ...]:
        """Keys of all funds, in the file's order."""
        return tuple(f.key for f in self.funds)

    @property
    def etf_price(self) -> Columns:
        """Accepted columns of the option fund's close."""
        return self.etf.price

    @property
    def etf_volume(self) -> Columns:
        """Accepted columns of the option fund's traded shares."""
        return self.etf.volume

    @property
    def units_per_share(self) -> float:
        """Units of the underlying per share of the option fund."""
        return self.etf.units_per_share

    @property
    def basket_shares(self) -> int:
        """Shares per creation basket."""
        return self.etf.basket_shares

    def fund(self, key: str) -> Fund:
        """The fund called `key`.

        Raises
        ------
        DataError
            If there is none.
        """
        for f in self.funds:
            if f.key == key:
                return f
        raise DataError(
            f"Universe {self.name!r} has no fund {key!r}.", f"Use one of {', '.join(self.fund_keys)}."
        )


def known_universes() -> list[str]:
    """Names of the universes that come with the project."""
    return sorted(p.stem for p in FOLDER.glob("*.toml"))


def load_universe(name_or_path: str | Path) -> Universe:
    """Read a universe by name (a file of `data/universes/`) or by path.

    Raises
    ------
    DataError
        If the file is missing, not TOML, has an unknown or missing key, a value of the wrong type, or
        contradicts itself.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = FOLDER / f"{name_or_path}.toml"
        if not path.exists():
            known = ", ".join(known_universes())
            raise DataError(
                f"Unknown universe {str(name_or_path)!r}.", f"Use one of {known}, or a path to a TOML file."
            )
    root = read_toml(path)
    universe = _universe(root)
    root.done()
    _check(universe, root)
    return universe


def _universe(t: Table) -> Universe:
    return Universe(
        name=t.text("name"),
        title=t.text("title"),
        calendar=t.text("calendar"),
        option_fund=t.text("option_fund"),
        kernel_breaks=tuple(t.dates("kernel_breaks", ())),
        underlying=_underlying(t.table("underlying", required=True)),
        etf=t.build("etf", Etf),
        funds=tuple(_fund(f) for f in t.tables("funds")),
        flow_total=t.build("flow_total", FlowTotal),
        factors=tuple(_factor(f) for f in t.tables("factors")),
        stress=_index(t.table("stress", required=True)),
        implied_vol=_index(t.table("implied_vol", required=True)),
        future=t.build("future", Future, expiry=None),
        positions=_positions(t.table("positions", required=True)),
        calm=t.build("calm", Calm),
        extras=tuple(read_extra(e) for e in t.tables("extras", ())),
        scales=t.numbers("scales"),
        sha256=hashlib.sha256(t.source.encode()).hexdigest(),
    )


def _fund(t: Table) -> Fund:
    members = tuple(m.into(Member) for m in t.tables("members", ()))
    vendors = tuple(v.into(Vendor) for v in t.tables("vendors", ()))
    return t.into(Fund, members=members, vendors=vendors)


def _factor(t: Table) -> Factor:
    exclude = []
    for e in t.tables("exclude", ()):
        exclude.append((e.columns("columns"), e.number("weight")))
        e.done()
    return t.into(Factor, exclude=tuple(exclude), **_pair(t))


def _underlying(t: Table) -> Underlying:
    return t.into(Underlying, **_pair(t))


def _index(t: Table) -> Index:
    return t.into(Index, open=t.columns("open", ()))


def _pair(t: Table) -> dict[str, Columns]:
    """Columns at the session's start and end; neither, or both."""
    pair = {"open": t.columns("open", ()), "close": t.columns("close", ())}
    if bool(pair["open"]) != bool(pair["close"]):
        t.refuse("open", "open and close belong together", "Name both, or neither.")
    return pair


def _positions(t: Table) -> Positions:
    return t.into(Positions, delayed=t.date_map("delayed"))


def _check(u: Universe, root: Table) -> None:
    """Refuse a universe that contradicts itself."""
    keys = [f.key for f in u.funds]
    if not keys or len(set(keys)) < len(keys):
        root.refuse("funds", "funds need keys, each used once", "Rename the repeated fund.")
    if u.option_fund not in keys:
        root.refuse("option_fund", f"{u.option_fund!r} is not a fund", f"Use one of {', '.join(keys)}.")
    if abs(sum(f.base_share for f in u.funds) - 1) > 0.02 or min(f.base_share for f in u.funds) <= 0:
        root.refuse(
            "base_share", "base shares must be positive and sum to 1 (within 0.02)", "Correct the shares."
        )
    if u.positions.used not in USED:
        root.refuse(
            "used", f"{u.positions.used!r} is not a position measure", f"Use one of {', '.join(USED)}."
        )
    try:
        weekday_number(u.positions.weekday)
    except DataError as error:
        root.refuse("weekday", error.message.rstrip("."), error.remedy)
    for position, published in u.positions.delayed.items():
        if published <= position:
            root.refuse(str(position), "published before the position date", "Correct the publication date.")
    for factor in u.factors:
        if sum(w for _, w in factor.exclude) >= 1 or any(w < 0 for _, w in factor.exclude):
            root.refuse(
                "weight", f"excluded weights of {factor.key!r} must lie in [0, 1)", "Correct the weight."
            )
    for vendor in (v for f in u.funds for v in f.vendors):
        if not -MAX_LABEL_SHIFT <= vendor.label_shift <= MAX_LABEL_SHIFT:
            root.refuse(
                "label_shift", f"{vendor.label_shift} trading days", "Give days of date label, 0 to 5."
            )
    _check_columns(u, root)


def _check_columns(u: Universe, root: Table) -> None:
    roles = [
        *(f.columns for f in u.funds),
        *(m.columns for f in u.funds for m in f.members),
        *(v.columns for f in u.funds for v in f.vendors),
        *(f.columns for f in u.factors),
        *{c for f in u.factors for c, _ in f.exclude},
        *(f.open for f in u.factors),
        *(tuple(c for c in f.close if c not in f.columns) for f in u.factors),
        *(e.inputs for e in u.extras),
        u.underlying.open, u.underlying.close, u.stress.open, u.implied_vol.open, u.underlying.columns,
        u.etf.price, u.etf.volume, u.flow_total.columns, u.stress.columns,
        u.implied_vol.columns, u.future.columns, u.future.days_columns,
        u.positions.short, u.positions.long, u.positions.spread, u.positions.open_interest,
    ]  # fmt: skip
    names = [c for columns in roles for c in columns]
    for name in names:
        if names.count(name) > 1:
            root.refuse(name, f"input column {name!r} is claimed by two roles", "Give each column one role.")
    for name, scale in u.scales.items():
        if name not in names or scale <= 0:
            root.refuse(name, f"scale of {name!r}: unknown column or not positive", "Correct [scales].")
