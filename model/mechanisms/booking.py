r"""From trades to what vendors print: fund loadings, booking kernels, premium, weekly positions.

.. math:: F_{i,t} = \sum_k \pi_{i,t-k,k}\, Z_{i,t-k} + e_{i,t}

A kernel belongs to the *trade* date: each trade is booked exactly once. Operational shorting lives here too: the
booked share of dealers' hedges passes through the same kernels, and where a card says so, a share ``late_creation``
of the trades is created a day later and passes through the kernel from there. Neither changes a price.
"""

from __future__ import annotations

from model.mechanisms import smooth

EDGES = (
    ("futures_demand[t]", "premium[t]"),
    ("return[t]", "premium[t]"),
    ("premium[t-1]", "premium[t]"),
)
LATENTS = ("futures_demand[t]",)
PRIORS = (
    "fund_share",
    "basis_tilt",
    "fund_noise",
    "kernel",
    "late_creation",
    "flow_tail",
    "carry",
    "premium_persistence",
    "premium_return",
    "premium_total",
    "premium_noise_share",
    "positions_drift",
    "positions_expiry",
    "positions_noise",
)
LOADINGS = ("demand", "basis", "option_fund")
"""Ways in which trades are spread over funds."""
PREMIUM_GROUP = "basis"
"""The shock group that trades against the futures premium and shows in weekly positions."""


def loading_weights(p, d, xp):
    """Unnormalised weight of each fund for each loading; basis loadings are pooled towards demand's. ``(L, I)``."""
    tilted = p["fund_share"] * smooth.exp(p["basis_tilt"])
    option = d["option_fund"] + 0.0 * p["fund_share"]
    return xp.stack([p["fund_share"], tilted, option])


def premium_vector(p, xp):
    """b_f, c_B, phi, d_r, varsigma, innovation variance, noise variance, carry."""
    total = p["premium_total"] ** 2
    share = p["premium_noise_share"]
    return xp.stack(
        [
            p["basis_premium"],
            p["premium_impact"],
            p["premium_persistence"],
            p["premium_return"],
            p["futures_price"],
            total * (1.0 - share),
            total * share,
            p["carry"],
        ]
    )


PREMIUM_START_VAR = 0.25
"""Variance of the premium's deviation before the panel starts, (% of price)^2."""
