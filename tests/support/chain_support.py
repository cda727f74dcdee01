"""Small chains in both layouts, written and read."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pandas as pd

from model.dealer_book.chains import read_chain
from model.dealer_book.markets import Market

ETF = Market("etf", 0.0567, 0.000567, time(16), ZoneInfo("America/New_York"), 0.0, 3.65, 0.25)
CRYPTO = Market("crypto", 1.0, 1.0, time(8), ZoneInfo("UTC"), 60.0, 0.0, 0.0)
NOW = datetime(2026, 2, 4, 21, tzinfo=UTC)


def exchange(**changes) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "instrument_name": ["X-27FEB26-70000-P", "X-27FEB26-75000-C"],
            "quote_timestamp": ["2026-02-04 21:00:10+00:00"] * 2,
            "expiry": ["2026-02-27 08:00:00+00:00"] * 2,
            "strike": ["70000", "75000"],
            "option_type": ["P", "C"],
            "underlying": ["73400", "73400"],
            "index_price": ["73338", "73338"],
            "mark_iv": ["55.5", "53.0"],
            "open_interest": ["120.5", "80"],
        }
    )
    for column, value in changes.items():
        frame.loc[1, column] = value
    return frame


def occ(**changes) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "contractSymbol": ["ETFX260320P00040000", "ETFX260320C00045500"],
            "strike": ["40", "45.5"],
            "openInterest": ["1000", "500"],
            "impliedVolatility": ["0.58", "0.55"],
            "lastPrice": ["2.1", "1.0"],
        }
    )
    for column, value in changes.items():
        frame.loc[1, column] = value
    return frame


def load(tmp_path, frame, market=CRYPTO, **kw):
    frame.to_csv(tmp_path / "chain.csv", index=False)
    return read_chain(tmp_path / "chain.csv", market, **kw)


def load_occ(tmp_path, frame, **kw):
    return load(tmp_path, frame, ETF, **({"as_of": NOW, "spot": 41.57} | kw))
