"""The event among days like it: the same statistic on every day below a return, and on as many quiet days.

One fit of a panel gives every day's parts. A day is told apart by nothing but the data: each is read by the same posterior,
so a part of the event that stands out does so against what the same model says of other falls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from model import units
from model.attribution.decompose import FLOW_PARTS, RETURN_PARTS, decompose
from model.attribution.predict import predict, within
from model.errors import DataError
from model.inference.draws import Draws, posterior_latents
from model.mechanisms.design import PRE_SAMPLE, Design

CRASH = -5.0
"""log-%; a day below it is a fall like the event's."""
QUIET = 1.5
"""log-%; a quiet day moves by less."""
FEWEST = 8
"""Other falls without which there is no null distribution to speak of."""
EVENT, FALL, CALM = "event", "fall", "quiet"


@dataclass(frozen=True)
class Days:
    """Rows of a design by what they are. The event's own days are in neither null."""

    event: tuple[int, ...]
    falls: tuple[int, ...]
    quiet: tuple[int, ...]


def choose(design: Design, event: Sequence[int], below: float = CRASH) -> Days:
    """Days below a return, and for each the quiet day nearest in trailing volatility that is not yet taken.

    Parameters
    ----------
    design : Design
    event : sequence of int
    below : float
        log-%.

    Raises
    ------
    DataError
        If too few other falls are there.
    """
    days = np.arange(design.days)
    modelled = (days >= PRE_SAMPLE) & ~np.isin(days, event)
    falls = days[modelled & (design.returns < below)]
    if len(falls) < FEWEST:
        raise DataError(
            f"Only {len(falls)} other days of the fit fall below {below:g} %; at least {FEWEST} are needed.",
            "Fit a longer panel: scripts/fit.py --panel PANEL, and give that fit.",
        )
    free = list(days[modelled & (np.abs(design.returns) < QUIET)])
    quiet = []
    for t in falls:
        if free:
            nearest = min(free, key=lambda q: abs(float(design.volatility[q] - design.volatility[t])))
            quiet.append(int(nearest))
            free.remove(nearest)
    return Days(tuple(int(t) for t in event), tuple(int(t) for t in falls), tuple(sorted(quiet)))


def statistics(draws: Draws, design: Design, days: Days, use_positions: bool, seed: int) -> pd.DataFrame:
    """Every part of flow and return on every chosen day, and the percentile of the flow.

    Returns
    -------
    pandas.DataFrame
        ``date, kind, quantity, part, value``: medians over draws in USD m and log-%; of quantity ``flow`` the part
        ``percentile`` is where the observed flow stands in its predictive distribution, per cent.
    """
    latents, flows = posterior_latents(draws, design, use_positions, seed)
    parts = decompose(draws, latents, flows, design, seed)
    rank = units.PERCENT * predict(draws, design, within(design), "return", seed=seed).below[:, 0]
    rows = []
    for kind, chosen in ((EVENT, days.event), (FALL, days.falls), (CALM, days.quiet)):
        for t in chosen:
            head = {"date": design.dates[t], "kind": kind}
            for j, part in enumerate(FLOW_PARTS):
                value = float(np.median(units.bn_to_usd_m(parts.flow_channel[:, t, j])))
                rows.append(head | {"quantity": "flow", "part": part, "value": value})
            for j, part in enumerate(RETURN_PARTS):
                value = float(np.median(parts.return_channel[:, t, j]))
                rows.append(head | {"quantity": "return", "part": part, "value": value})
            rows.append(head | {"quantity": "flow", "part": "percentile", "value": float(rank[t])})
    table = pd.DataFrame(rows)
    # A part that is zero on every day, by construction or before the window, stands nowhere.
    return table[table.groupby(["quantity", "part"])["value"].transform(lambda x: x.abs().max()) > 0.0]


def standing(table: pd.DataFrame) -> pd.DataFrame:
    """Where each event day stands among the falls, part by part.

    Returns
    -------
    pandas.DataFrame
        ``date, quantity, part, value, rank, of, quiet_low, quiet_high, sentence``: rank 1 is the smallest of the falls
        and the event day together; ``quiet_low`` to ``quiet_high`` hold nine tenths of the quiet days.
    """
    rows = []
    for (quantity, part), group in table.groupby(["quantity", "part"], sort=False):
        falls = group.loc[group["kind"] == FALL, "value"].to_numpy()
        calm = group.loc[group["kind"] == CALM, "value"].to_numpy()
        low, high = np.quantile(calm, [0.05, 0.95]) if len(calm) else (np.nan, np.nan)
        for r in group[group["kind"] == EVENT].to_dict("records"):
            rank = 1 + int((falls < r["value"]).sum())
            found = {
                "value": r["value"],
                "rank": rank,
                "of": len(falls) + 1,
                "quiet_low": low,
                "quiet_high": high,
            }
            head = {"date": r["date"], "quantity": quantity, "part": part}
            rows.append(
                head | found | {"sentence": _sentence(str(quantity), str(part), rank, len(falls) + 1)}
            )
    return pd.DataFrame(rows)


def _sentence(quantity: str, part: str, rank: int, of: int) -> str:
    what = (
        "The flow's percentile"
        if part == "percentile"
        else f"The {part.replace('_', ' ')} part of the {quantity}"
    )
    return f"{what} is the {ordinal(rank)} of {of}, from the smallest."


def ordinal(n: int) -> str:
    """``22nd``."""
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
