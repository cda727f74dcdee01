"""Compiled kernels, cached by the text of every file they are built from.

Numba's own cache looks only at the file a function stands in. A kernel that calls another file's functions
would be loaded unchanged after that file was edited, and would silently compute yesterday's likelihood.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core import config as _numba_config

config: Any = _numba_config
FOLDER = Path(__file__).parent
SOURCES = ("gaussian.py", "kernels.py", "system.py")
"""Files whose functions call one another."""
_FAST = {"reassoc", "contract", "arcp", "nsz", "afn"}
"""Fast arithmetic in which a NaN stays a NaN: an impossible factorisation must be recognised."""


def version() -> int:
    """Number that changes with the text of any of the sources."""
    text = b"".join((FOLDER / name).read_bytes() for name in SOURCES)
    return int(hashlib.sha256(text).hexdigest()[:15], 16)


def jit(function: Callable[..., Any]) -> Any:
    """Compile a kernel; the compiled code is kept in a folder of its own for this version of the sources."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(Path(before or FOLDER / "__pycache__") / f"kernels-{version():x}")
    try:
        return numba.njit(cache=True, fastmath=_FAST, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = before
