r"""A refit for evidence that the posterior's draws cannot carry (Pareto k above 0.7).

The evidence-weighted draws say where the parameters would have to go. The model is sampled again with its density
multiplied by :math:`\exp(\sum_j c_j \phi_j)`, :math:`\phi` standardised parameters on the whole real line, which
moves a normal posterior by c standard deviations; the weights of the new draws divide it out again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pymc as pm

from model.design.subject import Say
from model.inference.build import scalar_groups
from model.inference.draws import Draws, thin
from model.inference.sample import Diagnostics, Sampler, Settings, sample_until_mixed
from model.priors.prior_set import PriorSet
from model.studies.evidence.weights import Weights, importance_weights
from model.studies.reopen import Opened

FAMILIES = ("Normal", "LogNormal", "HalfNormal")
"""Families whose tails stay integrable under the tilt: normal on the whole line, or on the log."""
MOST = 10
SMALLEST_SHIFT = 0.1
NOTICED = 3.0
"""Monte Carlo errors from which a shift is believed."""
LARGEST_SHIFT = 1.5
"""Posterior standard deviations."""


@dataclass(frozen=True)
class Tilt:
    """Names, coefficients, centres and spreads; each ``Shape: (names,)``; ``logs`` marks log parameters."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    centres: np.ndarray
    spreads: np.ndarray
    logs: tuple[bool, ...]

    def log_density(self, draws: Draws) -> np.ndarray:
        """The exponent per draw. ``Shape: (S,)``."""
        if not self.names:
            return np.zeros(len(draws["impact"]))
        phi = np.stack(
            [np.log(draws[n]) if log else draws[n] for n, log in zip(self.names, self.logs, strict=True)], 1
        )
        return ((phi - self.centres) / self.spreads) @ self.coefficients

    def potential(self, priors: PriorSet, label: str = "tilt") -> Callable[[pm.Model], None]:
        """Adds the exponent to a built model."""
        at = {n: (key, i) for key, names in scalar_groups(priors).items() for i, n in enumerate(names)}

        def adjust(model: pm.Model) -> None:
            with model:
                total = 0.0
                rows = zip(self.names, self.logs, self.coefficients, self.centres, self.spreads, strict=True)
                for name, log, c, centre, spread in rows:
                    key, i = at[name]
                    value = model[key][i]
                    total = total + float(c) * ((pm.math.log(value) if log else value) - centre) / spread
                pm.Potential(label, total)

        return adjust


def tilt_towards(draws: Draws, log_weights: np.ndarray, priors: PriorSet) -> Tilt:
    """The tilt that moves the draws to where the weights want them.

    Weights too wild to be used are tempered first, and the shift extrapolated. A shift that the few effective draws would
    show by chance is none: extrapolated, it would make the new weights wilder than the old ones.

    Parameters
    ----------
    draws : mapping
        Each ``Shape: (S, ...)``.
    log_weights : numpy.ndarray
        ``Shape: (S,)``.
    priors : PriorSet
    """
    weights, power = tempered(log_weights)
    groups = scalar_groups(priors)
    names = [n for key, members in groups.items() if priors[members[0]].dist in FAMILIES for n in members]
    logs = [priors[n].dist != "Normal" for n in names]
    phi = np.stack(
        [np.log(draws[n]) if log else draws[n] for n, log in zip(names, logs, strict=True)], axis=1
    )
    centre, spread = phi.mean(axis=0), phi.std(axis=0)
    seen = weights.mean((phi - centre) / spread)
    shift = seen / power
    noise = NOTICED / np.sqrt(weights.effective)
    order = np.argsort(-np.abs(shift))[:MOST]
    keep = [int(i) for i in order if abs(shift[i]) > SMALLEST_SHIFT and abs(seen[i]) > noise]
    return Tilt(
        tuple(names[i] for i in keep), np.clip(shift[keep], -LARGEST_SHIFT, LARGEST_SHIFT), centre[keep],
        spread[keep], tuple(logs[i] for i in keep),
    )  # fmt: skip


def tempered(log_weights: np.ndarray) -> tuple[Weights, float]:
    """The largest of the powers 1, 1/2, 1/4, ... at which the weights are reliable, and that power."""
    power = 1.0
    for _ in range(12):
        weights = importance_weights(power * log_weights)
        if weights.reliable and weights.effective > 0.05 * len(log_weights):
            break
        power /= 2.0
    return weights, power


def sample_tilted(
    opened: Opened, reading: str, tilts: Sequence[Tilt], settings: Settings, count: int, say: Say
) -> tuple[Draws, Diagnostics]:
    """Sample the reading again with all tilts; draws each ``Shape: (S, ...)``."""
    subject, r = opened.subject, opened.readings[reading]

    def adjust(model: pm.Model) -> None:
        for k, tilt in enumerate(tilts):
            tilt.potential(subject.priors, f"tilt_{k}")(model)

    sampler = Sampler(subject.design, subject.priors, subject.base_shares, adjust)
    trace, diagnostics = sample_until_mixed(sampler, r.design, settings, say, r.use_positions)
    return thin(trace["posterior"].to_dataset(), count), diagnostics
