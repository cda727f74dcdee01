"""Fund flows: a page with a total, records with a total, one fund alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from model.sources.spec import Series, SourceSpec
from tests.proofs.sources.samples.render import csv_bytes, farside_html, json_records, money
from tests.proofs.sources.samples.sample import FUNDS, Sample, cells, days, series


def _flow_values() -> np.ndarray:
    rng = np.random.default_rng(1)
    funds = np.round(rng.normal(0, 1, (len(days()), 3)) * [180, 90, 40], 1)
    funds[np.abs(funds) < 3] = 3.3
    return np.column_stack([funds, np.round(funds.sum(axis=1), 1)])


def _flow_series(prefix: str = "", total: str = "Total") -> tuple[Series, ...]:
    return (
        series("flow", "USD m", {k: prefix + v for k, v in FUNDS.items()}, -2000, 2000),
        series("flow_total", "USD m", {"": total}, -3000, 3000),
    )


def farside() -> Sample:
    rows = tuple(
        (f"{d:%d %b %Y}", *(money(v) for v in r)) for d, r in zip(days(), _flow_values(), strict=True)
    )
    spec = SourceSpec(
        "farside",
        "farside_html",
        (),
        "flow_date",
        _flow_series(),
        funds_complete=True,
        fetched_at=pd.Timestamp("2026-03-20T12:00Z"),
    )
    return Sample("farside", ("Date", *FUNDS.values(), "Total"), rows, farside_html, spec, "flows")


def flow_records() -> Sample:
    rows = cells([str(d.date()) for d in days()], _flow_values(), 1)
    spec = SourceSpec(
        "flow_records",
        "table",
        (),
        "flow_date",
        _flow_series(),
        funds_complete=True,
        fetched_at=pd.Timestamp("2026-03-20T12:00Z"),
        options={"format": "json", "records": "days"},
    )
    return Sample(
        "flow_records",
        ("date", *FUNDS.values(), "Total"),
        rows,
        json_records(lambda r: {"days": r}),
        spec,
        "flows",
    )


def flow_single() -> Sample:
    rows = tuple(
        (str(d.date()), "AAAA", f"{v * 1e6:.1f}") for d, v in zip(days(), _flow_values()[:, 0], strict=True)
    )
    spec = SourceSpec(
        "flow_single",
        "table",
        (),
        "flow_date",
        (series("flow", "USD", {"aa": "flow_usd"}, -2000, 2000),),
        fetched_at=pd.Timestamp("2026-03-20T12:00Z"),
        options={"format": "csv", "where": {"ticker": "AAAA"}},
    )
    return Sample("flow_single", ("date", "ticker", "flow_usd"), rows, csv_bytes, spec, "flow")
