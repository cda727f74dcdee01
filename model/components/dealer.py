"""Dealer hedging: what option and note books force dealers to trade when price and volatility move.

.. math:: H_t(r) = s \\Gamma_t r - V b(r) + V v_t + K_t(r)

with sign ``s`` (+1: dealers short gamma, so price down means they SELL), gamma
:math:`\\Gamma_t = \\Gamma_0 \\exp(\\psi g_t + \\zeta_{week})` in USD bn per 1 %, ``g`` an ex-ante proxy (how far
the price stands below its trailing high, where put strikes lie), vanna ``V`` in USD bn per vol point, the
implied-volatility response ``b`` and knock-in selling ``K``. The gamma state is latent: nothing observes it.
"""

from __future__ import annotations

from model import smooth
from model.components.base import Component, Response, State


class Dealer(Component):
    """Gamma, vanna and knock-in hedging."""

    name = "dealer"
    title = "Dealer hedging"
    edges = (
        ("gamma[t]", "dealer[t]"),
        ("gamma[t]", "return[t]"),
        ("dealer[t]", "return[t]"),
        ("iv_shock[t]", "dealer[t]"),
        ("iv_shock[t]", "iv_change[t]"),
        ("return[t]", "iv_change[t]"),
        ("dealer[t]", "flow[t]"),
        ("dealer[t]", "flow[t+1]"),
        ("dealer[t]", "flow[t+2]"),
    )
    latents = ("dealer[t]", "iv_shock[t]")
    signs = {"flow": None, "return": 1, "premium": None, "implied_vol": -1}
    priors = (
        "dealer_sign",
        "gamma_scale",
        "gamma_tilt",
        "gamma_state",
        "vanna",
        "iv_response",
        "iv_crash",
        "knock_in",
        "booked_hedge",
    )
    loading = "option_fund"

    def feedback(self, p, s: State):
        """phi_t = lambda_t s Gamma_t: how much of a move the gamma hedge adds within the day (before damping)."""
        return s.impact * self.gamma(p, s)

    def gamma(self, p, s: State):
        """Signed gamma s Gamma_t, USD bn per 1 %."""
        return p["dealer_sign"] * p["gamma_scale"] * smooth.exp(p["gamma_tilt"] * s.gamma + s.gamma_state)

    def drive(self, p, s: State):
        """Vanna hedging of a volatility move that the return does not explain."""
        return p["vanna"] * s.iv_shock

    def response(self, p, s: State, r) -> Response:
        """Gamma, vanna along the return, and knock-ins."""
        gamma = self.gamma(p, s)
        iv, iv_slope = iv_fall(p, r)
        knock, knock_slope = knock_in(p, s, r)
        value = gamma * r - p["vanna"] * iv + knock
        return Response(value, gamma - p["vanna"] * iv_slope + knock_slope)

    def max_slope(self, p, s: State):
        """Gamma slope plus the steeper vanna regime plus the steepest point of each live knock-in."""
        quiet = -p["vanna"] * p["iv_response"]
        crash = -p["vanna"] * (p["iv_response"] + p["iv_crash"])
        vanna = quiet + smooth.positive_part(crash - quiet)
        knock = p["knock_in"] * _sum_notes(s.live) * 0.5 / s.barrier_width
        return self.gamma(p, s) + vanna + knock

    def booked(self, p):
        """Share of the hedge that becomes ETF creations or redemptions (operational shorting)."""
        return p["booked_hedge"]


def iv_fall(p, r):
    """Fall of implied volatility with the return, vol points, and its slope: b(r), b'(r)."""
    value = p["iv_response"] * r - p["iv_crash"] * smooth.hinge(r)
    return value, p["iv_response"] - p["iv_crash"] * smooth.hinge_slope(r)


def knock_in(p, s: State, r):
    """Selling forced by breached barriers, USD bn (negative), and its slope."""
    r = r if getattr(r, "ndim", 0) == 0 else r[..., None]
    u, at_open = (s.barrier - r) / s.barrier_width, s.barrier / s.barrier_width
    value = -p["knock_in"] * _sum_notes(s.live * (smooth.step(u) - smooth.step(at_open)))
    return value, p["knock_in"] * _sum_notes(s.live * smooth.step_slope(u)) / s.barrier_width


def _sum_notes(x):
    return x.sum(axis=-1) if getattr(x, "ndim", 0) else x


COMPONENT = Dealer()
