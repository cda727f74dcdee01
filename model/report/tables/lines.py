"""Lines of a decomposition and their draws, checked to add up; shared by tables, figures and the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from model.errors import DataError
from model.mechanisms.components import COMPONENTS

INTERVAL = 0.89
QUANTILES = ((1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2)
PREDICTIVE = (QUANTILES[0], 0.25, 0.5, 0.75, QUANTILES[2])
"""Quantiles of a predictive distribution: centre and the bounds of its middle 50 and 89 %."""
DRAWS_FOR_EVERY_DAY = 1000
"""Draws used for tables over all days; the event's days use every draw."""
TOLERANCE = 1e-6
"""Largest gap between the sum of the parts and the observed value; USD m or log-%."""

READINGS = {
    "vendor": "Vendor's dates",
    "next_day": "Next-day reading",
    "mixture": "Mixture of both datings",
    "no_positions": "Without weekly positions",
}
SHOWN = ("vendor", "next_day")
"""Readings shown side by side; the last is the first one with less data."""
MIXTURE = "mixture"
TABLED = (*SHOWN, MIXTURE)
"""Readings in tables of the event's days: the datings, and both weighed by the data."""
UNITS = {"flow": "USD m", "return": "log-%"}
VIEWS = {"channel": "whose trades", "trigger": "whose shock"}
OTHER_TITLES = {
    "unattributed": "Unattributed",
    "common_factor": "Common risk factors",
    "drift": "Drift and pull of the day before",
    "pre_sample": "Trades before the window",
    "initial": "Under way at the start",
}
BEFORE = ("pre_sample", "initial")
"""What began before the first day."""

type Readings = Mapping[str, Any]
"""Decomposition by reading: a DataTree, or a mapping of datasets."""


@dataclass(frozen=True)
class Line:
    """A row of a decomposition: one part or the sum of several.

    Attributes
    ----------
    key, title : str
    members : tuple of str
        The parts added up.
    kind : {"line", "sum", "split"}
    """

    key: str
    title: str
    members: tuple[str, ...]
    kind: str = "line"

    @property
    def additive(self) -> bool:
        """Whether the line counts towards the observed value (splits are counted in their sum)."""
        return self.kind != "split"

    @property
    def is_component(self) -> bool:
        """Whether the line consists of registered components."""
        return all(m in _TITLES for m in self.members)


class Block(NamedTuple):
    """Draws of the lines of one quantity and view. ``values``: ``Shape: (sample, date, line)``."""

    lines: tuple[Line, ...]
    values: np.ndarray
    days: pd.DatetimeIndex
    observed: np.ndarray


_TITLES = {c.name: c.title for c in COMPONENTS}


def lines_of(parts: Iterable[str]) -> tuple[Line, ...]:
    """Lines for these parts: unattributed, components (shared shocks as a sum, then the split), the rest."""
    present = tuple(dict.fromkeys(str(p) for p in parts))
    first = [Line(p, title_of(p), (p,)) for p in present if p == "unattributed"]
    middle = [line for group in _groups(present) for line in _group_lines(group)]
    rest = [Line(p, title_of(p), (p,)) for p in present if p != "unattributed" and p not in _TITLES]
    return (*first, *middle, *rest)


def title_of(part: str) -> str:
    """A part's name for people."""
    return _TITLES.get(part) or OTHER_TITLES.get(part) or part.replace("_", " ").capitalize()


def _groups(present: Sequence[str]) -> list[tuple[str, ...]]:
    """Components of one shared shock together, in registry order; the rest alone."""
    groups: dict[str, tuple[str, ...]] = {}
    for c in COMPONENTS:
        if c.name in present:
            key = c.shock.group if c.shock else c.name
            groups[key] = (*groups.get(key, ()), c.name)
    return list(groups.values())


def _group_lines(group: tuple[str, ...]) -> list[Line]:
    if len(group) == 1:
        return [Line(group[0], title_of(group[0]), group)]
    words = [title_of(p) for p in group]
    title = " + ".join([words[0], *(w[0].lower() + w[1:] for w in words[1:])])
    return [Line("+".join(group), title, group, "sum")] + [Line(p, title_of(p), (p,), "split") for p in group]


def readings_of(decomposition: Readings, wanted: Iterable[str] = READINGS) -> dict[str, xr.Dataset]:
    """The wanted readings that are there, as datasets, in the order asked for."""
    names = set(decomposition)
    found = {r: decomposition[r] for r in wanted if r in names}
    return {r: v.to_dataset() if isinstance(v, xr.DataTree) else v for r, v in found.items()}


def shown(decomposition: Readings) -> dict[str, xr.Dataset]:
    """Readings to be shown side by side in tables; a fit of one dating has one."""
    return readings_of(decomposition, TABLED) or readings_of(decomposition)


def dates_of(data: xr.Dataset) -> pd.DatetimeIndex:
    """Trading days of a reading."""
    return pd.DatetimeIndex(data["dates" if "dates" in data else "date"].to_numpy())


def block(data: xr.Dataset, quantity: str, view: str, days: Sequence[date] | None = None) -> Block:
    """Draws of every line, on the given days or on all.

    Raises
    ------
    DataError
        If a day is not in the decomposition, or the parts do not add up to the observed values.
    """
    array = data[f"{quantity}_{view}"]
    part = next(str(d) for d in array.dims if d not in ("sample", "date"))
    lines = lines_of(array[part].to_numpy())
    at = positions(dates_of(data), days)
    raw = array.transpose("sample", "date", part).to_numpy()[:, at]
    order = {str(p): i for i, p in enumerate(array[part].to_numpy())}
    values = np.stack([raw[..., [order[m] for m in line.members]].sum(axis=-1) for line in lines], axis=-1)
    observed = data[f"observed_{quantity}"].to_numpy()[at]
    out = Block(lines, values, dates_of(data)[at], observed)
    if not gap(out) <= TOLERANCE:
        raise DataError(
            f"The parts of {quantity} by {view} miss the observed values by {gap(out):.3g}.", "Fit again."
        )
    return out


def gap(b: Block) -> float:
    """Largest distance between the lines' sum and the value, over draws and completely observed days."""
    total = b.values[..., [line.additive for line in b.lines]].sum(axis=-1)
    miss = np.abs(total - b.observed)[:, np.isfinite(b.observed)]
    return float(miss.max()) if miss.size else 0.0


def positions(have: pd.DatetimeIndex, days: Sequence[date] | None) -> np.ndarray:
    if days is None:
        return np.arange(len(have))
    wanted = pd.DatetimeIndex(pd.to_datetime(list(days)))
    at = have.get_indexer(wanted)
    if (at < 0).any():
        absent = ", ".join(str(d.date()) for d in wanted[at < 0])
        raise DataError(
            f"Not in the decomposition: {absent}.", f"It covers {have[0].date()} to {have[-1].date()}."
        )
    return at


class Expected(NamedTuple):
    """A day's flow as it was to be expected at its close, its own print unseen. USD m, percentile in per cent.

    Attributes
    ----------
    draws : numpy.ndarray
        ``Shape: (sample, date)``, of the predictive distribution.
    means : numpy.ndarray
        ``Shape: (sample, date)``; its mean under each draw of the parameters. Their spread leaves out the day's own
        shocks: as a forecast it is far too narrow.
    seen : numpy.ndarray
        ``Shape: (date,)``, the observed flow.
    """

    draws: np.ndarray
    means: np.ndarray
    seen: np.ndarray

    @property
    def percentile(self) -> np.ndarray:
        """Share of the predictive distribution below the observed flow, per cent; NaN without a print. ``(date,)``."""
        below = 100.0 * (self.draws < self.seen).mean(axis=0)
        return np.where(np.isfinite(self.seen), below, np.nan)

    def summary(self) -> dict[str, np.ndarray]:
        """Centre, 50 and 89 % predictive intervals, the mean's 89 % interval, percentile. Each ``(date,)``."""
        low, low_50, centre, high_50, high = quantiles(self.draws, PREDICTIVE)
        mean_low, _, mean_high = quantiles(self.means)
        return {
            "low": low, "low_50": low_50, "median": centre, "high_50": high_50, "high": high,
            "mean_low": mean_low, "mean_high": mean_high, "percentile": self.percentile,
        }  # fmt: skip


def expected_of(data: xr.Dataset, days: Sequence[date] | None = None) -> Expected:
    """Expected flow of the given days or of all."""
    at = positions(dates_of(data), days)
    draws, means = (
        data[f"expected_{k}"].transpose("sample", "date").to_numpy()[:, at] for k in ("flow", "mean")
    )
    return Expected(draws, means, data["observed_flow"].to_numpy()[at])


def thinned(data: xr.Dataset, count: int = DRAWS_FOR_EVERY_DAY) -> xr.Dataset:
    """At most ``count`` evenly spaced draws."""
    have = data.sizes["sample"]
    return data if have <= count else data.isel(sample=np.linspace(0, have - 1, count).astype(int))


def quantiles(values: np.ndarray, q: Sequence[float] = QUANTILES) -> np.ndarray:
    """Quantiles over draws (first axis), sorted once. ``(sample, ...) -> (len(q), ...)``."""
    ordered = np.sort(np.moveaxis(values, 0, -1), axis=-1)
    at = np.asarray(q) * (values.shape[0] - 1)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, values.shape[0] - 1)
    out = ordered[..., low] * (1 - (at - low)) + ordered[..., high] * (at - low)
    return np.moveaxis(out, -1, 0)
