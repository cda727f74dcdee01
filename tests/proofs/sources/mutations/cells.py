"""Cells that are no number, missing, infinite, far too large, negative, or not yet reported."""

from __future__ import annotations

import pandas as pd

from tests.proofs.sources.mutations.case import (
    Case,
    Mutation,
    Rng,
    as_cell,
    as_number,
    cell,
    day_of,
    grid,
    made,
    register,
)
from tests.proofs.sources.samples import Sample, money

CELLS: dict[str, Mutation] = {}


TEXTS = (
    "abc",
    "1.2.3",
    "12,5",
    "--",
    "1O0",
    "$5",
    "\uff11\uff12",
    "1_000",
    "0x1F",
    "TRUE",
    "n/a",
    "#REF!",
    "1e",
    "5%",
    "+-1",
    "1 000",
    "1,00",
    "()",
    "(",
    ".",
    "e5",
    "<b>1</b>",
    "\u00bd",
    "1\u00a0000",
    "[1]",
)


@register(CELLS)
def text_in_number(rng: Rng, s: Sample) -> Case:
    """A cell that is no number."""
    rows, (i, j) = grid(s), cell(rng, s)
    text = str(rng.choice([t for t in TEXTS if not (s.name == "farside" and t == "<b>1</b>")]))
    rows[i][j] = text
    return made(s, rows, "refused")


@register(CELLS)
def missing_cell(rng: Rng, s: Sample) -> Case:
    """NaN or an empty cell: missing, never zero."""
    rows, (i, j) = grid(s), cell(rng, s)
    rows[i][j] = str(rng.choice(["NaN", "", "nan"] if s.name != "farside" else ["", "-"]))
    day = day_of(rows[i][0])
    return made(s, rows, "safe", frozenset({day, day - pd.Timedelta(days=1)}))


@register(CELLS)
def infinity(rng: Rng, s: Sample) -> Case:
    """An infinite cell."""
    rows, (i, j) = grid(s), cell(rng, s)
    rows[i][j] = str(rng.choice(["inf", "-inf", "Infinity", "-Infinity", "1e999", "-1e999"]))
    return made(s, rows, "safe" if s.binary else "refused", frozenset())


@register(CELLS)
def huge_value(rng: Rng, s: Sample) -> Case:
    """A cell ten thousand to a quintillion times too large."""
    rows, (i, j) = grid(s), cell(rng, s)
    size = 10.0 ** rng.uniform(5, 18)
    rows[i][j] = as_cell(size * max(1.0, abs(as_number(rows[i][j]))), rows[i][j])
    return made(s, rows, "safe" if not s.daily and s.kind != "rates" else "refused")


@register(CELLS)
def negative_price(rng: Rng, s: Sample) -> Case | None:
    """A level that is negative."""
    if s.kind in ("flows", "flow", "rates"):
        return None
    rows, (i, j) = grid(s), cell(rng, s)
    rows[i][j] = as_cell(-abs(as_number(rows[i][j])), rows[i][j])
    return made(s, rows, "refused" if s.daily else "safe")


@register(CELLS)
def zeros_not_reported(rng: Rng, s: Sample) -> Case | None:
    """The newest row, fetched before it was final, with zeros for funds that have not reported."""
    if s.kind != "flows":
        return None
    rows = grid(s)
    silent = rng.choice([1, 2, 3], int(rng.integers(1, 4)), replace=False)
    for j in silent:
        rows[-1][j] = "0.0"
    rows[-1][4] = as_cell(sum(as_number(rows[-1][j]) for j in (1, 2, 3)), "(" if s.name == "farside" else "0")
    if s.name == "farside":
        rows[-1][4] = money(as_number(rows[-1][4]))
    early = pd.Timestamp("2026-03-14T02:00Z")
    return Case(
        s.render(list(s.head), rows), f"fetched {early.isoformat()}", frozenset({day_of(rows[-1][0])})
    )
