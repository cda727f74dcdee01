"""A world in which flows do not move the price: what the model learns of it, and what a regression would.

Investors answer the return of the day, so flow and return go together although nothing runs from flow to price. A
regression of the return on the same day's flow takes that for impact. Of the model, data speak of the push of a demand
shock: the funds' impact and what the same news does to the price by other hands
(:func:`model.mechanisms.price.push`); that sum must come out near zero.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import statsmodels.api as sm

from model.studies.validation.calibrate import Plan, sampler_of, subject_of, world

FIXED = {"impact": 1e-4, "common_demand": 0.0, "lagged_flow_return": 0.0}
"""Nothing from flow to price; the crypto venues' push, stated relative to the impact, needs one that is not zero."""
LEVEL = 0.89


def panel_piece(plan: Plan, k: int) -> pd.DataFrame:
    """What both say of the simulated panel number ``k``, log-% per USD bn.

    Returns
    -------
    pandas.DataFrame
        One row: ``panel; push, push_low, push_high``: posterior median and interval of the sum; ``prior_sd, push_sd``;
        ``impact``: posterior median of the funds' own; ``naive, naive_low, naive_high``: least squares of the return on
        the day's flow and the return and flow of the day before, with robust errors; ``response``: the true answer of
        investors to 1 %, USD bn; ``r_hat, divergences``.
    """
    subject, settings = subject_of(plan), plan.settings
    truth, panel, _ = world(subject.design, subject.priors, subject.shares, k, settings.seed, FIXED)
    trace, diagnostics = sampler_of(plan).sample(panel, replace(settings, seed=settings.seed + 1000 + k))
    draws = {n: trace["posterior"][n].to_numpy().ravel() for n in ("impact", "common_demand")}
    push = draws["impact"] + draws["common_demand"]
    low, high = np.quantile(push, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    naive = naive_slope(panel.returns, panel.flows.sum(axis=1))
    row = {
        "panel": k, "push": np.median(push), "push_low": low, "push_high": high,
        "prior_sd": prior_sd(subject.priors), "push_sd": push.std(), "impact": np.median(draws["impact"]),
        "naive": naive[0], "naive_low": naive[1], "naive_high": naive[2],
        "response": float(truth["response_today"]),
        "r_hat": diagnostics.r_hat_max, "divergences": diagnostics.divergences,
    }  # fmt: skip
    return pd.DataFrame([row])


def naive_slope(returns: np.ndarray, flow: np.ndarray) -> tuple[float, float, float]:
    """Slope of the return on the same day's flow with its interval; yesterday's return and flow beside it."""
    x = sm.add_constant(np.column_stack([flow[1:], returns[:-1], flow[:-1]]))
    seen = np.isfinite(x).all(axis=1)
    fit = sm.OLS(returns[1:][seen], x[seen]).fit(cov_type="HC1")
    low, high = fit.conf_int(1.0 - LEVEL)[1]
    return float(fit.params[1]), float(low), float(high)


def prior_sd(priors) -> float:
    """Spread of the sum before the data."""
    both = (priors[n] for n in ("impact", "common_demand"))
    return float(np.sqrt(sum(p.frozen().var() for p in both)))


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Both over all panels: mean of the point estimates, their root mean square, how many intervals hold zero.

    ``passed`` is asked of the model alone: as many intervals hold zero as should, to two standard errors.
    """
    rows, enough = [], LEVEL - 2.0 * np.sqrt(LEVEL * (1.0 - LEVEL) / len(table))
    for name, title in (
        ("push", "the model: push of a demand shock"),
        ("naive", "least squares on the day's flow"),
    ):
        held = (table[f"{name}_low"] <= 0.0) & (table[f"{name}_high"] >= 0.0)
        rows.append({
            "estimate": title, "panels": len(table), "mean": table[name].mean(),
            "root mean square": float(np.sqrt((table[name] ** 2).mean())), "89 % interval holds zero": held.mean(),
            "passed": bool(held.mean() >= enough) if name == "push" else None,
        })  # fmt: skip
    return pd.DataFrame(rows)
