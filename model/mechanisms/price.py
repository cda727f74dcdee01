r"""Price pressure: impact, drift, common factors, residual scale, and the day's loop.

.. math:: r_t - \lambda_t \sum_c R_c(r_t) = z_t, \qquad
          J_t(r) = 1 - \lambda_t \sum_c R_c'(r) > 0 \text{ for all } r

The density of a return is the density of ``z`` times ``J``: the loop is solved, never regressed on.
"""

from __future__ import annotations

from model.mechanisms import smooth

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
    "common_demand",
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
    "iv_day",
    "iv_tail",
)
OFF = {"factor_beta": ("Normal", {"mu": 0.0, "sigma": 1e-5})}
"""Priors that take the common factors away."""
COMMON_GROUP = "demand"
"""Shock group whose news also moves the price by other hands than the funds'."""
MAX_GAIN = 0.8
"""Bound of the day's loop gain: the most that answers to a return can add to it within the day."""


def impact(p, ratio):
    """lambda_t: calm impact times trailing volatility over its trailing level. log-% per USD bn."""
    return p["impact"] * ratio


def push(p, ratio, group: str, price_share):
    """log-% of price pressure per USD bn of a group's shock: its trades' impact, and what else moves with it."""
    own = impact(p, ratio) * price_share
    return own + common(p, ratio) if group == COMMON_GROUP else own


def common(p, ratio):
    """log-% per USD bn of investors' demand shocks: what the same news does to the price outside the funds.

    It takes up the same-day correlation of flow and return that nobody can tell from impact, so that ``impact``
    need not: it acts through every trade, hedges included.
    """
    return p["common_demand"] * ratio


def scale_mixture(log_scale):
    """Variance factor of a day whose log scale departs from its median: heavy tails (Clark 1973)."""
    return smooth.exp(2.0 * log_scale)


def flow_scale(p, log_activity, price_state, own):
    """Log scale of a day's flows: what the days before announce, and a day wild for the price is wild for flows too.

    Parameters
    ----------
    p : mapping
    log_activity : trailing size of flows, known the day before
    price_state, own : standard normal; the day's state of the price, and the flows' own
    """
    shared = p["day_shared"]
    mixed = shared * price_state + (1.0 - shared**2) ** 0.5 * own
    return p["flow_memory"] * log_activity + p["flow_tail"] * mixed


def iv_scale(p):
    """Scale of the implied-volatility shock, vol points: a day that is wild for the price is wild for volatility.

    Without the common scale, the one day with the largest fall decides how volatility answers falls: either its whole
    move is that answer, or it is an outlier.
    """
    return p["iv_scale"] * smooth.exp(p["iv_day"] * p["return_tail"] * p["return_state"])


def residual_var(p, d):
    """Ex-ante variance of the price shock, (log-%)^2, with the day's own log-normal scale.

    Gamma enters here too, so that a volatile regime is not read as hedging feedback. A story's shock of one day alone
    comes on top: its size is integrated out, because sampled it would trade places with that day's scale.
    """
    log_scale = p["volatility_gamma"] * d["gamma"] + p["volatility_ratio"] * d["log_ratio"]
    mixed = scale_mixture(p["return_tail"] * p["return_state"])
    return (p["residual_scale"] * smooth.exp(log_scale)) ** 2 * mixed + d["one_off_var"]


def session_vars(p, d):
    """Variance of the price shock before the open and after it, where the open is known; else zero and all of it.

    A story's shock of one day falls into the session that the story names, or into both like any other.
    """
    own = d["one_off_var"]
    usual = residual_var(p, d) - own
    early = d["one_off_early"] + d["one_off_both"] * p["overnight_share"]
    night = d["opens"] * (p["overnight_share"] * usual + early * own)
    return night, usual + own - night


def jacobian(lam, slopes):
    """J_t at the observed return."""
    return 1.0 - lam * sum(slopes)


def damping(lam, max_slopes):
    """Factor on every answer to today's return that keeps the loop's gain below its bound at any return.

    With G the largest gain over all returns, answers shrink by 1 / sqrt(1 + (G / MAX_GAIN)^2): close to one
    for the gains of ordinary days (0.99 at 0.1), and the Jacobian never falls below 1 - MAX_GAIN, so one price
    solves every day. A hard bound would do the same with a cliff that no gradient sampler can see.
    """
    gain = smooth.positive_part(lam * sum(max_slopes))
    return 1.0 / (1.0 + (gain / MAX_GAIN) ** 2) ** 0.5
