"""Weekly positions: all classes, and one class alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from model.sources.spec import Series, SourceSpec
from tests.proofs.sources.samples.render import csv_bytes, json_records
from tests.proofs.sources.samples.sample import Sample, series


def tuesdays() -> pd.DatetimeIndex:
    return pd.date_range("2025-12-02", "2026-03-10", freq="7D")


CFTC_COLUMNS = (
    "report_date_as_yyyy_mm_dd",
    "cftc_contract_market_code",
    "open_interest_all",
    "dealer_positions_long_all",
    "dealer_positions_short_all",
    "dealer_positions_spread_all",
    "asset_mgr_positions_long",
    "asset_mgr_positions_short",
    "asset_mgr_positions_spread",
    "lev_money_positions_long",
    "lev_money_positions_short",
    "lev_money_positions_spread",
    "other_rept_positions_long",
    "other_rept_positions_short",
    "other_rept_positions_spread",
    "nonrept_positions_long_all",
    "nonrept_positions_short_all",
    "futonly_or_combined",
)


def position_values() -> np.ndarray:
    """Open interest, then each class's long, short, spread; both sides sum to open interest."""
    rng = np.random.default_rng(5)
    n = len(tuesdays())
    lev = np.column_stack(
        [rng.integers(2500, 3500, n), rng.integers(13000, 16000, n), rng.integers(700, 1500, n)]
    )
    dealer = np.column_stack(
        [rng.integers(5000, 7000, n), rng.integers(1500, 2500, n), rng.integers(300, 600, n)]
    )
    asset = np.column_stack(
        [rng.integers(6000, 7000, n), rng.integers(900, 1300, n), rng.integers(900, 1300, n)]
    )
    small = np.column_stack([rng.integers(900, 1200, n), rng.integers(1000, 1300, n)])
    short = lev[:, 1] + dealer[:, 1] + asset[:, 1] + small[:, 1]
    long = lev[:, 0] + dealer[:, 0] + asset[:, 0] + small[:, 0]
    room = np.maximum(short, long) + 800
    other = np.column_stack([room - long, room - short, rng.integers(100, 300, n)])
    interest = room + lev[:, 2] + dealer[:, 2] + asset[:, 2] + other[:, 2]
    return np.column_stack([interest, dealer, asset, lev, other, small])


def _position_series(names: tuple[str, str, str, str]) -> tuple[Series, ...]:
    roles = (
        ("open_interest", 2000, 90_000),
        ("long", 1000, 60_000),
        ("short", 1000, 60_000),
        ("spread", 100, 30_000),
    )
    return tuple(series(r, "contracts", {"": n}, a, b) for (r, a, b), n in zip(roles, names, strict=True))


def cftc() -> Sample:
    rows = tuple(
        (f"{d:%Y-%m-%d}T00:00:00.000", "133741", *(str(int(v)) for v in r), "FutOnly")
        for d, r in zip(tuesdays(), position_values(), strict=True)
    )
    names = (
        "open_interest_all",
        "lev_money_positions_long",
        "lev_money_positions_short",
        "lev_money_positions_spread",
    )
    spec = SourceSpec(
        "cftc",
        "cftc_tff",
        (),
        "tuesday",
        _position_series(names),
        options={"format": "json", "contract": "133741"},
    )
    return Sample("cftc", CFTC_COLUMNS, rows, json_records(lambda r: r, text=True), spec, "positions")


def positions() -> Sample:
    values = position_values()[:, [0, 7, 8, 9]]
    rows = tuple((str(d.date()), *(str(int(v)) for v in r)) for d, r in zip(tuesdays(), values, strict=True))[
        ::-1
    ]
    spec = SourceSpec(
        "positions",
        "table",
        (),
        "tuesday",
        _position_series(("oi", "long", "short", "spread")),
        options={"format": "csv", "date": "report", "bounds": [["short", "oi"], ["long", "oi"]]},
    )
    return Sample(
        "positions", ("report", "oi", "long", "short", "spread"), rows, csv_bytes, spec, "positions"
    )
