"""Multi-asset funds: rebalancing and deleveraging across asset classes.

.. math:: M_t = -a_M\\,stress_t + b_M\\,basket_t + \\sigma_M u_{M,t}

They sell the ETF when risk rises or their other assets fall. Price and flow effects have the same sign as
directional demand, so data see only the sum of the two shocks: one total and one prior-driven share.
"""

from __future__ import annotations

from model.mechanisms.components.base import NO_EFFECT, Component, Shock, State


class MultiAsset(Component):
    """Trades of funds that hold the ETF beside other risk assets."""

    name = "multi_asset"
    title = "Multi-asset rebalancing"
    edges = (
        ("stress[t]", "multi_asset[t]"),
        ("factor[t]", "multi_asset[t]"),
        ("multi_asset[t]", "return[t]"),
        ("multi_asset[t]", "flow[t]"),
        ("multi_asset[t]", "flow[t+1]"),
        ("multi_asset[t]", "flow[t+2]"),
    )
    latents = ("multi_asset[t]",)
    signs = {"flow": 1, "return": 1, "premium": 0, "implied_vol": -1}
    priors = ("stress_flow", "basket_flow", "multi_asset_share", "demand_scale")
    shock = Shock("demand", "multi_asset_share", scaled_by="flow")
    colour = "#5fc3a5"
    off = {
        "stress_flow": NO_EFFECT,
        "basket_flow": NO_EFFECT,
        "multi_asset_share": ("Beta", {"alpha": 1.0, "beta": 1000.0}),
    }
    size = ("stress_flow", "basket_flow")

    def drive(self, p, s: State):
        """``-a_M stress + b_M basket``."""
        return -p["stress_flow"] * s.stress + p["basket_flow"] * s.basket


COMPONENT = MultiAsset()
