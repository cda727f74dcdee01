"""Read `sources.toml` and the files that it names."""

from __future__ import annotations

import glob
import hashlib
from pathlib import Path
from typing import Any

import pandas as pd

from model.errors import DataError
from model.panel.accepted import Accept
from model.sources.clocks import CLOCKS
from model.sources.options import read_options
from model.sources.roles import ROLES
from model.sources.spec import (
    CHECKS,
    OFF_DAYS,
    PER_INTERVAL,
    STAMPS,
    Derived,
    Leave,
    Mask,
    Series,
    Sources,
    SourceSpec,
)
from model.sources.text import instant
from model.toml_table import Table, read_toml


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
    name = t.text("name")
    files = t.tables("file", [])
    for f in files:
        f.text("url", None), f.text("asked", None), f.flag("final", None), f.raw("fetched_at", None)
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
        options=read_options(t.table("options")),
        accepted=tuple(_accept(a) for a in t.tables("accept", [])),
        dropped=tuple(_leave(d) for d in t.tables("drop", [])),
    )
    for note in ("url", "terms", "note"):
        t.text(note, None)
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
    t.misspelt("field", "fields")
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
        per_hours=_per_hours(t),
    )
    kind.factor(out.unit, f"{t.file}: {role}")
    if len({out.output(f) for f in fields}) < len(fields):
        t.refuse("column", "several funds share one column", "Put {fund} into the column name.")
    t.done()
    return out


def _per_hours(t: Table) -> float | None:
    interval = t.data.get("per_hours") == "interval"
    hours = t.raw("per_hours") and PER_INTERVAL if interval else t.number("per_hours", None)
    if "per_hours" in t.data and ROLES[t.data["role"]].per_hours is None:
        t.refuse("per_hours", "this role is no rate", "Leave it out.")
    if hours is not None and hours <= 0 and not interval:
        t.refuse("per_hours", f"{hours:g} hours", 'Write hours above zero, or "interval".')
    return hours


def _accept(t: Table) -> Accept:
    out = Accept(
        t.text("check"),
        t.dates("days"),
        t.text("reason"),
        t.columns("columns") if "columns" in t.data else (),
    )
    if out.check not in CHECKS:
        t.refuse("check", f"{out.check!r} is not a check", f"Use one of {', '.join(CHECKS)}.")
    t.done()
    return out


def _leave(t: Table) -> Leave:
    out = Leave(t.dates("days"), t.text("reason"), t.columns("columns") if "columns" in t.data else ())
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
