r"""What a fit says of a day before its flows are known: predictive draws, log density, percentile of the observed.

Three questions, by what is known of the day besides everything before it:

* ``past``: nothing. Risk factors and stress are drawn from the days before, implied volatility, return and flow follow.
* ``factors``: the risk factors and the stress index. Implied volatility and the return are drawn.
* ``return``: all that the close shows but the flows: return, factors, stress, implied volatility, futures premium.

Nothing is sampled again. Each draw of the parameters reads the days one way (:mod:`model.inference.likelihood.forward`):
lagged shocks, the premium's deviation and missing prints as the days before left them. The day's own shocks have
their priors; given its scales of price and flow everything is normal, and the price equation is linear in the shocks, so
conditioning on the return is exact. The scales are integrated over a grid, each point weighted by how probable the
return is under it: a large fall says that the day is wild, not that demand was. On days the fit did not use, draws of
the parameters are weighted likewise by what is known of the day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from model.attribution.look import Given, Known, Line, Look, solved
from model.inference.arrays import arrays, make_frame
from model.inference.draws import Draws, one
from model.mechanisms.design import PRE_SAMPLE, Design

GIVEN: tuple[Given, ...] = ("past", "factors", "return")


@dataclass(frozen=True)
class Predictive:
    """Predictive distribution of each day. S draws, T days, Q targets, I funds; USD bn and log-%.

    Attributes
    ----------
    flows : (S, T, I) joint draws of all funds' prints
    returns : (S, T) drawn returns; the observed ones where they were given
    mean : (S, T, Q) mean of every target given each draw of the parameters
    log_density, below : (T, Q) at the observed value, of the whole distribution: per USD bn, and probability below it
    return_log_density, return_below : (T,) the same for the return, per log-%; NaN where it was given
    effective : (T,) effective number of parameter draws; fewer than S where the day's return was weighed
    replicated : (S, T) returns drawn again from factors and stress although the return was given; None if not asked for
    """

    flows: np.ndarray
    returns: np.ndarray
    mean: np.ndarray
    log_density: np.ndarray
    below: np.ndarray
    return_log_density: np.ndarray
    return_below: np.ndarray
    effective: np.ndarray
    replicated: np.ndarray | None = None


def within(design: Design) -> Known:
    """The design's own days, as the fit used them."""
    return Known(np.arange(design.days))


def predict(
    draws: Draws,
    design: Design,
    known: Known,
    given: Given,
    *,
    first: int = PRE_SAMPLE,
    targets: np.ndarray | None = None,
    replicate: bool = False,
    seed: int = 0,
) -> Predictive:
    """Predictive distribution of every day's flows (and return) from day ``first`` on.

    Parameters
    ----------
    draws : mapping
        Posterior draws, each ``Shape: (S, ...)``; ``gamma_state`` by the design's weeks, ``kernel`` by its regimes.
    design : Design
    known : Known
    given : {"past", "factors", "return"}
    first : int
        Earlier days are read only; their rows are NaN.
    targets : numpy.ndarray, optional
        ``Shape: (Q, I)``: sums of funds whose density is wanted; the total alone by default.
    replicate : bool
        Also draw returns again where they were given.
    seed : int
    """
    d, frame = arrays(design, use_positions=False), make_frame(design)
    rng = np.random.default_rng(seed)
    count, (days, funds) = len(draws["impact"]), design.flows.shape
    wanted = np.ones((1, funds)) if targets is None else np.asarray(targets, float)
    seen = np.where(design.listed > 0, design.flows, 0.0) @ wanted.T
    looks = []
    for s in range(count):
        chance = np.concatenate([rng.random((days, 2)), rng.standard_normal((days, funds))], axis=1)
        looks.append(Look(one(draws, s), d, frame, known, first, wanted, seen, chance))
    if given == "return":
        lines = [look.at_the_close() for look in looks]
        again = None
        if replicate:
            again = solved([look.redrawn(x, rng) for look, x in zip(looks, lines, strict=True)], first, d)
        return _together(lines, known, first, rng, again)
    asked = [look.before_the_return(given, rng) for look in looks]
    returns = solved([x.pressure for x in asked], first, d)
    lines = [look.after_the_return(x, r) for look, x, r in zip(looks, asked, returns, strict=True)]
    return _together(lines, known, first, rng, None)


def _together(lines: list[Line], known: Known, first: int, rng, again: np.ndarray | None) -> Predictive:
    """The draws of the parameters as one distribution a day."""
    weight = np.stack([x.weight for x in lines])
    weight = np.where(known.learned, 0.0, np.nan_to_num(weight))
    weight -= special.logsumexp(weight, axis=0)
    share = np.exp(weight)
    flows = np.stack([x.ahead.flows for x in lines])
    returns = np.stack([x.returns for x in lines])
    mean = np.stack([x.ahead.mean for x in lines])
    for t in range(first, flows.shape[1]):
        if not known.learned[t] and weight[:, t].max() > weight[:, t].min():
            kept = _systematic(share[:, t], rng)
            flows[:, t], returns[:, t], mean[:, t] = flows[kept, t], returns[kept, t], mean[kept, t]
    density = np.stack([x.ahead.log_density for x in lines])
    below = np.stack([x.ahead.below for x in lines])
    return Predictive(
        flows,
        returns,
        mean,
        special.logsumexp(density + weight[..., None], axis=0),
        np.where(np.isfinite(density[0]), (below * share[..., None]).sum(axis=0), np.nan),
        special.logsumexp(np.stack([x.return_logp for x in lines]) - np.log(len(lines)), axis=0),
        np.stack([x.return_below for x in lines]).mean(axis=0),
        1.0 / (share**2).sum(axis=0),
        again,
    )


def _systematic(share: np.ndarray, rng) -> np.ndarray:
    """As many draws as there are, each as often as its share."""
    count = len(share)
    at = (rng.random() + np.arange(count)) / count
    return np.minimum(np.searchsorted(np.cumsum(share), at), count - 1)
