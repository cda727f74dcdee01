"""Commands killed at random moments: what stood before, or what was to come, and never a mix of the two.

Each target runs as a process of its own and is killed by signal 9, which nothing can catch. Afterwards the outcome is
judged from the files alone, processes that it started must be gone, and the command, given again, must end well.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.proofs.faults.processes import left, start
from tests.proofs.faults.targets import Target, targets, whole_fit

__all__ = ["Count", "run", "whole_fit"]

LATE = 0.8
"""Share of a command's time after which it mostly writes; every third kill falls there."""
LATEST = 3
"""Whole runs of a command whose median is its time: a machine is not equally busy all the while."""


@dataclass
class Count:
    """What became of one target's kills."""

    name: str
    kills: int = 0
    finished: int = 0
    lost: int = 0
    mixed: int = 0
    orphans: int = 0
    again: int = 0
    in_vain: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Nothing lost, mixed or left running, and every run that was gone on with ended well."""
        return self.kills > 0 and not (self.lost or self.mixed or self.orphans or self.in_vain)


def run(
    count: int,
    seed: int,
    scratch: Path,
    say: Callable[[str], None],
    fit: Path,
    again_every: int = 5,
    among: str = "",
    keep: Callable[[list[Count]], object] = list,
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
    fit : Path
        The complete fit that stands there before; see :func:`whole_fit`.
    again_every : int
        Of the kills of each target, one in so many is followed by the command again, to the end.
    among : str
        Kill only commands whose name holds this.
    keep : callable
        Told after each kill of everything so far, so that an interrupted proof is not lost.
    """
    rng = random.Random(seed)
    with targets(fit, scratch / "base") as everything:
        chosen = [t for t in everything if among in t.name]
        counts = {t.name: Count(t.name) for t in chosen}
        lengths: dict[str, list[float]] = {t.name: [] for t in chosen}
        for k in range(count):
            target = chosen[k % len(chosen)]
            tally = counts[target.name]
            folder = scratch / f"{target.name.replace(' ', '-')}-{k}"
            took = lengths[target.name]
            if not took:
                took.append(_length(target, scratch / f"whole-{k}"))
            first = LATE if rng.random() < 1 / 3 else 0.0
            _one(target, folder, k, rng.uniform(first, 1.05) * median(took[-LATEST:]), tally)
            if tally.kills % again_every == 0:
                seconds = _go_on(target, folder, k, tally)
                # What is resumed is shorter than the whole.
                took += [seconds] if target.again is target.command else []
            shutil.rmtree(folder, ignore_errors=True)
            say(f"{k + 1} of {count}: {target.name}{'' if tally.passed else f' - FAILED: {tally.examples}'}")
            keep([c for c in counts.values() if c.kills])
    return [c for c in counts.values() if c.kills]


def _length(target: Target, folder: Path) -> float:
    """Seconds that the command takes when nobody ends it."""
    folder.mkdir(parents=True)
    target.prepare(folder)
    began = time.monotonic()
    code = start(target.command(folder, 0), "whole").wait()
    took = time.monotonic() - began
    wrong = target.settled(folder)
    if code not in (0, 4) or wrong:
        raise RuntimeError(f"{target.name} ends with code {code} when nobody kills it. {wrong}")
    shutil.rmtree(folder)
    return took


def _one(target: Target, folder: Path, k: int, moment: float, tally: Count) -> None:
    folder.mkdir(parents=True)
    target.prepare(folder)
    mark = uuid.uuid4().hex
    process = start(target.command(folder, k), mark)
    try:
        process.wait(timeout=moment)
        tally.finished += 1
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    tally.kills += 1
    running = left(mark)
    if running:
        tally.orphans += 1
        tally.examples.append(f"killed after {moment:.1f} s: {len(running)} processes go on")
        for pid in running:
            os.kill(pid, signal.SIGKILL)
    wrong = target.judge(folder)
    if wrong:
        gone = wrong.startswith("No fit at")
        tally.lost += gone
        tally.mixed += not gone
        tally.examples.append(f"killed after {moment:.1f} s: {wrong}")


def _go_on(target: Target, folder: Path, k: int, tally: Count) -> float:
    """Resume what was interrupted, or give the command again; a whole result must come of it. Seconds that it took."""
    began = time.monotonic()
    code = start(target.again(folder, k), "again").wait()
    seconds = time.monotonic() - began
    wrong = f"exit code {code}" if code not in (0, 4) else target.settled(folder)
    tally.again += 1
    if wrong:
        tally.in_vain += 1
        tally.examples.append(f"given again: {wrong}")
    return seconds
