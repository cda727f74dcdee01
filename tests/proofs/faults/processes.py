"""Processes of one run, known by a variable of their environment, whoever their parent is by now."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from model.store import PROJECT

MARK = "FAULT_RUN"
GRACE = 15.0
"""Seconds within which every process of a killed run must have ended; workers look up between two pieces of work."""


def environment(mark: str) -> dict[str, str]:
    """The variables of a run."""
    paths = [str(PROJECT), str(PROJECT / "tests" / "support")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths), MARK: mark, "OMP_NUM_THREADS": "1"}


def start(command: list[str], mark: str) -> subprocess.Popen:
    """Start a command in a session of its own, silent."""
    return subprocess.Popen(
        command, cwd=PROJECT, env=environment(mark), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def left(mark: str) -> list[int]:
    """Processes of a run that are still there when the grace is over."""
    deadline = time.monotonic() + GRACE
    while (found := list(marked(mark))) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def marked(mark: str) -> Iterator[int]:
    """Processes of a run that are there now."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{MARK}={mark}".encode() in path.read_bytes() and not _is_zombie(path.parent):
                yield int(path.parent.name)
        except (OSError, ValueError):
            continue


def _is_zombie(process: Path) -> bool:
    return (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
