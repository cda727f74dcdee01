"""Organic inflow: net inflow that is not accompanied by an expansion of basis trades, day by day with probability.

The size is the directional part of the flow; the probability is that of an inflow while basis trades do not
expand. Every day but the last is seen with hindsight (later prints and positions count); the last day is a
nowcast from what was published by the end of the fit's data: with ``fit.py --as-of DATE`` its flow is missing and
is one of the unknowns.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from model import units
from model.attribution.decompose import FLOW_PARTS, decompose
from model.errors import DataError
from model.inference.draws import Draws, posterior_latents
from model.mechanisms.design import PRE_SAMPLE, Design
from model.report.runs import leave, of_organic
from model.store import changing, write_csv
from model.studies.reopen import Opened

LEVELS = (0.055, 0.5, 0.945)
COLUMNS = (
    "net_flow", "net_flow_low", "net_flow_high", "organic", "organic_low", "organic_high", "basis", "p_organic",
    "p_inflow_without_basis", "published",
)  # fmt: skip


def organic_inflow(draws: Draws, design: Design, use_positions: bool, seed: int) -> pd.DataFrame:
    """The indicator for every modelled day.

    Parameters
    ----------
    draws : mapping
        Posterior draws, each ``Shape: (S, ...)``.
    design : Design
    use_positions : bool
    seed : int

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS` on dates. ``net_flow`` is the print; where it is not published, the median of what is to
        be expected at the day's close, ``net_flow_low`` to ``net_flow_high`` its 89 % predictive interval.
        ``organic`` the median directional part with its 89 % interval, ``basis`` that of basis trades, all USD m;
        ``p_organic`` the probability that the directional part is an inflow; ``p_inflow_without_basis`` that
        the net flow is an inflow while the basis part is none.
    """
    latents, flows = posterior_latents(draws, design, use_positions, seed)
    parts = decompose(draws, latents, flows, design, seed)
    count = len(latents)
    total = units.bn_to_usd_m(np.broadcast_to(flows.sum(axis=2), (count, design.days)))
    flow = units.bn_to_usd_m(parts.flow_channel)
    directional, basis = (flow[..., FLOW_PARTS.index(n)] for n in ("directional", "basis"))
    low, mid, high = np.quantile(directional, LEVELS, axis=0)
    published = (np.isfinite(design.flows) | (design.listed == 0)).all(axis=1)
    out = pd.DataFrame(
        {
            "net_flow": np.median(total, axis=0),
            "net_flow_low": np.quantile(total, LEVELS[0], axis=0),
            "net_flow_high": np.quantile(total, LEVELS[2], axis=0),
            "organic": mid, "organic_low": low, "organic_high": high,
            "basis": np.median(basis, axis=0),
            "p_organic": (directional > 0.0).mean(axis=0),
            "p_inflow_without_basis": ((total > 0.0) & (basis <= 0.0)).mean(axis=0),
            "published": published,
        },
        index=pd.DatetimeIndex(design.dates, name="date"),
    )  # fmt: skip
    return out.iloc[PRE_SAMPLE:]


def of_fit(opened: Opened, reading: str | None, draws: int, as_of: date | None, seed: int) -> pd.DataFrame:
    """The indicator of a stored fit.

    Raises
    ------
    DataError
        If the fit saw days after ``as_of``: its parameters would look ahead.
    """
    last = opened.subject.design.dates[-1].date()
    known = opened.fit.manifest["arguments"]["as_of"]
    if as_of is not None and (known is None or date.fromisoformat(known) > as_of):
        raise DataError(
            f"The fit used data through {last}, as published by {known or 'today'}: it looks beyond {as_of}.",
            f"Fit with scripts/fit.py --as-of {as_of}, then ask that fit.",
        )
    r = opened.readings[reading or opened.main]
    return organic_inflow(opened.draws(r.name, draws), r.design, r.use_positions, seed)


def write_series(table: pd.DataFrame, opened: Opened) -> list[Path]:
    """Write ``tables/organic.csv``, and leave the result on the fit's page."""
    path = opened.fit.folder / "tables" / "organic.csv"
    path.parent.mkdir(exist_ok=True)
    with changing(opened.fit.folder, path):
        write_csv(table.round(4), path, index=True)
    return [path, *leave(of_organic(table), opened.fit.folder, opened.fit.manifest, table.round(4))]
