"""The compiled entry point of the Gaussian system: one C function over packed vectors.

Compiled code that calls it (the sampler's log density) holds a symbol, not a copy: Numba would otherwise optimise the
whole system again inside every caller.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numba import carray, types

from model.inference.likelihood import rows as gaussian
from model.inference.likelihood.adjoint import pull
from model.inference.likelihood.jit import entry, jit, version
from model.inference.likelihood.rows import Band
from model.inference.likelihood.system import Data, Frame, Inputs, fill
from model.mechanisms.booking import LOADINGS
from model.mechanisms.design import LAGS

SYMBOL = "linear_gaussian_system"
_DOUBLES, _INTEGERS = types.CPointer(types.float64), types.CPointer(types.int64)
SIGNATURE = types.float64(_DOUBLES, _DOUBLES, _INTEGERS, _INTEGERS, _DOUBLES, types.int64)
_C_TYPE = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_void_p] * 5, ctypes.c_int64)
GRADIENT, DRAW = 0, 1
PATIENCE = 60.0
"""Seconds after which a process says what it is waiting for."""


class Sizes(NamedTuple):
    """Lengths of all axes: days T, funds I, groups G, loadings L, regimes R, lags K, spare unknowns M, weeks W,
    columns C of all families, families F."""

    days: int
    funds: int
    groups: int
    loadings: int
    regimes: int
    lags: int
    gaps: int
    weeks: int
    columns: int
    families: int


def sizes_of(frame: Frame) -> np.ndarray:
    """Lengths of a system's axes. ``Shape: (10,)``."""
    days, width = frame.column.shape
    return np.array(
        Sizes(
            days,
            frame.missing.shape[1],
            width - 1,
            len(LOADINGS),
            int(frame.regime.max()) + 1,
            LAGS,
            len(frame.gap_fund),
            len(frame.week_end),
            len(frame.lag),
            len(frame.family) - 1,
        ),
        dtype=np.int64,
    )


@jit
def _take(vector, at, n):
    """The next n numbers of a packed vector."""
    at[0] += n
    return vector[at[0] - n : at[0]]


@jit
def _inputs(x, z):
    """Packed inputs (or their derivatives) by name."""
    t, i, g, l, k = z[0], z[1], z[2], z[3], z[5]
    at = np.zeros(1, np.int64)
    return Inputs(
        _take(x, at, t),
        _take(x, at, g * t).reshape(g, t),
        _take(x, at, t),
        _take(x, at, t),
        _take(x, at, l * t).reshape(l, t),
        _take(x, at, g),
        _take(x, at, i),
        _take(x, at, 1),
        _take(x, at, l * i).reshape(l, i),
        _take(x, at, z[4] * i * k).reshape(z[4], i, k),
        _take(x, at, 1),
        _take(x, at, i),
        _take(x, at, t),
        _take(x, at, g),
        _take(x, at, t),
        _take(x, at, 8),
        _take(x, at, 3),
    )


@jit
def _data(x, z):
    """Packed measurements by name."""
    t, i, w = z[0], z[1], z[7]
    at = np.zeros(1, np.int64)
    return Data(
        _take(x, at, t),
        _take(x, at, t * i).reshape(t, i),
        _take(x, at, t * i).reshape(t, i),
        _take(x, at, t),
        _take(x, at, t),
        _take(x, at, t),
        _take(x, at, w),
        _take(x, at, w),
        _take(x, at, t * i).reshape(t, i),
        _take(x, at, t * i).reshape(t, i),
        _take(x, at, t * i).reshape(t, i),
        _take(x, at, t),
        _take(x, at, w),
        _take(x, at, t * i).reshape(t, i),
    )


@jit
def _frame(x, z):
    """Packed frame by name."""
    t, i, g, m, w, c = z[0], z[1], z[2], z[6], z[7], z[8]
    at = np.zeros(1, np.int64)
    return Frame(
        _take(x, at, t * (g + 1)).reshape(t, g + 1),
        _take(x, at, t * i).reshape(t, i),
        _take(x, at, m * t).reshape(m, t),
        _take(x, at, t),
        _take(x, at, 1),
        _take(x, at, g),
        _take(x, at, g),
        _take(x, at, 1),
        _take(x, at, w),
        _take(x, at, w),
        _take(x, at, c),
        _take(x, at, c),
        _take(x, at, z[9] + 1),
        _take(x, at, t * (g + 1 + m)),
        _take(x, at, 2),
    )


def _lengths(z):
    """Numbers in the packed inputs, data and frame."""
    t, i, g, l, r, k, m, w, c, f = z
    inputs = t * (5 + g + l) + 2 * g + 2 * i + l * i + r * i * k + 13
    data = t * (5 + 6 * i) + 3 * w
    frame = t * (g + 1 + i + m + 1 + g + 1 + m) + 2 * g + 2 * w + 2 * c + f + 5
    return inputs, data, frame


_kernel_lengths = jit(_lengths)


def _system(inputs_at, data_at, frame_at, sizes_at, out_at, mode):
    """Value and gradient, or (mode ``DRAW``) mean and one draw from the standard normal numbers in ``out``."""
    z = carray(sizes_at, (10,))
    lengths = _kernel_lengths((z[0], z[1], z[2], z[3], z[4], z[5], z[6], z[7], z[8], z[9]))
    inputs = _inputs(carray(inputs_at, (lengths[0],)), z)
    data = _data(carray(data_at, (lengths[1],)), z)
    frame = _frame(carray(frame_at, (lengths[2],)), z)
    families, booked = fill(inputs, data, frame)
    band = Band(frame.first, frame.shape)
    if mode == DRAW:
        n = len(frame.first)
        out = carray(out_at, (2 * n,))
        mean, sample = gaussian.draw(families, band, out[:n].copy())
        out[:n] = mean
        out[n:] = sample
        return 0.0
    flat = carray(out_at, (lengths[0],))
    flat[:] = 0.0
    logp = gaussian.marginal(families, band)
    if logp > -np.inf:
        pull(_inputs(flat, z), inputs, data, frame, families, booked)
    return logp


@functools.cache
def address() -> int:
    """Address of the compiled system; compiles it (about half a minute) unless it is in the cache.

    Two processes that start together compile once: the second waits and reads the cache.
    """
    from llvmlite import binding

    with _one_compiler(Path(tempfile.gettempdir()) / f"{SYMBOL}-{version():x}.lock"):
        compiled = entry(SIGNATURE)(_system)
    binding.add_symbol(SYMBOL, compiled.address)
    _keep.append(compiled)
    return compiled.address


_keep: list[Any] = []


def _waited_for(path: Path) -> None:
    print(
        f"Waiting for another process that compiles the likelihood ({path}) ...", file=sys.stderr, flush=True
    )


@contextlib.contextmanager
def _one_compiler(path: Path) -> Iterator[None]:
    """A lock that says so when it is waited for longer than a compilation takes."""
    from filelock import FileLock, Timeout

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


def pack(record: tuple, dtype: Any = np.float64) -> np.ndarray:
    """All arrays of a record as one vector."""
    return np.concatenate([np.asarray(x, dtype=dtype).ravel() for x in record])


def _call(inputs, data, frame, sizes, out, mode: int) -> float:
    """Call the compiled system with packed vectors."""
    vectors = [inputs, data, frame, sizes, out]
    expected = _lengths(tuple(int(n) for n in vectors[3]))
    if [len(v) for v in vectors[:3]] != list(expected):
        raise ValueError(f"system of {[len(v) for v in vectors[:3]]} numbers, expected {list(expected)}")
    return _C_TYPE(address())(*[v.ctypes.data for v in vectors], mode)


def value_and_gradient(inputs: Inputs, data: Data, frame: Frame) -> tuple[float, Inputs]:
    """Log marginal likelihood of all measurements, and its derivatives.

    Parameters
    ----------
    inputs : Inputs
    data : Data
    frame : Frame
        From :func:`model.inference.arrays.make_frame`.
    """
    return packed_value_and_gradient(inputs, pack(data), pack(frame, np.int64), sizes_of(frame))


def packed_value_and_gradient(inputs: Inputs, data, frame, sizes) -> tuple[float, Inputs]:
    """The same, with measurements and frame already packed."""
    shapes = [np.shape(x) for x in inputs]
    ends = np.cumsum([int(np.prod(s)) for s in shapes])
    out = np.zeros(ends[-1])
    logp = _call(pack(inputs), data, frame, sizes, out, GRADIENT)
    parts = np.split(out, ends[:-1])
    return logp, Inputs(*[x.reshape(s) for x, s in zip(parts, shapes, strict=True)])


def draw_latents(
    inputs: Inputs, data: Data, frame: Frame, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Conditional mean and one exact draw of all unknowns.

    Parameters
    ----------
    noise : numpy.ndarray
        ``Shape: (n,)`` standard normal numbers.

    Returns
    -------
    mean, sample : numpy.ndarray
        ``Shape: (n,)`` each.
    """
    n = len(frame.first)
    out = np.concatenate([noise, np.zeros(n)])
    _call(pack(inputs), pack(data), pack(frame, np.int64), sizes_of(frame), out, DRAW)
    return out[:n], out[n:]
