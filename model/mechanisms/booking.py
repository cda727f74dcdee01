r"""From trades to what vendors print: fund loadings and booking kernels.

.. math:: F_{i,t} = \sum_k \pi_{i,t-k,k}\, Z_{i,t-k} + e_{i,t}

A kernel belongs to the *trade* date: each trade is booked exactly once. Operational shorting lives here too: the
booked share of dealers' hedges passes through the same kernels, and where a card says so, a share ``late_creation``
of the trades is created a day later and passes through the kernel from there. Neither changes a price.
"""

from __future__ import annotations

from model.mechanisms import smooth

PRIORS = (
    "fund_share",
    "basis_tilt",
    "fund_noise",
    "kernel",
    "late_creation",
    "flow_tail",
    "flow_memory",
    "day_shared",
)
LOADINGS = ("demand", "basis", "option_fund")
"""Ways in which trades are spread over funds."""


def loading_weights(p, d, xp):
    """Unnormalised weight of each fund for each loading; basis loadings are pooled towards demand's. ``(L, I)``."""
    tilted = p["fund_share"] * smooth.exp(p["basis_tilt"])
    option = d["option_fund"] + 0.0 * p["fund_share"]
    return xp.stack([p["fund_share"], tilted, option])
