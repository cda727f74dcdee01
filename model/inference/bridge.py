"""Log score of one model against another whose parameters and priors are the same: bridge sampling.

Two models that differ in their likelihood alone share one space of parameters. From draws of both posteriors the
ratio of marginal likelihoods follows by Bennett's acceptance ratio (Bennett 1976; Meng and Wong 1996): the
difference of the log predictive densities of all data, one day after the other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit, logsumexp

from model.inference.arrays import arrays, make_frame, system_data
from model.inference.draws import Draws, one
from model.inference.inputs import evaluate
from model.inference.likelihood.entry import value_and_gradient
from model.mechanisms.design import PRE_SAMPLE, Design

STEPS = 200


class Score(NamedTuple):
    """Difference of log marginal likelihoods, nats, and its Monte Carlo error."""

    value: float
    error: float


def log_likelihood(draws: Draws, design: Design, use_positions: bool = True) -> np.ndarray:
    """Log likelihood of returns, flows, premia and positions for each draw. ``Shape: (S,)``, nats.

    The density of implied volatility's surprises is left out: it does not depend on hedges.
    """
    d, frame = arrays(design, use_positions), make_frame(design)
    data = system_data(d)
    out = np.empty(len(draws["impact"]))
    for s in range(len(out)):
        eq = evaluate(one(draws, s), d, np)
        value, _ = value_and_gradient(eq.inputs, data, frame)
        out[s] = value + np.log(eq.jacobian[PRE_SAMPLE:]).sum()
    return out


def gains(draws: Draws, there: Design, here: Design, use_positions: bool = True) -> np.ndarray:
    """Log likelihood there less here for each draw, of designs that differ in the days of booking alone.

    Booking is part of the packed data and of nothing else, so the equations are evaluated once. ``Shape: (S,)``, nats.
    """
    d, frame = arrays(here, use_positions), make_frame(here)
    data = system_data(d), system_data(arrays(there, use_positions))
    out = np.empty(len(draws["impact"]))
    for s in range(len(out)):
        inputs = evaluate(one(draws, s), d, np).inputs
        near, far = (value_and_gradient(inputs, x, frame)[0] for x in data)
        out[s] = far - near
    return out


def log_ratio(gain_there: np.ndarray, gain_here: np.ndarray) -> float:
    """log Z(there) - log Z(here) by Bennett's acceptance ratio.

    Parameters
    ----------
    gain_there, gain_here : numpy.ndarray
        Log likelihood there less here, at draws from the posterior there and here.
    """
    offset = np.log(len(gain_there) / len(gain_here))
    value = float(logsumexp(gain_here) - np.log(len(gain_here)))
    for _ in range(STEPS):
        shift = offset - value
        up = np.log(expit(gain_here + shift).sum())
        down = np.log(expit(-gain_there - shift).sum())
        step = up - down
        value += step
        if abs(step) < 1e-10:
            break
    return value


def score(gain_there: np.ndarray, gain_here: np.ndarray, blocks: int = 8) -> Score:
    """:func:`log_ratio` with its error from consecutive blocks of draws."""
    parts = [
        log_ratio(a, b)
        for a, b in zip(np.array_split(gain_there, blocks), np.array_split(gain_here, blocks), strict=True)
    ]
    return Score(log_ratio(gain_there, gain_here), float(np.std(parts, ddof=1) / np.sqrt(blocks)))
