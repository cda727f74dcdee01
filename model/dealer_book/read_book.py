"""Reading a dealer book from its file, or making one of an option chain."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path

from model.dealer_book.book import Book, Provenance
from model.dealer_book.chains import Chain, read_chain, to_listed
from model.dealer_book.entries import LONG, chain_entry, cluster_entry, note_entries, option_entry
from model.dealer_book.listed import Listed
from model.dealer_book.markets import VENUES, Market, read_market
from model.dealer_book.sign import SignPrior
from model.dealer_book.tables import provenance
from model.names import inside
from model.store import PROJECT
from model.toml_table import Table, read_toml

BOOKS = PROJECT / "data" / "books"
ENTRIES = ("cluster", "option", "chain", "note")
"""Tables of a book, each with a status of its own."""
SOON = 10
"""Days after `as_of` that a book is for, and before it that a close is of any use."""


def load_book(path: str | Path, without: tuple[str, ...] = ()) -> Book:
    """Read and validate a book file with its includes.

    Parameters
    ----------
    path : str or Path
    without : tuple of str
        Entries of these statuses are left out, e.g. ``("seed",)``.

    Raises
    ------
    DataError
        Naming the table and key, e.g. ``[[note]] no. 2, barrier: ...``.
    """
    file = Path(path)
    root, raw = _read(file)
    if without:
        for kind in (k for k in ENTRIES if k in root.data):
            root.data[kind] = [e.data for e in root.tables(kind) if e.data.get("status") not in without]
        raw += repr(without).encode()
    return _build(root, file.parent, hashlib.sha256(raw).hexdigest())


def book_from_chain(
    chain_path: str | Path,
    conventions_path: str | Path,
    convention: str = "naive",
    as_of: datetime | None = None,
    spot: float | None = None,
    share_price: float | None = None,
    drop_bad_iv: bool = False,
    underlying: str | None = None,
    iv_unit: str | None = None,
    drop_expired: bool = False,
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
    drop_bad_iv, underlying, iv_unit, drop_expired
        See ``read_chain``.
    """
    root, raw = _read(Path(conventions_path))
    markets, calendar, timezone = _markets(root)
    if share_price is None and spot is not None:
        share_price = spot * markets["etf"].units_per_quote
    chain = read_chain(
        chain_path,
        markets["etf"],
        as_of,
        share_price,
        drop_bad_iv,
        underlying=underlying,
        iv_unit=iv_unit,
        drop_expired=drop_expired,
    )
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


def _read(file: Path, parents: tuple[Path, ...] = ()) -> tuple[Table, bytes]:
    """A book file with the tables of the files it includes, and all their text."""
    root, chain = read_toml(file), (*parents, file.resolve())
    raw = root.source.text.encode()
    parts = []
    names = root.get("include", tuple[str, ...], ())
    root.misspelt("include")
    for name in names:
        inside(file.parent / name, file.parent, BOOKS, what=root.place("include"))
        if (file.parent / name).resolve() in chain:
            root.refuse("include", f"{name} includes itself", "Leave this include out.")
        part, text = _read(file.parent / name, chain)
        parts.append(part)
        raw += text
    for part in reversed(parts):
        root.include(part)
    return root, raw


def _markets(root: Table) -> tuple[dict[str, Market], str, str]:
    rates = root.table("rates", required=True)
    rates.number("usd_pct")
    provenance(rates)
    rates.done()
    out = {}
    for venue in VENUES:
        table = root.table(venue, required=True)
        if venue == "etf":
            calendar = table.text("calendar")
        out[venue] = read_market(venue, table, rates)
        table.done()
    return out, calendar, out["etf"].timezone.key


def _build(root: Table, folder: Path, digest: str) -> Book:
    markets, calendar, timezone = _markets(root)
    as_of, spot = root.instant("as_of"), root.number("spot", low=1e-9)
    vol = root.number("vol", low=1, high=1000)
    closes = _closes(root, as_of.date())
    parts: dict[str, list[Listed]] = {v: [] for v in VENUES}
    lines: list[Provenance] = []
    for kind, reader in (("cluster", cluster_entry), ("option", option_entry), ("chain", chain_entry)):
        for entry in root.tables(kind, []):
            venue, listed = reader(entry, markets, as_of, spot, folder)
            parts[venue].append(listed)
            lines.append(Provenance(entry.text("name"), *provenance(entry)))
            entry.done()
    cap, notes = note_entries(root, markets["etf"], as_of, closes)
    for key in ("rates", "etf", "crypto", "closes", "note_cap"):
        if key in root.data:
            lines.append(Provenance(key, *provenance(root.table(key))))
    lines += [Provenance(n.name, n.status, n.source) for n in notes]
    sign, flow, stated = _signs(root)
    lines += stated
    title = root.text("title")
    day = _day(root, as_of)
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
        flow=flow,
    )


def _day(root: Table, as_of: datetime) -> date | None:
    """The day whose demand the book gives: the one it was written down for."""
    day: date | None = root.day("day", None)
    if day is not None and not 0 <= (day - as_of.date()).days <= SOON:
        root.refuse("day", f"{day} is not soon after as_of, {as_of.date()}", "Correct one of the two.")
    return day


def _closes(root: Table, last: date) -> dict[date, float]:
    table = root.table("closes")
    if not table.data:
        return {}
    provenance(table)
    prices = table.table("etf", required=True)
    table.done()
    out = {}
    for day in prices.data:
        try:
            out[date.fromisoformat(day)] = prices.number(day, low=1e-9)
        except ValueError:
            prices.refuse(day, "is not a date", "Write the day as 2026-02-03.")
    wrong = next((d for d in out if not 0 <= (last - d).days <= LONG), None)
    if wrong is not None:
        prices.refuse(str(wrong), f"is not within the ten years before as_of, {last}", "Correct the date.")
    return dict(sorted(out.items()))  # the order of the lines says nothing


def _signs(root: Table) -> tuple[dict[str, SignPrior], tuple[str, ...], list[Provenance]]:
    """Belief about each venue's sign, the venues whose belief flow has moved, and where the beliefs come from."""
    table = root.table("sign")
    out, flow, lines = {}, [], []
    for venue in VENUES:
        entry = table.table(venue)
        stated = prior = SignPrior(entry.number("mean", 0.0), entry.number("sd", 0.5))
        if "put_volume" in entry.data:
            prior = prior.moved_by_volume(entry.number("put_volume"), entry.number("call_volume"))
        if "puts_bought" in entry.data:
            prior = prior.moved_by_flow(entry.number("puts_bought"), entry.number("puts_sold"))
        if entry.data:
            lines.append(Provenance(f"sign of {venue} dealers", *provenance(entry)))
        entry.done()
        out[venue] = prior
        if prior is not stated:
            flow.append(venue)
    table.done()
    return out, tuple(flow), lines
