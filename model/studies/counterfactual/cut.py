"""Some consecutive days of a design, as a design of its own."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from model.mechanisms.design import Design

_WEEKLY = ("positions", "position_expiry")
_BOOK = ("book_days", "book_grid", "book_knots")
_NOT_DAILY = (*_WEEKLY, *_BOOK, "option_fund")


def cut(design: Design, start: int, stop: int) -> Design:
    """Days ``start`` to ``stop`` (excluded) of a design, without its weekly positions.

    The first two days become pre-sample: their returns and prints are conditioned on. Week and regime numbers
    stay as they are, because parameters are numbered by them.

    Parameters
    ----------
    design : Design
    start, stop : int
    """
    days = slice(start, stop)
    daily: dict[str, Any] = {}
    for f in fields(design):
        value = getattr(design, f.name)
        if isinstance(value, np.ndarray) and f.name not in _NOT_DAILY:
            daily[f.name] = value[days].copy()
    measured = {name: value[days].copy() for name, value in design.measured.items()}
    events = tuple(t - start for t in design.event_days if start <= t < stop)
    nothing: dict[str, Any] = {name: np.zeros(0) for name in _WEEKLY}
    covered = (design.book_days >= start) & (design.book_days < stop)
    return replace(
        design,
        dates=design.dates[days],
        event_days=events,
        measured=measured,
        position_days=(),
        book_days=design.book_days[covered] - start,
        book_knots=design.book_knots[covered],
        **daily,
        **nothing,
    )
