"""The event with and without its dealer book: what changes in the return, and what only the prior says.

Two finished fits are compared, one with the card's book and one with the gamma proxy on every day. They share
parameters and priors and differ in the equation of the book's day alone, so the difference of their log marginal
likelihoods is the log predictive density of that day (of those days) given all others. Other priors of the book's
parameters are reached by importance weights; each is shown with its effective number of draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy.special import logsumexp

from model.attribution.decompose import FLOW_PARTS, RETURN_PARTS, decompose
from model.attribution.ledger import Ledger, make_ledger
from model.attribution.replicate import replicate
from model.design.book_days import sign_priors
from model.inference.arrays import arrays
from model.inference.bridge import Score, log_likelihood, score
from model.inference.draws import Draws, posterior_latents, prior_draws, thin
from model.mechanisms.components.dealer import book_weights
from model.mechanisms.day import damping
from model.mechanisms.design import Design
from model.mechanisms.hedge_curves import CURVES
from model.mechanisms.names import parameter_names
from model.priors.prior_set import PriorSet

BOOK_PARAMETERS = (
    "dealer_sign",
    "crypto_sign",
    "etf_book_scale",
    "crypto_book_scale",
    "note_share",
    "booked_hedge",
    "vanna",
)
SIGNS = ("dealer_sign", "crypto_sign")
SCALES = ("etf_book_scale", "crypto_book_scale")
SHIFT = 0.5
"""Prior mean of both signs in the sensitivity runs; the prior itself has mean zero, so it has no side to swap."""
WIDER = 2.0
COUNT = 1000
"""Draws compared."""


@dataclass(frozen=True)
class Outcome:
    """One fit, or one reweighting of it.

    Attributes
    ----------
    title : str
    draws : mapping
        S draws.
    channels : (S, T, parts) return by channel, log-%
    flows : (S, T) flow through dealers' channel, USD bn
    sources : mapping of name to (S, T)
        Return through each of the book's curves, and through the rest of dealers' hedges, log-%.
    percentile : (T,)
        Share of one-day-ahead replicates of the return below the observed one.
    effective : float
        Effective number of independent weights; S for a fit of its own.
    score : Score
        Log marginal likelihood less that with the book under its own prior.
    """

    title: str
    draws: Draws
    channels: np.ndarray
    flows: np.ndarray
    sources: Mapping[str, np.ndarray]
    percentile: np.ndarray
    effective: float
    score: Score


@dataclass(frozen=True)
class Comparison:
    """All outcomes by key (``book``, ``none``, ``short``, ``long``, ``wide``), and draws from the prior."""

    design: Design
    outcomes: Mapping[str, Outcome]
    prior: Draws


def without_book(design: Design) -> Design:
    """The design with the gamma proxy on every day."""
    return replace(
        design,
        book_days=design.book_days[:0],
        book_grid=design.book_grid[:0],
        book_knots=design.book_knots[:0, ..., :0],
    )


def complete(posterior: xr.Dataset, priors: PriorSet, seed: int) -> xr.Dataset:
    """A posterior without a book, with draws from the prior for parameters of the book that it does not hold.

    Such a parameter is in no equation of that fit, so its posterior is its prior, independent of all others.
    """
    rng = np.random.default_rng(seed)
    shape = tuple(posterior.sizes[d] for d in ("chain", "draw"))
    absent = [n for n in BOOK_PARAMETERS if n in parameter_names() and n not in posterior]
    new = {n: (("chain", "draw"), priors[n].frozen().rvs(shape, random_state=rng)) for n in absent}
    return posterior.assign(new)


def compare(
    design: Design, priors: PriorSet, shares: np.ndarray, booked: xr.Dataset, plain: xr.Dataset, seed: int
) -> Comparison:
    """Compare two posteriors, and the first under other priors.

    Parameters
    ----------
    design : Design
        With the book.
    priors : PriorSet
        Of both fits.
    shares : numpy.ndarray
        ``Shape: (I,)``; the universe's typical fund shares.
    booked, plain : xarray.Dataset
        Posteriors with and without the book.
    seed : int
    """
    there, here = thin(booked, COUNT), thin(complete(plain, priors, seed), COUNT)
    bare = without_book(design)
    base = log_likelihood(there, design)
    gain_there = base - log_likelihood(there, bare)
    gain_here = log_likelihood(here, design) - log_likelihood(here, bare)
    own = score(gain_there, gain_here)
    zero = Score(0.0, 0.0)
    outcomes = {
        "book": _outcome("with the book", there, design, seed, len(base), zero),
        "none": _outcome("without (gamma proxy)", here, bare, seed, len(base), Score(-own.value, own.error)),
    }
    for key, (title, draws, weights) in variants(there, base, design, priors).items():
        kept, effective = resample(draws, weights, seed)
        outcomes[key] = _outcome(title, kept, design, seed, effective, mean_weight(weights))
    return Comparison(design, outcomes, prior_draws(priors, design, shares, 4000, seed))


def variants(
    draws: Draws, base: np.ndarray, design: Design, priors: PriorSet
) -> dict[str, tuple[str, Draws, np.ndarray]]:
    """Title, draws and log weights of the sensitivity runs.

    Signs: the prior's mean moves, weights are ratios of priors. Amounts: log scales are stretched to twice their
    distance from the prior's centre, which maps the prior onto the wider one, so weights are ratios of
    likelihoods.
    """
    out = {}
    for key, title, by in (("short", "dealers short", SHIFT), ("long", "dealers long", -SHIFT)):
        moved = sign_priors(priors, {n: (priors[n].args["mu"] + by, priors[n].args["sigma"]) for n in SIGNS})
        out[key] = (title, draws, log_prior(draws, moved, SIGNS) - log_prior(draws, priors, SIGNS))
    stretched = {n: _stretched(draws[n], float(priors[n].args["mu"])) for n in SCALES}
    wide = {**draws, **stretched}
    out["wide"] = ("amounts twice as uncertain", wide, log_likelihood(wide, design) - base)
    return out


def _stretched(scale: np.ndarray, centre: float) -> np.ndarray:
    return np.exp(centre + WIDER * (np.log(scale) - centre))


def log_prior(draws: Draws, priors: PriorSet, names: tuple[str, ...]) -> np.ndarray:
    """Log prior density of some scalars. ``Shape: (S,)``."""
    return np.sum([priors[n].frozen().logpdf(draws[n]) for n in names], axis=0)


def resample(draws: Draws, log_weights: np.ndarray, seed: int) -> tuple[dict[str, np.ndarray], float]:
    """Draws in proportion to their weights (systematic resampling), and the effective number of weights."""
    weights = np.exp(log_weights - logsumexp(log_weights))
    count = len(weights)
    ticks = (np.random.default_rng(seed).uniform() + np.arange(count)) / count
    chosen = np.clip(np.searchsorted(np.cumsum(weights), ticks), 0, count - 1)
    return {k: v[chosen] for k, v in draws.items()}, float(1.0 / (weights**2).sum())


def mean_weight(log_weights: np.ndarray) -> Score:
    """Log of the mean weight: the log marginal likelihood's change; error by the delta method."""
    count = len(log_weights)
    value = float(logsumexp(log_weights) - np.log(count))
    relative = np.exp(log_weights - value)
    return Score(value, float(relative.std(ddof=1) / np.sqrt(count)))


def _outcome(title: str, draws: Draws, design: Design, seed: int, effective: float, found: Score) -> Outcome:
    latents, flows = posterior_latents(draws, design, True, seed)
    parts = decompose(draws, latents, flows, design, seed)
    book = make_ledger(draws, latents, flows, design, np.random.default_rng(seed))
    again = replicate(draws, design, seed)["return"].to_numpy()
    below = (again < design.returns[design.modelled]).mean(axis=0)
    return Outcome(
        title,
        draws,
        parts.return_channel,
        parts.flow_channel[..., FLOW_PARTS.index("dealer")],
        sources(draws, design, book, parts.return_channel[..., RETURN_PARTS.index("dealer")]),
        np.concatenate([np.full(design.modelled.start, np.nan), below]),
        effective,
        found,
    )


def sources(draws: Draws, design: Design, book: Ledger, dealer: np.ndarray) -> dict[str, np.ndarray]:
    """Dealers' part of the return by curve of the book; the rest is vanna, or the proxy on other days.

    Parameters
    ----------
    draws : mapping
    design : Design
    book : Ledger
        Of the same draws.
    dealer : numpy.ndarray
        ``Shape: (S, T)``, log-%, the whole channel.
    """
    d = arrays(design)
    p = {k: (v[:, None] if v.ndim == 1 else v) for k, v in draws.items()}
    factor = damping(p, book.state)
    weights = book_weights(p)
    out = {CURVES[k]: book.lam * factor * w * d["book_value"][:, k] for k, w in weights.items()}
    return out | {"rest": dealer - sum(out.values())}
