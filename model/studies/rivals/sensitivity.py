"""How the event's split depends on what was assumed: power-scaled priors, refits, dealer sign, dating."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from model import units
from model.attribution.decompose import FLOW_PARTS, RETURN_PARTS, Parts, decompose
from model.dealer_book import load_book
from model.design.book_days import with_books
from model.design.subject import Say
from model.inference.draws import Draws, posterior_latents, thin
from model.inference.sample import Diagnostics, Sampler, Settings, sample_until_mixed
from model.mechanisms.design import Design
from model.mechanisms.names import parts
from model.priors.prior_set import PriorSet
from model.priors.vary import widened
from model.studies.evidence.weights import Weights, importance_weights
from model.studies.reopen import Opened, same_priors
from model.studies.rivals.kept import keep, kept, signature
from model.studies.rivals.variants import of_sign, without_seed

LEVELS = (0.055, 0.5, 0.945)
POWERS = (0.5, 2.0)
"""Powers of one part's priors: half as strong, twice as strong (Kallioinen, Paananen, Buerkner and Vehtari 2024)."""
ALL_POWERS = (0.8, 1.25)
"""Powers of all priors together: fifty at once leave a handful of effective draws at powers 0.5 and 2 (k of 1.1, 1.3)."""
GROUPS = {part.name: part.priors for part in parts()}
"""Parameters whose priors are scaled together."""
USABLE = {"r_hat": 1.02, "ess": 200}
"""Sampling of a refit that only a median is taken from: at 200 effective draws its error is 0.09 standard deviations."""
REFITS = ("wide", "seed_free", "short_gamma", "long_gamma")
BASE = "as fitted"
GRAIN = {"USD m": 1.0, "log-%": 0.01}
"""Medians closer to zero than this have no sign worth a word. Lines that are zero throughout are left out."""


@dataclass(frozen=True)
class Split:
    """The event's split under one assumption; ``weights`` None: equal.

    A ``note`` says what is wrong with weights or sampling; if too much is, the split is not ``counted`` for the ranges.
    """

    name: str
    parts: Parts
    design: Design
    weights: Weights | None = None
    note: str = ""
    counted: bool = True


def log_prior(draws: Draws, priors: PriorSet, names: Collection[str] | None = None) -> np.ndarray:
    """Log density of the scalar parameters' priors (of those named, else all) at each draw. ``Shape: (S,)``.

    Vectors, weekly states and shares are left as they are: power scaling concerns the named numbers.
    """
    total = np.zeros(len(draws["impact"]))
    for name, prior in priors.parameters.items():
        if names is not None and name not in names:
            continue
        covered = priors.joint is not None and name in priors.joint.names
        if prior.dist != "Dirichlet" and draws[name].ndim == 1 and not covered:
            total += prior.frozen().logpdf(draws[name])
    return total


def power_scaled(opened: Opened, draws: int, seed: int) -> list[Split]:
    """The fit's own split, and with priors raised to a power by importance weights: each part's, then all of them."""
    r = opened.readings[opened.main]
    d = opened.draws(opened.main, draws)
    parts = _parts(d, r.design, r.use_positions, seed)
    out = [Split(BASE, parts, r.design)]
    cases: list[tuple[str, tuple[str, ...] | None, float]] = [
        (f"{name} priors", names, power) for name, names in GROUPS.items() for power in POWERS
    ]
    cases += [("all priors", None, power) for power in ALL_POWERS]
    for name, names, power in cases:
        w = importance_weights((power - 1.0) * log_prior(d, opened.subject.priors, names))
        failed = f"Pareto k {w.pareto_k:.2f}, {w.effective:.0f} effective draws: in no range"
        note = "" if w.reliable else failed
        out.append(Split(f"{name} ^ {power:g}", parts, r.design, w, note, w.reliable))
    return out


def other_dating(opened: Opened, draws: int, seed: int) -> list[Split]:
    """The next-day reading, if it was fitted beside the vendor's."""
    if "next_day" not in opened.readings or opened.main == "next_day":
        return []
    r = opened.readings["next_day"]
    return [
        Split(
            "next-day dating",
            _parts(opened.draws("next_day", draws), r.design, r.use_positions, seed),
            r.design,
        )
    ]


def refitted(opened: Opened, name: str, settings: Settings, draws: int, say: Say) -> Split:
    """The split of a refit under another prior set.

    Parameters
    ----------
    opened : Opened
    name : str
        In :data:`REFITS`.
    settings : Settings
    draws : int
    say : callable

    Raises
    ------
    DataError, PriorError
        If the prior set changed after the fit, or its priors are correlated.
    """
    same_priors(opened)
    subject, r = opened.subject, opened.readings[opened.main]
    priors, design = changed(name, subject.priors, r.design)
    if name == "seed_free":
        design = book_without_seed(opened, design)
    fit = opened.fit
    sign = signature(design, priors, settings, draws, fit.manifest["files"].get("posterior.nc"))
    found = kept(fit.folder, f"refit-{name}", sign)
    if found is not None:
        say(f"Refit {name} was made before: {found[1].sentence}")
        parts = _parts(found[0], design, r.use_positions, settings.seed)
        return Split(name, parts, design, None, *_trust(found[1]))
    say(f"Refitting: {name} ...")
    sampler = Sampler(design, priors, subject.base_shares)
    trace, diagnostics = sample_until_mixed(sampler, design, settings, say, r.use_positions)
    say(f"  {diagnostics.sentence}")
    d = thin(trace["posterior"].to_dataset(), draws)
    keep(fit.folder, f"refit-{name}", sign, d, diagnostics)
    parts = _parts(d, design, r.use_positions, settings.seed)
    return Split(name, parts, design, None, *_trust(diagnostics))


def changed(name: str, priors: PriorSet, design: Design) -> tuple[PriorSet, Design]:
    """Priors and design of a refit."""
    if name == "seed_free":
        return without_seed(priors, design)
    if name == "wide":
        return widened(priors, 2.0), design
    return of_sign(priors, 1.0 if name == "short_gamma" else -1.0), design


def book_without_seed(opened: Opened, design: Design) -> Design:
    """The design with the fit's dealer book, less the entries that are the seed's."""
    subject = opened.subject
    if subject.book is None:
        return design
    books = [load_book(path, without=("seed",)) for path in subject.card.dealer_books]
    return with_books(design, subject.panel, books)[0]


def _trust(d: Diagnostics) -> tuple[str, bool]:
    """What is wrong with a refit's sampling, and whether its medians may still count for the ranges."""
    if d.mixed:
        return "", True
    usable = (
        d.r_hat_max < USABLE["r_hat"]
        and min(d.ess_bulk_min, d.ess_tail_min) > USABLE["ess"]
        and d.divergences <= 0.002 * d.total
    )
    end = "just short of the bounds of a fit" if usable else "not converged, in no range"
    return f"{d.sentence}: {end}", usable


def _parts(draws: Draws, design: Design, use_positions: bool, seed: int) -> Parts:
    latents, flows = posterior_latents(draws, design, use_positions, seed)
    return decompose(draws, latents, flows, design, seed)


def table(splits: list[Split]) -> pd.DataFrame:
    """One row per assumption, event day, quantity and part: median, 89 % interval, USD m or log-%."""
    rows = []
    for s in splits:
        for t in s.design.event_days:
            for quantity, names in (("flow", FLOW_PARTS), ("return", RETURN_PARTS)):
                values = getattr(s.parts, f"{quantity}_channel")[:, t]
                values = units.bn_to_usd_m(values) if quantity == "flow" else values
                for j, part in enumerate(names):
                    low, mid, high = quantiles(values[:, j], s.weights)
                    rows.append({
                        "assumption": s.name, "day": str(s.design.dates[t].date()), "quantity": quantity,
                        "unit": "USD m" if quantity == "flow" else "log-%", "part": part, "low": low, "median": mid,
                        "high": high, "counted": s.counted, "note": s.note,
                    })  # fmt: skip
    return pd.DataFrame(rows)


def quantiles(x: np.ndarray, weights: Weights | None) -> tuple[float, float, float]:
    """5.5, 50 and 94.5 % points, weighted."""
    if weights is None:
        low, mid, high = np.quantile(x, LEVELS)
        return float(low), float(mid), float(high)
    order = np.argsort(x)
    at = np.cumsum(weights.values[order]) - 0.5 * weights.values[order]
    low, mid, high = np.interp(LEVELS, at, x[order])
    return float(low), float(mid), float(high)


def ranges(rows: pd.DataFrame) -> pd.DataFrame:
    """Per day, quantity and part: range of the medians over assumptions, and whether their sign changes.

    ``sign_changes``: some median is positive and some negative, by more than :data:`GRAIN`;
    ``sign_ever_sure``: some 89 % interval excludes zero.
    Assumptions that do not count - weights or a refit that cannot be trusted - are left out.
    """
    keys = ["day", "quantity", "unit", "part"]
    rows = rows[rows["counted"]]
    out = []
    for key, g in rows.groupby(keys, sort=False):
        if not g[["low", "high"]].to_numpy().any():
            continue
        base, grain = g[g["assumption"] == BASE].iloc[0], GRAIN[str(g["unit"].iloc[0])]
        low, high = g.iloc[int(g["median"].argmin())], g.iloc[int(g["median"].argmax())]
        out.append(dict(zip(keys, key, strict=True)) | {
            "as_fitted": base["median"], "lowest": low["median"], "lowest_under": low["assumption"],
            "highest": high["median"], "highest_under": high["assumption"],
            "sign_changes": bool(low["median"] < -grain and high["median"] > grain),
            "sign_ever_sure": bool(((g["low"] > 0.0) | (g["high"] < 0.0)).any()),
        })  # fmt: skip
    return pd.DataFrame(out)
