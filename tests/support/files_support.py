"""A sources.toml written by hand: files and their settings as texts."""

from __future__ import annotations

from pathlib import Path

HEAD = '[panel]\nstart = {start}\nuniverse = "us-spot-btc"\n\n'


def write_plan(folder: Path, body: str, start: str = "2026-02-02", **files: str | bytes) -> Path:
    """`body` below a head as sources.toml, and files by name (an underscore stands for the dot)."""
    for name, content in files.items():
        path = folder / name.replace("_", ".", 1)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    plan = folder / "sources.toml"
    plan.write_text(HEAD.format(start=start) + body, encoding="utf-8")
    return plan


def source(name: str, reader: str, path: str, clock: str, series: str, more: str = "") -> str:
    """One [[source]] with one series: `series` is role, unit, low, high and field."""
    role, unit, low, high, fields = series.split("|")
    return (
        f'[[source]]\nname = "{name}"\nreader = "{reader}"\npath = "{path}"\nclock = "{clock}"\n{more}\n'
        f'[[source.series]]\nrole = "{role}"\nunit = "{unit}"\nplausible = [{low}, {high}]\n{fields}\n'
    )
