"""A card's prior changes applied to a prior set: quantiles fitted by preliz, units converted or refused."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from model.errors import PriorError
from model.events.prior_changes import PriorChange

LEVELS = (0.05, 0.95)


FIT_TOLERANCE = 0.05
"""A fitted quantile may miss the stated one by this share of the stated spread."""


_PER = {("USD m", "USD bn"): 1e-3, ("USD bn", "USD m"): 1e3}


def with_changes(priors, changes: tuple[PriorChange, ...]):
    """The prior set with changes put in; the set itself stays as it is.

    Parameters
    ----------
    priors : PriorSet
    changes : tuple of PriorChange

    Returns
    -------
    PriorSet
        Named after both, with a hash of both.

    Raises
    ------
    PriorError
        If a unit differs from the set's, the parameter is not a scalar, or no member of the family has these
        quantiles.
    """
    if not changes:
        return priors
    new = dict(priors.parameters)
    for c in changes:
        if priors.joint is not None and c.parameter in priors.joint.names:
            raise PriorError(
                f"{c.where}: {priors.name!r} has a correlated prior that covers {c.parameter}: the two conflict.",
                "Use a set without [joint], or remove the change.",
            )
        new[c.parameter] = _changed(priors[c.parameter], c)
    text = priors.sha256 + repr([(c.parameter, sorted(c.quantiles.items()), c.unit, c.dist) for c in changes])
    names = ", ".join(c.parameter for c in changes)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return replace(priors, name=f"{priors.name}, card changes {names}", parameters=new, sha256=digest)


def _changed(old, c: PriorChange):
    if old.items or old.dist == "Dirichlet":
        raise PriorError(f"{c.where}: has members of its own.", "Change vector parameters in a prior set.")
    scale = 1.0 if c.unit == old.unit else _scale(c, old.unit)
    stated = {q: scale * v for q, v in c.quantiles.items()}
    dist = c.dist or old.dist
    arguments = fit_quantiles(dist, stated, c.where, _bounds(old) if dist == "TruncatedNormal" else {})
    new = replace(old, dist=dist, args=arguments, source=f"{c.source} (event card)", interval90=None)
    low, high = (float(x) for x in new.ppf(np.array(LEVELS)))
    return replace(new, interval90=(low, high))


def _bounds(old) -> dict[str, float]:
    return {k: old.args[k] for k in ("lower", "upper") if k in old.args}


def _scale(c: PriorChange, wanted: str) -> float:
    """USD m where the set says USD bn, or the other way round; at the head of the unit or after 'per'."""
    for (mine, theirs), factor in _PER.items():
        if c.unit == wanted.replace(f"per {theirs}", f"per {mine}") and f"per {theirs}" in wanted:
            return 1.0 / factor
        if wanted.startswith(theirs) and c.unit == mine + wanted[len(theirs) :]:
            return factor
    raise PriorError(
        f"{c.where}: unit {c.unit!r} is not the parameter's.", f"Give the quantiles in {wanted!r}."
    )


def fit_quantiles(
    dist: str, quantiles: Mapping[float, float], where: str = "", fixed: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Arguments of a family whose quantiles are the stated ones, by preliz.

    Parameters
    ----------
    dist : str
        A name in :data:`FAMILIES`.
    quantiles : mapping of float to float
        Level to value, rising.
    where : str
        Put before messages.
    fixed : mapping, optional
        Arguments that stay as they are.

    Raises
    ------
    PriorError
        If the family cannot have these quantiles.
    """
    import preliz  # it brings PyMC, and few cards state quantiles

    levels, values = np.array(list(quantiles)), np.array(list(quantiles.values()))
    low = {"LogNormal": 0.0, "HalfNormal": 0.0, "Beta": 0.0}.get(dist, -np.inf)
    high = 1.0 if dist == "Beta" else np.inf
    if values.min() <= low or values.max() >= high:
        raise PriorError(
            f"{where}: {dist} lives on ({low:g}, {high:g}), the quantiles are {values.tolist()}.",
            "Correct the quantiles, or name another dist.",
        )
    spread = values[-1] - values[0]
    scale = spread if dist in ("Normal", "TruncatedNormal", "HalfNormal", "LogNormal") else 1.0
    inner = {k: v / scale for k, v in (fixed or {}).items()}
    sample = np.interp(np.linspace(0.0, 1.0, 2001), levels, values / scale)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a mismatch is measured below
        target = preliz.match_quantiles(sample, getattr(preliz, dist)(**inner), quantiles=levels, plot=False)
    missed = np.abs(np.asarray(target.ppf(levels)) * scale - values).max() / spread
    if not missed < FIT_TOLERANCE:
        got = ", ".join(f"{x:.4g}" for x in np.asarray(target.ppf(levels)) * scale)
        raise PriorError(
            f"{where}: no {dist} has the quantiles {values.tolist()}; the nearest has {got}.",
            "Correct the quantiles, state fewer of them, or name another dist.",
        )
    return _rescaled(dist, dict(zip(target.param_names, target.params, strict=True)), scale)


def _rescaled(dist: str, arguments: dict[str, float], scale: float) -> dict[str, float]:
    """Arguments in the stated unit."""
    if dist == "LogNormal":
        return {"mu": float(arguments["mu"] + np.log(scale)), "sigma": float(arguments["sigma"])}
    if dist == "Beta":
        return {k: float(v) for k, v in arguments.items()}
    return {k: float(v * scale) for k, v in arguments.items()}
