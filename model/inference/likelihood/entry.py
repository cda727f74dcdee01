"""The compiled entry point of the Gaussian system: one C function over packed vectors.

Compiled code that calls it (the sampler's log density) holds a symbol, not a copy: Numba would otherwise optimise the
whole system again inside every caller.
"""

from __future__ import annotations

import ctypes
import functools
import math
from typing import Any, NamedTuple

import numpy as np
from numba import carray, types

from model.inference.likelihood import rows as gaussian
from model.inference.likelihood.adjoint import pull
from model.inference.likelihood.compiled import compiled
from model.inference.likelihood.jit import entry, jit
from model.inference.likelihood.rows import Band
from model.inference.likelihood.system import Data, Families, Frame, Inputs, fill

SYMBOL = "linear_gaussian_system"
_DOUBLES, _INTEGERS = types.CPointer(types.float64), types.CPointer(types.int64)
SIGNATURE = types.float64(_DOUBLES, _DOUBLES, _INTEGERS, _INTEGERS, _DOUBLES, types.int64)
_C_TYPE = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_void_p] * 5, ctypes.c_int64)
GRADIENT, DRAW = 0, 1


class Sizes(NamedTuple):
    """Lengths of all axes: days T, funds I, linked groups G, loadings L, regimes R, lags K, spare unknowns M, columns C of
    all families and measurements, families and measurements N, measurements E, their terms S."""

    T: int
    I: int  # noqa: E741
    G: int
    L: int
    R: int
    K: int
    M: int
    C: int
    N: int
    E: int
    S: int


AXES = {
    Inputs: (
        "T", "LT", "G", "TI", "1", "LI", "RIK", "1", "I", "T", "G", "5", "ST", "ET", "ET",
    ),
    Data: ("TI", "TI", "TI", "TI", "TI", "TI", "TI", "ET"),
    Frame: ("TW", "TI", "MT", "T", "1", "2", "G", "G", "1", "C", "C", "n", "T*X", "2"),
}  # fmt: skip
"""Axes of each record's fields, by the letters of :class:`Sizes`; also W = G + 1, n = N + 1, X = G + 1 + M.
A star joins two axes into one."""
_EXTRA = {"W": "(z[2] + 1)", "n": "(z[8] + 1)", "X": "(z[2] + 1 + z[6])"}


def sizes_of(frame: Frame) -> np.ndarray:
    """Lengths of a system's axes. ``Shape: (11,)``."""
    days, width = frame.column.shape
    own, every = len(Families._fields), len(frame.family) - 1
    return np.array(
        Sizes(
            T=days,
            I=frame.missing.shape[1],
            G=width - 1,
            L=int(frame.axes[0]),
            R=int(frame.regime.max()) + 1,
            K=int(frame.axes[1]),
            M=len(frame.gap_fund),
            C=len(frame.lag),
            N=every,
            E=every - own,
            S=int(frame.family[-1] - frame.family[own]),
        ),
        dtype=np.int64,
    )


def _length(axis: str) -> str:
    """Source of an axis' length."""
    if axis.isdigit():
        return axis
    return _EXTRA.get(axis) or f"z[{Sizes._fields.index(axis)}]"


def _product(axes: str) -> str:
    """Source of a field's size."""
    return " * ".join(_length(a) for a in axes if a != "*")


@jit
def _take(vector, at, n):
    """The next n numbers of a packed vector."""
    at[0] += n
    return vector[at[0] - n : at[0]]


def _reader(record: type) -> Any:
    """A compiled function from a packed vector and the sizes to the record: Numba wants every field spelled out."""
    parts = []
    for axes in AXES[record]:
        shaped = ""
        if len(axes) > 1 and "*" not in axes:
            shaped = f".reshape({', '.join(_length(a) for a in axes)})"
        parts.append(f"take(x, at, {_product(axes)}){shaped}")
    source = f"def read(x, z):\n    at = zeros(1, int64)\n    return record({', '.join(parts)})"
    scope: dict[str, Any] = {"take": _take, "zeros": np.zeros, "int64": np.int64, "record": record}
    exec(source, scope)  # noqa: S102
    return jit(scope["read"])


def _counter() -> Any:
    """A function from the sizes to the lengths of the three packed vectors."""
    sums = [" + ".join(_product(axes) for axes in AXES[r]) for r in (Inputs, Data, Frame)]
    scope: dict[str, Any] = {}
    exec(f"def lengths(z):\n    return {', '.join(sums)}", scope)  # noqa: S102
    return scope["lengths"]


_inputs, _data, _frame = _reader(Inputs), _reader(Data), _reader(Frame)
_lengths = _counter()
_kernel_lengths = jit(_lengths)


@jit
def _last_prints(rows, data, width, sample, out):
    """The last day's prints from the unknowns; ``out`` holds a standard normal number for each."""
    t = len(data.flows) - 1
    for i in range(len(out)):
        if data.read[t, i] > 0.0:
            out[i] = data.flows[t, i]
        else:
            out[i] = math.sqrt(rows.var[i, t]) * out[i] - rows.target[i, t]
            for c in range(len(rows.lag)):
                if rows.lag[c] <= t:
                    out[i] += rows.coef[c, i, t] * sample[(t - rows.lag[c]) * width + rows.slot[c]]


def _system(inputs_at, data_at, frame_at, sizes_at, out_at, mode):
    """Value and gradient, or (mode ``DRAW``) mean and one draw from the standard normal numbers in ``out``.

    In that mode ``out`` holds the mean, the draw, and the last day's prints: those that are missing, drawn too.
    """
    z = carray(sizes_at, (11,))
    lengths = _kernel_lengths(z)
    inputs = _inputs(carray(inputs_at, (lengths[0],)), z)
    data = _data(carray(data_at, (lengths[1],)), z)
    frame = _frame(carray(frame_at, (lengths[2],)), z)
    families, measured, booked = fill(inputs, data, frame)
    band = Band(frame.first, frame.shape)
    if mode == DRAW:
        n = len(frame.first)
        out = carray(out_at, (2 * n + z[1],))
        mean, sample = gaussian.draw(families, measured, band, out[:n].copy())
        out[:n] = mean
        out[n : 2 * n] = sample
        _last_prints(families.fund, data, frame.shape[0], sample, out[2 * n :])
        return 0.0
    flat = carray(out_at, (lengths[0],))
    flat[:] = 0.0
    logp = gaussian.marginal(families, measured, band)
    if logp > -np.inf:
        pull(_inputs(flat, z), inputs, data, frame, families, measured, booked)
    return logp


@functools.cache
def address() -> int:
    """Address of the compiled system; compiles it (about half a minute) unless it is in the cache."""
    from llvmlite import binding  # only where it compiles

    system = compiled(SIGNATURE, _system)
    binding.add_symbol(SYMBOL, system.address)
    _keep.append(system)
    return system.address


def compile_here() -> None:
    """Compile the system into the cache."""
    entry(SIGNATURE)(_system)


_keep: list[Any] = []


def pack(record: tuple, dtype: Any = np.float64) -> np.ndarray:
    """All arrays of a record as one vector."""
    return np.concatenate([np.asarray(x, dtype=dtype).ravel() for x in record])


def _call(inputs, data, frame, sizes, out, mode: int) -> float:
    """Call the compiled system with packed vectors."""
    vectors = [inputs, data, frame, sizes, out]
    expected = _lengths([int(n) for n in vectors[3]])
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


class Drawn(NamedTuple):
    """Mean and one exact draw of all unknowns ``(n,)``, and the last day's prints ``(I,)``, missing ones drawn."""

    mean: np.ndarray
    sample: np.ndarray
    last_prints: np.ndarray


def draw_latents(inputs: Inputs, data: Data, frame: Frame, noise: np.ndarray) -> Drawn:
    """Conditional mean and one exact draw of all unknowns.

    Parameters
    ----------
    noise : numpy.ndarray
        ``Shape: (n,)`` standard normal numbers, or ``(n + I,)``: the others are for the last day's missing prints.
    """
    n, funds = len(frame.first), data.flows.shape[1]
    more = noise[n:] if len(noise) > n else np.zeros(funds)
    out = np.concatenate([noise[:n], np.zeros(n), more])
    _call(pack(inputs), pack(data), pack(frame, np.int64), sizes_of(frame), out, DRAW)
    return Drawn(out[:n], out[n : 2 * n], out[2 * n :])
