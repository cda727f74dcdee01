"""Commands killed at random moments: what stood before, or what was to come, and never a mix of the two.

Each target runs as a process of its own and is killed by signal 9, which nothing can catch. Afterwards the outcome is
judged from the files alone, and processes that it started must be gone.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from model.errors import AttributionError
from model.priors.prior_set import load_priors
from model.store import PROJECT, load_fit
from model.store.place import partial as beside

MARK = "FAULT_RUN"
"""Variable by which a run's processes are known, whoever their parent is by now."""
GRACE = 15.0
"""Seconds within which every process of a killed run must have ended; workers look up between two pieces of work."""
CHEAP = (sys.executable, "-m", "tests.proofs.faults.cheap")
REASON = ("--dating", "vendor")


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
    resume : callable, optional
        The command that goes on afterwards; it must end well.
    """

    name: str
    command: Callable[[Path, int], list[str]]
    prepare: Callable[[Path], None]
    judge: Callable[[Path], str]
    resume: Callable[[Path], list[str]] | None = None


@dataclass
class Count:
    """What became of one target's kills."""

    name: str
    kills: int = 0
    finished: int = 0
    lost: int = 0
    mixed: int = 0
    orphans: int = 0
    resumed: int = 0
    not_resumed: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Nothing lost, mixed or left running, and every resumed run ended well."""
        return not (self.lost or self.mixed or self.orphans or self.not_resumed)


def run(
    count: int, seed: int, scratch: Path, say: Callable[[str], None], resume_every: int = 5
) -> list[Count]:
    """Kill each target in turn, ``count`` times in all.

    Parameters
    ----------
    count : int
    seed : int
        Of the moments.
    scratch : Path
        A folder for the work; each run has its own in it.
    say : callable
    resume_every : int
        Of the kills of a fit over an empty folder, one in so many is gone on with to the end.
    """
    chosen = targets(scratch / "base", say)
    counts = {t.name: Count(t.name) for t in chosen}
    lengths: dict[str, float] = {}
    rng = random.Random(seed)
    for k in range(count):
        target = chosen[k % len(chosen)]
        tally = counts[target.name]
        folder = scratch / f"{target.name.replace(' ', '-')}-{k}"
        if target.name not in lengths:
            lengths[target.name] = _length(target, scratch / f"whole-{k}")
        _one(target, folder, k, rng.uniform(0.0, 1.05 * lengths[target.name]), tally)
        if target.resume is not None and tally.kills % resume_every == 0:
            _go_on(target, folder, tally)
        shutil.rmtree(folder, ignore_errors=True)
        say(f"{k + 1} of {count}: {target.name}")
    return list(counts.values())


def targets(base: Path, say: Callable[[str], None]) -> list[Target]:
    """Everything that is killed; makes the fit and the files that stand there before, once."""
    from sources_support import write_sources

    fit, sources = base / "fit", base / "sources"
    if not fit.exists():
        say("making the fit that stands there before")
        subprocess.run(
            [*CHEAP, "fit", *REASON, "--out", str(fit)], check=True, capture_output=True, env=_env("")
        )
    sources.mkdir(exist_ok=True)
    listed = write_sources(sources)
    old = base / "old"
    old.write_text("what was there before\n")
    script = partial(_script, fit)
    return [
        Target("fit over a complete fit", script("fit"), partial(_copy, fit, "fit"), _whole_fit),
        Target("fit over an empty folder", script("fit"), _nothing, _whole_or_absent, _resumed),
        Target("report written again", script("audit_claims"), partial(_copy, fit, "fit"), _whole_fit),
        Target("update of priors", script("update_priors"), partial(_copy, fit, "fit"), _whole_priors),
        Target("build of a panel", partial(_build, listed), partial(_file, old, "panel.csv"),
               partial(_old_or, "panel.csv", b"date,")),
        Target("calibration", _calibrate, partial(_file, old, "ranks.csv"), partial(_old_or, "ranks.csv", b"panel,")),
    ]  # fmt: skip


def _script(_: Path, name: str) -> Callable[[Path, int], list[str]]:
    """The command line of a script on the folder of a run."""

    def command(folder: Path, k: int) -> list[str]:
        fit = str(folder / "fit")
        own = {
            "fit": [*CHEAP, "fit", *REASON, "--out", fit, "--seed", str(100 + k)],
            "audit_claims": [sys.executable, "scripts/audit_claims.py", fit],
            "update_priors": [
                sys.executable, "scripts/update_priors.py", fit, "--out", str(folder / "next.toml"), "--overwrite",
            ],
        }  # fmt: skip
        return own[name]

    return command


def _resumed(folder: Path) -> list[str]:
    return [*CHEAP, "fit", "--resume", str(folder / "fit")]


def _build(listed: Path, folder: Path, _: int) -> list[str]:
    return [
        sys.executable,
        "scripts/build_panel.py",
        "--sources",
        str(listed),
        "--out",
        str(folder / "panel.csv"),
    ]


def _calibrate(folder: Path, _: int) -> list[str]:
    return [*CHEAP, "calibrate", "ranks", "--panels", "2", "--out", str(folder)]


def _nothing(_: Path) -> None: ...


def _copy(what: Path, name: str, folder: Path) -> None:
    shutil.copytree(what, folder / name)


def _file(what: Path, name: str, folder: Path) -> None:
    shutil.copy(what, folder / name)


def _whole_fit(folder: Path) -> str:
    """A complete fit stands there, of one run."""
    try:
        fit = load_fit(folder / "fit")
        readings = set(fit.posterior.children)
    except AttributionError as error:
        return str(error)
    pages = [
        p for p in ("report.html", "tables/event.csv", "figures/graph.png") if not (fit.folder / p).is_file()
    ]
    return f"absent: {', '.join(pages)}" if pages else "" if readings else "no draws"


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
    if blob == b"what was there before\n":
        return ""
    return (
        ""
        if blob.startswith(head) and blob.endswith(b"\n") and blob.count(b"\n") > 2
        else f"{name} is cut short"
    )


def _env(mark: str) -> dict[str, str]:
    paths = [str(PROJECT), str(PROJECT / "tests" / "support")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), MARK: mark, "OMP_NUM_THREADS": "1"}


def _start(command: list[str], mark: str) -> subprocess.Popen:
    return subprocess.Popen(
        command, cwd=PROJECT, env=_env(mark), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def _length(target: Target, folder: Path) -> float:
    """Seconds that the command takes when nobody ends it."""
    folder.mkdir(parents=True)
    target.prepare(folder)
    began = time.monotonic()
    process = _start(target.command(folder, 0), "whole")
    code = process.wait()
    if code not in (0, 4):
        raise RuntimeError(f"{target.name} ends with code {code} when nobody kills it")
    shutil.rmtree(folder)
    return time.monotonic() - began


def _one(target: Target, folder: Path, k: int, moment: float, tally: Count) -> None:
    folder.mkdir(parents=True)
    target.prepare(folder)
    mark = uuid.uuid4().hex
    process = _start(target.command(folder, k), mark)
    try:
        process.wait(timeout=moment)
        tally.finished += 1
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    tally.kills += 1
    left = list(_left(mark))
    if left:
        tally.orphans += 1
        tally.examples.append(f"{target.name}, killed after {moment:.1f} s: {len(left)} processes go on")
        for pid in left:
            os.kill(pid, signal.SIGKILL)
    wrong = target.judge(folder)
    if wrong:
        gone = "No fit at" in wrong
        tally.lost += gone
        tally.mixed += not gone
        tally.examples.append(f"{target.name}, killed after {moment:.1f} s: {wrong}")


def _left(mark: str) -> Iterator[int]:
    """Processes of a run that are still there when the grace is over."""
    deadline = time.monotonic() + GRACE
    while (found := list(_marked(mark))) and time.monotonic() < deadline:
        time.sleep(0.1)
    yield from found


def _marked(mark: str) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{MARK}={mark}".encode() in path.read_bytes() and not _is_zombie(path.parent):
                yield int(path.parent.name)
        except (OSError, ValueError):
            continue


def _is_zombie(process: Path) -> bool:
    return (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _go_on(target: Target, folder: Path, tally: Count) -> None:
    """Resume what was interrupted, if anything was kept; a whole fit must come of it."""
    assert target.resume is not None
    if (folder / "fit").exists() or not (beside(folder / "fit") / "checkpoint" / "request.json").is_file():
        return
    code = _start(target.resume(folder), "resumed").wait()
    wrong = f"exit code {code}" if code else _whole_fit(folder)
    tally.resumed += 1
    if wrong:
        tally.not_resumed += 1
        tally.examples.append(f"{target.name}, resumed: {wrong}")
