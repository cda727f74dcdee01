r"""Bayes factors of rivals against the model, by bridge sampling, where they mean something.

A rival that switches mechanisms off is the model at a point of its parameters. Written as one more likelihood on the
model's own parameters and priors - the same equations with those parameters set to nothing - it shares their space, and
the ratio of marginal likelihoods follows from the draws of both (:mod:`model.inference.bridge`). The rival's draws of what
it switched off are then draws of the prior, which is what no data have touched. The same holds for a regressor whose
size has a prior that somebody can defend. A single day's own shock of any size has none: its factor would only say how
wide the prior was made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.events.rival import Rival
from model.inference.bridge import Score, log_likelihood, score
from model.inference.draws import Draws, prior_draws
from model.mechanisms.components.base import NOTHING
from model.mechanisms.design import Design
from model.studies.reopen import Opened
from model.studies.rivals.variants import DECAY_SD, of_rival, off_parameters

DRAWS = 1000
POSITIVE = ("gamma_scale", "basis_scale", "knock_in")
"""Parameters that may be small but not zero."""
NOISY = 1.0
"""Nats of Monte Carlo error from which a factor is not reported."""


@dataclass(frozen=True)
class Pair:
    """Two likelihoods on one space: draws and design of the model, and of the rival."""

    here: Draws
    there: Draws
    design: Design
    rival_design: Design
    off: tuple[str, ...]
    use_positions: bool

    def log_factor(self) -> Score:
        """Log marginal likelihood of the rival less that of the model, nats, with its Monte Carlo error."""
        return score(self._gain(self.there), self._gain(self.here))

    def _gain(self, draws: Draws) -> np.ndarray:
        added = len(self.rival_design.factors) - len(self.design.factors)
        own = len(self.design.factors)
        without = dict(draws) | ({"factor_beta": draws["factor_beta"][:, :own]} if added else {})
        far = log_likelihood(switched_off(draws, self.off, own), self.rival_design, self.use_positions)
        return far - log_likelihood(without, self.design, self.use_positions)


def meaningful(rival: Rival) -> bool:
    """Whether the factor says more than how wide a prior was made."""
    return not rival.one_off


def pair_of(opened: Opened, rival: Rival, here: Draws, there: Draws, seed: int) -> Pair:
    """The model's and a rival's draws on the space of the model's parameters and the rival's regressors.

    Parameters
    ----------
    opened : Opened
    rival : Rival
    here, there : mapping
        Posterior draws of the model and of the rival, each ``Shape: (S, ...)``.
    seed : int
    """
    r, subject = opened.readings[opened.main], opened.subject
    here, there = some(here), some(there)
    count = len(there["impact"])
    off = off_parameters(rival)
    fresh = prior_draws(subject.priors, r.design, subject.base_shares, count, seed)
    there = dict(there) | {n: fresh[n] for n in off if n != "factor_beta"}
    own = len(r.design.factors)
    if "factor_beta" in off:
        added = there["factor_beta"][:, own:]
        there["factor_beta"] = np.concatenate([fresh["factor_beta"], added], axis=1)
    design, _ = of_rival(rival, r.design, subject.priors)
    added_count = len(design.factors) - own
    if added_count:
        size = (len(here["impact"]), added_count)
        beta = DECAY_SD * np.random.default_rng(seed).standard_normal(size)
        here = dict(here) | {"factor_beta": np.concatenate([here["factor_beta"], beta], axis=1)}
    return Pair(here, there, r.design, design, off, r.use_positions)


def switched_off(draws: Draws, names: tuple[str, ...], own: int) -> dict[str, np.ndarray]:
    """The draws with some parameters set to nothing; a prior-driven share is left, it enters no likelihood.

    ``own`` is the number of the model's own factors: a rival's regressors, which come after them, stay.
    """
    out = dict(draws)
    for n in names:
        if n == "factor_beta":
            out[n] = np.where(np.arange(draws[n].shape[1]) < own, 0.0, draws[n])
        elif n != "multi_asset_share":
            out[n] = np.full_like(draws[n], NOTHING if n in POSITIVE else 0.0)
    return out


def some(draws: Draws) -> dict[str, np.ndarray]:
    """At most :data:`DRAWS` of them, evenly spaced."""
    count = len(draws["impact"])
    keep = np.unique(np.linspace(0, count - 1, min(count, DRAWS)).astype(int))
    return {k: np.asarray(v)[keep] for k, v in draws.items()}
