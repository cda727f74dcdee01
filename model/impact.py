r"""Price pressure: impact, drift, common factors, residual scale, and the day's loop.

.. math:: r_t - \lambda_t \sum_c R_c(r_t) = z_t, \qquad
          J_t(r) = 1 - \lambda_t \sum_c R_c'(r) > 0 \text{ for all } r

The density of a return is the density of ``z`` times ``J``: the loop is solved, never regressed on.
"""

from __future__ import annotations

from model import smooth

EDGES = (
    ("factor[t]", "return[t]"),
    ("flow[t-1]", "return[t]"),
    ("return[t-1]", "return[t]"),
    ("volatility[t]", "return[t]"),
    ("futures_demand[t]", "return[t]"),
)
LATENTS = ("futures_demand[t]",)
PRIORS = (
    "impact",
    "drift",
    "factor_beta",
    "lagged_flow_return",
    "lagged_return",
    "residual_scale",
    "volatility_gamma",
    "volatility_ratio",
    "return_tail",
    "futures_price",
    "iv_drift",
    "iv_scale",
    "iv_tail",
)
MIN_MARGIN = 1e-3
"""Smallest value the loop's Jacobian may take at any return."""


def impact(p, ratio):
    """lambda_t: calm impact times trailing volatility over its trailing level. log-% per USD bn."""
    return p["impact"] * ratio


def residual_var(p, d):
    """Ex-ante variance of the price shock, (log-%)^2, a Student-t through the day's precision.

    Gamma enters here too, so that a volatile regime is not read as hedging feedback.
    """
    log_scale = p["volatility_gamma"] * d["gamma"] + p["volatility_ratio"] * d["log_ratio"]
    return (p["residual_scale"] * smooth.exp(log_scale)) ** 2 / p["return_mix"]


def jacobian(lam, slopes):
    """J_t at the observed return."""
    return 1.0 - lam * sum(slopes)


def margin(lam, max_slopes):
    """Lower bound of J_t over all returns; must stay positive or several prices solve the day."""
    return 1.0 - lam * sum(max_slopes)
