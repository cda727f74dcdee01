"""Directional demand: investors who buy or sell for the exposure itself.

.. math:: D_{i,t} = m_{i,t} + \\rho (F_{i,t-1} - m_{i,t}) + \\ell_i [k_0(r_t) + k_o o_t + k_1(r_{t-1}) + \\sigma_D u_{D,t}]

Mean inflow drifts: :math:`m_{i,t} = m_i + g \\sum_k w_k (F_{i,t-k} - m_i)`, with weights of half-life 15 days. Investors
react to a fund's *published* flow of the day before, to today's and yesterday's return with a response
that flattens below -5 %; a shock of their own comes on top. What they hold is worth more when the price is higher, so
answers are in proportion to the price at the close before (measured: docs/evidence.md).
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
        ("recent_flow[t]", "directional[t]"),
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
        "mean_memory",
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

    def lag_response(self, p, s: State, r_lag):
        """``k1(r[t-1])``, concave below the kink."""
        return s.size * _concave(p["response_yesterday"], p["response_yesterday_crash"], r_lag).value

    def response(self, p, s: State, r) -> Response:
        """``k0(r[t])``, concave below the kink."""
        value, slope = _concave(p["response_today"], p["response_today_crash"], r)
        return Response(s.size * value, s.size * slope)

    def max_slope(self, p, s: State):
        """Steeper of the quiet and the crash slope."""
        return s.size * (p["response_today"] + smooth.positive_part(-p["response_today_crash"]))

    def night_slope(self, p, s: State):
        """The answer to the overnight return has a slope of its own: it is known before the funds trade."""
        return s.size * (p["response_overnight"] - p["response_today"])

    def fund_lag(self, p):
        """Persistence rho."""
        return p["flow_persistence"]

    def fund_mean(self, p, s: State):
        """``(1 - rho) m_it``, where ``m_it = m_i + g sum_k w_k (F_{i,t-k} - m_i)`` over the prints of earlier days."""
        means = (p["fund_share"] * p["mean_flow"] + p["fund_mean"])[..., None, :]
        memory, rho = _by_fund(p["mean_memory"]), _by_fund(p["flow_persistence"])
        return (1.0 - rho) * (means + memory * (s.recent - s.recent_weight * means))


def _by_fund(x):
    """A number as it is; draws ``(S, 1)`` with an axis for the funds."""
    return x[..., None] if getattr(x, "ndim", 0) > 1 else x


def _concave(slope, flattening, r) -> Response:
    """Linear response whose slope falls by ``flattening`` below the kink."""
    value = slope * r + flattening * smooth.hinge(r)
    return Response(value, slope + flattening * smooth.hinge_slope(r))


COMPONENT = Directional()
