"""Option chains from CSV files: an exchange snapshot with forwards, or an OCC/Yahoo-style ETF chain.

Two layouts, recognised by their columns:

``exchange``  instrument_name, expiry, strike, option_type, underlying, index_price, mark_iv, open_interest,
              quote_timestamp; optionally delta, gamma, vega (used only by the check against our own).
``occ``       contractSymbol (root, yymmdd, C/P, strike x 1000), strike, openInterest, impliedVolatility;
              the ETF's price comes from the book.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from model.dealer_book.cells import IV_UNITS, cell_error, numbers, read_cells, seconds, volatilities
from model.dealer_book.listed import Listed
from model.dealer_book.markets import Market, years_between
from model.dealer_book.snapshots import INSTRUMENT, check_names, choose, occ_expiry, one_underlying
from model.errors import DataError
from model.units import PERCENT

EXCHANGE = (
    "instrument_name",
    "expiry",
    "strike",
    "option_type",
    "underlying",
    "index_price",
    "mark_iv",
    "open_interest",
    "quote_timestamp",
)
OCC = ("contractSymbol", "strike", "openInterest", "impliedVolatility")
SYMBOL = r"^(?P<root>[A-Z0-9.]{1,6}?)(?P<day>\d{6})(?P<side>[CP])(?P<strike>\d{8})$"
CONVENTIONS = ("naive", "short", "long")


@dataclass(frozen=True)
class Chain:
    """A validated chain. Every array has ``Shape: (n,)``.

    ``strike`` and ``forward`` as quoted (USD), ``iv`` a fraction, ``contracts`` open, ``expiry_s`` and
    ``quote_s`` seconds since the epoch, ``call`` bool, ``row`` the line of the file, ``spot`` the venue's
    own spot (USD). ``dropped`` rows had no usable volatility; ``left_out`` says what else was not read, and why.
    """

    layout: str
    strike: np.ndarray
    forward: np.ndarray
    iv: np.ndarray
    contracts: np.ndarray
    expiry_s: np.ndarray
    quote_s: np.ndarray
    call: np.ndarray
    row: np.ndarray
    spot: float
    as_of: datetime
    dropped: int
    frame: pd.DataFrame
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.strike.size)

    @property
    def atm_vol(self) -> float:
        """Open-interest weighted volatility within 5 % of the money: the chain's own vol index, points."""
        near = np.abs(np.log(self.strike / self.forward)) < 0.05
        pick = near if self.contracts[near].sum() > 0 else np.ones(len(self), bool)
        weight = self.contracts[pick] if self.contracts[pick].sum() > 0 else np.ones(int(pick.sum()))
        return float(PERCENT * np.average(self.iv[pick], weights=weight))


def layout_of(columns) -> str:
    """``exchange`` or ``occ``, by the columns present."""
    have = set(columns)
    for name, needed in (("exchange", EXCHANGE), ("occ", OCC)):
        if set(needed) <= have:
            return name
    nearest = EXCHANGE if "instrument_name" in have else OCC
    missing = [c for c in nearest if c not in have]
    raise DataError(
        f"Row 1, column {missing[0]}: the chain has no such column.",
        f"An exchange snapshot needs {', '.join(EXCHANGE)}; an ETF chain needs {', '.join(OCC)}.",
    )


def read_chain(
    path: str | Path,
    market: Market,
    as_of: datetime | None = None,
    spot: float | None = None,
    drop_bad_iv: bool = False,
    all_snapshots: bool = False,
    underlying: str | None = None,
    iv_unit: str | None = None,
    drop_expired: bool = False,
) -> Chain:
    """Read and validate a chain.

    Parameters
    ----------
    path : str or Path
    market : Market
        Expiry clock of the venue.
    as_of : datetime, optional
        Time of the open interest; an ETF chain has no time stamp of its own, of an exchange's chain the newest
        snapshot by then is read.
    spot : float, optional
        The ETF's price for an ``occ`` chain, USD a share.
    drop_bad_iv : bool
        Leave out rows without a usable volatility instead of refusing the file; the number is kept.
    all_snapshots : bool
        Keep every time stamp of an instrument instead of the newest snapshot.
    underlying : str, optional
        Root of the instruments to read; needed where the file has several.
    iv_unit : str, optional
        ``percent`` or ``fraction`` where the file departs from its layout.
    drop_expired : bool
        Leave out contracts that had expired when they were quoted, instead of refusing the file.

    Raises
    ------
    DataError
        A missing column, a cell that is not a number, an impossible value, an expired contract, rows of two
        underlyings.
    """
    frame = read_cells(path)
    layout = layout_of(frame.columns)
    if iv_unit not in (None, *IV_UNITS):
        raise DataError(f"Unit of volatility {iv_unit!r} is unknown.", f"Use {' or '.join(IV_UNITS)}.")
    how = _How(drop_bad_iv, all_snapshots, underlying, iv_unit, drop_expired)
    if layout == "exchange":
        return _exchange(frame, as_of, how)
    return _occ(frame, market, as_of, spot, how)


class _How(NamedTuple):
    """What the user lets pass."""

    drop_bad_iv: bool
    all_snapshots: bool
    underlying: str | None
    iv_unit: str | None
    drop_expired: bool


def to_listed(chain: Chain, market: Market, spot: float, convention: str = "naive") -> Listed:
    """The chain as an inventory in units of the underlying.

    Parameters
    ----------
    spot : float
        The underlying's price, USD, when the chain was read.
    convention : str
        Dealers' holding at s = +1: ``naive`` (long calls, short puts), ``short`` or ``long`` (everything).
    """
    if convention not in CONVENTIONS:
        raise DataError(f"Convention {convention!r} is unknown.", f"Use one of {', '.join(CONVENTIONS)}.")
    held = chain.contracts > 0
    years = years_between(chain.expiry_s, chain.quote_s, market.clock_rounding_s)
    dealer = {
        "naive": np.where(chain.call, 1.0, -1.0),
        "short": -np.ones(len(chain)),
        "long": np.ones(len(chain)),
    }
    columns = {
        "strike": chain.strike / market.units_per_quote,
        "years": years,
        "iv": chain.iv,
        "quantity": chain.contracts * market.units_per_contract,
        "dealer": dealer[convention],
        "call": chain.call,
        "discount": market.discount(years),
        "forward_ratio": chain.forward / market.units_per_quote / spot,
        "low": np.ones(len(chain)),
        "high": np.ones(len(chain)),
        "shown_strike": chain.strike,
    }
    return Listed(**{k: v[held] for k, v in columns.items()})


def _finish(layout, frame, arrays, spot, bad, dropped: int, how: _How, left_out: tuple[str, ...]) -> Chain:
    late = arrays["expiry_s"] <= arrays["quote_s"]
    name = "expiry" if layout == "exchange" else "contractSymbol"
    if not how.drop_expired:
        cell_error(
            frame,
            name,
            late & ~bad,
            "after the time of the chain",
            "Delete expired contracts, correct the date, or ask to leave them out (--drop-expired; in a book, "
            'expired = "drop").',
        )
    elif late.any():
        left_out += (f"{int(late.sum())} expired when quoted",)
    keep = ~bad & ~late
    if not keep.any():
        raise DataError("No option of the chain has an implied volatility.", "Supply a quoted chain.")
    kept = {k: v[keep] for k, v in arrays.items()}
    as_of = datetime.fromtimestamp(float(kept["quote_s"].max()), tz=UTC)
    return Chain(
        layout=layout,
        spot=spot,
        as_of=as_of,
        dropped=dropped,
        row=np.asarray(frame.index[keep]) + 2,
        frame=frame[keep],
        left_out=left_out,
        **kept,
    )


def _others(mine: np.ndarray) -> tuple[str, ...]:
    return () if mine.all() else (f"{int((~mine).sum())} on another underlying",)


def _exchange(frame: pd.DataFrame, as_of: datetime | None, how: _How) -> Chain:
    side = frame["option_type"].str.strip().str.upper()
    cell_error(frame, "option_type", ~side.isin(["C", "P"]).to_numpy(), "C or P", "Write C or P.")
    parts = frame["instrument_name"].str.strip().str.extract(INSTRUMENT)
    roots = parts["root"].fillna(frame["instrument_name"].str.split("-").str[0])
    mine = one_underlying("instrument_name", roots, how.underlying)
    said = _others(mine)
    frame, parts = frame[mine], parts[mine]
    strike, expiry_s, quote_s = (
        numbers(frame, "strike", 0.0),
        seconds(frame, "expiry"),
        seconds(frame, "quote_timestamp"),
    )
    check_names(frame, parts, strike, expiry_s)
    if not how.all_snapshots:
        same = pd.DataFrame({"n": frame["instrument_name"].to_numpy(), "t": quote_s}).duplicated().to_numpy()
        cell_error(frame, "instrument_name", same, "unique at its time stamp", "Delete the duplicate row.")
    until = None if as_of is None else as_of.timestamp()
    choice = choose(frame["instrument_name"], quote_s, expiry_s, until, how.all_snapshots)
    strike, expiry_s, quote_s = (x[choice.keep] for x in (strike, expiry_s, quote_s))
    frame = frame[choice.keep]
    for count, what in (
        (choice.expired, "expired since an earlier snapshot"),
        (choice.earlier, "in an earlier snapshot only"),
        (choice.later, "quoted after the time asked for"),
    ):
        said += (f"{count} {what}",) if count else ()
    index = numbers(frame, "index_price", 0.0)
    contracts = numbers(frame, "open_interest", 0.0, strict=False)
    scale = IV_UNITS[how.iv_unit or "percent"]
    iv, bad = volatilities(frame, "mark_iv", scale, how.drop_bad_iv, contracts > 0)
    arrays = {
        "strike": strike,
        "forward": numbers(frame, "underlying", 0.0),
        "iv": iv,
        "contracts": contracts,
        "expiry_s": expiry_s,
        "quote_s": quote_s,
        "call": (frame["option_type"].str.strip().str.upper() == "C").to_numpy(),
    }
    off = np.abs(np.log(arrays["forward"] / index)) > 0.5
    cell_error(frame, "underlying", off, "within 50 % of index_price", "Check the unit of the forward.")
    held_bad = int((bad & (contracts > 0)).sum())
    return _finish("exchange", frame, arrays, float(np.median(index)), bad, held_bad, how, said)


def _occ(frame: pd.DataFrame, market: Market, as_of, spot, how: _How) -> Chain:
    if as_of is None or spot is None:
        raise DataError(
            "An ETF chain carries neither its time nor the ETF's price.",
            "Supply --as-of and --spot, or a book file.",
        )
    parts = frame["contractSymbol"].str.strip().str.extract(SYMBOL)
    rule = "an OCC symbol (root, yymmdd, C or P, strike x 1000)"
    cell_error(frame, "contractSymbol", parts["day"].isna().to_numpy(), rule, "Use the OCC symbol.")
    mine = one_underlying("contractSymbol", parts["root"], how.underlying)
    said = _others(mine)
    frame, parts = frame[mine], parts[mine]
    cell_error(
        frame,
        "contractSymbol",
        frame["contractSymbol"].duplicated().to_numpy(),
        "unique",
        "Delete the duplicate; of a file with several snapshots keep one.",
    )
    strike = numbers(frame, "strike", 0.0)
    wrong = np.abs(parts["strike"].astype(float).to_numpy() / 1000 - strike) > 5e-4
    cell_error(frame, "strike", wrong, "the strike in contractSymbol", "Correct one of the two.")
    expiry_s = occ_expiry(frame, parts, market)
    # Half the lowest to twice the highest strike: the underlying's price given for the share's is far outside.
    if not 0.5 * strike.min() <= spot <= 2.0 * strike.max():
        raise DataError(
            f"The ETF's price of {spot:,.4g} is far from the strikes, {strike.min():g} to {strike.max():g}.",
            "Give the underlying's price as --spot and the ETF's, if not units per share x spot, as --share-price.",
        )
    contracts = numbers(frame, "openInterest", 0.0, strict=False, blank=0.0)
    quote_s = np.full(len(frame), as_of.timestamp())
    held = contracts > 0
    scale = IV_UNITS[how.iv_unit or "fraction"]
    iv, bad = volatilities(frame, "impliedVolatility", scale, how.drop_bad_iv, held)
    years = np.maximum(years_between(expiry_s, quote_s), 0.0)
    arrays = {
        "strike": strike,
        "forward": spot * market.forward_ratio(years),
        "iv": iv,
        "contracts": contracts,
        "expiry_s": expiry_s,
        "quote_s": quote_s,
        "call": (parts["side"] == "C").to_numpy(),
    }
    return _finish("occ", frame, arrays, spot, bad | ~held, int((bad & held).sum()), how, said)
