"""Coordinates in which chains move: exact flow of a normal density, and one linear map of all parameters of the whole span.

Daily and weekly numbers are nearly independent of each other and need no more than a scale each, which nutpie learns.
Parameters of the whole span lean on each other, and the longest of their ridges would set the length of every
trajectory. A pilot run shows where they lean.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import scipy.linalg
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from nutpie.compile_pymc import CompiledPyMCModel

from model.inference.starts import density

KINETICS = "ExactNormal"
"""Between kicks by what is left, positions follow a standard normal density exactly instead of a straight line.

The step is then set by how far the posterior is from normal and no longer by the number of its dimensions alone:
half the steps on 555 days.
"""
POINTS = 2
"""Draws of each chain at which the curvature is taken."""
STEP = 1e-3
"""Step of its differences, in spreads of the pilot."""
FLOOR = 0.1
"""Least curvature along any direction, per squared spread of the pilot: below it one would not trust a pilot."""
HEAD = 4
"""Words before the map in what compiled code is handed: two functions, their data, number of parameters."""


@dataclass(frozen=True)
class Flowing(CompiledPyMCModel):
    """A compiled model whose chains follow :data:`KINETICS`; ``inner`` keeps what it calls alive.

    The only place that overrides a private part of nutpie: ``nutpie.sample`` hands on no kind of trajectory (0.16.11
    refuses ``trajectory_kind``). tests/inference/test_coordinates.py says when a new version does, or has moved the part.
    """

    inner: Any = None

    def _make_sampler(self, settings, *args):
        values = settings.as_dict()["settings"]
        values["trajectory_kind"] = KINETICS
        settings.update_settings(values)
        return super()._make_sampler(settings, *args)


def flowing(compiled: CompiledPyMCModel, **changes: Any) -> Flowing:
    """The same model with other kinetics, and with other functions if named."""
    own = {f.name: getattr(compiled, f.name) for f in dataclasses.fields(CompiledPyMCModel)}
    return Flowing(**{**own, **changes}, inner=compiled)


def block_of(compiled: CompiledPyMCModel, apart: tuple[str, ...]) -> np.ndarray:
    """Positions of the numbers that belong to no variable of ``apart``. ``Shape: (K,)``."""
    names, slices, _ = compiled.shape_info
    own = [
        np.arange(s.start, s.stop)
        for n, s in zip(names, slices, strict=True)
        if s.stop <= compiled.n_dim and not n.startswith(apart)
    ]
    return np.concatenate(own)


def root(compiled: CompiledPyMCModel, block: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """A map from coordinates along which a pilot is neither curved nor spread together.

    Parameters
    ----------
    compiled : nutpie.compile_pymc.CompiledPyMCModel
    block : numpy.ndarray
        ``Shape: (K,)``.
    draws : numpy.ndarray
        ``Shape: (C, S, N)``, unconstrained.

    Returns
    -------
    root : numpy.ndarray
        ``Shape: (K, K)``. With mean curvature F and covariance C of the pilot, ``root' F root`` is the unit matrix
        and ``root^-1 C root^-1'`` is diagonal. Its diagonal, and the scale to move at, are left to nutpie.
    """
    own = draws[..., block].reshape(-1, len(block))
    spread = own.std(axis=0)
    spread = np.where(spread > 0.0, spread, 1.0)  # a chain that never moved
    at = np.linspace(0, draws.shape[1] - 1, POINTS + 1).astype(int)[1:]
    points = draws[:, at].reshape(-1, draws.shape[-1])
    curvature = _curvature(compiled, block, spread, points)
    values, axes = np.linalg.eigh(curvature)
    inverse = (axes / np.maximum(values, FLOOR)) @ axes.T
    _, conjugate = scipy.linalg.eigh(np.cov((own / spread).T), inverse)
    return spread[:, None] * (inverse @ conjugate)


def _curvature(
    compiled: CompiledPyMCModel, block: np.ndarray, spread: np.ndarray, points: np.ndarray
) -> np.ndarray:
    """Mean of minus the Hessian over points, per spreads; from central differences of gradients. ``Shape: (K, K)``."""
    found = []
    for point in points:
        rows = []
        for i, scale in zip(block, spread, strict=True):
            low, high = (_beside(compiled, point, i, sign * STEP * scale) for sign in (-1.0, 1.0))
            rows.append((low - high)[block] * spread / (2.0 * STEP))
        if np.isfinite(rows).all():
            found.append(np.array(rows))
    mean = np.mean(found, axis=0) if found else np.eye(len(block))
    return 0.5 * (mean + mean.T)


def _beside(compiled: CompiledPyMCModel, point: np.ndarray, i: int, shift: float) -> np.ndarray:
    """Gradient of the log density beside a point."""
    x = point.copy()
    x[i] += shift
    return density(compiled, x)[1]


def mapped(compiled: CompiledPyMCModel, block: np.ndarray, matrix: np.ndarray) -> Flowing:
    """The same model, sampled in other coordinates of a block of its numbers; draws come back in the model's own."""
    inverse, start = np.linalg.inv(matrix), compiled.initial_point_func

    def initial(seed):
        point = start(seed).copy()
        point[block] = inverse @ point[block]
        return point

    return flowing(
        compiled,
        compiled_logp_func=_mapped_logp,
        compiled_expand_func=_mapped_expand,
        initial_point_func=initial,
        user_data=_handed(compiled, block, matrix),
    )


def _handed(compiled: CompiledPyMCModel, block: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """What compiled code needs, as one row of eight-byte words."""
    head = [
        compiled.compiled_logp_func.address,
        compiled.compiled_expand_func.address,
        compiled.user_data.ctypes.data,
        len(block),
    ]
    words = np.concatenate([np.array(head, np.int64), block.astype(np.int64)])
    return np.concatenate([words, np.ascontiguousarray(matrix, float).ravel().view(np.int64)])


def _called(typing_context, address, a, b, c, d, e):  # noqa: ARG001
    """The function at an address, called with five words: integers and pointers are handed over alike."""

    def code(context, builder, signature, args):  # noqa: ARG001
        word = ir.IntType(64)
        function = builder.inttoptr(args[0], ir.FunctionType(word, [word] * 5).as_pointer())
        return builder.call(function, args[1:])

    return types.int64(*[types.int64] * 6), code


_call: Any = intrinsic(_called)  # numba supplies the first argument, which a type checker cannot know


@numba.njit(cache=True)
def _times(words, numbers, x, transposed):
    """The block of a vector times the map, or times its transpose; the rest as it is."""
    k = words[HEAD - 1]
    out = x.copy()
    for a in range(k):
        total = 0.0
        for b in range(k):
            row, column = (b, a) if transposed else (a, b)
            total += numbers[HEAD + k + row * k + column] * x[words[HEAD + b]]
        out[words[HEAD + a]] = total
    return out


@numba.njit(cache=True)
def _views(data):
    """The words handed over, as integers and as numbers."""
    k = numba.carray(data, (HEAD,), np.int64)[HEAD - 1]
    size = HEAD + k + k * k
    return numba.carray(data, (size,), np.int64), numba.carray(data, (size,), np.float64)


_NUMBERS = types.CPointer(types.double)


@numba.cfunc(types.int64(types.uint64, _NUMBERS, _NUMBERS, _NUMBERS, types.voidptr), cache=True)
def _mapped_logp(count, x_, out_, value_, data):
    words, numbers = _views(data)
    point = _times(words, numbers, numba.carray(x_, (count,)), False)
    out, value = numba.carray(out_, (count,)), numba.carray(value_, (1,))
    gradient = np.empty(count)
    address = (point.ctypes.data, gradient.ctypes.data, value.ctypes.data)
    status = _call(words[0], count, *address, words[2])
    out[:] = _times(words, numbers, gradient, True)
    return status


@numba.cfunc(types.int64(types.uint64, types.uint64, _NUMBERS, _NUMBERS, types.voidptr), cache=True)
def _mapped_expand(count, expanded, x_, out_, data):
    words, numbers = _views(data)
    point = _times(words, numbers, numba.carray(x_, (count,)), False)
    out = numba.carray(out_, (expanded,))
    address = (point.ctypes.data, out.ctypes.data)
    return _call(words[1], count, expanded, *address, words[2])
