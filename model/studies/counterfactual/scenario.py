"""Forward scenarios: a price shock after the panel's last day, and what the model answers.

The days after the panel bring no other news: risk assets, stress and all other shocks stand still, so the band is
parameter uncertainty only. Three dealers' books are compared: the state as it stands at the end of the panel, no
gamma, and a symmetric one: dealers buy on the way up what they would have sold on an equal fall on the event's first
day. Where that day has a dealer book, its option curves are mirrored onto the day of the shock; the gamma proxy of the
event's first day holds on all other days, and throughout without a book. Notes stay out of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from model import units
from model.calendar import sessions
from model.errors import UsageError
from model.inference.draws import Draws, one
from model.mechanisms.design import PRE_SAMPLE, Design
from model.mechanisms.hedge_curves import NOTE
from model.mechanisms.simulate.lines import groups_of
from model.mechanisms.simulate.records import Shocks
from model.mechanisms.simulate.replay import replay
from model.studies.counterfactual.cut import cut

BOOKS = ("as it stands", "no gamma", "symmetric")
_STILL = ("factor_returns", "basket", "stress", "next_day", "late_window", "barrier", "live")


@dataclass(frozen=True)
class Scenario:
    """Paths after a shock.

    Attributes
    ----------
    size_pct : float
        Price move before anybody answers, %.
    dates : tuple of str
        Trading days after the panel's last.
    paths : mapping of str to numpy.ndarray
        By book, ``Shape: (S, days, 3)``: flow (USD m), return (log-%), dealers' trades (USD m).
    """

    size_pct: float
    dates: tuple[str, ...]
    paths: dict[str, np.ndarray]


def scenario(draws: Draws, design: Design, size_pct: float, days: int, calendar: str) -> Scenario:
    """Shock the first day after the panel by ``size_pct`` and follow the next days.

    Parameters
    ----------
    draws : mapping
        Each ``Shape: (S, ...)``.
    design : Design
        With event days: the symmetric book takes its hedging from the first.
    size_pct : float
        Simple return in %, above -100; 15 is an upside squeeze.
    days : int
    calendar : str

    Raises
    ------
    UsageError
    """
    if size_pct <= -units.PERCENT or days < 1:
        raise UsageError("The scenario is impossible.", "Give a move above -100 % and at least one day.")
    ahead = _extended(design, days, calendar)
    books = {
        "as it stands": (ahead, 1.0),
        "no gamma": (ahead, 0.0),
        "symmetric": (_symmetric(ahead, design), 1.0),
    }
    shock = float(units.simple_to_log_pct(size_pct))
    paths = {
        name: np.stack([_path(one(draws, s), d, shock, g) for s in range(len(draws["impact"]))])
        for name, (d, g) in books.items()
    }
    return Scenario(size_pct, tuple(str(d.date()) for d in ahead.dates[PRE_SAMPLE:]), paths)


def _symmetric(ahead: Design, design: Design) -> Design:
    """The days ahead with the event's hedging on both sides."""
    event = min(design.event_days)
    out = replace(ahead, gamma=np.full(ahead.days, float(design.gamma[event])))
    found = np.flatnonzero(design.book_days == event)
    if not len(found):
        return out
    grid, knots = mirrored(design.book_grid, design.book_knots[found[0]])
    knots[NOTE] = 0.0
    return replace(out, book_days=np.array([PRE_SAMPLE]), book_grid=grid, book_knots=knots[None])


def mirrored(grid: np.ndarray, knots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Curves that answer a rise as they answer a fall of the same size, with the other sign.

    Parameters
    ----------
    grid : numpy.ndarray
        ``Shape: (m,)``, log-%, with zero among its points.
    knots : numpy.ndarray
        ``Shape: (3, 2, m)``, values and slopes as in :class:`model.mechanisms.hedge_curves.HedgeCurves`.

    Returns
    -------
    grid : numpy.ndarray
        ``Shape: (n,)``, symmetric around zero.
    knots : numpy.ndarray
        ``Shape: (3, 2, n)``.
    """
    falls = grid <= 0.0
    flip = np.array([-1.0, 1.0])[:, None]  # values change sign, slopes do not
    rises = flip * knots[..., falls][..., -2::-1]
    return np.concatenate([grid[falls], -grid[falls][-2::-1]]), np.concatenate(
        [knots[..., falls], rises], axis=-1
    )


def _path(p: dict, design: Design, shock: float, gamma: float) -> np.ndarray:
    price = np.zeros(design.days)
    price[PRE_SAMPLE] = shock
    zero = np.zeros(design.days)
    own = dict.fromkeys(groups_of(design), zero)
    prints, weeks = np.zeros(design.flows.shape), np.zeros(0)
    shocks = Shocks(zero, zero, zero, price, zero, prints, zero, weeks, zero, own)
    path = replay(p | {"gamma_scale": gamma * p["gamma_scale"]}, design, shocks)
    late = slice(PRE_SAMPLE, None)
    return np.column_stack(
        [
            units.bn_to_usd_m(path.flows[late].sum(axis=1)),
            path.returns[late],
            units.bn_to_usd_m(path.trades.dealer[late]),
        ]
    )


def _extended(design: Design, days: int, calendar: str) -> Design:
    """The last two days of a design and ``days`` quiet ones after it."""
    last = design.dates[-1]
    new = sessions(last + pd.Timedelta(days=1), last + pd.Timedelta(days=10 + 2 * days), calendar)[:days]
    tail = cut(design, design.days - PRE_SAMPLE, design.days)
    # Nobody supplies opens or taker flow of days to come: the day is one piece there, crypto venues are silent.
    tail = replace(tail, measured={}, night_factors=np.zeros((0, 0)))
    grown: dict[str, Any] = {}
    for name, value in tail.to_arrays().items():
        if len(value) == tail.days and name not in ("option_fund", "book_days", "book_knots", "book_grid"):
            quiet = np.zeros_like(value[-1:]) if name in _STILL else value[-1:]
            grown[name] = np.concatenate([value, np.repeat(quiet, days, axis=0)])
    grown["returns"][PRE_SAMPLE:] = 0.0
    grown["flows"] = np.nan_to_num(grown["flows"])
    return replace(tail, dates=pd.DatetimeIndex([*tail.dates, *new]), event_days=(), **grown)
