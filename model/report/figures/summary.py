"""Draws of a decomposition brought down to five numbers a line and a day, once, for figures and page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from model.report.tables.lines import (
    QUANTILES,
    Block,
    Line,
    block,
    dates_of,
    lines_of,
    quantiles,
    thinned,
)
from model.report.tables.sessions import OVERNIGHT, SESSIONS, has_sessions, observed, session_draws

LEVELS = (QUANTILES[0], 0.25, 0.75, QUANTILES[2])
MEAN, LOW, LOWER, UPPER, HIGH = range(5)
"""Index of each number: mean, ends of the 89 % interval outside, of the 50 % interval inside."""


class Summary(NamedTuple):
    """One quantity and view of one reading.

    Attributes
    ----------
    lines : tuple of Line
    days : pandas.DatetimeIndex
    observed : numpy.ndarray
        ``Shape: (date,)``.
    values : numpy.ndarray
        ``Shape: (date, line, 5)``: mean, 5.5 %, 25 %, 75 %, 94.5 %. Means add up to the observed value.
    negative : numpy.ndarray
        ``Shape: (date, line)``, probability that the line is below zero.
    """

    lines: tuple[Line, ...]
    days: pd.DatetimeIndex
    observed: np.ndarray
    values: np.ndarray
    negative: np.ndarray

    def on(self, d: pd.Timestamp) -> int:
        """Index of a day."""
        return int(self.days.get_indexer(pd.DatetimeIndex([d]))[0])

    def line(self, key: str) -> int | None:
        """Index of a line; None where there is none."""
        return next((k for k, line in enumerate(self.lines) if line.key == key), None)


def summarise(data: xr.Dataset, quantity: str, view: str, days: Sequence[date] | None = None) -> Summary:
    """Five numbers for every line, on the given days or on all (then from at most 1,000 draws)."""
    return _summary(block(data if days is not None else thinned(data), quantity, view, days))


def _summary(b: Block) -> Summary:
    spread = quantiles(b.values, LEVELS)
    values = np.stack([b.values.mean(axis=0), *spread], axis=-1)
    return Summary(b.lines, b.days, b.observed, values, (b.values < 0).mean(axis=0))


def by_session(data: xr.Dataset, day: pd.Timestamp) -> dict[str, Summary]:
    """One day's return by channel in each trading session; empty where that day has no price at the session's start."""
    if not has_sessions(data) or day not in dates_of(data) or not np.isfinite(observed(data, OVERNIGHT, day)):
        return {}
    out = {}
    for session in SESSIONS:
        parts, raw = session_draws(data, "channel", session, day)
        lines, order = lines_of(parts), {p: i for i, p in enumerate(parts)}
        values = np.stack([raw[:, [order[m] for m in line.members]].sum(axis=1) for line in lines], axis=-1)
        seen = np.array([observed(data, session, day)])
        out[session] = _summary(Block(lines, values[:, None], pd.DatetimeIndex([day]), seen))
    return out
