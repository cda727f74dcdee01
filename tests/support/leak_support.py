"""Vendors' files cut out of the embedded panel, and their copies in which the future is noise."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from model.events.card import load_event

FUNDS = ("IBIT", "FBTC", "ARKB", "BITB", "GBTC", "BTC", "other")


class Source(NamedTuple):
    """One vendor's file: its clock, and (embedded column, role, unit, fund or panel column) of each series."""

    name: str
    clock: str
    series: tuple[tuple[str, str, str, str], ...]


SOURCES = (
    Source("flows", "flow_date", (*((f, "flow", "USD m", f.lower()) for f in FUNDS),
                                  ("total", "flow_total", "USD m", "flow_total"))),
    Source("nav", "new_york_16", (("btc16", "price", "USD", "btc_16et"), ("fut", "future", "USD", "cme_near_close"),
                                  ("dte", "future_days", "days", "cme_near_dte"),
                                  ("dvol16", "implied_vol", "vol points", "dvol_16et"))),
    Source("closes", "session_close", (("ibit", "etf_close", "USD", "ibit_close"),
                                       ("vol_m", "etf_volume", "million shares", "ibit_volume"),
                                       *((k, "factor", "USD", f"{k}_close") for k in ("igv", "mstr", "gld", "qqq")),
                                       ("vix", "stress", "vol points", "vix"))),
    Source("cftc", "tuesday", (("levsh", "short", "contracts", "cot_lev_short"),
                               ("levlg", "long", "contracts", "cot_lev_long"),
                               ("levsp", "spread", "contracts", "cot_lev_spread"),
                               ("oi", "open_interest", "contracts", "cot_oi"))),
)  # fmt: skip


def embedded() -> pd.DataFrame:
    """The embedded panel as it stands in its file."""
    path = load_event("2026-02-05").panel_path
    assert path is not None
    return pd.read_csv(path)


def published(raw: pd.DataFrame, clock: str) -> pd.Series:
    """Day on which each row became public, stated here without the code under test.

    A flow on the morning of the next row's day; prices on their day; positions on Friday, the federal holidays and
    the late reports of the time apart.
    """
    days = pd.to_datetime(raw["date"])
    if clock == "flow_date":
        return days.shift(-1).fillna(pd.Timestamp("2026-03-02"))
    if clock != "tuesday":
        return days
    late = {"2025-12-02": "2025-12-23", "2025-12-09": "2025-12-30", "2025-12-16": "2026-01-06",
            "2025-12-23": "2026-01-09", "2025-12-30": "2026-01-13", "2026-01-06": "2026-01-16",
            "2026-01-13": "2026-01-20"}  # fmt: skip
    usual = days + pd.Timedelta(days=3)
    known = pd.to_datetime(raw["date"].map(late))
    return known.fillna(usual)


def noisy(raw: pd.DataFrame, source: Source, as_of: str, rng: np.random.Generator) -> pd.DataFrame:
    """The vendor's columns with every value that was public only after ``as_of`` replaced by a random number."""
    columns = [s[0] for s in source.series]
    table = raw[["date", *columns]].astype(dict.fromkeys(columns, float))
    if source.clock == "tuesday":
        table = table.dropna()
    late = (published(raw, source.clock) > pd.Timestamp(as_of))[table.index]
    table.loc[late, columns] = rng.uniform(1.0, 500.0, (int(late.sum()), len(columns))).round(1)
    return table


def clean(raw: pd.DataFrame, source: Source) -> pd.DataFrame:
    """The vendor's columns as they are."""
    table = raw[["date", *(s[0] for s in source.series)]]
    return table.dropna() if source.clock == "tuesday" else table


def write_sources(folder: Path, tables: dict[str, pd.DataFrame]) -> Path:
    """One file per vendor and their ``sources.toml``; the path of the latter."""
    lines = ["[panel]", "start = 2025-12-01", "end = 2026-02-27", 'universe = "us-spot-btc"', ""]
    for source in SOURCES:
        tables[source.name].to_csv(folder / f"{source.name}.csv", index=False)
        lines += ["[[source]]", f'name = "{source.name}"', 'reader = "table"', f'path = "{source.name}.csv"',
                  f'clock = "{source.clock}"', ""]  # fmt: skip
        for column, role, unit, name in source.series:
            named = f'fields = {{ {name} = "{column}" }}' if role == "flow" else f'field = "{column}"'
            if role == "factor":
                named = (
                    f'fields = {{ {name.removesuffix("_close")} = "{column}" }}\ncolumn = "{{fund}}_close"'
                )
            elif role != "flow":
                named += f'\ncolumn = "{name}"'
            lines += [
                "[[source.series]]",
                f'role = "{role}"',
                f'unit = "{unit}"',
                "plausible = [-1e9, 1e9]",
                named,
            ]
    path = folder / "sources.toml"
    path.write_text("\n".join(lines) + "\n")
    return path
