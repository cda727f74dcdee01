"""Processes that end when the process that started them ends, however it ends."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import wait

_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux's prctl


def end_with_parent() -> None:
    """End this process as soon as its parent is gone; to be called first in every worker.

    A pool's workers wait for work on a pipe that their siblings hold open too, so they would outlive a parent that is
    killed. Linux is asked to kill this process with the thread that started it, which also reaches one that is deep in
    compiled code. Elsewhere, and where the parent was gone before it could be asked, a thread watches a pipe of which the
    operating system closes the parent's end; it has to wait for its turn.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        _end_with(lambda: wait([parent.sentinel]))


def run_tied(source: str, path: str) -> int:
    """Run Python source in a process of its own that ends with this one, and wait for it.

    Parameters
    ----------
    source : str
    path : str
        Where the process looks for modules.

    Returns
    -------
    int
        Its exit code.
    """
    tied = f"from {__name__} import end_with_starter; end_with_starter(); {source}"
    command = [sys.executable, "-c", tied]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, stdin=subprocess.PIPE) as process:
        return process.wait()


def end_with_starter() -> None:
    """The same for a process of :func:`run_tied`, whose standard input stays open while its parent lives."""
    pipe = os.dup(0)  # the standard input as such may be closed by anything that runs later
    _end_with(lambda: os.read(pipe, 1))


def _end_with(gone: Callable[[], object]) -> None:
    """End with the thread that started this process, or when ``gone`` returns."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    threading.Thread(target=_watch, args=(gone,), name="watchdog", daemon=True).start()


def _watch(gone: Callable[[], object]) -> None:
    gone()
    os._exit(1)
