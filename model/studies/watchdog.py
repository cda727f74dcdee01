"""Worker processes that end when the process that started them ends, however it ends."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
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
    if parent is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    threading.Thread(target=_watch, args=(parent.sentinel,), name="watchdog", daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
