"""Directional demand: investors who buy or sell for the exposure itself.

.. math:: D_{i,t} = m_i + \\rho (F_{i,t-1} - m_i) + \\ell_i [k_0(r_t) + k_o o_t + k_1(r_{t-1}) + \\sigma_D u_{D,t}]

It reacts to a fund's *published* flow of the day before, to today's and yesterday's return with a response
that flattens below -5 %, and has its own shock.
"""

from __future__ import annotations

from model.mechanisms import smooth
from model.mechanisms.components.base import Component, Response, Shock, State


class Directional(Component):
    """Directional investors."""

    name = "directional"
    title = "Directional demand"
    edges = (
        ("flow[t-1]", "directional[t]"),
        ("return[t-1]", "directional[t]"),
        ("directional[t]", "return[t]"),
        ("return[t]", "flow[t]"),
        ("return[t]", "flow[t+1]"),
        ("return[t]", "flow[t+2]"),
        ("directional[t]", "flow[t]"),
        ("directional[t]", "flow[t+1]"),
        ("directional[t]", "flow[t+2]"),
    )
    latents = ("directional[t]",)
    signs = {"flow": 1, "return": 1, "premium": 1, "implied_vol": -1}
    priors = (
        "mean_flow",
        "fund_mean",
        "flow_persistence",
        "response_today",
        "response_overnight",
        "response_today_crash",
        "response_yesterday",
        "response_yesterday_crash",
        "demand_scale",
    )
    shock = Shock("demand", scaled_by="flow")
    colour = "#00624a"
    size = ("response_today", "response_today_crash", "response_yesterday", "response_yesterday_crash")

    def lag_response(self, p, r_lag):
        """``k1(r[t-1])``, concave below the kink."""
        return _concave(p["response_yesterday"], p["response_yesterday_crash"], r_lag).value

    def response(self, p, s: State, r) -> Response:  # noqa: ARG002
        """``k0(r[t])``, concave below the kink."""
        return _concave(p["response_today"], p["response_today_crash"], r)

    def max_slope(self, p, s: State):  # noqa: ARG002
        """Steeper of the quiet and the crash slope."""
        return p["response_today"] + smooth.positive_part(-p["response_today_crash"])

    def night_slope(self, p):
        """The answer to the overnight return has a slope of its own: it is known before the funds trade."""
        return p["response_overnight"] - p["response_today"]

    def fund_lag(self, p):
        """Persistence rho."""
        return p["flow_persistence"]

    def fund_mean(self, p):
        """``(1 - rho) m_i``."""
        means = p["fund_share"] * p["mean_flow"] + p["fund_mean"]
        return (1.0 - p["flow_persistence"]) * means


def _concave(slope, flattening, r) -> Response:
    """Linear response whose slope falls by ``flattening`` below the kink."""
    value = slope * r + flattening * smooth.hinge(r)
    return Response(value, slope + flattening * smooth.hinge_slope(r))


COMPONENT = Directional()
