"""A dealer book: listed options of two venues, notes with barriers, and where each entry comes from."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from model.dealer_book.chains import Chain, read_chain, to_listed
from model.dealer_book.listed import Listed
from model.dealer_book.markets import VENUES, Market, read_market
from model.dealer_book.notes import RULES, Note, first_breach
from model.dealer_book.sign import SignPrior
from model.dealer_book.tables import Entry
from model.errors import DataError
from model.units import DAYS_PER_YEAR, PERCENT, USD_PER_MN

GAMMA_UNITS = ("shares_per_pct", "usd_m_per_pct")


@dataclass(frozen=True)
class Provenance:
    """One line of the book: what it is, whether fact, the seed's claim or assumption, and the source."""

    name: str
    status: str
    source: str


@dataclass(frozen=True)
class Book:
    """Everything dealers are thought to hold.

    Attributes
    ----------
    title : str
    as_of : datetime
        Time of the positions; times to expiry run from here. Nothing later may enter the book.
    spot, vol : float
        Underlying (USD) and vol index (points) at ``as_of``; implied volatilities scale with the index.
    markets : dict
        Contract terms by venue.
    etf, crypto : Listed
        Listed options by venue, for s = +1.
    notes : tuple of Note
        Notes on the ETF. Their side is known (the dealer is long the put), so s does not apply.
    closes : dict
        ETF closes by day, as quoted; decide which notes had knocked in before.
    sign : dict
        Prior of the dealers' sign by venue.
    note_cap_usd_m : float
        Upper bound of all notional together, USD m.
    calendar, timezone : str
        Of the ETF's trading hours.
    day : date or None
        The trading day the book is for.
    """

    title: str
    as_of: datetime
    spot: float
    vol: float
    markets: dict[str, Market]
    etf: Listed
    crypto: Listed
    notes: tuple[Note, ...]
    closes: dict[date, float]
    sign: dict[str, SignPrior]
    note_cap_usd_m: float
    calendar: str
    timezone: str
    provenance: tuple[Provenance, ...]
    sha256: str
    day: date | None = None

    def listed(self, venue: str) -> Listed:
        """The options of a venue."""
        return {"etf": self.etf, "crypto": self.crypto}[venue]

    def case(self, name: str) -> Book:
        """The book at the low, mid or high end of every uncertain amount."""
        return replace(
            self,
            etf=self.etf.case(name),
            crypto=self.crypto.case(name),
            notes=tuple(n.with_case(name) for n in self.notes),
        )

    def share_price(self, spot: float) -> float:
        """ETF price implied by the underlying's."""
        return spot * self.markets["etf"].units_per_quote


def load_book(path: str | Path) -> Book:
    """Read and validate a book file with its includes.

    Raises
    ------
    DataError
        Naming the table and key, e.g. ``[[note]] no. 2, barrier: ...``.
    """
    file = Path(path)
    data, raw = _read_toml(file)
    return _build(Entry("book", data), file.parent, hashlib.sha256(raw).hexdigest())


def book_from_chain(
    chain_path: str | Path,
    conventions_path: str | Path,
    convention: str = "naive",
    as_of: datetime | None = None,
    spot: float | None = None,
    share_price: float | None = None,
    drop_bad_iv: bool = False,
) -> tuple[Book, Chain]:
    """A book holding one option chain and no notes.

    Parameters
    ----------
    chain_path : str or Path
    conventions_path : str or Path
        File with the contract terms of the two venues.
    convention : str
        See ``to_listed``.
    as_of, spot, share_price
        For an ETF chain: its time, the underlying's price, the ETF's price (default: units per share x spot).
    """
    data, raw = _read_toml(Path(conventions_path))
    root = Entry("conventions", data)
    markets, calendar, timezone = _markets(root)
    if share_price is None and spot is not None:
        share_price = spot * markets["etf"].units_per_quote
    chain = read_chain(chain_path, markets["etf"], as_of, share_price, drop_bad_iv)
    venue = "crypto" if chain.layout == "exchange" else "etf"
    level = chain.spot / markets[venue].units_per_quote
    listed = to_listed(chain, markets[venue], level, convention)
    digest = hashlib.sha256(raw + Path(chain_path).read_bytes()).hexdigest()
    book = Book(
        title=f"Chain {Path(chain_path).name}",
        as_of=chain.as_of,
        spot=level,
        vol=chain.atm_vol,
        markets=markets,
        etf=listed if venue == "etf" else Listed.empty(),
        crypto=listed if venue == "crypto" else Listed.empty(),
        notes=(),
        closes={},
        sign={v: SignPrior() for v in VENUES},
        note_cap_usd_m=0.0,
        calendar=calendar,
        timezone=timezone,
        provenance=(Provenance("open interest", "fact", Path(chain_path).name),),
        sha256=digest,
    )
    return book, chain


def _read_toml(file: Path) -> tuple[dict[str, Any], bytes]:
    try:
        raw = file.read_bytes()
        data = tomllib.loads(raw.decode())
    except FileNotFoundError as err:
        raise DataError(f"No book at {file}.", "Check the path.") from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise DataError(f"{file.name} is not valid TOML: {err}.", "Correct the line named.") from err
    merged: dict[str, Any] = {}
    for name in data.pop("include", []):
        part, part_raw = _read_toml(file.parent / name)
        merged |= part
        raw += part_raw
    return merged | data, raw


def _markets(root: Entry) -> tuple[dict[str, Market], str, str]:
    rates = Entry("[rates]", root._get("rates", ...))
    rates.number("usd_pct")
    rates.provenance()
    rates.done()
    out = {}
    for venue in VENUES:
        table = Entry(f"[{venue}]", root._get(venue, ...))
        if venue == "etf":
            calendar = table.text("calendar")
        out[venue] = read_market(venue, table, rates)
        table.done()
    return out, calendar, out["etf"].timezone.key


def _build(root: Entry, folder: Path, digest: str) -> Book:
    markets, calendar, timezone = _markets(root)
    as_of, spot = root.instant("as_of"), root.number("spot", low=1e-9)
    vol = root.number("vol", low=1, high=1000)
    closes = _closes(root)
    parts: dict[str, list[Listed]] = {v: [] for v in VENUES}
    lines: list[Provenance] = []
    for kind, reader in (("cluster", _cluster), ("option", _option), ("chain", _chain)):
        for i, item in enumerate(_tables(root, kind)):
            entry = Entry(f"[[{kind}]] no. {i + 1}", item)
            venue, listed = reader(entry, markets, as_of, spot, folder)
            parts[venue].append(listed)
            lines.append(Provenance(entry.text("name"), *entry.provenance()))
            entry.done()
    cap, notes = _notes(root, markets["etf"], as_of, closes)
    for key in ("rates", "etf", "crypto", "closes", "note_cap"):
        if key in root.data:
            lines.append(Provenance(key, root.data[key]["status"], root.data[key]["source"]))
    lines += [Provenance(n.name, n.status, n.source) for n in notes]
    sign = _signs(root)
    title = root.text("title")
    day = root.day("day") if "day" in root.data else None
    root.done()
    return Book(
        title=title,
        as_of=as_of,
        spot=spot,
        vol=vol,
        markets=markets,
        etf=Listed.join(parts["etf"]),
        crypto=Listed.join(parts["crypto"]),
        notes=notes,
        closes=closes,
        sign=sign,
        note_cap_usd_m=cap,
        calendar=calendar,
        timezone=timezone,
        provenance=tuple(lines),
        sha256=digest,
        day=day,
    )


def _tables(root: Entry, key: str) -> list[Any]:
    x = root._get(key, [])
    if not isinstance(x, list):
        raise DataError(f"book, {key}: must be a list of tables.", f"Write [[{key}]].")
    return x


def _closes(root: Entry) -> dict[date, float]:
    table = Entry("[closes]", root._get("closes", {"status": "fact", "source": "none", "etf": {}}))
    table.provenance()
    prices = table._get("etf", ...)
    table.done()
    out = {}
    for day, price in prices.items():
        try:
            key = date.fromisoformat(day)
        except ValueError as err:
            raise DataError(f"[closes.etf], {day!r}: not a date.", "Write the day as 2026-02-03.") from err
        if isinstance(price, bool) or not isinstance(price, int | float) or not price > 0:
            raise DataError(
                f"[closes.etf], {day}: {price!r} is not a price.", "Write the ETF's close in USD."
            )
        out[key] = float(price)
    return out


def _signs(root: Entry) -> dict[str, SignPrior]:
    table = Entry("[sign]", root._get("sign", {}))
    out = {}
    for venue in VENUES:
        entry = Entry(f"[sign.{venue}]", table._get(venue, {}))
        prior = SignPrior(entry.number("mean", 0.0), entry.number("sd", 0.5))
        if "put_volume" in entry.data:
            prior = prior.moved_by_volume(entry.number("put_volume"), entry.number("call_volume"))
        if "puts_bought" in entry.data:
            prior = prior.moved_by_flow(entry.number("puts_bought"), entry.number("puts_sold"))
        if entry.data:
            entry.provenance()
        entry.done()
        out[venue] = prior
    table.done()
    return out


def _venue(entry: Entry) -> str:
    return entry.text("venue", choices=VENUES)


def _dealer(entry: Entry) -> float:
    return {"short": -1.0, "long": 1.0}[entry.text("dealer", choices=("short", "long"))]


def _line(
    entry: Entry, market: Market, as_of: datetime, strikes: list[float], contracts: np.ndarray
) -> Listed:
    n = len(strikes)
    years = np.full(n, market.years_to(entry.day("expiry"), as_of))
    iv = entry.numbers("iv_pct", low=1.0) if isinstance(entry.data.get("iv_pct"), list) else None
    vols = np.array(iv) if iv is not None else np.full(n, entry.number("iv_pct", low=1, high=1000))
    if vols.size != n:
        raise DataError(
            f"{entry.where}, iv_pct: {vols.size} values for {n} strikes.", "Give one per strike, or one."
        )
    shown = np.array(strikes)
    return Listed(
        strike=shown / market.units_per_quote,
        years=years,
        iv=vols / PERCENT,
        quantity=contracts * market.units_per_contract,
        dealer=np.full(n, _dealer(entry)),
        call=np.full(n, entry.text("kind", choices=("put", "call")) == "call"),
        discount=market.discount(years),
        forward_ratio=market.forward_ratio(years),
        low=np.ones(n),
        high=np.ones(n),
        shown_strike=shown,
    )


def _option(entry: Entry, markets, as_of, _spot, _folder) -> tuple[str, Listed]:
    venue = _venue(entry)
    lo, mid, hi = entry.triple("contracts")
    line = _line(entry, markets[venue], as_of, [entry.number("strike", low=1e-9)], np.array([mid]))
    ends = (lo / mid, hi / mid) if mid > 0 else (1.0, 1.0)
    return venue, replace(line, low=np.array([ends[0]]), high=np.array([ends[1]]))


def _cluster(entry: Entry, markets, as_of, _spot, _folder) -> tuple[str, Listed]:
    """Strikes whose joint gamma at a stated spot is known; contracts follow from it."""
    venue = _venue(entry)
    market = markets[venue]
    strikes = entry.numbers("strikes", low=1e-9)
    weights = np.array(entry.numbers("weights", [1.0] * len(strikes), low=0.0))
    if weights.size != len(strikes) or weights.sum() <= 0:
        raise DataError(f"{entry.where}, weights: need one per strike, not all zero.", "Correct weights.")
    at = entry.number("at_spot", low=1e-9)
    unit = entry.text("gamma_unit", choices=GAMMA_UNITS)
    lo, mid, hi = entry.triple("gamma")
    if mid <= 0:
        raise DataError(f"{entry.where}, gamma: mid must be above zero.", "Leave the cluster out instead.")
    line = _line(entry, market, as_of, strikes, weights)
    per_usd = float(np.sum(line.quantity * line.greeks(at).gamma))
    # hedge units per 1 % move at that spot
    per_pct = mid * (market.units_per_quote if unit == "shares_per_pct" else USD_PER_MN / at)
    factor = per_pct / (per_usd * at / PERCENT)
    n = len(strikes)
    return venue, replace(
        line, quantity=line.quantity * factor, low=np.full(n, lo / mid), high=np.full(n, hi / mid)
    )


def _chain(entry: Entry, markets, as_of, spot, folder) -> tuple[str, Listed]:
    path = folder / entry.text("file")
    share = spot * markets["etf"].units_per_quote
    drop = entry.text("bad_iv", "refuse", choices=("refuse", "drop")) == "drop"
    chain = read_chain(path, markets["etf"], as_of, share, drop)
    venue = "crypto" if chain.layout == "exchange" else "etf"
    if chain.as_of.timestamp() > as_of.timestamp() + 1:
        raise DataError(
            f"{entry.where}, file: quoted at {chain.as_of}, after the book's as_of.", "Use an earlier chain."
        )
    level = chain.spot / markets[venue].units_per_quote
    return venue, to_listed(chain, markets[venue], level, entry.text("dealer", "naive"))


def _notes(
    root: Entry, market: Market, as_of: datetime, closes: dict[date, float]
) -> tuple[float, tuple[Note, ...]]:
    items = _tables(root, "note")
    cap = Entry("[note_cap]", root._get("note_cap", {"usd_m": 0.0, "status": "fact", "source": "no notes"}))
    total = cap.number("usd_m", low=0)
    cap.provenance()
    cap.done()
    notes = tuple(
        _note(Entry(f"[[note]] no. {i + 1}", item), market, as_of, closes) for i, item in enumerate(items)
    )
    highest = sum(n.notional_usd_m[2] for n in notes)
    if highest > total * (1 + 1e-9):
        raise DataError(
            f"[[note]]: the high notionals add up to {highest:,.0f} USD m, above the bound of {total:,.0f}.",
            "Lower the ranges, or document a higher [note_cap].",
        )
    return total, notes


def _note(entry: Entry, market: Market, as_of: datetime, closes: dict[date, float]) -> Note:
    u = market.units_per_quote
    shown = entry.number("barrier", low=1e-9)
    years = market.years_to(entry.day("expiry"), as_of)
    monitoring = entry.text("monitoring", choices=RULES)
    dates = tuple(entry._get("dates", []))
    left = [d for d in dates if d > as_of.date()]
    note = Note(
        name=entry.text("name"),
        strike=entry.number("strike", low=1e-9) / u,
        barrier=shown / u,
        years=years,
        iv=entry.number("iv_pct", low=1, high=500) / PERCENT,
        notional_usd_m=entry.triple("notional_usd_m"),
        monitoring=monitoring,
        rate=market.rate_pct / PERCENT,
        carry=market.carry_pct / PERCENT,
        issued=entry.day("issued"),
        shown_barrier=shown,
        width_pct=entry.number("width_pct", 1.0, low=1e-6),
        dates=dates,
        spacing_days=years * DAYS_PER_YEAR / len(left) if left else 1.0,
        status=entry.provenance()[0],
        source=entry.provenance()[1],
    )
    entry.done()
    return replace(note, knocked_on=first_breach(note, closes, as_of.date()))
