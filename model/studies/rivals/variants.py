"""Variants of a fit: a rival's mechanisms switched off or regressors added, and priors changed for sensitivity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.events.rival import SILENCED, Rival
from model.mechanisms.design import Design
from model.mechanisms.hedge_curves import CURVES
from model.priors.prior_set import Prior, PriorSet, load_priors
from model.priors.vary import as_prior, with_priors

ONE_OFF_SD = 10.0
"""log-%: prior scale of a single day's own price shock."""
DECAY_SD = 1.0
"""log-% per day at the start of a fading deleveraging."""
SIGNS = ("dealer_sign", "crypto_sign")
"""Dealers' sign by venue."""
ANCESTOR = "literature"
"""The set from which learned sets descend: they no longer say where a prior's centre first came from."""


def of_rival(rival: Rival, design: Design, priors: PriorSet) -> tuple[Design, PriorSet]:
    """Design and priors of a rival story.

    Parameters
    ----------
    rival : Rival
    design : Design
    priors : PriorSet

    Raises
    ------
    PriorError
        If the set's priors are correlated: they cannot be switched off one by one.
    """
    changed: dict[str, Prior] = {}
    if "dealer" in rival.off:
        design = without_book(design)
    for mechanism in rival.off:
        for name, (dist, args) in SILENCED[mechanism].items():
            changed[name] = as_prior(priors[name], dist, dict(args), f"rival {rival.key}: switched off")
    if rival.one_off:
        design = _with_own_shock(design, rival)
    columns, scales = _regressors(rival, design)
    if columns:
        beta = changed.get("factor_beta", priors["factor_beta"])
        items = dict(beta.items) | {
            k: as_prior(beta, "Normal", {"mu": 0.0, "sigma": s}, f"rival {rival.key}")
            for k, s in scales.items()
        }
        changed["factor_beta"] = replace(beta, items=items)
        night = design.night_factors  # nothing says when a story's regressor came: while the funds traded
        silent = np.zeros((design.days, len(columns)))
        design = replace(
            design,
            factors=(*design.factors, *columns),
            factor_returns=np.column_stack([design.factor_returns, *columns.values()]),
            night_factors=np.column_stack([night, silent]) if len(night) else night,
        )
    return design, with_priors(priors, changed, f"rival {rival.key}")


def _with_own_shock(design: Design, rival: Rival) -> Design:
    """Days with a shock of their own, which moves implied volatility as it likes: what it did there says nothing.

    Otherwise that day's jump of volatility, which the price's scale no longer shares, would be either the answer to
    falls, exactly, or an outlier: two modes.
    """
    on = np.isin(design.dates.to_numpy("datetime64[D]"), np.array(rival.one_off, "datetime64[D]"))
    return replace(
        design,
        one_off_session=rival.session,
        one_off=np.where(on, ONE_OFF_SD, 0.0),
        iv_change=np.where(on, np.nan, design.iv_change),
    )


def off_parameters(rival: Rival) -> tuple[str, ...]:
    """Parameters that the rival's mechanisms switch off."""
    return tuple(name for mechanism in rival.off for name in SILENCED[mechanism])


def _regressors(rival: Rival, design: Design) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    columns, scales = {}, {}
    if rival.decay_from is not None:
        since = np.busday_count(np.datetime64(rival.decay_from, "D"), design.dates.to_numpy("datetime64[D]"))
        columns["decay"] = np.where(since >= 0, -(0.5 ** (since / rival.half_life)), 0.0)
        scales["decay"] = DECAY_SD
    return columns, scales


def without_book(design: Design) -> Design:
    """The design without a dealer book: it is data, so no prior switches it off."""
    empty = np.zeros((0, len(CURVES), 2, 0))
    return replace(design, book_days=np.zeros(0, np.int64), book_grid=np.zeros(0), book_knots=empty)


def of_sign(priors: PriorSet, sign: float) -> PriorSet:
    """Dealers of every venue short gamma (+1) or long (-1) for certain."""
    changed = {}
    for name in SIGNS:
        old = priors[name]
        args = dict(old.args) | ({"lower": 0.0} if sign > 0 else {"upper": 0.0})
        changed[name] = as_prior(old, "TruncatedNormal", args, "sensitivity: sign fixed")
    return with_priors(priors, changed, "short gamma" if sign > 0 else "long gamma")


def without_seed(priors: PriorSet, design: Design) -> tuple[PriorSet, Design]:
    """Priors that descend from the seed made neutral and wide, and the card's note barriers removed.

    A learned set names the days it was learned from as its source; where its priors began, its ancestor says. Entries of
    a dealer book that are the seed's are removed where the book is read (:func:`model.dealer_book.load_book`).
    """
    changed = {}
    for name, p in priors.parameters.items():
        own, members = _of_seed(name, p)
        if own and p.dist == "Normal":
            changed[name] = as_prior(p, "Normal", {"mu": 0.0, "sigma": 2.0 * p.args["sigma"]}, "neutral")
        elif members:
            kept = {k: v for k, v in p.items.items() if k not in members}
            changed[name] = replace(p, items=kept, source="neutral")
    clean = replace(design, live=np.zeros_like(design.live), barrier=np.zeros_like(design.barrier))
    return with_priors(priors, changed, "without the seed"), clean


def _of_seed(name: str, prior: Prior) -> tuple[bool, set[str]]:
    """Whether a prior names the seed, in its set or in the ancestor, and which of its members do."""
    ancestor = load_priors(ANCESTOR).parameters.get(name, prior)
    own = any("seed" in p.source.lower() for p in (prior, ancestor))
    members = {k for p in (prior, ancestor) for k, v in p.items.items() if "seed" in v.source.lower()}
    return own, members & set(prior.items)
