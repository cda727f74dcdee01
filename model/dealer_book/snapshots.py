"""Which rows of a chain's file belong together: one underlying, one snapshot, contracts still alive in it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from model.dealer_book.cells import cell_error
from model.dealer_book.markets import Market
from model.errors import DataError

SNAPSHOT_S = 3600.0
"""An instrument whose last row is older than the newest by more stands in an earlier snapshot only."""
INSTRUMENT = r"^(?P<root>[A-Z0-9_]+)-(?P<day>\d{1,2}[A-Z]{3}\d{2})-(?P<strike>\d+(?:d\d+)?)-(?P<side>[CP])$"


class Choice(NamedTuple):
    """Rows to keep and how many were left out, by reason."""

    keep: np.ndarray
    expired: int
    earlier: int
    later: int


def one_underlying(column: str, roots: pd.Series, wanted: str | None) -> np.ndarray:
    """Rows of the wanted underlying; without one named, a file of two is refused. Shape: (n,)."""
    found = list(dict.fromkeys(roots))
    if wanted is not None and wanted not in found:
        raise DataError(
            f"Column {column}: no option on {wanted!r} (the file has {', '.join(map(str, found[:8]))}).",
            "Name another underlying.",
        )
    if wanted is None and len(found) > 1:
        counts = ", ".join(f"{r} ({int((roots == r).sum())} rows)" for r in found[:8])
        raise DataError(
            f"Column {column}: options on several underlyings: {counts}.",
            f'Name the one to read: --underlying {found[0]} (in a book, underlying = "{found[0]}").',
        )
    return (roots == (found[0] if wanted is None else wanted)).to_numpy()


def check_names(frame: pd.DataFrame, parts: pd.DataFrame, strike: np.ndarray, expiry_s: np.ndarray) -> None:
    """An instrument's own name against its row, where the name says it: strike, side and day of expiry."""
    named = parts["day"].notna().to_numpy()
    told = pd.to_numeric(parts["strike"].str.replace("d", "."), errors="coerce").to_numpy(float)
    off = named & (np.abs(told - strike) > 1e-6 * strike)
    cell_error(frame, "strike", off, "the strike in instrument_name", "Correct one of the two.")
    side = frame["option_type"].str.strip().str.upper().to_numpy()
    off = named & (parts["side"].to_numpy() != side)
    cell_error(frame, "option_type", off, "that of instrument_name", "Correct one of the two.")
    day = pd.to_datetime(parts["day"], format="%d%b%y", errors="coerce", utc=True)
    gap = np.abs(expiry_s - (day - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds().to_numpy(float))
    off = named & ~(gap <= 36 * 3600.0)
    cell_error(frame, "expiry", off, "the expiry in instrument_name", "Correct one of the two.")


def choose(
    names: pd.Series, quote_s: np.ndarray, expiry_s: np.ndarray, until_s: float | None, every: bool
) -> Choice:
    """Each instrument's row in the newest snapshot.

    Parameters
    ----------
    names : Series
        Shape: (n,).
    quote_s, expiry_s : ndarray
        Seconds since the epoch. Shape: (n,).
    until_s : float, optional
        Only snapshots taken by then; contracts that have expired by then are left out.
    every : bool
        Keep all snapshots.

    Raises
    ------
    DataError
        If no snapshot was taken by then, or the newest holds less than half of what was alive.
    """
    known = np.ones(len(quote_s), bool) if until_s is None else quote_s <= until_s + 1.0
    if not known.any():
        first = pd.Timestamp(quote_s.min(), unit="s", tz="UTC")
        raise DataError(
            f"The chain was first quoted at {first:%Y-%m-%d %H:%M:%S} UTC, after the time asked for.",
            "Use an earlier chain, or a later time (as_of).",
        )
    if every:
        return Choice(known, 0, 0, int((~known).sum()))
    newest = quote_s[known].max()
    last = pd.Series(np.where(known, quote_s, -np.inf)).groupby(names.to_numpy()).transform("max").to_numpy()
    mine = known & (quote_s == last)
    dead = mine & (expiry_s <= max(newest, until_s or newest)) & (quote_s < expiry_s)
    old = mine & ~dead & (quote_s < newest - SNAPSHOT_S)
    alive = int((mine & ~dead).sum())
    if alive and old.sum() > alive / 2:
        raise DataError(
            f"The newest snapshot ({pd.Timestamp(newest, unit='s', tz='UTC'):%Y-%m-%d %H:%M} UTC) holds "
            f"{alive - int(old.sum())} of {alive} options that are still alive.",
            "It may be cut off: complete it, or ask for an earlier time (--as-of; in a book, its as_of).",
        )
    return Choice(mine & ~dead & ~old, int(dead.sum()), int(old.sum()), int((~known).sum()))


def occ_expiry(frame: pd.DataFrame, parts: pd.DataFrame, market: Market) -> np.ndarray:
    """Expiry of each contract on the exchange's clock, seconds since the epoch. Shape: (n,)."""
    day = pd.to_datetime(parts["day"], format="%y%m%d", errors="coerce")
    cell_error(
        frame, "contractSymbol", day.isna().to_numpy(), "a symbol with a calendar day", "Correct the symbol."
    )
    clock = pd.Timedelta(hours=market.expiry_time.hour, minutes=market.expiry_time.minute)
    end = (day + clock).dt.tz_localize(market.timezone.key).dt.tz_convert("UTC")
    return (end - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds().to_numpy(float)
