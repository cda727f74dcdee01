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

import numpy as np
import pandas as pd

from model.dealer_book.instants import instants
from model.dealer_book.listed import Listed
from model.dealer_book.markets import Market, years_between
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
PLACEHOLDER_IV = 1e-3  # Yahoo writes 1e-5 where nothing was quoted
MAX_IV = 10.0


@dataclass(frozen=True)
class Chain:
    """A validated chain. Every array has ``Shape: (n,)``.

    ``strike`` and ``forward`` as quoted (USD), ``iv`` a fraction, ``contracts`` open, ``expiry_s`` and
    ``quote_s`` seconds since the epoch, ``call`` bool, ``row`` the line of the file, ``spot`` the venue's
    own spot (USD).
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
) -> Chain:
    """Read and validate a chain.

    Parameters
    ----------
    path : str or Path
    market : Market
        Expiry clock of the venue.
    as_of : datetime, optional
        Time of the open interest; an ETF chain has no time stamp of its own.
    spot : float, optional
        The ETF's price for an ``occ`` chain, USD a share.
    drop_bad_iv : bool
        Leave out rows with a placeholder volatility instead of refusing the file; the number is kept.
    all_snapshots : bool
        Keep every time stamp of an instrument instead of the last.

    Raises
    ------
    DataError
        A missing column, a cell that is not a number, an impossible value, an expired contract.
    """
    frame = _read(path)
    layout = layout_of(frame.columns)
    if layout == "exchange":
        return _exchange(frame, drop_bad_iv, all_snapshots)
    return _occ(frame, market, as_of, spot, drop_bad_iv)


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


def _read(path: str | Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError as err:
        raise DataError(f"No chain at {path}.", "Check the path.") from err
    except OSError as err:
        raise DataError(f"{path} cannot be read: {err.strerror}.", "Name a CSV file.") from err
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as err:
        raise DataError(
            f"{path} is not a CSV table: {err}.", "Save the chain as comma-separated text."
        ) from err
    if frame.empty:
        raise DataError(f"{path} has a header and no rows.", "Supply at least one option.")
    return frame


def _cell_error(frame: pd.DataFrame, column: str, bad: np.ndarray, rule: str, remedy: str) -> None:
    if bad.any():
        i = int(np.flatnonzero(bad)[0])
        value = frame[column].iloc[i]
        raise DataError(
            f"Row {i + 2}, column {column}: {value!r} is not {rule} ({int(bad.sum())} such rows).", remedy
        )


def _numbers(frame: pd.DataFrame, column: str, low: float, strict: bool = True, blank: float | None = None):
    text = frame[column].str.strip()
    if blank is not None:
        text = text.where(~text.str.lower().isin(["", "nan"]), str(blank))
    x = pd.to_numeric(text, errors="coerce").to_numpy(float)
    _cell_error(
        frame, column, ~np.isfinite(x), "a number", f"Write a plain number in {column} or delete the row."
    )
    rule = f"{'above' if strict else 'at least'} {low:g}"
    _cell_error(frame, column, x <= low if strict else x < low, rule, f"Correct {column} or delete the row.")
    return x


def _seconds(frame: pd.DataFrame, column: str) -> np.ndarray:
    t = instants(frame[column])
    _cell_error(
        frame,
        column,
        t.isna().to_numpy(),
        "a time with offset",
        "Write ISO 8601, e.g. 2026-02-06 08:00:00+00:00.",
    )
    return (t - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds().to_numpy(float)


def _vols(frame: pd.DataFrame, column: str, scale: float, drop: bool) -> tuple[np.ndarray, np.ndarray]:
    iv = _numbers(frame, column, 0.0, strict=False) / scale
    placeholder = iv < PLACEHOLDER_IV
    remedy = f"Fill {column}, delete the row, or ask to leave out such rows (--drop-bad-iv)."
    if not drop:
        _cell_error(frame, column, placeholder, "an implied volatility", remedy)
    _cell_error(frame, column, iv > MAX_IV, "a volatility under 1,000 %", f"Check the unit of {column}.")
    return iv, placeholder


def _finish(layout, frame, arrays, spot, drop_mask, dropped: int) -> Chain:
    late = arrays["expiry_s"] <= arrays["quote_s"]
    name = "expiry" if layout == "exchange" else "contractSymbol"
    _cell_error(
        frame,
        name,
        late & ~drop_mask,
        "after the time of the chain",
        "Delete expired contracts or correct the date.",
    )
    keep = ~drop_mask
    if not keep.any():
        raise DataError("No option of the chain has an implied volatility.", "Supply a quoted chain.")
    kept = {k: v[keep] for k, v in arrays.items()}
    as_of = datetime.fromtimestamp(float(kept["quote_s"].max()), tz=UTC)
    return Chain(
        layout=layout,
        spot=spot,
        as_of=as_of,
        dropped=dropped,
        row=np.flatnonzero(keep) + 2,
        frame=frame[keep],
        **kept,
    )


def _exchange(frame: pd.DataFrame, drop: bool, all_snapshots: bool) -> Chain:
    side = frame["option_type"].str.strip().str.upper()
    _cell_error(frame, "option_type", ~side.isin(["C", "P"]).to_numpy(), "C or P", "Write C or P.")
    index = _numbers(frame, "index_price", 0.0)
    iv, bad = _vols(frame, "mark_iv", PERCENT, drop)
    arrays = {
        "strike": _numbers(frame, "strike", 0.0),
        "forward": _numbers(frame, "underlying", 0.0),
        "iv": iv,
        "contracts": _numbers(frame, "open_interest", 0.0, strict=False),
        "expiry_s": _seconds(frame, "expiry"),
        "quote_s": _seconds(frame, "quote_timestamp"),
        "call": (side == "C").to_numpy(),
    }
    off = np.abs(np.log(arrays["forward"] / index)) > 0.5
    _cell_error(frame, "underlying", off, "within 50 % of index_price", "Check the unit of the forward.")
    if not all_snapshots:
        order = (
            pd.Series(arrays["quote_s"])
            .groupby(frame["instrument_name"].to_numpy())
            .transform("max")
            .to_numpy()
        )
        same = pd.DataFrame({"n": frame["instrument_name"], "t": arrays["quote_s"]}).duplicated().to_numpy()
        _cell_error(frame, "instrument_name", same, "unique at its time stamp", "Delete the duplicate row.")
        last = arrays["quote_s"] == order
        frame, index, bad = frame[last], index[last], bad[last]
        arrays = {k: v[last] for k, v in arrays.items()}
    return _finish("exchange", frame, arrays, float(np.median(index)), bad, int(bad.sum()))


def _occ(frame: pd.DataFrame, market: Market, as_of, spot, drop: bool) -> Chain:
    if as_of is None or spot is None:
        raise DataError(
            "An ETF chain carries neither its time nor the ETF's price.",
            "Supply --as-of and --spot, or a book file.",
        )
    parts = frame["contractSymbol"].str.strip().str.extract(SYMBOL)
    rule = "an OCC symbol (root, yymmdd, C or P, strike x 1000)"
    _cell_error(frame, "contractSymbol", parts["day"].isna().to_numpy(), rule, "Use the OCC symbol.")
    _cell_error(
        frame,
        "contractSymbol",
        frame["contractSymbol"].duplicated().to_numpy(),
        "unique",
        "Delete the duplicate.",
    )
    strike = _numbers(frame, "strike", 0.0)
    wrong = np.abs(parts["strike"].astype(float).to_numpy() / 1000 - strike) > 5e-4
    _cell_error(frame, "strike", wrong, "the strike in contractSymbol", "Correct one of the two.")
    day = pd.to_datetime(parts["day"], format="%y%m%d", errors="coerce")
    _cell_error(
        frame, "contractSymbol", day.isna().to_numpy(), "a symbol with a calendar day", "Correct the symbol."
    )
    clock = pd.Timedelta(hours=market.expiry_time.hour, minutes=market.expiry_time.minute)
    end = (day + clock).dt.tz_localize(market.timezone.key).dt.tz_convert("UTC")
    expiry_s = (end - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds().to_numpy(float)
    # Half the lowest to twice the highest strike: the underlying's price given for the share's is far outside.
    if not 0.5 * strike.min() <= spot <= 2.0 * strike.max():
        raise DataError(
            f"The ETF's price of {spot:,.4g} is far from the strikes, {strike.min():g} to {strike.max():g}.",
            "Give the underlying's price as --spot and the ETF's, if not units per share x spot, as --share-price.",
        )
    contracts = _numbers(frame, "openInterest", 0.0, strict=False, blank=0.0)
    quote_s = np.full(len(frame), as_of.timestamp())
    unheld = contracts == 0
    raw = frame.assign(impliedVolatility=frame["impliedVolatility"].where(~unheld, "1.0"))
    iv, bad = _vols(raw, "impliedVolatility", 1.0, drop)
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
    return _finish("occ", frame, arrays, spot, bad | unheld, int(bad.sum()))
