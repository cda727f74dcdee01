"""The Gaussian system as one PyTensor operation: value and all derivatives from one factorisation.

Everything, the row pattern included, is an input, so the compiled code depends on no panel and stays in the
compilation cache. The gradient of the value re-uses the node's other outputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from numba import types
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from model.inference.likelihood import entry as native
from model.inference.likelihood import jit as kernels
from model.inference.likelihood.system import Frame, Inputs

_SYMBOLIC = len(Inputs._fields)


class SystemLikelihood(Op):
    """``(*Inputs, data, frame, sizes) -> (logp, d_Inputs...)``; the last three packed (:mod:`.entry`)."""

    __props__ = ()

    def make_node(self, *inputs):
        """Build the node: one scalar, then one derivative per field of ``Inputs``."""
        tensors = [pt.as_tensor_variable(x) for x in inputs]
        grads = [pt.tensor(dtype="float64", shape=(None,) * x.ndim) for x in tensors[:_SYMBOLIC]]
        return Apply(self, tensors, [pt.dscalar(), *grads])

    def perform(self, node, inputs, output_storage):  # noqa: ARG002
        """Evaluate with the compiled kernel."""
        logp, grads = native.packed_value_and_gradient(Inputs(*inputs[:_SYMBOLIC]), *inputs[_SYMBOLIC:])
        for store, value in zip(output_storage, (np.asarray(logp), *grads), strict=True):
            store[0] = value

    def connection_pattern(self, node):  # noqa: ARG002
        """Only ``Inputs`` carry gradients, and only to the first output."""
        return [[i < _SYMBOLIC] + [False] * _SYMBOLIC for i in range(_SYMBOLIC + 3)]

    def pullback(self, inputs, outputs, cotangents):
        """Gradient of the first output; the others are themselves gradients and are not differentiated."""
        if isinstance(cotangents[0].type, DisconnectedType):
            return [disconnected_type() for _ in inputs]
        grads = [cotangents[0] * g for g in outputs[1:]]
        return grads + [disconnected_type() for _ in inputs[_SYMBOLIC:]]


def _source() -> str:
    """Source of the compiled wrapper: Numba wants a fixed list of arguments."""
    names = Inputs._fields
    lines = [
        f"def system_likelihood({', '.join(names)}, data, frame, sizes):",
        f"    n = {' + '.join(f'{x}.size' for x in names)}",
        "    packed, out = empty(n), empty(n)",
        "    end_0 = 0",
        *(f"    end_{k + 1} = put(packed, end_{k}, {x})" for k, x in enumerate(names)),
        "    logp = system(packed.ctypes, data.ctypes, frame.ctypes, sizes.ctypes, out.ctypes, 0)",
        *(f"    d_{x} = out[end_{k} : end_{k + 1}].reshape({x}.shape)" for k, x in enumerate(names)),
        f"    return asarray(logp), {', '.join(f'd_{x}' for x in names)}",
    ]
    return "\n".join(lines)


def _put(out, start, array):
    """Write an array's numbers into a vector; where they end. (A slice assignment would compile for seconds.)"""
    flat = np.ascontiguousarray(array).ravel()
    for k in range(flat.size):
        out[start + k] = flat[k]
    return start + flat.size


@register_funcify_default_op_cache_key(SystemLikelihood)
def _numba_system_likelihood(op, node, **kwargs):  # noqa: ARG001
    from pytensor.link.numba.dispatch.basic import numba_njit  # numba takes seconds, compiling alone needs it
    from pytensor.link.utils import compile_function_src

    native.address()
    scope = {
        "system": types.ExternalFunction(native.SYMBOL, native.SIGNATURE),
        "asarray": np.asarray,
        "put": numba_njit(_put),
        "empty": np.empty,
    }
    return numba_njit(compile_function_src(_source(), "system_likelihood", scope)), kernels.version()


_OPERATION = SystemLikelihood()


def system_likelihood(inputs: Inputs, data, frame: Frame):
    """Symbolic log marginal likelihood.

    Parameters
    ----------
    inputs : Inputs
        Symbolic.
    data : tensor
        Packed :class:`~model.inference.likelihood.system.Data`.
    frame : Frame
    """
    fixed = native.pack(frame, np.int64), native.sizes_of(frame)
    outputs: Any = _OPERATION(*inputs, data, *fixed)
    return outputs[0]
