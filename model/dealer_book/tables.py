"""What many tables of a book file hold: amounts as ranges, and where a number comes from."""

from __future__ import annotations

import numpy as np

from model.toml_table import Table

STATUSES = ("fact", "seed", "assumption")


def triple(t: Table, key: str) -> tuple[float, float, float]:
    """``{low = , mid = , high = }`` in order and not negative; one number stands for all three."""
    if not isinstance(t.raw(key), dict):
        value = t.number(key, low=0.0)
        return value, value, value
    inner = t.table(key)
    low, mid, high = (inner.number(k, low=0.0) for k in ("low", "mid", "high"))
    inner.done()
    if not low <= mid <= high:
        t.wrong(key, t.data[key], "in the order low <= mid <= high")
    return low, mid, high


def numbers(
    t: Table, key: str, default: tuple[float, ...] | None = None, low: float = 0.0, high: float = np.inf
) -> np.ndarray:
    """One or more numbers, each at least ``low`` and at most ``high``. ``Shape: (n,)``."""
    values = t.get(key, tuple[float, ...]) if default is None else t.get(key, tuple[float, ...], default)
    if not values or min(values) < low or max(values) > high:
        most = f" and at most {high:g}" if np.isfinite(high) else ""
        t.wrong(key, list(values), f"a list of numbers, each at least {low:g}{most}")
    return np.array(values)


def provenance(t: Table) -> tuple[str, str]:
    """``status`` (fact, seed or assumption) and ``source``; both are required everywhere."""
    return t.text("status", choices=STATUSES), t.text("source")
