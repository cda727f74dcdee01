"""The universe: which funds, underlying, factors and columns make up a market. Read from one TOML file.

A second market is a second file. Nothing here knows a ticker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from model.calendar import weekday_number
from model.errors import DataError
from model.panel.extras import Extra, check_extra
from model.store import PROJECT
from model.toml_table import Columns, Keys, Range, Table, read_toml

FOLDER = PROJECT / "data" / "universes"
USED = ("short", "net", "open_interest")
MAX_LABEL_SHIFT = 5
SMALLEST = 1e-6
"""Of the starting scales, in their units: the first days are divided by them."""
FIRST_ETF = date(1990, 1, 1)
"""The first was listed in March 1990, in Toronto."""
OPEN_END = date(2200, 1, 1)
"""Last day of a fund that has not closed."""


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
    """One input column that is summed into a fund, with its own first and last day."""

    key: str
    columns: Columns
    first_day: date
    last_day: date = OPEN_END


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
    first_day: date
    base_share: float
    options: bool
    members: tuple[Member, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    last_day: date = OPEN_END


@dataclass(frozen=True)
class FlowTotal:
    """The vendor's total. Unit: USD m; `median_range` bounds its median absolute value (a unit check).

    `turnover_range` is where its median usually lies against that of the option fund's turnover in USD.
    """

    columns: Columns
    max_abs: float
    median_range: Range
    turnover_range: Range = (0.0, float("inf"))


class Excluded(NamedTuple):
    """A member of an index whose return is taken out of the index's, with its weight in [0, 1)."""

    columns: Columns
    weight: float


@dataclass(frozen=True)
class Factor:
    """A risk factor's close, and members whose return is taken out of its own.

    `open` and `close` are prices on one footing (neither adjusted for dividends): ``log(close / open)`` is the
    session's return. `close` may be one of `columns` too.
    """

    key: str
    title: str
    columns: Columns
    range: Range
    exclude: tuple[Excluded, ...] = ()
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
    max_premium_pct: float
    expiry: str | None = None


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
    """Starting values of trailing scales. Unit: log-% per day, vol points per day, shares per day, USD m per day, USD."""

    volatility_pct: float
    stress_sd: float
    etf_volume: float
    flow_usd_m: float
    price_usd: float


@dataclass(frozen=True)
class Universe:
    """A market. See docs/contracts.md and `data/universes/` for files."""

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
        if path.stem not in known_universes():
            known = ", ".join(known_universes())
            raise DataError(
                f"Unknown universe {str(name_or_path)!r}.", f"Use one of {known}, or a path to a TOML file."
            )
    root = read_toml(path)
    breaks = root.dates("kernel_breaks", ())
    universe = root.into(Universe, kernel_breaks=breaks, sha256=root.source.sha256)
    _check(universe, root)
    return universe


def _check(u: Universe, root: Table) -> None:
    """Refuse a universe that contradicts itself."""
    keys = [f.key for f in u.funds]
    if not keys or len(set(keys)) < len(keys):
        root.refuse("funds", "funds need keys, each used once", "Rename the repeated fund.")
    if u.option_fund not in keys:
        root.refuse("option_fund", f"{u.option_fund!r} is not a fund", f"Use one of {', '.join(keys)}.")
    if abs(sum(f.base_share for f in u.funds) - 1) > 0.02 or min(f.base_share for f in u.funds) <= 0:
        root.refuse(
            ("funds", 0, "base_share"),
            "base shares must be positive and sum to 1 (within 0.02)",
            "Correct the shares.",
        )
    if u.positions.used not in USED:
        root.refuse(
            ("positions", "used"),
            f"{u.positions.used!r} is not a position measure",
            f"Use one of {', '.join(USED)}.",
        )
    try:
        weekday_number(u.positions.weekday)
    except DataError as error:
        root.refuse(("positions", "weekday"), error.message.rstrip("."), error.remedy)
    for i, fund in enumerate(u.funds):
        lives: list[tuple[Keys, Fund | Member]] = [(("funds", i), fund)]
        lives += [(("funds", i, "members", j), m) for j, m in enumerate(fund.members)]
        for where, life in lives:
            if life.first_day < FIRST_ETF:
                root.refuse(
                    (*where, "first_day"),
                    f"{life.key!r} begins on {life.first_day}, before there were exchange-traded funds",
                    "Correct the date: zeros from it on are flows, and missing before it.",
                )
            if life.last_day < life.first_day:
                root.refuse(
                    (*where, "last_day"),
                    f"{life.key!r} closes before its first day",
                    "Correct one of the two days.",
                )
    for name, value in vars(u.calm).items():
        if value < SMALLEST:
            root.refuse(("calm", name), f"{value:g} is no scale of a calm year", "Give a positive number.")
    for position, published in u.positions.delayed.items():
        if published <= position:
            root.refuse(
                ("positions", "delayed", str(position)),
                "published before the position date",
                "Correct the publication date.",
            )
    for i, factor in enumerate(u.factors):
        if sum(w for _, w in factor.exclude) >= 1 or any(w < 0 for _, w in factor.exclude):
            root.refuse(
                ("factors", i, "exclude", 0, "weight"),
                f"excluded weights of {factor.key!r} must lie in [0, 1)",
                "Correct the weight.",
            )
    paired: list[tuple[Keys, Underlying | Factor]] = [(("underlying",), u.underlying)]
    paired += [(("factors", i), f) for i, f in enumerate(u.factors)]
    for place, part in paired:
        if bool(part.open) != bool(part.close):
            root.refuse((*place, "open"), "open and close belong together", "Name both, or neither.")
    for i, e in enumerate(u.extras):
        check_extra(e, root, ("extras", i))
    for i, fund in enumerate(u.funds):
        for j, vendor in enumerate(fund.vendors):
            if abs(vendor.label_shift) > MAX_LABEL_SHIFT:
                root.refuse(
                    ("funds", i, "vendors", j, "label_shift"), f"{vendor.label_shift} trading days",
                    f"Give days of date label, 0 to {MAX_LABEL_SHIFT}.",
                )  # fmt: skip
    _check_columns(u, root)


def _check_columns(u: Universe, root: Table) -> None:
    """Refuse an input column with two roles, and a scale of no column."""
    claimed: dict[str, bool] = {}
    for place, columns in _columns(u):
        shared = "exclude" in place  # the same member may be taken out of several indices
        for name in columns:
            if name in claimed and not (shared and claimed[name]):
                root.refuse(place, f"{name!r} is claimed by two roles", "Give each column one role.")
            claimed[name] = shared
    for name, scale in u.scales.items():
        if name not in claimed or scale <= 0:
            root.refuse(
                ("scales", name), "unknown column, or a scale that is not positive", "Correct [scales]."
            )


def _columns(part: Any, place: Keys = ()) -> Iterator[tuple[Keys, Columns]]:
    """Every field of columns below a part of the universe, with the path to it."""
    for name, hint in get_type_hints(type(part)).items():
        value = getattr(part, name)
        if hint is Columns:
            own = (
                getattr(part, "columns", ()) if name == "close" else ()
            )  # a factor's close may be its price too
            yield (*place, name), tuple(c for c in value if c not in own)
        elif hasattr(value, "__annotations__"):
            yield from _columns(value, (*place, name))
        elif isinstance(value, tuple):
            for i, entry in enumerate(v for v in value if hasattr(v, "__annotations__")):
                yield from _columns(entry, (*place, name, i))
