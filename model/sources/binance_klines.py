"""Binance candles with the part that takers bought, of spot and USD-M perpetuals, by REST or from the archive.

Documented at https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints (``/api/v3/klines``),
https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Kline-Candlestick-Data
(``/fapi/v1/klines``) and, for zip files, https://github.com/binance/binance-public-data: rows of twelve cells, open time,
open, high, low, close, volume, close time, quote volume, trades, taker buy base, taker buy quote, ignore. REST answers JSON;
the archive's spot files have no header and stamps in microseconds since 2025, its futures files a header and milliseconds.
Never met the live service; read from third-party copies of both.

Columns have no names in JSON, so their order is checked: low and high bound open and close, takers buy no more than was
traded, close time is the next open less one unit, and a quote volume over a volume is a price between low and high.

`field` is one of `NAMES`, or ``taker_net`` (bought less sold by takers, units of the base) or ``taker_net_quote`` (of the
quote currency). Stamps are the candles' starts.
"""

from __future__ import annotations

import codecs
from typing import Any

import numpy as np
import pandas as pd

from model.errors import DataError
from model.sources import archive
from model.sources.raw import Blobs, Collector, RawSeries, check_continuity, check_ohlc, require_columns
from model.sources.spec import SourceSpec
from model.sources.text import number, parse_json, where

NAMES = (
    "open", "high", "low", "close", "volume", "close_time", "quote_volume", "trades", "taker_buy", "taker_buy_quote",
)  # fmt: skip
CELLS = 2 + len(NAMES)
FLOWS = {"taker_net": ("taker_buy", "volume"), "taker_net_quote": ("taker_buy_quote", "quote_volume")}
ROUNDING = 1e-6
"""Relative slack of comparisons between columns that the venue rounds."""
PRICE_SLACK = 1e-3
"""Relative slack of a candle's mean price: quote volume over volume of few trades is rounded."""

type Row = tuple[str, list[Any]]


def read(blobs: Blobs, spec: SourceSpec) -> list[RawSeries]:
    """Read candles of all pages.

    Raises
    ------
    DataError
        If a page is no list of candles, or its columns contradict each other or the declared interval.
    """
    out = Collector(spec)
    require_columns((*NAMES, *FLOWS), [f for _, _, f in spec.fields], spec.name)
    for name, blob in blobs.items():
        page = _page(blob, name)
        if not page and len(blobs) > 1:
            spec.say(f"{name}: a page without candles", 0, "none fell into its window")
            continue
        if not page:
            raise DataError(
                f"{name} holds no candles.", "Check the symbol and the dates, or download it again."
            )
        stamps = [archive.epoch(r[0], f"{place}, column 'open time'") for place, r in page]
        kept = [i for i, t in enumerate(stamps) if spec.keeps(t)]
        if not kept:
            continue
        places = [page[i][0] for i in kept]
        times = pd.DatetimeIndex([stamps[i] for i in kept])
        table = pd.DataFrame(
            [[number(c, f"{page[i][0]}, column {k!r}") for k, c in zip(NAMES, page[i][1][1:11], strict=True)] for i in kept],
            columns=list(NAMES),
        )  # fmt: skip
        _check(table, times, places, spec, name)
        for k, (bought, whole) in FLOWS.items():
            table[k] = 2.0 * table[bought] - table[whole]
        for series, fund, column in spec.fields:
            for place, stamp, value in zip(places, times, table[column], strict=True):
                out.add(series, fund, stamp, float(value), f"{place}, column {column!r}")
    return out.done()


def _page(blob: bytes, name: str) -> list[Row]:
    """Rows of twelve cells, in time order."""
    if blob.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"[", b"{", b"<", b""):
        data = parse_json(blob, name)
        if not isinstance(data, list) or not all(isinstance(r, list) for r in data):
            raise DataError(
                f"{name} holds no candles: {str(data)[:80]}.",
                "The service answered with an error or an empty page; download again.",
            )
        page: list[Row] = [(where(name, i), r) for i, r in enumerate(data, start=1)]
    else:
        text, inside = archive.member(blob, name)
        lines = archive.rows(text, inside)
        page = [(place, list(r)) for place, r in lines if not r[0].startswith("open")]
    for place, row in page:
        if len(row) != CELLS:
            raise DataError(
                f"{place}: not a candle of {CELLS} cells.",
                "The response's shape changed; see the vendor's documentation.",
            )
    return sorted(page, key=lambda r: number(r[1][0], r[0]))


def _check(
    table: pd.DataFrame, times: pd.DatetimeIndex, places: list[str], spec: SourceSpec, name: str
) -> None:
    t = {k: table[k].to_numpy(float) for k in NAMES}
    check_ohlc((t["open"], t["high"], t["low"], t["close"]), list(zip(places, times, strict=True)), spec)
    check_continuity(t["open"], t["close"], name)
    _close_times(t["close_time"], times, places, spec)
    for bought, whole in FLOWS.values():
        _refuse(
            (t[bought] > t[whole] * (1 + ROUNDING)) | (t[bought] < 0.0),
            places,
            f"{bought} is not between nothing and {whole}",
        )
    mean = np.divide(t["quote_volume"], t["volume"], out=t["close"].copy(), where=t["volume"] > 0.0)
    _refuse(
        (mean > t["high"] * (1 + PRICE_SLACK)) | (mean < t["low"] * (1 - PRICE_SLACK)),
        places,
        "quote volume over volume is no price of the candle",
    )


def _close_times(close: np.ndarray, times: pd.DatetimeIndex, places: list[str], spec: SourceSpec) -> None:
    """A candle closes one unit of its stamp before the next opens; another length is another interval."""
    if not spec.interval_minutes:
        return
    closes = pd.DatetimeIndex(
        [archive.epoch(c, f"{p}, column 'close_time'") for c, p in zip(close, places, strict=True)]
    )
    length = (closes - times) / pd.Timedelta(minutes=1)
    off = np.abs(np.asarray(length) - spec.interval_minutes) > 0.01
    if off.any():
        i = int(np.argmax(off))
        raise DataError(
            f"{places[i]}: a candle of {length[i]:.1f} minutes, expected {spec.interval_minutes:g}.",
            "Ask for one interval, and name its length in interval_minutes.",
        )


def _refuse(bad: np.ndarray, places: list[str], what: str) -> None:
    if bad.any():
        raise DataError(
            f"{places[int(np.argmax(bad))]}: {what}.",
            "Columns may be swapped; compare with the vendor's documentation.",
        )
