"""Both datings as one posterior: their mixture, weighted by how well each predicted the data.

The two readings are one model with one set of parameters and priors; only the day on which some trades are booked
differs. Their marginal likelihoods are therefore of the same data, and their ratio follows from the draws of both by
bridge sampling (:mod:`model.inference.bridge`). Odds before the data come from the event card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import xarray as xr

from model.inference.arrays import arrays
from model.inference.bridge import gains, score
from model.inference.draws import Draws
from model.mechanisms.design import Design

DATINGS = ("vendor", "next_day")
BOOKING = ("next_day", "system")
"""Arrays in which the datings differ: the booking mask, alone and packed with the data."""
DRAWS = 250
"""Draws per reading for the marginal likelihoods: an error of 0.03 to 0.07 nats, in two seconds of computing."""
NOISY = 0.5
"""Nats of Monte Carlo error from which no mixture is formed."""


@dataclass(frozen=True)
class Mixture:
    """Weights of the two datings.

    Attributes
    ----------
    weights : dict of str to float, or None
        By reading; None where the readings cannot be weighed.
    weight_error : float
        Monte Carlo error of either weight.
    log_ratio, error : float
        Log marginal likelihood of the next-day reading less that of the vendor's dates, and its Monte Carlo error; nats.
    odds : float
        Vendor's dates against the next-day reading, before the data.
    reason : str
        Why there are no weights; empty where there are.
    """

    weights: dict[str, float] | None
    weight_error: float
    log_ratio: float
    error: float
    odds: float
    reason: str = ""

    @property
    def sentence(self) -> str:
        """The weights with their error, for terminal and report."""
        if self.weights is None:
            return f"The two datings are not mixed: {self.reason}"
        vendor, late = (self.weights[r] for r in DATINGS)
        return (
            f"Mixture of both datings: vendor's dates {vendor:.2f}, next-day reading {late:.2f} "
            f"(\N{PLUS-MINUS SIGN} {self.weight_error:.1g}), from odds of {self.odds:g} to 1 before the data and a log "
            f"marginal likelihood of {self.log_ratio:+.2f} (\N{PLUS-MINUS SIGN} {self.error:.2f}) for the next-day reading "
            "against the vendor's dates, by bridge sampling on the same data. "
        ) + _strength(self.log_ratio)

    def to_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return asdict(self) | {"sentence": self.sentence}


def _strength(log_ratio: float) -> str:
    """What a Bayes factor means, in words (Kass and Raftery 1995)."""
    size = 2.0 * abs(log_ratio)
    words = ("next to nothing", "a little", "much", "nearly all there is to say")
    return f"The data say {words[int(np.digitize(size, (2.0, 6.0, 10.0)))]} about the dating."


def not_comparable(here: Design, there: Design) -> str:
    """Why two readings' marginal likelihoods are not of the same data; empty where they are."""
    mine, theirs = arrays(here), arrays(there)
    other = [
        k for k, v in mine.items()
        if isinstance(v, np.ndarray) and k not in BOOKING and not np.array_equal(v, theirs[k], equal_nan=True)
    ]  # fmt: skip
    if not here.dates.equals(there.dates):
        other.append("dates")
    return (
        f"their marginal likelihoods are not of the same data ({', '.join(other)} differ)." if other else ""
    )


def weigh(draws: Mapping[str, Draws], designs: Mapping[str, Design], odds: float) -> Mixture:
    """Weights of the vendor's dates and the next-day reading.

    Parameters
    ----------
    draws : mapping
        Posterior draws by reading.
    designs : mapping
        By reading.
    odds : float
        Vendor's dates against the next-day reading, before the data.
    """
    here, there = (designs[r] for r in DATINGS)
    reason = not_comparable(here, there)
    if reason:
        return Mixture(None, np.nan, np.nan, np.nan, odds, reason)
    found = score(gains(draws[DATINGS[1]], there, here), gains(draws[DATINGS[0]], there, here))
    if not found.error < NOISY:
        reason = (
            f"bridge sampling is too noisy ({found.value:+.1f} \N{PLUS-MINUS SIGN} {found.error:.1f} nats)."
        )
        return Mixture(None, np.nan, found.value, found.error, odds, reason)
    vendor = float(1.0 / (1.0 + np.exp(found.value) / odds))
    weights = dict(zip(DATINGS, (vendor, 1.0 - vendor), strict=True))
    return Mixture(weights, vendor * (1.0 - vendor) * found.error, found.value, found.error, odds)


def mix(decomposition: Mapping[str, xr.Dataset], mixture: Mixture) -> xr.Dataset:
    """Draws of both decompositions in proportion to the weights; as many as the first has.

    Each reading gives evenly spaced draws of its own, so the mixture has no more noise than they.
    """
    assert mixture.weights is not None
    count = decomposition[DATINGS[0]].sizes["sample"]
    first = round(count * mixture.weights[DATINGS[0]])
    chosen = [_spaced(decomposition[r], n) for r, n in zip(DATINGS, (first, count - first), strict=True)]
    out = xr.concat(chosen, "sample", data_vars="minimal", coords="minimal", compat="override", join="exact")
    return out.assign_attrs(
        {f"weight_{r}": mixture.weights[r] for r in DATINGS} | {"method": "bridge sampling"}
    )


def _spaced(data: xr.Dataset, count: int) -> xr.Dataset:
    at = (np.arange(count) + 0.5) * data.sizes["sample"] / max(count, 1)
    return data.isel(sample=at.astype(int))
