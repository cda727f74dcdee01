"""Direction and joint events of claims: a quantity on one side, and others that must lie on theirs in the same draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from model.events.quantities import Ground, Quantity, read_quantity
from model.toml_table import Table

BELOW, ABOVE, EITHER = "below", "above", "either"


@dataclass(frozen=True)
class Condition:
    """A quantity on one side of a threshold; claims that join several hold where all do, in the same draw."""

    quantity: Quantity
    side: str
    threshold: float = 0.0

    def __str__(self) -> str:
        q = self.quantity
        return f"{q.kind} of {q.part} {self.side} {self.threshold:g} {q.unit}".rstrip()

    def holds(self, ds: xr.Dataset) -> np.ndarray:
        """Draw by draw. ``Shape: (sample,)``, bool."""
        return on_side(self.quantity.draws(ds), self.side, self.threshold)


def on_side(values: np.ndarray, side: str, threshold: float = 0.0) -> np.ndarray:
    """Values below or above a threshold; on either side, all."""
    if side == EITHER:
        return np.ones(values.shape, bool)
    return values < threshold if side == BELOW else values > threshold


def read_also(t: Table, g: Ground) -> tuple[Condition, ...]:
    """Further conditions of an entry.

    Raises
    ------
    DataError
        With the line of the entry.
    """
    out = []
    for inner in t.tables("also", []):
        quantity = read_quantity(inner, g.calendar, g.window)
        out.append(Condition(quantity, read_side(inner), inner.number("threshold", 0.0)))
        inner.done()
    return tuple(out)


def read_side(t: Table, allowed: tuple[str, ...] = (BELOW, ABOVE)) -> str:
    """The direction a claim speaks of; where size alone is compared, ``either`` has to be said."""
    return str(t.text("side", choices=allowed))
