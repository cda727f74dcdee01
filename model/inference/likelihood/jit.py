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
_FAST = {"reassoc", "contract", "arcp", "nsz", "afn"}
"""Fast arithmetic in which a NaN stays a NaN: an impossible factorisation must be recognised."""
_OPTIONS: dict[str, Any] = {"fastmath": _FAST, "error_model": "numpy"}


def version() -> int:
    """Number that changes with the text of any file of this folder."""
    text = b"".join(path.read_bytes() for path in sorted(FOLDER.glob("*.py")))
    return int(hashlib.sha256(text).hexdigest()[:15], 16)


def jit(function: Callable[..., Any]) -> Any:
    """Compile a function that only other kernels call: wrappers for Python would take half the compile time."""
    wrappers: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return numba.njit(**wrappers, **_OPTIONS)(function)


def jit_plain(function: Callable[..., Any]) -> Any:
    """Compile a kernel that allocates nothing: without reference counts its rows are plain pointers.

    Counting the references of every row a loop looks at took a tenth of an evaluation.
    """
    wrappers: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    return numba.njit(**wrappers, **_OPTIONS)(function)


def cache_folder() -> Path:
    """Where compiled entry points of this version of the sources are kept."""
    return Path(config.CACHE_DIR or FOLDER / "__pycache__") / f"kernels-{version():x}"


def entry(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a C-callable entry point; the code is kept in a folder of its own for this version of the sources."""

    def decorate(function: Callable[..., Any]) -> Any:
        before = config.CACHE_DIR
        config.CACHE_DIR = str(cache_folder())
        try:
            return numba.cfunc(signature, cache=True, **_OPTIONS)(function)
        finally:
            config.CACHE_DIR = before

    return decorate
