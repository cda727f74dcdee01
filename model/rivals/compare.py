"""Rival stories on the same data: predictive densities, stacking, Bayes factors where they mean something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy import stats

from model.draws import Draws, thin
from model.fit import Diagnostics, Sampler, Settings
from model.pipeline import Say
from model.reopen import Opened, same_priors
from model.rivals.rival import Rival
from model.rivals.score import day_densities
from model.rivals.variants import DECAY_SD, of_rival

MODEL = "model"
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
    say(f"Fitting rival {rival.key} ...")
    trace, diagnostics = Sampler(design, priors, subject.base_shares).sample(
        design, settings, r.use_positions
    )
    say(
        f"  R-hat {diagnostics.r_hat_max:.3f}, divergences {diagnostics.divergences}, {diagnostics.seconds:.0f} s"
    )
    d = thin(trace["posterior"].to_dataset(), draws)
    scores = day_densities(d, design, r.use_positions, settings.seed)
    return Scored(rival.key, rival.text, rival.separated_by, d, scores, diagnostics)


def compare(scored: list[Scored], event_rows: np.ndarray) -> list[dict[str, Any]]:
    """Table of stories against the first one.

    Parameters
    ----------
    scored : list of Scored
        The model first.
    event_rows : numpy.ndarray
        Rows of the event's days among the modelled days.

    Returns
    -------
    list of dict
        ``elpd``, ``gain`` against the model with standard error, ``event_gain`` on the event's days, stacking
        ``weight``, ``tied``, worst Pareto k.
    """
    kept = np.all([np.isfinite(s.log_density).all(axis=0) for s in scored], axis=0)
    found = {s.key: _loo(s.log_density[:, kept]) for s in scored}
    results = {k: (f.elpd_i.to_numpy(), f.pareto_k.to_numpy()) for k, f in found.items()}
    weights = stacking(found)
    base = results[scored[0].key][0]
    rows = []
    for s in scored:
        (elpd, k), weight = results[s.key], weights[s.key]
        steps = elpd - base
        gain, error = float(steps.sum()), float(np.sqrt(len(steps) * steps.var()))
        at = np.isin(np.flatnonzero(kept), event_rows)
        rows.append({
            "key": s.key, "text": s.text, "separated_by": s.separated_by, "days": int(kept.sum()),
            "elpd": float(elpd.sum()), "elpd_se": float(np.sqrt(len(elpd) * elpd.var())), "gain": gain,
            "gain_se": error, "event_gain": float(steps[at].sum()), "weight": float(weight),
            "tied": bool(abs(gain) < TIED_SE * error or abs(gain) < TIED_ELPD),
            "pareto_k_max": float(k.max()), "pareto_k_bad": int((k > 0.7).sum()),
            "converged": None if s.diagnostics is None else s.diagnostics.mixed,
        })  # fmt: skip
    return rows


def _loo(log_density: np.ndarray) -> Any:
    """Pointwise leave-one-out elpd (arviz ELPDData) of ``(S, days)`` log densities."""
    import arviz as az

    days = np.arange(log_density.shape[1])
    data = xr.Dataset(
        {"day": (("chain", "draw", "date"), log_density[None])},
        coords={"chain": [0], "draw": np.arange(len(log_density)), "date": days},
    )
    dummy = xr.Dataset({"x": (("chain", "draw"), log_density.sum(axis=1)[None])})
    tree = xr.DataTree.from_dict({"posterior": dummy, "log_likelihood": data})
    return az.loo(tree, pointwise=True, reff=1.0)


def stacking(found: dict[str, Any]) -> dict[str, float]:
    """Weights that maximise the log score of the mixture (Yao, Vehtari, Simpson and Gelman 2018), by arviz."""
    import arviz as az

    if len(found) == 1:
        return dict.fromkeys(found, 1.0)
    return {str(k): float(w) for k, w in az.compare(found, method="stacking")["weight"].items()}


def bayes_factors(opened: Opened, scored: list[Scored]) -> dict[str, float | None]:
    """Log Bayes factor of a rival against the model, by Savage and Dickey, where the rival is a point of it.

    For the others the factor would only measure how wide somebody made a prior: None.
    """
    priors, model = opened.subject.priors, scored[0].draws
    out: dict[str, float | None] = {s.key: None for s in scored[1:]}
    if "no_multi_asset" in out:
        names = ("stress_flow", "basket_flow")
        post = np.column_stack([model[n] for n in names])
        after = stats.multivariate_normal(post.mean(axis=0), np.cov(post.T)).logpdf(np.zeros(2))
        out["no_multi_asset"] = float(after - sum(float(priors[n].frozen().logpdf(0.0)) for n in names))
    for s in scored[1:]:
        if s.key == "continuation":
            beta = s.draws["factor_beta"][:, -1]
            at_zero = stats.norm(beta.mean(), beta.std()).logpdf(0.0)
            out[s.key] = float(stats.norm(0.0, DECAY_SD).logpdf(0.0) - at_zero)
    return out
