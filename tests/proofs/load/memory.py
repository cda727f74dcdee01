"""Memory of a command and of all that it starts, looked at while it runs."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from model.store import PROJECT
from tests.proofs.faults.processes import environment, marked

PAGE = os.sysconf("SC_PAGE_SIZE")
EVERY = 0.1
"""Seconds between two looks."""


@dataclass(frozen=True)
class Peak:
    """Peaks of one run, in MB: all processes at one moment, and the largest process by the kernel's own count."""

    together: float
    largest: float
    seconds: float


def peak(command: list[str], **more: str) -> Peak:
    """Run a command to its end.

    Pages that processes share are counted in each of them, so ``together`` is an upper bound.

    Parameters
    ----------
    command : list of str
    **more : str
        Variables of its environment.

    Raises
    ------
    RuntimeError
        If it fails.
    """
    mark, began = uuid.uuid4().hex, time.monotonic()
    env = environment(mark) | more
    together = largest = 0.0
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=said, stderr=said)
        while process.poll() is None:
            sizes = [_sizes(pid) for pid in marked(mark)]
            together = max(together, sum(now for now, _ in sizes))
            largest = max([largest, *(most for _, most in sizes)])
            time.sleep(EVERY)
        said.seek(0)
        if process.returncode:
            raise RuntimeError(said.read().decode(errors="replace")[-2000:])
    return Peak(together / 1e6, largest / 1e6, time.monotonic() - began)


def _sizes(pid: int) -> tuple[float, float]:
    """Bytes in memory now, and at most so far; none of a process that has ended."""
    try:
        now = PAGE * int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    most = next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
    return now, most
