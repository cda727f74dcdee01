"""Simulation-based calibration: panels with known truth, sampled through one compiled model, ranks and coverage.

Truth drawn from the prior, data from the truth: then the truth is one more draw from the posterior, and its rank among
the posterior's draws is uniform (Talts et al. 2018). Quantities that involve the data, such as the log Jacobian of the
day's loop, see errors that parameters alone do not (Modrak et al. 2023).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from model.attribution.ledger import make_ledger
from model.inference.arrays import arrays
from model.inference.draws import Draws, one, posterior_latents, prior_draws, thin
from model.inference.inputs import evaluate
from model.inference.sample import Diagnostics, Sampler, Settings
from model.mechanisms.components import COMPONENTS
from model.mechanisms.design import PRE_SAMPLE, Design
from model.mechanisms.simulate.records import Truth
from model.mechanisms.simulate.replay import simulate_panel
from model.priors.prior_set import PriorSet

WATCHED = (
    "basis_scale",
    "gamma_scale",
    "dealer_sign",
    "impact",
    "residual_scale",
    "demand_scale",
    "response_today",
    "flow_persistence",
    "premium_total",
    "positions_noise",
    "iv_response",
)
"""Scalar parameters whose ranks are tested."""
KEPT_DRAWS = 100
WILD = 60.0
"""log-% per day: half the price or more; explosive panels grow beyond it."""
LEVEL = 0.01
"""Probability of calling a right program wrong, over all quantities together."""


def calibrate(
    sampler: Sampler,
    design: Design,
    priors: PriorSet,
    shares: np.ndarray,
    count: int,
    settings: Settings,
    say: Callable[[str], None],
) -> pd.DataFrame:
    """Rank and interval membership of every watched quantity in ``count`` simulated panels.

    Returns
    -------
    pandas.DataFrame
        One row per panel and quantity: ``panel, quantity, truth, rank`` (of ``KEPT_DRAWS``), ``inside_50, inside_89``,
        and of the panel's sampling ``r_hat, divergences``.
    """
    rows: list[dict[str, Any]] = []
    for k, (truth, panel, hidden) in enumerate(worlds(design, priors, shares, count, settings.seed)):
        trace, diagnostics = sampler.sample(panel, _seeded(settings, k))
        draws = thin(trace["posterior"].to_dataset(), KEPT_DRAWS)
        found = quantities(draws, panel, settings.seed + k)
        real = true_quantities(truth, panel, hidden)
        rows += [_row(k, n, real[n], x, diagnostics) for n, x in found.items()]
        say(f"panel {k + 1} of {count}: {diagnostics.sentence}")
    return pd.DataFrame(rows)


def worlds(
    design: Design, priors: PriorSet, shares: np.ndarray, count: int, seed: int
) -> Iterator[tuple[dict[str, np.ndarray], Design, Truth]]:
    """Parameters from the prior, and a panel simulated with them on the design's dates and gaps.

    Panels that explode (a day beyond :data:`WILD` log-%) are drawn again. The choice looks at data only, and given the
    data the posterior is the same, so ranks stay uniform.
    """
    draws = prior_draws(priors, design, shares, 4 * count, seed)
    rng = np.random.default_rng([seed, 7])
    made = 0
    for s in range(4 * count):
        if made == count:
            return
        p = one(draws, s)
        try:
            panel, hidden = simulate_panel(p, design, rng)
        except ArithmeticError:
            continue
        if np.abs(panel.returns).max() > WILD:
            continue
        made += 1
        yield p | {"return_state": hidden.return_state, "flow_state": hidden.flow_state}, panel, hidden


def quantities(draws: Draws, panel: Design, seed: int) -> dict[str, np.ndarray]:
    """Watched parameters, the loop's log Jacobian, and the components' trades on the most extreme day."""
    latents, flows = posterior_latents(draws, panel, True, seed)
    book = make_ledger(draws, latents, flows, panel, np.random.default_rng(seed))
    day = _day(panel)
    out = {n: draws[n] for n in WATCHED}
    out["log_jacobian"] = np.array([_log_jacobian(one(draws, s), panel) for s in range(len(draws["impact"]))])
    out |= {f"{n} on the day": trades[:, day] for n, trades in book.trades.items() if _at_work(n, panel)}
    out["basis in a week"] = book.trades["basis"][:, day - 2 : day + 3].sum(axis=1)
    return out


def _at_work(name: str, panel: Design) -> bool:
    """Whether a component trades on this panel: without what it needs it is silent."""
    needs = next(c.needs for c in COMPONENTS if c.name == name)
    return not needs or any(n in panel.measured for n in needs)


def true_quantities(p: Draws, panel: Design, hidden: Truth) -> dict[str, float]:
    """The same quantities as they are."""
    day = _day(panel)
    out = {n: float(p[n]) for n in WATCHED} | {"log_jacobian": _log_jacobian(p, panel)}
    out |= {
        f"{c.name} on the day": float(hidden.trades(c.name)[day])
        for c in COMPONENTS
        if _at_work(c.name, panel)
    }
    out["basis in a week"] = float(hidden.basis[day - 2 : day + 3].sum())
    return out


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


def _seeded(settings: Settings, k: int) -> Settings:
    from dataclasses import replace

    return replace(settings, seed=settings.seed + 1000 + k)
