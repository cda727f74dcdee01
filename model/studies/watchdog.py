"""Worker processes that end when the process that started them ends, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import wait


def end_with_parent() -> None:
    """End this process as soon as its parent is gone; to be called first in every worker.

    A pool's workers wait for work on a pipe that their siblings hold open too, so they would outlive a parent that is
    killed. The operating system closes the parent's end of this one with it.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), name="watchdog", daemon=True).start()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
