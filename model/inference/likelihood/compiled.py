"""Entry points compiled once a machine and version of the sources, by whoever needs them first."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from model.inference.likelihood.jit import cache_folder, entry
from model.watchdog import run_tied

PATIENCE = 60.0
"""Seconds after which a process says what it is waiting for."""


def compiled(signature: Any, function: Callable[..., Any]) -> Any:
    """An entry point from the cache, or compiled into it first.

    Two processes that start together compile once: the second waits and reads the cache. What compiles keeps other last
    digits than what loads, so it is compiled in a process of its own and loaded here.

    Parameters
    ----------
    signature : numba signature
    function : callable
        Of a module whose ``compile_here`` compiles it.
    """
    with one_compiler(lock_path(function.__name__)):
        if not any(cache_folder().rglob(f"*.{function.__name__}-*.nbi")):
            path = os.pathsep.join(p for p in sys.path if p)
            run_tied(f"from {function.__module__} import compile_here; compile_here()", path)
        return entry(signature)(function)


def lock_path(name: str) -> Path:
    """Lock of those who compile an entry point into one cache.

    Each user has an own one, as nobody can open another's in the shared folder; so has each copy of the sources, which
    would wait for a cache that it does not read.
    """
    user = os.getuid() if hasattr(os, "getuid") else 0
    cache = hashlib.sha256(str(cache_folder()).encode()).hexdigest()[:15]
    return Path(tempfile.gettempdir()) / f"likelihood{name}-{user}-{cache}.lock"


@contextlib.contextmanager
def one_compiler(path: Path) -> Iterator[None]:
    """A lock that says so when it is waited for longer than a compilation takes."""
    from filelock import FileLock, Timeout  # only where it compiles

    lock = FileLock(path)
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout:
        _waited_for(path)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _waited_for(path: Path) -> None:
    print(
        f"Waiting for another process that compiles the likelihood ({path}) ...", file=sys.stderr, flush=True
    )
