"""Basis trade: long ETF, short futures, both legs together.

.. math:: B_t = b_f w_t - a_B\\,stress_t + \\sigma_B u_{B,t}

Opened (+) when futures demand ``w`` lifts the premium, unwound (-) under stress. A delta-neutral pair presses
on the price only with its unhedged share ``1 - h``. Its size is seen in weekly futures positions
(:mod:`model.mechanisms.measurements.positions`), not in the daily basis.
"""

from __future__ import annotations

from model.mechanisms.components.base import NO_EFFECT, NO_SCALE, Component, Shock, State


class Basis(Component):
    """Hedged basis trades; ``w`` enters through the premium row in :mod:`model.inference.build`."""

    name = "basis"
    title = "Basis trade"
    edges = (
        ("stress[t]", "basis[t]"),
        ("futures_demand[t]", "basis[t]"),
        ("basis[t]", "return[t]"),
        ("basis[t]", "premium[t]"),
        ("basis[t]", "flow[t]"),
        ("basis[t]", "flow[t+1]"),
        ("basis[t]", "flow[t+2]"),
    )
    latents = ("basis[t]", "futures_demand[t]")
    signs = {"flow": 1, "return": 0, "premium": -1, "implied_vol": 0}
    priors = (
        "basis_scale",
        "basis_stress",
        "basis_premium",
        "premium_impact",
        "hedged_share",
    )
    loading = "basis"
    shock = Shock("basis")
    colour = "#0072b2"
    off = {"basis_scale": NO_SCALE, "basis_stress": NO_EFFECT, "basis_premium": NO_EFFECT}
    size = ("basis_stress", "basis_premium")

    def drive(self, p, s: State):
        """``-a_B stress``."""
        return -p["basis_stress"] * s.stress

    def price_share(self, p, s: State):  # noqa: ARG002
        """Unhedged share ``1 - h``."""
        return 1.0 - p["hedged_share"]


COMPONENT = Basis()
