"""Simulation-based calibration: panels with known truth, sampled through one compiled model, ranks and coverage.

Truth drawn from the prior, data from the truth: then the truth is one more draw from the posterior, and its rank among
the posterior's draws is uniform (Talts et al. 2018). Quantities that involve the data, such as the log Jacobian of the
day's loop, see errors that parameters alone do not (Modrak et al. 2023).
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from model.attribution.decompose import FLOW_PARTS, RETURN_PARTS, TRIGGERS, decompose
from model.design.make import background_design
from model.errors import DataError
from model.events.card import event_panel, load_event
from model.inference.arrays import arrays
from model.inference.bridge import log_likelihood
from model.inference.draws import Draws, one, posterior_latents, prior_draws, thin
from model.inference.inputs import evaluate
from model.inference.sample import Diagnostics, Sampler, Settings
from model.mechanisms.components import COMPONENTS
from model.mechanisms.day import shock_groups
from model.mechanisms.design import PRE_SAMPLE, Design
from model.mechanisms.measurements.premium import GROUP
from model.mechanisms.names import parameter_names
from model.mechanisms.price import COMMON_GROUP
from model.mechanisms.simulate.lines import groups_of
from model.mechanisms.simulate.records import Truth
from model.mechanisms.simulate.replay import simulate_panel
from model.priors.prior_set import PriorSet, load_priors

KEPT_DRAWS = 100
WILD = 60.0
"""log-% per day: half the price or more; explosive panels grow beyond it."""
LEVEL = 0.01
"""Probability of calling a right program wrong, over all quantities together."""
ATTEMPTS = 20
"""Truths drawn for one panel before it is given up: most of a sensible prior's panels stay within bounds."""


@dataclass(frozen=True)
class Plan:
    """What panels are simulated and how they are sampled; plain values, so that any worker can read them.

    Attributes
    ----------
    event : str
        Id or path of a card.
    panel : str
        Absolute path that every worker sees, or nothing for the event's own.
    days : int
        Last days of the panel, which lends dates, factors and gaps.
    priors : str
    drop_jacobian : bool
    chains, draws, tune, seed : int
    """

    event: str
    panel: str
    days: int
    priors: str
    drop_jacobian: bool
    chains: int
    draws: int
    tune: int
    seed: int

    @property
    def settings(self) -> Settings:
        """How each panel is sampled."""
        return Settings(self.chains, self.draws, self.tune, self.seed)


@dataclass(frozen=True)
class Subject:
    """Dates, factors and gaps of the panels, and where their truths are drawn from."""

    design: Design
    priors: PriorSet
    shares: np.ndarray
    stamp: str


@functools.lru_cache(maxsize=4)
def subject_of(plan: Plan) -> Subject:
    """Read what a plan names."""
    whole = event_panel(load_event(plan.event), plan.panel or None)
    dates = whole.frame.index
    cut = whole.window(dates[max(0, len(dates) - plan.days - 1)], dates[-1])
    shares = np.array([f.base_share for f in cut.universe.funds])
    priors = load_priors(plan.priors)
    text = repr((cut.sha256, priors.sha256, replace(plan, panel="")))
    return Subject(background_design(cut), priors, shares, hashlib.sha256(text.encode()).hexdigest()[:10])


@functools.lru_cache(maxsize=1)
def sampler_of(plan: Plan) -> Sampler:
    """One compiled model a process, for all of its panels."""
    s = subject_of(plan)
    return Sampler(s.design, s.priors, s.shares, without_jacobian if plan.drop_jacobian else None)


def panel_piece(plan: Plan, k: int) -> pd.DataFrame:
    """Rank and interval membership of every quantity in the simulated panel number ``k``.

    Returns
    -------
    pandas.DataFrame
        One row per quantity: ``panel, quantity, truth, rank`` (of ``KEPT_DRAWS``), ``inside_50, inside_89``, and of the
        panel's sampling ``r_hat, divergences``.
    """
    subject, settings = subject_of(plan), plan.settings
    truth, panel, hidden = world(subject.design, subject.priors, subject.shares, k, settings.seed)
    trace, diagnostics = sampler_of(plan).sample(panel, replace(settings, seed=settings.seed + 1000 + k))
    draws = thin(trace["posterior"].to_dataset(), KEPT_DRAWS)
    found = quantities(draws, *posterior_latents(draws, panel, True, settings.seed + k), panel, k)
    real = true_quantities(truth, panel, hidden, k)
    return pd.DataFrame([_row(k, n, real[n], x, diagnostics) for n, x in found.items()])


def world(
    design: Design,
    priors: PriorSet,
    shares: np.ndarray,
    k: int,
    seed: int,
    fixed: Mapping[str, float] = MappingProxyType({}),
) -> tuple[dict[str, np.ndarray], Design, Truth]:
    """Parameters from the prior, and a panel simulated with them on the design's dates and gaps; ``k`` numbers the panel.

    ``fixed`` parameters are as given, whatever the prior says.

    Panels that explode (a day beyond :data:`WILD` log-%) are drawn again. The choice looks at data only, and given the
    data the posterior is the same, so ranks stay uniform.

    Raises
    ------
    DataError
        If panel after panel explodes.
    """
    own = int(np.random.SeedSequence([seed, k]).generate_state(1)[0])
    draws, rng = prior_draws(priors, design, shares, ATTEMPTS, own), np.random.default_rng([seed, k, 7])
    for s in range(ATTEMPTS):
        p = one(draws, s) | {n: np.asarray(x) for n, x in fixed.items()}
        try:
            panel, hidden = simulate_panel(p, design, rng)
        except (ArithmeticError, OverflowError):
            continue
        if np.abs(panel.returns).max() <= WILD:
            return p | {"return_state": hidden.return_state, "flow_state": hidden.flow_state}, panel, hidden
    raise DataError(
        f"None of {ATTEMPTS} panels simulated from the prior {priors.name!r} stays within {WILD:g} % a day.",
        "Give narrower priors with --priors.",
    )


def quantities(
    draws: Draws, latents: np.ndarray, flows: np.ndarray, panel: Design, seed: int
) -> dict[str, np.ndarray]:
    """What is ranked: every scalar parameter, likelihood and Jacobian, and the parts of the most extreme day.

    Any function of parameters, hidden variables and data will do; the same one is applied to the truth. ``(S,)`` each.
    """
    parts, day = decompose(draws, latents, flows, panel, seed), _day(panel)
    out = {n: draws[n] for n in parameter_names() if draws[n].ndim == 1}
    out["log_likelihood"] = log_likelihood(draws, panel)
    out["log_jacobian"] = np.array([_log_jacobian(one(draws, s), panel) for s in range(len(draws["impact"]))])
    out |= {f"{n} on the day": trades[:, day] for n, trades in parts.trades.items() if _at_work(n, panel)}
    out["basis in a week"] = parts.trades["basis"][:, day - 2 : day + 3].sum(axis=1)
    named = {
        "flow, by component": (FLOW_PARTS, parts.flow_channel),
        "return, by component": (RETURN_PARTS, parts.return_channel),
        "flow, by trigger": (TRIGGERS, parts.flow_trigger),
        "return, by trigger": (TRIGGERS, parts.return_trigger),
    }
    if arrays(panel)["opens"][day]:
        named["overnight return, by component"] = RETURN_PARTS, parts.night_channel
    for title, (names, values) in named.items():
        kept = {f"{title}: {n}": values[:, day, j] for j, n in enumerate(names)}
        out |= {n: x for n, x in kept.items() if np.ptp(x) > 0.0 or len(x) == 1}
    return out


def true_quantities(p: Draws, panel: Design, hidden: Truth, seed: int) -> dict[str, float]:
    """The same quantities as they are: one draw, the simulator's own."""
    alone = {k: np.asarray(v)[None] for k, v in p.items()}
    found = quantities(alone, _true_latents(p, panel, hidden)[None], hidden.flows[None], panel, seed)
    return {n: float(x[0]) for n, x in found.items()}


def _true_latents(p: Draws, panel: Design, hidden: Truth) -> np.ndarray:
    """Hidden variables as the likelihood counts them. ``(T, G + 1)``."""
    w = np.concatenate([[0.0], hidden.shocks.futures_demand[1:]])
    rate = arrays(panel)["rate"]
    by_group = {
        GROUP: hidden.shocks.basis + p["basis_premium"] * w,
        COMMON_GROUP: hidden.demand,
        **{
            g: hidden.shocks.own[g] * np.array([line.unit(x) for x in rate])
            for g, line in groups_of(panel).items()
        },
    }
    silent = np.zeros(panel.days)
    return np.stack([*(by_group.get(g, silent) for g in shock_groups()), hidden.premium], axis=1)


def _at_work(name: str, panel: Design) -> bool:
    """Whether a component trades on this panel: without what it needs it is silent."""
    needs = next(c.needs for c in COMPONENTS if c.name == name)
    return not needs or any(n in panel.measured for n in needs)


def uniformity(table: pd.DataFrame) -> pd.DataFrame:
    """Kolmogorov-Smirnov test of each quantity's ranks, Bonferroni-adjusted; ``passed`` at :data:`LEVEL`."""
    rng = np.random.default_rng(0)
    out = []
    for name, g in table.groupby("quantity", sort=False):
        u = (g["rank"].to_numpy() + rng.uniform(size=len(g))) / (KEPT_DRAWS + 1)
        p = float(stats.kstest(u, "uniform").pvalue)
        out.append({"quantity": name, "panels": len(g), "mean_rank": float(u.mean()), "p": p})
    result = pd.DataFrame(out)
    result["p_adjusted"] = (result["p"] * len(result)).clip(upper=1.0)
    result["passed"] = result["p_adjusted"] > LEVEL
    return result


def coverage(table: pd.DataFrame) -> pd.DataFrame:
    """Pooled coverage of 50 and 89 % intervals with 95 % sampling intervals that treat panels as clusters."""
    out = []
    for level in (50, 89):
        per_panel = table.groupby("panel")[f"inside_{level}"].mean()
        error = float(per_panel.std(ddof=1) / np.sqrt(len(per_panel)))
        mean = float(per_panel.mean())
        out.append({
            "nominal": level / 100, "covered": mean, "low": mean - 1.96 * error, "high": mean + 1.96 * error,
            "passed": abs(mean - level / 100) <= 1.96 * error + 0.01,
        })  # fmt: skip
    return pd.DataFrame(out)


def without_jacobian(model) -> None:
    """Leave the Jacobian of the day's loop out of a model: wrong on purpose, and calibration must notice."""
    model.potentials.remove(model["loop"])


def _row(panel: int, name: str, truth: float, draws: np.ndarray, diagnostics: Diagnostics) -> dict[str, Any]:
    inside = {
        f"inside_{level}": float(low <= truth <= high)
        for level in (50, 89)
        for low, high in [np.quantile(draws, [0.5 - level / 200, 0.5 + level / 200])]
    }
    rank = int(round(float((draws < truth).mean()) * KEPT_DRAWS))
    return {
        "panel": panel,
        "quantity": name,
        "truth": truth,
        "rank": rank,
        **inside,
        "r_hat": diagnostics.r_hat_max,
        "divergences": diagnostics.divergences,
    }


def _day(panel: Design) -> int:
    """The most extreme return, away from the edges."""
    inner = slice(PRE_SAMPLE + 5, panel.days - 5)
    return int(np.abs(panel.returns[inner]).argmax()) + PRE_SAMPLE + 5


def _log_jacobian(p: Draws, panel: Design) -> float:
    # Absolute: a model that lost its Jacobian on purpose may draw loops that amplify without end.
    return float(np.log(np.abs(evaluate(p, arrays(panel), np).jacobian[PRE_SAMPLE:])).sum())
