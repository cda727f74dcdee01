"""The numbers behind the page's switches and clicks: every day, line, view and dating, thinned to five numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from model.report.figures.fit_view import FitView
from model.report.figures.palette import colour
from model.report.figures.plots.waterfall import label_of
from model.report.figures.predictive import predicted
from model.report.figures.summary import MEAN, Summary, summarise
from model.report.page.parts import lead
from model.report.tables.lines import READINGS, UNITS, VIEWS
from model.report.tables.text import DECIMALS

type Stacks = dict[tuple[str, str, str], Summary]
"""By reading, quantity and view."""


def stacks_of(view: FitView) -> Stacks:
    """Summaries of everything that the page can switch to."""
    return {
        (reading, q, v): summarise(data, q, v)
        for reading, data in view.tabled.items()
        for q in UNITS
        for v in VIEWS
    }


def page_data(view: FitView, stacks: Stacks) -> dict[str, Any]:
    """What the page's script reads.

    Returns
    -------
    dict
        ``days``, ``event``, ``readings``, ``lead``; ``lines``: label, kind and colour by ``quantity.view``; ``values``:
        by reading and ``quantity.view`` a list a day of a list a line of five numbers; ``observed``; ``place``: percentile
        of each day in the model's own predictions; ``smaller``: share of the other days on which a line is smaller.
    """
    first = lead(view)
    one = stacks[first, "flow", "channel"]
    return {
        "days": [str(d.date()) for d in one.days],
        "event": [str(d.date()) for d in view.days],
        "lead": first,
        "readings": [{"key": r, "title": READINGS[r]} for r in view.tabled],
        "decimals": DECIMALS,
        "lines": {
            f"{q}.{v}": [
                {"label": label_of(x), "kind": x.kind, "colour": colour(x.key)}
                for x in stacks[first, q, v].lines
            ]
            for q in UNITS
            for v in VIEWS
        },
        "values": {
            r: {f"{q}.{v}": _rounded(stacks[r, q, v].values, q) for q in UNITS for v in VIEWS}
            for r in view.tabled
        },
        "observed": {q: _rounded(stacks[first, q, "channel"].observed, q) for q in UNITS},
        "place": {q: _percentiles(view, one.days, q) for q in UNITS},
        "smaller": {q: smaller(stacks[first, q, "channel"]).tolist() for q in UNITS},
    }


def smaller(s: Summary) -> np.ndarray:
    """Share of the other days on which a line's mean is smaller in size, whole per cent: its place among placebo days.

    ``Shape: (date, line)``.
    """
    size = np.abs(s.values[..., MEAN])
    count = (size[None] < size[:, None]).sum(axis=1)
    return np.rint(100.0 * count / max(len(size) - 1, 1)).astype(int)


def _rounded(values: np.ndarray, quantity: str) -> list[Any]:
    """One decimal more than is printed; missing is null."""
    x = np.round(values, DECIMALS[quantity] + 1).astype(object)
    x[~np.isfinite(values)] = None
    return list(x.tolist())


def _percentiles(view: FitView, days: pd.DatetimeIndex, quantity: str) -> list[float | None]:
    """Of each day's observed value in the model's own predictions; null where there are none."""
    p = predicted(view, view.main, quantity)
    out: dict[pd.Timestamp, float] = {}
    if p is not None:
        shares = 100.0 * (p.draws < p.seen).mean(axis=0)
        out = {
            d: round(float(x), 1)
            for d, x, seen in zip(p.days, shares, p.seen, strict=True)
            if np.isfinite(seen)
        }
    return [out.get(d) for d in days]


def of_channel(view: FitView, stacks: Stacks) -> Mapping[str, Summary]:
    """The reading that leads, by channel, by quantity."""
    return {q: stacks[lead(view), q, "channel"] for q in UNITS}
