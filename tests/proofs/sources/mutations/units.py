"""Numbers in thousands or millions of their unit, or a fraction of it."""

from __future__ import annotations

from tests.proofs.sources.mutations.case import (
    Case,
    Mutation,
    Rng,
    as_cell,
    as_number,
    cell,
    grid,
    made,
    register,
)
from tests.proofs.sources.samples import Sample

FACTORS = (1e3, 1e6, 1e-3, 1e-6)
UNITS: dict[str, Mutation] = {}


@register(UNITS)
def unit_of_file(rng: Rng, s: Sample) -> Case:
    """Every number of one kind in thousands or millions of its unit."""
    rows, factor = grid(s), float(rng.choice(FACTORS))
    for j in _number_columns(s):
        for r in rows:
            r[j] = as_cell(as_number(r[j]) * factor, r[j])
    return made(s, rows, "refused")


@register(UNITS)
def unit_of_column(rng: Rng, s: Sample) -> Case:
    """One mapped column in thousands or millions of its unit."""
    rows, factor, j = grid(s), float(rng.choice(FACTORS)), int(rng.choice(s.mapped))
    for r in rows:
        r[j] = as_cell(as_number(r[j]) * factor, r[j])
    return made(s, rows, "refused")


@register(UNITS)
def unit_of_cell(rng: Rng, s: Sample) -> Case | None:
    """One cell in thousands or millions of its unit. Flows need a total for this: see `HIDDEN`."""
    if s.kind in ("flow", "rates"):
        return None
    rows, (i, j) = grid(s), cell(rng, s)
    rows[i][j] = as_cell(as_number(rows[i][j]) * float(rng.choice(FACTORS)), rows[i][j])
    return made(s, rows, "safe" if not s.daily else "refused")


def _number_columns(s: Sample) -> list[int]:
    return [j for j in range(1, len(s.head)) if _is_number(s.rows[0][j]) and not s.head[j].endswith("code")]


def _is_number(text: str) -> bool:
    try:
        as_number(text)
    except ValueError:
        return False
    return True
