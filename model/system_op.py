"""The Gaussian system as one PyTensor operation: value and all derivatives from one factorisation.

Everything, the row pattern included, is an input, so the compiled code depends on no panel and stays in the
compilation cache. The gradient of the value re-uses the node's other outputs.
"""

from __future__ import annotations

import numpy as np
import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from model import kernels
from model.system import Data, Frame, Inputs, value_and_gradient

_SYMBOLIC = len(Inputs._fields)
_TOTAL = _SYMBOLIC + len(Data._fields) + len(Frame._fields)


class SystemLikelihood(Op):
    """``(*Inputs, *Data, *Frame) -> (logp, d_Inputs...)``."""

    __props__ = ()

    def make_node(self, *inputs):
        """Build the node: one scalar, then one derivative per field of ``Inputs``."""
        tensors = [pt.as_tensor_variable(x) for x in inputs]
        grads = [pt.tensor(dtype="float64", shape=(None,) * x.ndim) for x in tensors[:_SYMBOLIC]]
        return Apply(self, tensors, [pt.dscalar(), *grads])

    def perform(self, node, inputs, output_storage):  # noqa: ARG002
        """Evaluate with the compiled kernel."""
        logp, grads = value_and_gradient(*split([np.ascontiguousarray(x) for x in inputs]))
        for store, value in zip(output_storage, (np.asarray(logp), *grads), strict=True):
            store[0] = value

    def connection_pattern(self, node):  # noqa: ARG002
        """Only ``Inputs`` carry gradients, and only to the first output."""
        return [[i < _SYMBOLIC] + [False] * _SYMBOLIC for i in range(_TOTAL)]

    def pullback(self, inputs, outputs, cotangents):
        """Gradient of the first output; the others are themselves gradients and are not differentiated."""
        if isinstance(cotangents[0].type, DisconnectedType):
            return [disconnected_type() for _ in inputs]
        grads = [cotangents[0] * g for g in outputs[1:]]
        return grads + [disconnected_type() for _ in inputs[_SYMBOLIC:]]


def split(values):
    """Regroup a flat list as (Inputs, Data, Frame)."""
    a, b = _SYMBOLIC, _SYMBOLIC + len(Data._fields)
    return Inputs(*values[:a]), Data(*values[a:b]), Frame(*values[b:])


def _source() -> str:
    """Source of the compiled wrapper: Numba wants a fixed list of arguments."""
    names = [*Inputs._fields, *(f"data_{f}" for f in Data._fields), *(f"frame_{f}" for f in Frame._fields)]
    a, b = _SYMBOLIC, _SYMBOLIC + len(Data._fields)
    arrays = [f"ascontiguousarray({n})" for n in names]
    return (
        f"def system_likelihood({', '.join(names)}):\n"
        f"    logp, grads = run_kernel(Inputs({', '.join(arrays[:a])}), "
        f"Data({', '.join(arrays[a:b])}), Frame({', '.join(arrays[b:])}))\n"
        f"    return asarray(logp), {', '.join(f'grads[{i}]' for i in range(_SYMBOLIC))}\n"
    )


@register_funcify_default_op_cache_key(SystemLikelihood)
def _numba_system_likelihood(op, node, **kwargs):  # noqa: ARG001
    from pytensor.link.numba.dispatch.basic import numba_njit
    from pytensor.link.utils import compile_function_src

    scope = {
        "run_kernel": value_and_gradient,
        "Inputs": Inputs,
        "Data": Data,
        "Frame": Frame,
        "asarray": np.asarray,
        "ascontiguousarray": np.ascontiguousarray,
    }
    return numba_njit(compile_function_src(_source(), "system_likelihood", scope)), kernels.version()


system_likelihood = SystemLikelihood()
