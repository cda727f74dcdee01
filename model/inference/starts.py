"""Where chains start: near what the data say of the whole span, daily numbers as the prior scatters them."""

from __future__ import annotations

import dataclasses

import numpy as np
from nutpie.compile_pymc import CompiledPyMCModel
from scipy.optimize import minimize

STEPS = 50
"""Quasi-Newton steps. Thirty bring most of the gain, and steps beyond a hundred only follow flat directions outwards."""
MEMORY = 20
"""Steps that the quasi-Newton method remembers."""


def density(compiled: CompiledPyMCModel, point: np.ndarray) -> tuple[float, np.ndarray]:
    """Log density and its gradient at an unconstrained point; not finite where the model cannot be evaluated."""
    x, gradient, value = np.array(point, float), np.zeros(len(point)), np.zeros(1)
    address = [np.ctypeslib.as_ctypes(a) for a in (x, gradient, value)]
    status = compiled.compiled_logp_func.ctypes(len(x), *address, compiled.user_data.ctypes.data)
    return (float(value[0]), gradient) if status == 0 else (-np.inf, np.full(len(x), np.nan))


def descended(compiled: CompiledPyMCModel, block: np.ndarray, spent: list[int]) -> CompiledPyMCModel:
    """The same model, each of its scattered starting points first moved towards the data along a block of its numbers.

    Scattered points lie up to a million nats below the posterior, and a chain that falls that far with steps still
    untuned may end on a ledge: of 40 simulated panels of 300 days four had a chain that never arrived. From six
    scattered points each, all 40 panels led to one mode. Daily numbers stay scattered: were they moved too, the
    density would have no bound where they and their scale go to zero together. ``spent`` collects the gradients used.
    """
    scattered = compiled.initial_point_func

    def initial(seed):
        point = np.array(scattered(seed), float)
        point[block], gradients = _descend(compiled, block, point)
        spent.append(gradients)
        return point

    return dataclasses.replace(compiled, initial_point_func=initial)


def _descend(compiled: CompiledPyMCModel, block: np.ndarray, point: np.ndarray) -> tuple[np.ndarray, int]:
    """The block where a few quasi-Newton steps lead, where it was if none leads up; and the gradients that took."""
    best = [-np.inf, point[block].copy()]

    def loss(own):
        x = point.copy()
        x[block] = own
        value, gradient = density(compiled, x)
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return np.finfo(float).max, np.zeros(len(own))
        if value > best[0]:
            best[:] = value, own.copy()
        return -value, -gradient[block]

    options = {"maxiter": STEPS, "maxcor": MEMORY}
    found = minimize(loss, point[block], jac=True, method="L-BFGS-B", options=options)
    return best[1], int(found.nfev)


def among(compiled: CompiledPyMCModel, points: np.ndarray) -> CompiledPyMCModel:
    """The same model, each chain starting at one of these points (``Shape: (S, N)``), picked by the chain's seed."""

    def initial(seed):
        return points[np.random.default_rng(seed).integers(len(points))].copy()

    return dataclasses.replace(compiled, initial_point_func=initial)
