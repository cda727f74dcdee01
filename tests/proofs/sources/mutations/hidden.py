"""Classes that one file can't show."""

from __future__ import annotations

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
    move,
    register,
)
from tests.proofs.sources.mutations.columns import swapped
from tests.proofs.sources.samples import Sample

HIDDEN: dict[str, Mutation] = {}


@register(HIDDEN)
def digit_changed(rng: Rng, s: Sample) -> Case:
    """One cell changed within range. Totals and sums show it where there are some; else a second vendor."""
    rows, (i, j) = grid(s), cell(rng, s)
    rows[i][j] = as_cell(as_number(rows[i][j]) * float(rng.uniform(1.01, 1.05)), rows[i][j])
    return made(s, rows, "safe")


@register(HIDDEN)
def funds_swapped(rng: Rng, s: Sample) -> Case | None:  # noqa: ARG001
    """Two funds exchanged: the sum stays. A second vendor shows it."""
    return swapped(s, 1, 2, "safe") if s.kind == "flows" else None


@register(HIDDEN)
def open_close_swapped(rng: Rng, s: Sample) -> Case | None:  # noqa: ARG001
    """Open and close exchanged in a market that closes overnight. A second vendor shows it."""
    return swapped(s, 1, 4, "safe") if s.name == "cboe" else None


@register(HIDDEN)
def classes_swapped(rng: Rng, s: Sample) -> Case | None:  # noqa: ARG001
    """Long and short exchanged where not all classes are given. The vendor's full table shows it."""
    return swapped(s, 2, 3, "safe") if s.name == "positions" else None


@register(HIDDEN)
def shifted_weeks(rng: Rng, s: Sample) -> Case:
    """All dates whole weeks early. Only holidays show it; else a second vendor."""
    rows, by = grid(s), -7 * int(rng.integers(1, 3))
    for r in rows:
        r[0] = move(r[0], by)
    return made(s, rows, "safe")


@register(HIDDEN)
def shifted_round_the_clock(rng: Rng, s: Sample) -> Case | None:  # noqa: ARG001
    """All dates a day early in a market that never closes. A second vendor shows it."""
    if s.daily:
        return None
    rows = grid(s)
    for r in rows:
        r[0] = move(r[0], -1)
    return made(s, rows, "safe")


@register(HIDDEN)
def shifted_trading_day(rng: Rng, s: Sample) -> Case | None:  # noqa: ARG001
    """Every value on the next trading day's row: another vendor's booking date. Reconciliation shows it."""
    if not s.daily or s.kind == "positions":
        return None
    stamps = [r[0] for r in s.rows]
    return made(
        s,
        [[stamps[i + 1], *r[1:]] for i, r in enumerate(grid(s)[:-1])],
        "safe",
        frozenset({day_of(stamps[0])}),
    )


@register(HIDDEN)
def unit_of_lone_cell(rng: Rng, s: Sample) -> Case | None:
    """One cell in thousandths of its unit, in a flow without a total or a rate. A second vendor shows it."""
    if s.kind not in ("flow", "rates"):
        return None
    rows, (i, j) = grid(s), cell(rng, s)
    rows[i][j] = as_cell(as_number(rows[i][j]) * float(rng.choice([1e3, 1e-3])), rows[i][j])
    return made(s, rows, "safe")


@register(HIDDEN)
def bits_flipped(rng: Rng, s: Sample) -> Case | None:
    """A byte of a parquet file changed. The recorded sha256 shows it."""
    if not s.binary:
        return None
    blob = bytearray(s.blob())
    blob[int(rng.integers(len(blob)))] ^= int(rng.integers(1, 256))
    return Case(bytes(blob), "safe", None)
