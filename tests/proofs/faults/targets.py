"""Commands that write, what stands there before they are killed, and what may stand there afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from model.errors import AttributionError
from model.priors.prior_set import load_priors
from model.store import PROJECT, load_fit, strangers
from model.store.place import LITTER
from model.store.place import partial as beside
from model.toml_table import read_toml
from tests.proofs.faults.processes import environment
from tests.proofs.sources.samples import samples

CHEAP = (sys.executable, "-m", "tests.proofs.faults.cheap")
FIT = (*CHEAP, "fit", "--dating", "vendor", "--window", "2026-01-12:2026-02-13")
"""The embedded event on few days: what is killed is the writing, not the sampler."""
OLD = "what was there before\n"
ENOUGH = "220"
"""Draws a chain of the fit that stands there before: priors can be learned from them."""
HELD_UP = 0.05
"""Seconds that the server of downloads takes for an answer."""


@dataclass(frozen=True)
class Target:
    """A command to be killed.

    Attributes
    ----------
    name : str
    command : callable
        Arguments of a process, from a folder and a number of the run.
    prepare : callable
        Puts into a fresh folder what is there before.
    judge : callable
        What is wrong in the folder after the kill; empty if nothing.
    again : callable
        The command that goes on afterwards, or the same again; it must end well.
    settled : callable
        What is wrong in the folder once it has.
    """

    name: str
    command: Callable[[Path, int], list[str]]
    prepare: Callable[[Path], None]
    judge: Callable[[Path], str]
    again: Callable[[Path, int], list[str]]
    settled: Callable[[Path], str]


def whole_fit(base: Path, say: Callable[[str], None]) -> Path:
    """A complete fit, cheaply, with enough draws for priors to be learned from it."""
    say("making a fit")
    _done([*FIT, "--out", str(base / "fit")], FAULT_DRAWS=ENOUGH)
    return base / "fit"


def _done(command: list[str], **more: str) -> None:
    env = environment("") | more
    subprocess.run(command, check=True, capture_output=True, env=env, cwd=PROJECT)


@contextlib.contextmanager
def targets(fit: Path, base: Path) -> Iterator[list[Target]]:
    """Everything that is killed; makes what stands there before, once, in ``base``."""
    from server_support import Server
    from sources_support import write_sources

    sources, raw = base / "sources", base / "raw"
    sources.mkdir(parents=True)
    listed = write_sources(sources)
    old = base / "old"
    old.write_text(OLD)
    server = Server()
    server.good = {"/candles": _candles, "/vix": _vix}
    try:
        _done(_download(server.url, raw, 60))
        there, fetched = partial(_copy, fit, "fit"), partial(_copy, raw, "raw")
        yield [
            _target("fit over a complete fit", _fit, there, _whole_fit),
            _target("fit into an empty folder", _fit, _nothing, _whole_or_absent, _resumed, _whole_fit),
            _target("claims on a fit", partial(_script, "audit_claims"), there, _whole_fit),
            _target("report of a fit", partial(_script, "report"), there, _whole_fit),
            _target("update of priors", _update, there, _whole_priors),
            _target("build of a panel", partial(_build, listed), partial(_file, old, "panel.csv"),
                    partial(_old_or, "panel.csv", b"date,")),
            _target("calibration", _calibrate, partial(_ranks, old), _one_calibration),
            _target("download", partial(_download_k, server.url), _nothing, _as_recorded, None, _complete),
            _target("download over an earlier one", partial(_download_k, server.url), fetched, _as_recorded, None,
                    _complete),
        ]  # fmt: skip
    finally:
        server.close()


def _target(name, command, prepare, judge, again=None, settled=None) -> Target:
    return Target(name, command, prepare, judge, again or command, settled or judge)


# --- commands ---------------------------------------------------------------------------------------------------
def _fit(folder: Path, k: int) -> list[str]:
    return [*FIT, "--out", str(folder / "fit"), "--seed", str(100 + k)]


def _resumed(folder: Path, k: int) -> list[str]:
    """``--resume`` if anything was kept, else the same again."""
    kept = beside(folder / "fit") / "checkpoint" / "request.json"
    if kept.is_file() and not (folder / "fit").exists():
        return [*CHEAP, "fit", "--resume", str(folder / "fit")]
    return _fit(folder, k)


def _script(name: str, folder: Path, _: int) -> list[str]:
    return [sys.executable, f"scripts/{name}.py", str(folder / "fit")]


def _update(folder: Path, _: int) -> list[str]:
    out = ["--out", str(folder / "next.toml"), "--overwrite"]
    return [sys.executable, "scripts/update_priors.py", str(folder / "fit"), *out]


def _build(listed: Path, folder: Path, _: int) -> list[str]:
    out = ["--out", str(folder / "panel.csv"), "--overwrite"]
    return [sys.executable, "scripts/build_panel.py", "--sources", str(listed), *out]


def _calibrate(folder: Path, k: int) -> list[str]:
    words = [
        "--panels",
        "2",
        "--days",
        "20",
        "--workers",
        "0",
        "--seed",
        str(k),
        "--overwrite",
        "--out",
        str(folder),
    ]
    return [*CHEAP, "calibrate", "ranks", *words]


def _download_k(url: str, folder: Path, _: int) -> list[str]:
    return _download(url, folder / "raw", 120)


def _download(url: str, out: Path, days: int) -> list[str]:
    since = datetime.now(UTC).date() - timedelta(days=days)
    return [
        sys.executable, "scripts/download.py", "--out", str(out), "--since", str(since), "--max-age", "0",
        "--only", "coinbase", "--endpoint", f"coinbase={url}/candles",
        "--only", "cboe_vix", "--endpoint", f"cboe_vix={url}/vix",
    ]  # fmt: skip


# --- what is there before ---------------------------------------------------------------------------------------
def _nothing(_: Path) -> None: ...


def _copy(what: Path, name: str, folder: Path) -> None:
    shutil.copytree(what, folder / name)


def _file(what: Path, name: str, folder: Path) -> None:
    shutil.copy(what, folder / name)


def _ranks(old: Path, folder: Path) -> None:
    for name in ("ranks.csv", "ranks-summary.csv", "ranks.png"):
        shutil.copy(old, folder / name)


def _candles(query: dict[str, list[str]]) -> bytes:
    """Hourly candles, of which each is a function of its hour alone: the same whenever they are asked for."""
    time.sleep(HELD_UP)
    first, last = (datetime.fromisoformat(query[k][0]).astimezone(UTC) for k in ("start", "end"))
    rows = []
    for t in range(int(first.timestamp()), int(last.timestamp()) + 1, 3600):
        opening, close = (70_000.0 + 500.0 * math.sin(x / 40_000.0) for x in (t - 3600, t))
        rows.append([t, min(opening, close) - 9.0, max(opening, close) + 9.0, opening, close, 1.0])
    return json.dumps(rows[::-1]).encode()


def _vix(_: dict[str, list[str]]) -> bytes:
    time.sleep(HELD_UP)
    return next(s for s in samples() if s.name == "cboe").blob()


# --- what may be there afterwards -------------------------------------------------------------------------------
def _whole_fit(folder: Path) -> str:
    """A complete fit stands there, of one run, with nothing that its checksums do not cover."""
    try:
        fit = load_fit(folder / "fit")
        readings = set(fit.posterior.children)
        other = [n for n in strangers(fit.folder) if not re.fullmatch(LITTER, Path(n).name)]
    except AttributionError as error:
        return str(error)
    wanted = ("report.html", "tables/event.csv", "figures/graph.png")
    absent = [p for p in wanted if not (fit.folder / p).is_file()]
    if absent or other:
        return f"absent: {', '.join(absent)}; beside it: {', '.join(other)}"
    return "" if readings == set(fit.decomposition.children) else "draws and decomposition differ in readings"


def _whole_or_absent(folder: Path) -> str:
    return _whole_fit(folder) if (folder / "fit").exists() else ""


def _whole_priors(folder: Path) -> str:
    """The set is whole or not there; the fit it came from is as it was."""
    path = folder / "next.toml"
    try:
        if path.exists():
            load_priors(path)
    except AttributionError as error:
        return str(error)
    return _whole_fit(folder)


def _old_or(name: str, head: bytes, folder: Path) -> str:
    """A file is the old one, or a new one to its last line."""
    blob = (folder / name).read_bytes() if (folder / name).is_file() else b""
    if not blob:
        return f"No fit at {name}"
    new = blob.startswith(head) and blob.endswith(b"\n") and blob.count(b"\n") > 2
    return "" if blob == OLD.encode() or new else f"{name} is cut short"


def _one_calibration(folder: Path) -> str:
    """Ranks are old or new and whole; summary and picture are of the same run, or absent."""
    wrong = _old_or("ranks.csv", b"panel,", folder)
    names = ("ranks.csv", "ranks-summary.csv", "ranks.png")
    ages = {n: (folder / n).read_bytes() == OLD.encode() for n in names if (folder / n).is_file()}
    return wrong or ("" if len(set(ages.values())) == 1 else f"files of two runs: {ages}")


def _as_recorded(folder: Path) -> str:
    """The record can be read, and each of its files is there with its hash."""
    raw = folder / "raw"
    try:
        sources = read_toml(raw / "sources.toml").data["source"] if (raw / "sources.toml").exists() else []
    except AttributionError as error:
        return str(error)
    for f in (f for s in sources for f in s["file"]):
        path = raw / f["path"]
        # A page that is not final yet may have been fetched again and not been recorded: it is asked for once more.
        if not path.is_file() or (f["final"] and _hash(path) != f["sha256"]):
            return f"{f['path']} is not as recorded"
    return next(
        (f"{p.name} is cut short" for p in _pages(raw) if not p.read_bytes().endswith((b"]", b"\n"))), ""
    )


def _complete(folder: Path) -> str:
    """Everything that was asked for is there and recorded."""
    said = (folder / "raw" / "sources.toml").read_text(encoding="utf-8")
    left = [p.name for p in _pages(folder / "raw") if _hash(p) not in said]
    many = sum(1 for _ in _pages(folder / "raw"))
    return _as_recorded(folder) or (
        f"not recorded: {left}" if left else "" if many > 5 else "pages are missing"
    )


def _pages(raw: Path) -> Iterator[Path]:
    """Files of vendors; what a killed process was writing has a name of its own."""
    yield from (p for p in raw.glob("*/*") if not p.name.startswith("."))


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
