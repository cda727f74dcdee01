"""Columns exchanged, moved or renamed; rows of another length."""

from __future__ import annotations

from tests.proofs.sources.mutations.case import Case, Mutation, Rng, grid, made, register
from tests.proofs.sources.samples import Sample

COLUMNS: dict[str, Mutation] = {}


def swapped(s: Sample, a: int, b: int, oracle: str) -> Case:
    """Two columns' cells exchanged under their headers."""
    rows = grid(s)
    for r in rows:
        r[a], r[b] = r[b], r[a]
    return made(s, rows, oracle)


SWAPS = {
    "farside": [(1, 4), (0, 2), (3, 4)],
    "flow_records": [(1, 4), (0, 1)],
    "flow_single": [(0, 2), (1, 2)],
    "yahoo": [(3, 4), (5, 7), (0, 5), (4, 5), (1, 5)],
    "cboe": [(2, 3), (0, 4), (3, 4)],
    "cftc": [(9, 10), (2, 10), (10, 11), (0, 2), (1, 2)],
    "positions": [(1, 3), (0, 1), (1, 2)],
    "dvol": [(2, 3), (1, 4), (0, 4), (1, 2)],
    "coinbase": [(1, 2), (3, 4), (4, 5), (0, 4), (2, 4)],
    "klines": [(2, 3), (1, 4), (0, 4), (1, 2), (5, 9), (5, 7), (7, 10), (4, 5)],
    "binance": [(0, 2), (2, 3), (1, 2)],
    "price": [(0, 1)],
    "hourly": [],
}


@register(COLUMNS)
def swapped_columns(rng: Rng, s: Sample) -> Case | None:
    """Two columns exchanged under fixed headers, where order, sums, ranges or continuity tell."""
    if not SWAPS[s.name]:
        return None
    a, b = SWAPS[s.name][int(rng.integers(len(SWAPS[s.name])))]
    return swapped(s, a, b, "refused")


@register(COLUMNS)
def moved_columns(rng: Rng, s: Sample) -> Case | None:
    """Columns in another order, headers moving along."""
    if s.kind == "candles":
        return None
    first = 1 if s.name == "farside" else 0
    order = [*range(first), *(first + rng.permutation(len(s.head) - first)).tolist()]
    if s.name in ("binance", "hourly"):
        order = [0, *(1 + rng.permutation(len(s.head) - 1)).tolist()]
    if s.name != "farside" and s.spec.options.get("format") == "json":
        order = [0, *(1 + rng.permutation(len(s.head) - 1)).tolist()]
    head = [s.head[k] for k in order]
    return made(s, [[r[k] for k in order] for r in s.rows], "equal", head=head)


@register(COLUMNS)
def renamed_column(rng: Rng, s: Sample) -> Case | None:
    """A mapped column under another name."""
    if s.kind == "candles":
        return None
    head = list(s.head)
    head[int(rng.choice(s.mapped))] = "renamed"
    return made(s, grid(s), "refused", head=head)


@register(COLUMNS)
def ragged_row(rng: Rng, s: Sample) -> Case | None:
    """A row within the file with a cell too few or too many (at its edge a lone date is a day not reported yet)."""
    if s.binary or s.kind == "rates" or (s.spec.options.get("format") == "json" and s.kind != "candles"):
        return None
    rows = grid(s)
    i = int(rng.integers(1, len(rows) - 1))
    rows[i] = rows[i][:-1] if rng.random() < 0.5 else [*rows[i], "1.0"]
    return made(s, rows, "refused")
