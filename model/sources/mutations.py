"""Ways a file goes wrong, each with its oracle: read correctly, or refused with a named error.

A class is a function (rng, sample) to `Case`, or None where it does not apply. The oracle says what may be
read: ``equal`` (everything, as in the clean file), ``refused`` (nothing), or ``safe`` (refused, or read
with every value right; only what `lost` names may be missing). `HIDDEN` are the classes no check on one
file can detect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from model.sources.samples import CONTEXT, START, Grid, Sample, samples
from model.sources.tidy import tidy

type Rng = np.random.Generator
type Values = dict[tuple[str, pd.Timestamp], float]


@dataclass(frozen=True)
class Case:
    """A mutated file with its oracle. `lost`: days that may be missing from what is read (None: any)."""

    blob: bytes
    oracle: str
    lost: frozenset[pd.Timestamp] | None = frozenset()


type Mutation = Callable[[Rng, Sample], Case | None]
DETECTED: dict[str, Mutation] = {}
HIDDEN: dict[str, Mutation] = {}


def detected(f: Mutation) -> Mutation:
    """Register a class that must be caught."""
    DETECTED[f.__name__] = f
    return f


def hidden(f: Mutation) -> Mutation:
    """Register a class that one file alone can't show."""
    HIDDEN[f.__name__] = f
    return f


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


# days ------------------------------------------------------------------------------------------------


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


@detected
def duplicated_day_same(rng: Rng, s: Sample) -> Case:
    """A row repeated as it is."""
    rows = grid(s)
    i = int(rng.integers(len(rows)))
    rows.insert(int(rng.integers(len(rows))), list(rows[i]))
    return made(s, rows, "safe")


@detected
def duplicated_day_other_value(rng: Rng, s: Sample) -> Case:
    """A row repeated with another value."""
    rows = grid(s)
    i, j = cell(rng, s)
    again = list(rows[i])
    again[j] = as_cell(as_number(again[j]) * 1.1 + 1e-4, again[j])
    rows.insert(i + 1, again)
    return made(s, rows, "refused")


@detected
def unsorted_days(rng: Rng, s: Sample) -> Case:
    """Rows in random order."""
    rows = grid(s)
    rng.shuffle(rows)
    return made(s, rows, "equal")


@detected
def missing_days(rng: Rng, s: Sample) -> Case:
    """Up to five rows gone."""
    rows = grid(s)
    gone = rng.choice(len(rows), int(rng.integers(1, 6)), replace=False)
    lost = frozenset(day_of(rows[i][0]) for i in gone)
    return made(s, [r for i, r in enumerate(rows) if i not in set(gone.tolist())], "safe", lost)


@detected
def shifted_calendar_day(rng: Rng, s: Sample) -> Case | None:
    """All dates a day or two off, in a market that closes: some land on a day without trading or report."""
    if not s.daily:
        return None
    rows = grid(s)
    by = int(rng.choice([-2, -1, 1, 2]))
    for r in rows:
        r[0] = move(r[0], by)
    return made(s, rows, "refused")


@detected
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


@detected
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


# units -----------------------------------------------------------------------------------------------

FACTORS = (1e3, 1e6, 1e-3, 1e-6)


@detected
def unit_of_file(rng: Rng, s: Sample) -> Case:
    """Every number of one kind in thousands or millions of its unit."""
    rows, factor = grid(s), float(rng.choice(FACTORS))
    for j in _number_columns(s):
        for r in rows:
            r[j] = as_cell(as_number(r[j]) * factor, r[j])
    return made(s, rows, "refused")


@detected
def unit_of_column(rng: Rng, s: Sample) -> Case:
    """One mapped column in thousands or millions of its unit."""
    rows, factor, j = grid(s), float(rng.choice(FACTORS)), int(rng.choice(s.mapped))
    for r in rows:
        r[j] = as_cell(as_number(r[j]) * factor, r[j])
    return made(s, rows, "refused")


@detected
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


# columns ---------------------------------------------------------------------------------------------


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
    "binance": [(0, 2), (2, 3), (1, 2)],
    "price": [(0, 1)],
    "hourly": [],
}


@detected
def swapped_columns(rng: Rng, s: Sample) -> Case | None:
    """Two columns exchanged under fixed headers, where order, sums, ranges or continuity tell."""
    if not SWAPS[s.name]:
        return None
    a, b = SWAPS[s.name][int(rng.integers(len(SWAPS[s.name])))]
    return swapped(s, a, b, "refused")


@detected
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


@detected
def renamed_column(rng: Rng, s: Sample) -> Case | None:
    """A mapped column under another name."""
    if s.kind == "candles":
        return None
    head = list(s.head)
    head[int(rng.choice(s.mapped))] = "renamed"
    return made(s, grid(s), "refused", head=head)


@detected
def ragged_row(rng: Rng, s: Sample) -> Case | None:
    """A row with a cell too few or too many."""
    if s.binary or s.kind == "rates" or (s.spec.options.get("format") == "json" and s.kind != "candles"):
        return None
    rows = grid(s)
    i = int(rng.integers(len(rows)))
    rows[i] = rows[i][:-1] if rng.random() < 0.5 else [*rows[i], "1.0"]
    return made(s, rows, "refused")


# cells -----------------------------------------------------------------------------------------------

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


@detected
def text_in_number(rng: Rng, s: Sample) -> Case:
    """A cell that is no number."""
    rows, (i, j) = grid(s), cell(rng, s)
    text = str(rng.choice([t for t in TEXTS if not (s.name == "farside" and t == "<b>1</b>")]))
    rows[i][j] = text
    return made(s, rows, "refused")


@detected
def missing_cell(rng: Rng, s: Sample) -> Case:
    """NaN or an empty cell: missing, never zero."""
    rows, (i, j) = grid(s), cell(rng, s)
    rows[i][j] = str(rng.choice(["NaN", "", "nan"] if s.name != "farside" else ["", "-"]))
    day = day_of(rows[i][0])
    return made(s, rows, "safe", frozenset({day, day - pd.Timedelta(days=1)}))


@detected
def infinity(rng: Rng, s: Sample) -> Case:
    """An infinite cell."""
    rows, (i, j) = grid(s), cell(rng, s)
    rows[i][j] = str(rng.choice(["inf", "-inf", "Infinity", "-Infinity", "1e999", "-1e999"]))
    return made(s, rows, "safe" if s.binary else "refused", frozenset())


@detected
def huge_value(rng: Rng, s: Sample) -> Case:
    """A cell ten thousand to a quintillion times too large."""
    rows, (i, j) = grid(s), cell(rng, s)
    size = 10.0 ** rng.uniform(5, 18)
    rows[i][j] = as_cell(size * max(1.0, abs(as_number(rows[i][j]))), rows[i][j])
    return made(s, rows, "safe" if not s.daily and s.kind != "rates" else "refused")


@detected
def negative_price(rng: Rng, s: Sample) -> Case | None:
    """A level that is negative."""
    if s.kind in ("flows", "flow", "rates"):
        return None
    rows, (i, j) = grid(s), cell(rng, s)
    rows[i][j] = as_cell(-abs(as_number(rows[i][j])), rows[i][j])
    return made(s, rows, "refused" if s.daily else "safe")


@detected
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
        rows[-1][4] = _money(as_number(rows[-1][4]))
    early = pd.Timestamp("2026-03-14T02:00Z")
    return Case(
        s.render(list(s.head), rows), f"fetched {early.isoformat()}", frozenset({day_of(rows[-1][0])})
    )


def _money(v: float) -> str:
    return f"({abs(v):,.1f})" if v < 0 else f"{v:,.1f}"


# bytes -----------------------------------------------------------------------------------------------


@detected
def broken_encoding(rng: Rng, s: Sample) -> Case | None:
    """Bytes that are not UTF-8, another encoding, or NUL."""
    if s.binary:
        return None
    blob = s.blob()
    kind = int(rng.integers(4))
    at = int(rng.integers(len(blob)))
    bad = bytes([int(rng.choice([0x80, 0xBF, 0xC0, 0xF5, 0xFE, 0xFF]))])
    out = (
        blob[:at] + bad + blob[at:],
        blob.decode().encode("utf-16"),
        blob[:at] + b"\x00" + blob[at:],
        blob.decode().encode("utf-32"),
    )[kind]
    return Case(out, "refused")


@detected
def harmless_encoding(rng: Rng, s: Sample) -> Case | None:
    """A byte-order mark, or Windows line ends."""
    if s.binary:
        return None
    blob = s.blob()
    return Case(b"\xef\xbb\xbf" + blob if rng.random() < 0.5 else blob.replace(b"\n", b"\r\n"), "equal")


@detected
def truncated(rng: Rng, s: Sample) -> Case:
    """Cut at any byte. A CSV cut exactly at a line's end is a shorter, correct file."""
    blob = s.blob()
    return Case(blob[: int(rng.integers(len(blob)))], "safe", None)


@detected
def truncated_front(rng: Rng, s: Sample) -> Case:
    """The beginning missing."""
    blob = s.blob()
    return Case(blob[int(rng.integers(1, len(blob))) :], "safe", None)


OTHER = (
    b"",
    b"\n",
    b"null",
    b"[]",
    b"{}",
    b"[[]]",
    b"[null]",
    b"0",
    b"true",
    b'"text"',
    b'{"result": []}',
    b"[1, 2]",
    b"<html><body>Just a moment...</body></html>",
    b'{"error": {"code": 10028, "message": "too_many_requests"}}',
    b'{"code": 0, "msg": "restricted location"}',
    b'{"message": "NotFound"}',
    b"PAR1PAR1",
    b"[" * 100_000,
    b"date,px\n",
    b"date\n2026-02-05\n",
    b"<table></table></html>",
    b"<html><table><tr></tr></table></html>",
)


@detected
def another_answer(rng: Rng, s: Sample) -> Case:  # noqa: ARG001
    """An error page, an empty answer, or another kind of document."""
    return Case(OTHER[int(rng.integers(len(OTHER)))], "refused")


@detected
def another_vendor(rng: Rng, s: Sample) -> Case:
    """A correct file of another vendor."""
    others = [o for o in samples() if o.name != s.name]
    return Case(others[int(rng.integers(len(others)))].blob(), "refused")


# classes that one file can't show --------------------------------------------------------------------


@hidden
def digit_changed(rng: Rng, s: Sample) -> Case:
    """One cell changed within range. Totals and sums show it where there are some; else a second vendor."""
    rows, (i, j) = grid(s), cell(rng, s)
    rows[i][j] = as_cell(as_number(rows[i][j]) * float(rng.uniform(1.01, 1.05)), rows[i][j])
    return made(s, rows, "safe")


@hidden
def funds_swapped(rng: Rng, s: Sample) -> Case | None:  # noqa: ARG001
    """Two funds exchanged: the sum stays. A second vendor shows it."""
    return swapped(s, 1, 2, "safe") if s.kind == "flows" else None


@hidden
def open_close_swapped(rng: Rng, s: Sample) -> Case | None:  # noqa: ARG001
    """Open and close exchanged in a market that closes overnight. A second vendor shows it."""
    return swapped(s, 1, 4, "safe") if s.name == "cboe" else None


@hidden
def classes_swapped(rng: Rng, s: Sample) -> Case | None:  # noqa: ARG001
    """Long and short exchanged where not all classes are given. The vendor's full table shows it."""
    return swapped(s, 2, 3, "safe") if s.name == "positions" else None


@hidden
def shifted_weeks(rng: Rng, s: Sample) -> Case:
    """All dates whole weeks early. Only holidays show it; else a second vendor."""
    rows, by = grid(s), -7 * int(rng.integers(1, 3))
    for r in rows:
        r[0] = move(r[0], by)
    return made(s, rows, "safe")


@hidden
def shifted_round_the_clock(rng: Rng, s: Sample) -> Case | None:  # noqa: ARG001
    """All dates a day early in a market that never closes. A second vendor shows it."""
    if s.daily:
        return None
    rows = grid(s)
    for r in rows:
        r[0] = move(r[0], -1)
    return made(s, rows, "safe")


@hidden
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


@hidden
def unit_of_lone_cell(rng: Rng, s: Sample) -> Case | None:
    """One cell in thousandths of its unit, in a flow without a total or a rate. A second vendor shows it."""
    if s.kind not in ("flow", "rates"):
        return None
    rows, (i, j) = grid(s), cell(rng, s)
    rows[i][j] = as_cell(as_number(rows[i][j]) * float(rng.choice([1e3, 1e-3])), rows[i][j])
    return made(s, rows, "safe")


@hidden
def bits_flipped(rng: Rng, s: Sample) -> Case | None:
    """A byte of a parquet file changed. The recorded sha256 shows it."""
    if not s.binary:
        return None
    blob = bytearray(s.blob())
    blob[int(rng.integers(len(blob)))] ^= int(rng.integers(1, 256))
    return Case(bytes(blob), "safe", None)


CLASSES: dict[str, Mutation] = {**DETECTED, **HIDDEN}
