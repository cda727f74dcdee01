"""What the data say about a quantity: whether its posterior moved, narrowed, both or neither, and what the prior keeps.

One rule for parameters and for parts of flow and return, and the only place that states it:

* **narrowed**: the variance fell by a tenth or more from prior to posterior;
* **moved**: the median went by more than half a prior spread.

Sampling error is allowed for in both. A quantity that did neither repeats what was assumed. One that moved without
narrowing does not: data disagree with the prior's centre and say no more than that. The prior's own share of the interval is
the part of the posterior's precision that the prior brought; with a normal prior and normal data it is the ratio of the
variances, and the posterior's centre is the prior's with this weight and the data's with the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.stats import ks_2samp

if TYPE_CHECKING:
    from model.attribution.decompose import Parts
    from model.mechanisms.design import Design

LEAST_FALL = 0.1
"""A variance that fell by less than a tenth did not narrow."""
LEAST_SHIFT = 0.5
"""Prior spreads that a median has to go to have moved."""
BEYOND = 1.645
"""Standard errors by which a bound must be exceeded: draws alone exceed it in one case of twenty."""
BLOCKS = 16
SAME = 0.1
"""Kolmogorov's distance of prior and posterior below which one is called the other."""
MOVED, NARROWED, BOTH = "moved", "narrowed", "moved and narrowed"
UNIDENTIFIED = "not identified by these data"
_SKIP = (
    "gamma_state",
    "return_state",
    "flow_state",
    "kernel",
    "fund_share",
    "basis_tilt",
    "fund_mean",
    "fund_noise",
)


class Identification(NamedTuple):
    """What became of one quantity.

    Attributes
    ----------
    moved, narrowed : bool
    shift : float
        Way of the median, in prior spreads.
    prior_share : float
        The prior's own share of the interval, at most one.
    """

    moved: bool
    narrowed: bool
    shift: float
    prior_share: float

    @property
    def verdict(self) -> str:
        """Moved, narrowed, both, or not identified by these data."""
        if self.moved and self.narrowed:
            return BOTH
        return MOVED if self.moved else NARROWED if self.narrowed else UNIDENTIFIED


def identify(prior: np.ndarray, posterior: np.ndarray) -> Identification:
    """Hold a posterior against its prior.

    Parameters
    ----------
    prior, posterior : numpy.ndarray, shapes (S,) and (R,)
        Draws of one quantity, in the order they were drawn.

    Returns
    -------
    Identification
        With a thousand draws of a prior, one posterior in eight that equals it would seem to have lost a tenth of its
        variance; that is what the sampling errors are for. A quantity that is fixed beforehand has no verdict.
    """
    before, after = spread(prior), spread(posterior)
    if before == 0:
        return Identification(False, False, 0.0, 1.0)
    ratio, shift = after / before, float(np.median(posterior) - np.median(prior)) / before
    error = 2 * ratio * np.hypot(ratio * _error(spread, prior), _error(spread, posterior)) / before
    way = np.hypot(_error(np.median, prior), _error(np.median, posterior)) / before
    return Identification(
        moved=bool(abs(shift) - BEYOND * way > LEAST_SHIFT),
        narrowed=bool(1 - ratio**2 - BEYOND * error >= LEAST_FALL),
        shift=shift,
        prior_share=min(1.0, ratio**2),
    )


def verdict(prior: np.ndarray, posterior: np.ndarray) -> str:
    """The verdict of :func:`identify`."""
    return identify(prior, posterior).verdict


def informed(said: str) -> bool:
    """Whether a verdict says that data moved or narrowed the quantity."""
    return not said.startswith("not identified")


def unmoved(prior: np.ndarray, posterior: np.ndarray) -> bool:
    """Whether a posterior is its prior, shape and all: their distribution functions nowhere differ by a tenth.

    Stricter than the verdict: a posterior may also widen, which no verdict calls identified.
    """
    return bool(ks_2samp(np.ravel(prior), np.ravel(posterior)).statistic < SAME)


def parameters(
    prior: Mapping[str, np.ndarray], posterior: Mapping[str, np.ndarray], reading: str
) -> list[dict[str, Any]]:
    """One record per scalar parameter (vectors by member)."""
    out = []
    for name in prior:
        if name in _SKIP:
            continue
        before = np.asarray(prior[name]).reshape(len(prior[name]), -1)
        after = np.asarray(posterior[name]).reshape(len(posterior[name]), -1)
        for i in range(before.shape[1]):
            label = name if before.shape[1] == 1 else f"{name}[{i}]"
            out.append(_record(label, reading, before[:, i], after[:, i]))
    return out


def contributions(prior: Parts, posterior: Parts, design: Design, reading: str) -> list[dict[str, Any]]:
    """One record per part of flow and return on each event day."""
    from model.attribution.decompose import (  # pages read the rule above and need no compiled core
        FLOW_PARTS,
        RETURN_PARTS,
    )

    out = []
    for t in design.event_days:
        for kind, names in (("flow", FLOW_PARTS), ("return", RETURN_PARTS)):
            before, after = (
                getattr(prior, f"{kind}_channel")[:, t],
                getattr(posterior, f"{kind}_channel")[:, t],
            )
            for j, part in enumerate(names):
                if part != "pre_sample":
                    label = f"{kind}:{part}:{design.dates[t].date()}"
                    out.append(_record(label, reading, before[:, j], after[:, j]))
            i, j = names.index("multi_asset"), names.index("directional")
            label = f"{kind}:multi_asset+directional:{design.dates[t].date()}"
            out.append(_record(label, reading, before[:, i] + before[:, j], after[:, i] + after[:, j]))
    return out


def _record(label: str, reading: str, before: np.ndarray, after: np.ndarray) -> dict[str, Any]:
    found = identify(before, after)
    return {
        "parameter": label,
        "reading": reading,
        "prior_median": float(np.median(before)),
        "posterior_median": float(np.median(after)),
        "prior_sd": spread(before),
        "posterior_sd": spread(after),
        "shift": round(found.shift, 4),
        "prior_share": round(found.prior_share, 4),
        "verdict": found.verdict,
    }


def _error(statistic, x: np.ndarray) -> float:
    """Standard error of a statistic, from consecutive blocks, so that draws may depend on their neighbours."""
    parts = [statistic(part) for part in np.array_split(x, max(2, min(BLOCKS, len(x) // 4)))]
    return float(np.std(parts, ddof=1) / np.sqrt(len(parts)))


def spread(x: np.ndarray) -> float:
    """Standard deviation by quartiles, because prior tails of a ratio can be wild."""
    low, high = np.quantile(x, [0.25, 0.75])
    return float((high - low) / 1.349)
