"""Quantities that evidence, claims and counterfactuals speak about: a part of a day's flow, return or trades.

One vocabulary for all of them. A quantity is summed over its days and carries a unit that must be named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from model import units
from model.calendar import is_session
from model.mechanisms.components import COMPONENTS
from model.toml_table import Table

COMPONENT_NAMES = tuple(c.name for c in COMPONENTS)
PARTS = {
    "trades": COMPONENT_NAMES,
    "flow_channel": ("unattributed", *COMPONENT_NAMES, "pre_sample"),
    "return_channel": ("unattributed", *COMPONENT_NAMES, "common_factor", "drift"),
    "flow_trigger": ("unattributed", *COMPONENT_NAMES, "common_factor", "drift", "initial"),
    "return_trigger": ("unattributed", *COMPONENT_NAMES, "common_factor", "drift", "initial"),
    "positions": ("basis",),
}
"""Parts of every quantity, as :mod:`model.attribution.decompose` names them (a test holds the two together)."""
UNITS = {
    "trades": ("USD m", "USD bn"),
    "flow_channel": ("USD m", "USD bn"),
    "flow_trigger": ("USD m", "USD bn"),
    "return_channel": ("log-%",),
    "return_trigger": ("log-%",),
    "positions": ("contracts",),
}
SIDES = ("below", "above")
"""Of a threshold."""
_DIMS = {"flow_channel": "flow_part", "return_channel": "return_part"}


@dataclass(frozen=True)
class Ground:
    """What an entry of a card is checked against: trading calendar, the card's window, the panel's columns."""

    calendar: str
    window: tuple[date, date]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Quantity:
    """One part of flow, return or trades, summed over days.

    Attributes
    ----------
    kind : str
        Key of :data:`PARTS`.
    part : str
    days : tuple of date
    unit : str
    """

    kind: str
    part: str
    days: tuple[date, ...]
    unit: str

    def __str__(self) -> str:
        days = ", ".join(str(d) for d in self.days)
        return f"{self.kind} of {self.part} on {days} [{self.unit}]"

    def draws(self, decomposition: xr.Dataset) -> np.ndarray:
        """The quantity per draw. ``Shape: (sample,)``, in the quantity's unit.

        Parameters
        ----------
        decomposition : xarray.Dataset
            One reading of ``decomposition.nc``: USD m and log-%.
        """
        return self.of_days(part_draws(decomposition, self.kind, self.part, self.days))

    def of_days(self, values: np.ndarray) -> np.ndarray:
        """Sum over days of values in USD m or log-%. ``(sample, days) -> (sample,)``."""
        scale = 1.0 / units.MN_PER_BN if self.unit == "USD bn" else 1.0
        return scale * values.sum(axis=1)


def part_draws(ds: xr.Dataset, kind: str, part: str, days: Sequence[Any]) -> np.ndarray:
    """Draws of a part on some days. ``Shape: (sample, days)``, USD m or log-%."""
    at = [pd.Timestamp(d) for d in days]
    if kind == "trades":
        return ds[f"latent_{part}"].sel(date=at).transpose("sample", "date").to_numpy()
    chosen = ds[kind].sel({_DIMS.get(kind, "trigger"): part, "date": at})
    return chosen.transpose("sample", "date").to_numpy()


def is_largest(ds: xr.Dataset, kind: str, part: str, days: Sequence[Any]) -> np.ndarray:
    """Whether ``part`` has the largest absolute sum over the days among all parts but drift. ``(sample,)`` bool."""
    return largest(totals(ds, kind, days), kind, part)


def totals(ds: xr.Dataset, kind: str, days: Sequence[Any]) -> np.ndarray:
    """Every part's sum over the days. ``Shape: (sample, parts)``."""
    return np.stack([part_draws(ds, kind, p, days).sum(axis=1) for p in PARTS[kind]], axis=1)


def largest(values: np.ndarray, kind: str, part: str, among: str = "components") -> np.ndarray:
    """Whether ``part`` is the largest in absolute size among the components. ``(S, parts) -> (S,)`` bool."""
    names = PARTS[kind]
    keep = COMPONENT_NAMES if among == "components" else tuple(n for n in names if n != "drift")
    rivals = [names.index(n) for n in keep if n != part]
    own = np.abs(values[:, names.index(part)])
    return own > np.abs(values[:, rivals]).max(axis=1)


def read_quantity(t: Table, calendar: str, window: tuple[date, date], *, unit: bool = True) -> Quantity:
    """Read ``quantity``, ``part``, ``days`` and ``unit`` of a card's entry.

    Raises
    ------
    DataError
        With the line, if the quantity, part or unit is unknown or missing, or a day is off the calendar or
        outside the card's window.
    """
    kind = t.text("quantity", choices=tuple(PARTS))
    part = t.text("part")
    if part not in PARTS[kind]:
        what = "component" if kind == "trades" else "part"
        t.refuse("part", f"unknown {what} {part!r}", f"Use one of {', '.join(PARTS[kind])}.")
    days = read_days(t, calendar, window)
    return Quantity(kind, part, days, _unit(t, kind) if unit else "")


def read_days(t: Table, calendar: str, window: tuple[date, date]) -> tuple[date, ...]:
    """The entry's days, refused with the line unless they are trading days of the card's window."""
    days = t.dates("days")
    if not days or list(days) != sorted(set(days)):
        t.refuse("days", "must be one or more different dates in order", "Sort the days.")
    for d in days:
        if not is_session(d, calendar):
            t.refuse("days", f"{d} is not a trading day of {calendar}", "Give trading days.")
        if not window[0] <= d <= window[1]:
            t.refuse("days", f"{d} is outside the window {window[0]} to {window[1]}", "Widen the window.")
    return days


def read_day(t: Table, calendar: str, window: tuple[date, date]) -> date:
    """The one day of an entry about a single day."""
    days = read_days(t, calendar, window)
    if len(days) != 1:
        t.refuse("days", f"must be one day, has {len(days)}", "Write an entry for each day.")
    return days[0]


def read_span(t: Table, calendar: str, window: tuple[date, date]) -> tuple[date, date]:
    """First and last day of an entry about a span of days."""
    days = read_days(t, calendar, window)
    if len(days) != 2:
        t.refuse("days", f"must be the first and the last day, has {len(days)}", "Write [FIRST, LAST].")
    return days[0], days[1]


def _unit(t: Table, kind: str) -> str:
    allowed = UNITS[kind]
    unit = t.text("unit")
    if unit not in allowed:
        t.refuse("unit", f"{unit!r} is no unit of {kind}", f"Use {' or '.join(allowed)}.")
    return str(unit)
