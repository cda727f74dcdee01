"""A day's state and parameters for tests of single mechanisms."""

from __future__ import annotations

from functools import cache

import numpy as np
from synthetic import random_parameters, small_design

from model.mechanisms.components import State

DESIGN = small_design(0, days=12)


def state(seed: int = 0, **changed) -> State:
    """One day with two notes, one of them alive."""
    rng = np.random.default_rng(seed)
    values = {
        "stress": rng.normal(),
        "basket": rng.normal(),
        "gamma": rng.uniform(-1.0, 2.0),
        "gamma_state": rng.normal(0.0, 0.3),
        "impact": rng.uniform(0.2, 2.0),
        "iv_shock": rng.normal(0.0, 2.0),
        "barrier": np.array([rng.uniform(-15.0, -1.0), 0.0]),
        "live": np.array([0.5, 0.0]),
        "barrier_width": rng.uniform(0.5, 2.5),
    }
    return State(**(values | changed))


@cache
def _drawn(seed: int) -> dict:
    return random_parameters(DESIGN, seed)


def parameters(seed: int = 0, **changed) -> dict:
    """Parameters from the literature priors."""
    return _drawn(seed) | changed
