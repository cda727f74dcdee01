"""Rival stories on the same data: predictive densities, stacking, Bayes factors where they mean something."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from model.design.subject import Say
from model.events.rival import Rival
from model.inference.bridge import Score
from model.inference.draws import Draws, thin
from model.inference.sample import Diagnostics, Sampler, Settings, sample_until_mixed
from model.studies.evidence.weights import MAX_K
from model.studies.reopen import Opened, same_priors
from model.studies.rivals.factors import meaningful, pair_of
from model.studies.rivals.kept import keep, kept, signature
from model.studies.rivals.score import day_densities
from model.studies.rivals.variants import of_rival

MODEL = "model"
BLOCKS = 4
TIED_SE = 2.0
TIED_ELPD = 4.0
"""Closer than this many standard errors, or nats: tied (Sivula, Magnusson, Matamoros and Vehtari 2020)."""


@dataclass(frozen=True)
class Scored:
    """A story's draws and the log density of each day ``(S, days)``."""

    key: str
    text: str
    separated_by: str
    draws: Draws
    log_density: np.ndarray
    diagnostics: Diagnostics | None = None


def score_model(opened: Opened, draws: int, seed: int) -> Scored:
    """The fit itself."""
    r = opened.readings[opened.main]
    d = opened.draws(opened.main, draws)
    return Scored(MODEL, "the model as fitted", "", d, day_densities(d, r.design, r.use_positions, seed))


def score_rival(opened: Opened, rival: Rival, settings: Settings, draws: int, say: Say) -> Scored:
    """Fit a rival on the fit's data and score it."""
    same_priors(opened)
    r, subject = opened.readings[opened.main], opened.subject
    design, priors = of_rival(rival, r.design, subject.priors)
    folder = opened.fit.folder
    sign = signature(design, priors, settings, draws, opened.fit.manifest["files"].get("posterior.nc"))
    found = kept(folder, rival.key, sign)
    if found is not None:
        d, diagnostics = found
        say(f"Rival {rival.key} was fitted before: {diagnostics.sentence}")
    else:
        say(f"Fitting rival {rival.key} ...")
        sampler = Sampler(design, priors, subject.base_shares)
        trace, diagnostics = sample_until_mixed(sampler, design, settings, say, r.use_positions)
        say(f"  {diagnostics.sentence}")
        d = thin(trace["posterior"].to_dataset(), draws)
        keep(folder, rival.key, sign, d, diagnostics)
    scores = day_densities(d, design, r.use_positions, settings.seed)
    return Scored(rival.key, rival.text, rival.separated_by, d, scores, diagnostics)


def compare(
    scored: list[Scored], event_rows: np.ndarray, dates: pd.DatetimeIndex | None = None
) -> list[dict[str, Any]]:
    """Table of stories against the first one, on the days that every story can score.

    Parameters
    ----------
    scored : list of Scored
        The model first.
    event_rows : numpy.ndarray
        Rows of the event's days among the modelled days.
    dates : pandas.DatetimeIndex, optional
        Of the modelled days, to name those with a bad Pareto k.

    Returns
    -------
    list of dict
        ``elpd``, ``gain`` against the model with standard error and Monte Carlo error, ``event_gain`` on the event's
        days, ``rest_gain`` on all others with standard error, stacking ``weight``, ``tied``, Pareto k: worst, worst on
        the event's days, days above its bound.
    """
    kept = np.all([np.isfinite(s.log_density).all(axis=0) for s in scored], axis=0)
    found = {s.key: _loo(s.log_density[:, kept]) for s in scored}
    noise = {s.key: _noise(s.log_density[:, kept]) for s in scored}
    weights = stacking(found)
    base = found[scored[0].key].elpd_i.to_numpy()
    at = np.isin(np.flatnonzero(kept), event_rows)
    days = np.arange(len(kept)) if dates is None else np.asarray(dates.strftime("%Y-%m-%d"))
    rows = []
    for s in scored:
        elpd, k = found[s.key].elpd_i.to_numpy(), found[s.key].pareto_k.to_numpy()
        steps = elpd - base
        gain, error = _total(steps)
        rest, rest_error = _total(steps[~at])
        mc = 0.0 if s is scored[0] else float(np.hypot(noise[s.key], noise[scored[0].key]))
        rows.append({
            "key": s.key, "text": s.text, "separated_by": s.separated_by, "days": int(kept.sum()),
            "elpd": float(elpd.sum()), "elpd_se": _total(elpd)[1], "gain": gain, "gain_se": error, "gain_mc": mc,
            "event_gain": float(steps[at].sum()), "rest_gain": rest, "rest_gain_se": rest_error,
            "weight": float(weights[s.key]),
            "tied": bool(abs(gain) < TIED_SE * error or abs(gain) < TIED_ELPD),
            "pareto_k_max": float(k.max()), "pareto_k_event": float(k[at].max(initial=-np.inf)),
            "pareto_k_bad": int((k > MAX_K).sum()), "bad_days": [str(d) for d in days[kept][k > MAX_K]],
            "converged": None if s.diagnostics is None else s.diagnostics.mixed,
        })  # fmt: skip
    return rows


def _total(steps: np.ndarray) -> tuple[float, float]:
    """Sum over days and its standard error."""
    return float(steps.sum()), float(np.sqrt(len(steps) * steps.var()))


def _noise(log_density: np.ndarray) -> float:
    """Monte Carlo error of the elpd, from quarters of the draws."""
    parts = [_loo(log_density[i::BLOCKS]).elpd for i in range(BLOCKS)]
    return float(np.std(parts, ddof=1) / np.sqrt(BLOCKS))


def _loo(log_density: np.ndarray) -> Any:
    """Pointwise leave-one-out elpd (arviz ELPDData) of ``(S, days)`` log densities."""
    days = np.arange(log_density.shape[1])
    data = xr.Dataset(
        {"day": (("chain", "draw", "date"), log_density[None])},
        coords={"chain": [0], "draw": np.arange(len(log_density)), "date": days},
    )
    dummy = xr.Dataset({"x": (("chain", "draw"), log_density.sum(axis=1)[None])})
    tree = xr.DataTree.from_dict({"posterior": dummy, "log_likelihood": data})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Estimated shape parameter", UserWarning)  # k is in the table
        return az.loo(tree, pointwise=True, reff=1.0)


def stacking(found: dict[str, Any]) -> dict[str, float]:
    """Weights that maximise the log score of the mixture (Yao, Vehtari, Simpson and Gelman 2018), by arviz."""
    if len(found) == 1:
        return dict.fromkeys(found, 1.0)
    return {str(k): float(w) for k, w in az.compare(found, method="stacking")["weight"].items()}


def bayes_factors(
    opened: Opened, scored: list[Scored], rivals: Sequence[Rival], seed: int
) -> dict[str, Score | None]:
    """Log Bayes factor of each rival against the model, where it means something (:mod:`model.studies.rivals.factors`)."""
    there = {s.key: s.draws for s in scored}
    return {
        r.key: pair_of(opened, r, there[MODEL], there[r.key], seed).log_factor() if meaningful(r) else None
        for r in rivals
    }
