"""Days repeated, shuffled, missing, moved or broken."""

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
from tests.proofs.sources.samples import Sample

DAYS: dict[str, Mutation] = {}


@register(DAYS)
def duplicated_day_same(rng: Rng, s: Sample) -> Case:
    """A row repeated as it is."""
    rows = grid(s)
    i = int(rng.integers(len(rows)))
    rows.insert(int(rng.integers(len(rows))), list(rows[i]))
    return made(s, rows, "safe")


@register(DAYS)
def duplicated_day_other_value(rng: Rng, s: Sample) -> Case:
    """A row repeated with another value."""
    rows = grid(s)
    i, j = cell(rng, s)
    again = list(rows[i])
    again[j] = as_cell(as_number(again[j]) * 1.1 + 1e-4, again[j])
    rows.insert(i + 1, again)
    return made(s, rows, "refused")


@register(DAYS)
def unsorted_days(rng: Rng, s: Sample) -> Case:
    """Rows in random order."""
    rows = grid(s)
    rng.shuffle(rows)
    return made(s, rows, "equal")


@register(DAYS)
def missing_days(rng: Rng, s: Sample) -> Case:
    """Up to five rows gone."""
    rows = grid(s)
    gone = rng.choice(len(rows), int(rng.integers(1, 6)), replace=False)
    lost = frozenset(day_of(rows[i][0]) for i in gone)
    return made(s, [r for i, r in enumerate(rows) if i not in set(gone.tolist())], "safe", lost)


@register(DAYS)
def shifted_calendar_day(rng: Rng, s: Sample) -> Case | None:
    """All dates a day or two off, in a market that closes: some land on a day without trading or report."""
    if not s.daily:
        return None
    rows = grid(s)
    by = int(rng.choice([-2, -1, 1, 2]))
    for r in rows:
        r[0] = move(r[0], by)
    return made(s, rows, "refused")


@register(DAYS)
def shifted_part(rng: Rng, s: Sample) -> Case | None:
    """A run of ten or more rows a day off."""
    if not s.daily or s.kind == "positions":
        return None
    rows = grid(s)
    start = int(rng.integers(len(rows) - 12))
    by = int(rng.choice([-1, 1]))
    for r in rows[start : start + int(rng.integers(10, len(rows) - start))]:
        r[0] = move(r[0], by)
    return made(s, rows, "refused")


@register(DAYS)
def broken_date(rng: Rng, s: Sample) -> Case:
    """A date that is none, or far in the future."""
    rows = grid(s)
    i = int(rng.integers(len(rows)))
    rows[i][0] = str(
        rng.choice(
            [
                "2026-02-30",
                "31.12.2025",
                "yesterday",
                "",
                "2206-02-05",
                "12",
                "2026/02/05",
                "0",
                "99999999999999999",
                "-1",
                "2026-02-05T25:00:00Z",
                "1e400",
                "45992",
            ]
        )
    )
    return made(s, rows, "refused")
