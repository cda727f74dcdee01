"""The event under four settings of operational shorting: its two shares, dealers' flows, and what the data prefer.

The four fits share parameters, priors and data and differ only in which trades are booked when, so the difference
of their log marginal likelihoods follows from their draws by bridge sampling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import xarray as xr

from model.attribution.decompose import FLOW_PARTS, decompose
from model.attribution.identification import informed, spread, unmoved, verdict
from model.design.subject import Subject
from model.errors import DataError
from model.events.switches import Mechanisms
from model.inference.arrays import arrays
from model.inference.bridge import Score, log_likelihood, score
from model.inference.draws import Draws, posterior_latents, prior_draws, thin
from model.mechanisms.design import Design

SETTINGS: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {
        "default": {},
        "late creation on": {"late_creation": True},
        "hedge settlement off": {"hedge_settlement": False},
        "late creation on, hedge settlement off": {"late_creation": True, "hedge_settlement": False},
    }
)
"""Switches by title; the first is the reference."""
REFERENCE = next(iter(SETTINGS))
USED_BY = {"late_creation": "late_creation", "booked_hedge": "hedge_settlement"}
"""Mechanism in whose equations a share stands; without it the likelihood does not know the share."""
PARTS = ("dealer", "unattributed")
BOOKING = ("late_window", "next_day", "option_fund", "system")
"""Arrays in which the settings differ: who books which trades when, alone and packed with the data."""
COUNT = 1000
"""Draws of each fit."""


@dataclass(frozen=True)
class Share:
    """One share of operational shorting in one fit.

    Attributes
    ----------
    prior, posterior : numpy.ndarray
    used : bool
        Whether the likelihood knows it.
    """

    prior: np.ndarray
    posterior: np.ndarray
    used: bool

    @property
    def fall(self) -> float:
        """Fall of the variance from prior to posterior, as a share of the prior's; robust spreads."""
        return 1.0 - (spread(self.posterior) / spread(self.prior)) ** 2

    @property
    def identified(self) -> bool:
        """Whether data moved or narrowed it, by the rule of :mod:`model.attribution.identification`."""
        return informed(verdict(self.prior, self.posterior))

    @property
    def unmoved(self) -> bool:
        """Whether the posterior is the prior."""
        return unmoved(self.prior, self.posterior)


@dataclass(frozen=True)
class Setting:
    """One fit of the event.

    Attributes
    ----------
    mechanisms : Mechanisms
    shares : mapping of name to Share
    flows : mapping of part to (S, T), USD m
    score : Score
        Log marginal likelihood less the reference's.
    """

    mechanisms: Mechanisms
    shares: Mapping[str, Share]
    flows: Mapping[str, np.ndarray]
    score: Score


def measure(
    subjects: Mapping[str, Subject], posteriors: Mapping[str, xr.Dataset], seed: int
) -> dict[str, Setting]:
    """Shares, flows and scores of all fits by title, the reference among them.

    Raises
    ------
    DataError
        If the fits differ in more than the booking of trades.
    """
    base = subjects[REFERENCE]
    for title, subject in subjects.items():
        other = differences(base.design, subject.design)
        if other or subject.priors.sha256 != base.priors.sha256:
            raise DataError(
                f"The fit {title!r} differs from the default in more than booking: {', '.join(other) or 'priors'}.",
                "Fit all of them from one panel, card and prior set.",
            )
    draws = {title: thin(posteriors[title], COUNT) for title in subjects}
    own = log_likelihood(draws[REFERENCE], base.design)
    return {
        title: Setting(
            s.card.mechanisms,
            _shares(s, draws[title], seed),
            _flows(draws[title], s.design, seed),
            Score(0.0, 0.0) if title == REFERENCE else _score(draws, title, subjects, own),
        )
        for title, s in subjects.items()
    }


def differences(here: Design, there: Design) -> list[str]:
    """Names of arrays in which two designs differ although booking does not explain it."""
    mine, theirs = arrays(here), arrays(there)
    return [
        k for k, v in mine.items()
        if isinstance(v, np.ndarray) and k not in BOOKING and not np.array_equal(v, theirs[k], equal_nan=True)
    ]  # fmt: skip


def _score(draws: Mapping[str, Draws], title: str, subjects: Mapping[str, Subject], own: np.ndarray) -> Score:
    here, there = subjects[REFERENCE].design, subjects[title].design
    gain_there = log_likelihood(draws[title], there) - log_likelihood(draws[title], here)
    return score(gain_there, log_likelihood(draws[REFERENCE], there) - own)


def _shares(subject: Subject, draws: Draws, seed: int) -> dict[str, Share]:
    prior = prior_draws(subject.priors, subject.design, subject.base_shares, 4 * COUNT, seed)
    return {
        name: Share(prior[name], draws[name], getattr(subject.card.mechanisms, mechanism))
        for name, mechanism in USED_BY.items()
    }


def _flows(draws: Draws, design: Design, seed: int) -> dict[str, np.ndarray]:
    latents, flows = posterior_latents(draws, design, True, seed)
    found = 1e3 * decompose(draws, latents, flows, design, seed).flow_channel
    return {part: found[..., FLOW_PARTS.index(part)] for part in PARTS}
