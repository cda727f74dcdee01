"""A mutated file with its oracle, and what mutations are made of: cells, numbers, stamps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from model.sources.tidy import tidy
from tests.proofs.sources.samples import CONTEXT, START, Grid, Sample

type Rng = np.random.Generator
type Values = dict[tuple[str, pd.Timestamp], float]


@dataclass(frozen=True)
class Case:
    """A mutated file with its oracle. `lost`: days that may be missing from what is read (None: any)."""

    blob: bytes
    oracle: str
    lost: frozenset[pd.Timestamp] | None = frozenset()


type Mutation = Callable[[Rng, Sample], Case | None]


def register(classes: dict[str, Mutation]) -> Callable[[Mutation], Mutation]:
    """Put a class into a table under its own name."""

    def put(f: Mutation) -> Mutation:
        classes[f.__name__] = f
        return f

    return put


def values(blob: bytes, sample: Sample) -> Values:
    """What is read: (column, day) to value, missing left out."""
    frame = tidy({sample.file: blob}, sample.spec, CONTEXT, START).frame
    frame = frame[frame["value"].notna()]
    return dict(zip(zip(frame["column"], frame["date"], strict=True), frame["value"], strict=True))


def grid(sample: Sample) -> Grid:
    """A copy of the cells."""
    return [list(r) for r in sample.rows]


def made(
    sample: Sample,
    rows: Grid,
    oracle: str,
    lost: frozenset[pd.Timestamp] | None = frozenset(),
    head: list[str] | None = None,
) -> Case:
    """Rows as a case."""
    return Case(sample.render(head or list(sample.head), rows), oracle, lost)


def cell(rng: Rng, sample: Sample) -> tuple[int, int]:
    """A random mapped cell."""
    return int(rng.integers(len(sample.rows))), int(rng.choice(sample.mapped))


def as_number(text: str) -> float:
    """A cell's number, in any vendor's writing."""
    body = text.strip("()").replace(",", "")
    return -float(body) if text.startswith("(") else float(body)


def as_cell(value: float, like: str) -> str:
    """A number written like the cell it replaces."""
    if like.endswith(")") or "," in like:
        return f"({abs(value):,.6f})" if value < 0 else f"{value:,.6f}"
    return f"{value:.0f}" if like.isdigit() and value == int(value) else f"{value:.10f}"


def move(stamp: str, days: int) -> str:
    """A stamp `days` later, in its own format."""
    if stamp.isdigit():
        return str(int(stamp) + days * 86_400 * (1000 if len(stamp) > 10 else 1))
    for layout in ("%d %b %Y", "%m/%d/%Y", "%Y-%m-%d", "%Y-%m-%dT00:00:00.000"):
        try:
            return (datetime.strptime(stamp, layout) + timedelta(days=days)).strftime(layout)[
                : 23 if "T" in layout else None
            ]
        except ValueError:
            continue
    return (datetime.fromisoformat(stamp) + timedelta(days=days)).isoformat()


def day_of(stamp: str) -> pd.Timestamp:
    """The stamp's UTC day."""
    if stamp.isdigit():
        return pd.Timestamp(int(stamp), unit="ms" if len(stamp) > 10 else "s").normalize()
    return pd.Timestamp(stamp).tz_localize(None).normalize()
