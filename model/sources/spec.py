"""`sources.toml`: which file holds which role, who reads it, on which clock. The only place with paths."""

from __future__ import annotations

import glob
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from model.errors import DataError
from model.sources.roles import ROLES, Role
from model.toml_table import Table, read_toml

STAMPS = ("date", "start", "end")
OFF_DAYS = ("refuse", "drop")


@dataclass(frozen=True)
class Series:
    """One role taken from a source.

    `fields` maps fund ("" for roles without funds) to the vendor's column; `plausible` is mandatory: a unit
    nobody bounds is a unit nobody checks.
    """

    role: str
    unit: str
    column: str
    fields: dict[str, str]
    plausible: tuple[float, float]
    typical: tuple[float, float] | None = None
    max_ratio: float | None = None
    tolerance: float | None = None

    @property
    def kind(self) -> Role:
        """What the role means: its unit and checks."""
        return ROLES[self.role]

    def output(self, fund: str) -> str:
        """The panel column of `fund`."""
        return self.column.replace("{fund}", fund)


@dataclass(frozen=True)
class SourceSpec:
    """One source: a file (or pages of one), a reader and a clock.

    `off_days` = ``drop`` gives up values on days without trading, for a vendor known to have some; a file
    with more than a twentieth of them is refused all the same, because then its dates are shifted.
    """

    name: str
    reader: str
    paths: tuple[Path, ...]
    clock: str
    series: tuple[Series, ...]
    stamp: str = "date"
    interval_minutes: float = 0.0
    fetched_at: pd.Timestamp | None = None
    sha256: tuple[str, ...] = ()
    funds_complete: bool = False
    label: str = "trade"
    off_days: str = "refuse"
    options: dict[str, Any] = field(default_factory=dict)
    vintage: Callable[[pd.Timestamp, pd.Timestamp | None], bool] | None = None

    def keeps(self, stamp: pd.Timestamp, published: pd.Timestamp | None = None) -> bool:
        """Whether a row of this stamp was public in the vintage being read.

        Readers ask before they look at the row's numbers, so that nothing in a later row can matter.
        """
        return self.vintage is None or self.vintage(stamp, published)

    @property
    def fields(self) -> list[tuple[Series, str, str]]:
        """(series, fund, vendor's column) in the file's order."""
        return [(s, fund, f) for s in self.series for fund, f in s.fields.items()]


@dataclass(frozen=True)
class Mask:
    """Blank `columns` where `when` lies below `below`."""

    columns: tuple[str, ...]
    when: str
    below: float
    reason: str


@dataclass(frozen=True)
class Derived:
    """A column that follows from the calendar alone: `rule` is one of ``days_to_last_friday``."""

    column: str
    rule: str


@dataclass(frozen=True)
class Sources:
    """A whole `sources.toml`."""

    start: date
    end: date | None
    universe: str | None
    calendar: str
    sources: tuple[SourceSpec, ...]
    masks: tuple[Mask, ...] = ()
    basket_shares: int | None = None
    derived: tuple[Derived, ...] = ()


def load_sources(path: Path) -> Sources:
    """Read `sources.toml`; relative paths start at its folder (or at its `root`).

    A source names its files by `path` (patterns allowed) or, as a download writes them, by
    ``[[source.file]]`` tables with path, url, fetched_at and sha256.

    Raises
    ------
    DataError
        If it is missing, not TOML, has an unknown key or names a file that does not exist.
    """
    t = read_toml(Path(path))
    panel = t.table("panel")
    root = Path(path).resolve().parent / t.text("root", ".")
    masks = tuple(_mask(m) for m in t.tables("mask", []))
    derived = tuple(_derived(d) for d in t.tables("derive", []))
    sources = tuple(_source(s, root) for s in t.tables("source"))
    names = [s.name for s in sources]
    for name in names:
        if names.count(name) > 1:
            t.refuse("name", f"source {name!r} is listed twice", "Give each source its own name.")
    out = Sources(
        start=panel.day("start"),
        end=panel.day("end", None),
        universe=panel.text("universe", None),
        calendar=panel.text("calendar", "XNYS"),
        basket_shares=panel.integer("basket_shares", None),
        sources=sources,
        masks=masks,
        derived=derived,
    )
    panel.done()
    t.done()
    return out


def _source(t: Table, root: Path) -> SourceSpec:
    from model.sources.clocks import CLOCKS

    name = t.text("name")
    files = t.tables("file", [])
    for f in files:
        for note in ("url", "asked", "final", "fetched_at"):
            f.raw(note, None)
    fetched = max((f.raw("fetched_at") for f in files), default=None) if files else t.raw("fetched_at", None)
    spec = SourceSpec(
        name=name,
        reader=t.text("reader"),
        paths=tuple(root / f.text("path") for f in files) if files else _paths(t, root),
        clock=t.text("clock"),
        stamp=t.text("stamp", "date"),
        interval_minutes=t.number("interval_minutes", 0.0),
        fetched_at=None if fetched is None else _moment(t, fetched),
        sha256=tuple(f.text("sha256") for f in files) or (t.columns("sha256") if "sha256" in t.data else ()),
        funds_complete=t.flag("funds_complete", False),
        label=t.text("label", "trade"),
        off_days=t.text("off_days", "refuse"),
        series=tuple(_series(s) for s in t.tables("series")),
        options=dict(t.table("options").data),
    )
    for note in ("url", "terms", "note"):
        t.raw(note, None)
    t.done()
    if spec.clock not in CLOCKS:
        t.refuse("clock", f"{spec.clock!r} is not a clock", f"Use one of {', '.join(CLOCKS)}.")
    if spec.stamp not in STAMPS:
        t.refuse("stamp", f"{spec.stamp!r} is unknown", f"Use one of {', '.join(STAMPS)}.")
    if spec.off_days not in OFF_DAYS:
        t.refuse("off_days", f"{spec.off_days!r} is unknown", f"Use one of {', '.join(OFF_DAYS)}.")
    if spec.stamp == "start" and spec.interval_minutes <= 0:
        t.refuse("stamp", "a start stamp needs interval_minutes", "Add interval_minutes, such as 60.")
    return spec


def _moment(t: Table, raw: Any) -> pd.Timestamp:
    from model.sources.text import instant

    return instant(raw, f"{t.file}, fetched_at")


def _paths(t: Table, root: Path) -> tuple[Path, ...]:
    found: list[Path] = []
    for pattern in t.columns("path"):
        hits = sorted(glob.glob(pattern, root_dir=root)) if any(c in pattern for c in "*?[") else [pattern]
        if not hits:
            t.refuse("path", f"no file matches {pattern!r}", "Check the path, or download the source first.")
        found += [root / h for h in hits]
    return tuple(found)


def _series(t: Table) -> Series:
    role = t.text("role")
    if role not in ROLES:
        t.refuse("role", f"{role!r} is not a role", f"Use one of {', '.join(ROLES)}.")
    kind = ROLES[role]
    fields = dict(t.table("fields").data) if "fields" in t.data else {"": t.text("field")}
    if kind.per_fund != ("" not in fields) or not all(isinstance(v, str) for v in fields.values()):
        want = "fields = { fund = 'column' }" if kind.per_fund else "field = 'column'"
        t.refuse("role", f"role {role!r} needs {want}", f"Write {want}.")
    typical = t.range("typical", None) if "typical" in t.data else kind.typical
    out = Series(
        role=role,
        unit=t.text("unit"),
        column=t.text("column", kind.column),
        fields=fields,
        plausible=t.range("plausible"),
        typical=typical,
        max_ratio=t.number("max_ratio", kind.max_ratio),
        tolerance=t.number("tolerance", kind.tolerance),
    )
    kind.factor(out.unit, f"{t.file}: {role}")
    if len({out.output(f) for f in fields}) < len(fields):
        t.refuse("column", "several funds share one column", "Put {fund} into the column name.")
    t.done()
    return out


def _mask(t: Table) -> Mask:
    out = Mask(t.columns("columns"), t.text("when"), t.number("below"), t.text("reason"))
    t.done()
    return out


def _derived(t: Table) -> Derived:
    out = Derived(t.text("column"), t.text("rule"))
    t.done()
    if out.rule != "days_to_last_friday":
        t.refuse("rule", f"{out.rule!r} is unknown", "Use days_to_last_friday.")
    return out


def read_blobs(spec: SourceSpec) -> dict[str, bytes]:
    """The source's files, by name, checked against the recorded sha256 where there is one."""
    import hashlib

    out: dict[str, bytes] = {}
    for i, path in enumerate(spec.paths):
        try:
            blob = path.read_bytes()
        except OSError as error:
            raise DataError(
                f"{spec.name}: cannot read {path.name}: {error.strerror}.", "Check the path in sources.toml."
            ) from None
        if spec.sha256 and (i >= len(spec.sha256) or hashlib.sha256(blob).hexdigest() != spec.sha256[i]):
            raise DataError(
                f"{spec.name}: {path.name} is not the file that was recorded (sha256 differs).",
                "Download it again, or correct sha256 in sources.toml if the change was meant.",
            )
        out[path.name if path.name not in out else f"{path.parent.name}/{path.name}"] = blob
    return out
