"""The compiled entry point of the one-way reading of the rows (:mod:`model.inference.likelihood.forward`)."""

from __future__ import annotations

import ctypes
import functools
from typing import Any, NamedTuple

import numpy as np
from numba import carray, types

from model.inference.likelihood.compiled import compiled
from model.inference.likelihood.entry import (
    Sizes,
    _data,
    _frame,
    _inputs,
    _kernel_lengths,
    _take,
    pack,
    sizes_of,
)
from model.inference.likelihood.forward import forward
from model.inference.likelihood.jit import entry, jit
from model.inference.likelihood.system import Data, Frame, Inputs, fill
from model.mechanisms.design import PRE_SAMPLE

_DOUBLES, _INTEGERS = types.CPointer(types.float64), types.CPointer(types.int64)
SIGNATURE = types.void(_DOUBLES, _DOUBLES, _INTEGERS, _DOUBLES, _INTEGERS, _DOUBLES)
SIZES = len(Sizes._fields)
_C_TYPE = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 6)


class Grid(NamedTuple):
    """Points of a day's scales and their log weights.

    Attributes
    ----------
    flow : (T, J) variance factors of flow shocks
    price : (T, K) variances of the price shock, (log-%)^2
    price_mix : (T, K) the day's variance factor behind each
    logw : (T, J, K) log weights of the pairs
    """

    flow: np.ndarray
    price: np.ndarray
    price_mix: np.ndarray
    logw: np.ndarray


class Asked(NamedTuple):
    """Days as they are looked at: inputs at a median price scale, what the measurements' variances gain at twice the
    variance factor ``(E, T)``, and data."""

    inputs: Inputs
    grown: np.ndarray
    data: Data


class Ahead(NamedTuple):
    """What one draw of the parameters says of each day, before its prints.

    Attributes
    ----------
    logp : (T,) log density of what is known of the day besides its prints
    error : (T,) log-%: what the price row leaves to shocks
    error_var : (T, J) its variance before the price shock's own
    log_density, below, mean : (T, Q) of every target at what was seen: log density per USD bn, distribution function,
        and mean in USD bn
    flows : (T, I) one joint draw of all funds' prints, USD bn
    """

    logp: np.ndarray
    error: np.ndarray
    error_var: np.ndarray
    log_density: np.ndarray
    below: np.ndarray
    mean: np.ndarray
    flows: np.ndarray


@jit
def _grid(x, at, days, wide, deep):
    """One packed grid."""
    flow = _take(x, at, days * wide).reshape(days, wide)
    price = _take(x, at, days * deep).reshape(days, deep)
    price_mix = _take(x, at, days * deep).reshape(days, deep)
    return flow, price, price_mix, _take(x, at, days * wide * deep).reshape(days, wide * deep)


@jit
def _filled(inputs, data, frame, z, one, other):
    """Rows of the inputs number ``one`` at the measurements number ``other``, at a flow-scale factor of one and of two."""
    lengths = _kernel_lengths(z)
    x, y = lengths[0], lengths[1]
    here = _data(data[other * y : (other + 1) * y], z)
    families, measured, booked = fill(_inputs(inputs[one * x : (one + 1) * x], z), here, frame)
    doubled, _, _ = fill(_inputs(inputs[(one + 1) * x : (one + 2) * x], z), here, frame)
    # What is asked for on the last day need not be there to be read.
    for t in range(PRE_SAMPLE, len(here.listed)):
        families.fund.weight[:, t] = here.listed[t]
    return families, doubled, measured, booked.share[0] * booked.known


@jit
def _own_day(asked, read, today, today_read):
    """Prints of the days asked about: late bookings of the days before are those of what was observed on them."""
    asked[:] = read + today_read - today


def _forward(inputs_at, data_at, frame_at, extra_at, sizes_at, out_at):
    """Unpack, fill the rows of both sets, read them one way."""
    z = carray(sizes_at, (SIZES + 8,))
    lengths = _kernel_lengths(z)
    inputs = carray(inputs_at, (4 * lengths[0],))
    data = carray(data_at, (2 * lengths[1],))
    frame = _frame(carray(frame_at, (lengths[2],)), z)
    days, funds, own = z[0], z[1], z[SIZES:]
    asked = own[4]
    rows = z[9]
    size = days * (own[0] + 2 * own[1] + own[0] * own[1] + own[2] + 2 * own[3] + own[2] * own[3])
    size += 2 * rows * days + asked * (funds + days) + days * (2 + funds)
    extra, at = carray(extra_at, (size,)), np.zeros(1, np.int64)
    known = _grid(extra, at, days, own[0], own[1])
    wanted = _grid(extra, at, days, own[2], own[3])
    targets = _take(extra, at, asked * funds).reshape(asked, funds)
    seen = _take(extra, at, days * asked).reshape(days, asked)
    chance = _take(extra, at, days * (2 + funds)).reshape(days, 2 + funds)
    flows = _data(data[: lengths[1]], z).flows
    width = 2 + own[2] + 3 * asked + funds
    out = carray(out_at, (days * width,)).reshape(days, width)
    grown = _take(extra, at, rows * days).reshape(rows, days)
    grown_there = _take(extra, at, rows * days).reshape(rows, days)
    families, doubled, measured, today = _filled(inputs, data, frame, z, 0, 0)
    read = families, doubled, measured, grown
    observed = families.fund.target
    families, doubled, measured, today_there = _filled(inputs, data, frame, z, 2, 1)
    _own_day(families.fund.target, observed, today_there, today)
    there = families, doubled, measured, grown_there
    forward(read, there, frame, flows, own[7], known, wanted, own[5], own[6] > 0, targets, seen, chance, out)


@functools.cache
def address() -> int:
    """Address of the compiled entry point; compiled once a machine and version of the sources."""
    ahead = compiled(SIGNATURE, _forward)
    _keep.append(ahead)
    return ahead.address


def compile_here() -> None:
    """Compile the entry point into the cache."""
    entry(SIGNATURE)(_forward)


_keep: list[Any] = []


def look_ahead(
    read: Asked, asked: Asked, frame: Frame, known: Grid, wanted: Grid, *, first: int,
    closed: bool, price_row: int, targets: np.ndarray, seen: np.ndarray, chance: np.ndarray,
) -> Ahead:  # fmt: skip
    """Predict every day's prints from the days before and from what is known of the day.

    Parameters
    ----------
    read : Asked
        At the observed numbers. Day scales in the inputs are not used: those of the grids are.
    asked : Asked
        Of the days to be predicted: the observed ones, or the same days at other returns and factors.
    frame : Frame
    known, wanted : Grid
        Scales of a day when it is read, and when it is predicted.
    first : int
        First day to predict; days before it are read only. Earlier rows of the result are NaN.
    closed : bool
        Whether a day's other measurements, the futures premium's for one, are known when its prints are predicted.
    price_row : int
        Number of the price among the measurements.
    targets : numpy.ndarray
        ``Shape: (Q, I)``: sums of funds asked for.
    seen : numpy.ndarray
        ``Shape: (T, Q)``, USD bn.
    chance : numpy.ndarray
        ``Shape: (T, 2 + I)``: two uniform and I standard normal numbers a day.
    """
    days, funds = read.data.flows.shape
    each = [_at_scale(x.inputs, scale) for x in (read, asked) for scale in (1.0, 2.0)]
    numbers = (targets, seen, chance, read.grown, asked.grown)
    extra = np.concatenate([pack(known), pack(wanted), *(np.asarray(x, float).ravel() for x in numbers)])
    asked_sizes = [
        known.flow.shape[1],
        known.price.shape[1],
        wanted.flow.shape[1],
        wanted.price.shape[1],
        len(targets),
    ]
    sizes = np.concatenate([sizes_of(frame), [*asked_sizes, first, int(closed), price_row]]).astype(np.int64)
    wide, q = wanted.flow.shape[1], len(targets)
    out = np.full((days, 2 + wide + 3 * q + funds), np.nan)
    vectors = [
        np.concatenate(each),
        np.concatenate([pack(read.data), pack(asked.data)]),
        pack(frame, np.int64),
        extra,
        sizes,
        out,
    ]
    _C_TYPE(address())(*[v.ctypes.data for v in vectors])
    scores = out[:, 2 + wide : 2 + wide + 3 * q].reshape(days, q, 3)
    return Ahead(
        out[:, 0],
        out[:, 1],
        out[:, 2 : 2 + wide],
        scores[..., 0],
        scores[..., 1],
        scores[..., 2],
        out[:, 2 + wide + 3 * q :],
    )


def _at_scale(inputs: Inputs, factor: float) -> np.ndarray:
    """Packed inputs with every day's flow variance times a factor."""
    return pack(inputs._replace(flow_mix=np.full(np.shape(inputs.flow_mix), 1.0 / factor)))


__all__ = ["Ahead", "Asked", "Grid", "address", "look_ahead"]
