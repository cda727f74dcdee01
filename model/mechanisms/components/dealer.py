"""Dealer hedging: what option and note books force dealers to trade when price and volatility move.

.. math:: H_t(r) = s \\Gamma_t r - V b(r) + V (c_S\\,stress_t + v_t) + K_t(r)

with sign ``s`` (+1: dealers short gamma, so price down means they SELL), gamma
:math:`\\Gamma_t = \\Gamma_0 \\exp(\\psi g_t + \\zeta_{week})` in USD bn per 1 %, ``g`` an ex-ante proxy (how far
the price stands below its trailing high, where put strikes lie), vanna ``V`` in USD bn per vol point, answers of
implied volatility to the return (``b``) and to stress (``c_S``), and knock-in selling ``K``. The gamma state is
latent: nothing observes it.

On days that a dealer book covers, curves known before the open take the place of gamma and knock-ins:

.. math:: H_t(r) = s\\,c\\,G_t(r) + s'c'\\,G'_t(r) + n\\,K_t(r) - V b(r) + V (c_S\\,stress_t + v_t)

with ``G`` the options on the fund, ``G'`` crypto-native options, ``K`` the notes at their highest notional,
``s``, ``s'`` signs, ``c``, ``c'`` scales and ``n`` the share of the notes that exists. The hedge ``s'c'G'`` is
traded in perpetuals and futures: it moves the price and never becomes a fund's flow.
"""

from __future__ import annotations

from model.mechanisms import smooth
from model.mechanisms.components.base import NO_AMOUNT, NO_EFFECT, NO_SCALE, Component, Response, State
from model.mechanisms.hedge_curves import CRYPTO, ETF, NOTE


class Dealer(Component):
    """Gamma, vanna and knock-in hedging."""

    name = "dealer"
    title = "Dealer hedging"
    edges = (
        ("gamma[t]", "dealer[t]"),
        ("gamma[t]", "return[t]"),
        ("dealer[t]", "return[t]"),
        ("iv_shock[t]", "dealer[t]"),
        ("stress[t]", "dealer[t]"),
        ("stress[t]", "iv_change[t]"),
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
        "iv_rally",
        "iv_stress",
        "knock_in",
        "booked_hedge",
        "crypto_sign",
        "etf_book_scale",
        "crypto_book_scale",
        "note_share",
    )
    loading = "option_fund"
    colour = "#d55e00"
    off = {"gamma_scale": NO_SCALE, "vanna": NO_EFFECT, "knock_in": NO_AMOUNT}

    def feedback(self, p, s: State):
        """phi_t = lambda_t s Gamma_t: how much of a move the gamma hedge adds within the day (before damping)."""
        return s.impact * self.gamma(p, s)

    def gamma(self, p, s: State):
        """Signed gamma s Gamma_t, USD bn per 1 %; zero where a book says more."""
        size = p["gamma_scale"] * smooth.exp(p["gamma_tilt"] * s.gamma + s.gamma_state)
        return p["dealer_sign"] * size * by_proxy(s)

    def drive(self, p, s: State):
        """Vanna hedging of a volatility move that the return does not explain."""
        return p["vanna"] * (p["iv_stress"] * s.stress + s.iv_shock)

    def response(self, p, s: State, r) -> Response:
        """Gamma, vanna along the return, and knock-ins, all venues."""
        gamma = self.gamma(p, s)
        iv, iv_slope = iv_fall(p, r)
        knock, knock_slope = knock_in(p, s, r)
        book, book_slope = book_hedge(p, s, r)
        value = gamma * r - p["vanna"] * iv + knock + book
        return Response(value, gamma - p["vanna"] * iv_slope + knock_slope + book_slope)

    def off_fund(self, p, s: State, r) -> Response:
        """Hedges of crypto-native options."""
        return Response(*book_hedge(p, s, r, (CRYPTO,)))

    def max_slope(self, p, s: State):
        """Gamma slope plus the steepest vanna regime plus the steepest point of each live knock-in."""
        quiet = -p["vanna"] * p["iv_response"]
        crash, rally = -p["vanna"] * p["iv_crash"], p["vanna"] * p["iv_rally"]
        vanna = quiet + smooth.positive_part(crash) + smooth.positive_part(rally)
        knock = p["knock_in"] * by_proxy(s) * _sum_notes(s.live) * 0.5 / s.barrier_width
        return self.gamma(p, s) + vanna + knock + book_steepest(p, s)

    def booked(self, p):
        """Share of the hedge that becomes ETF creations or redemptions (operational shorting)."""
        return p["booked_hedge"]


def iv_fall(p, r):
    """Fall of implied volatility with the return, vol points, and its slope: b(r), b'(r).

    Bitcoin's implied volatility rises in rallies too (2024-25: 0.5 points per 1 % beyond +3 %, as much as per 1 % of a
    fall). Without that bend, rallies would leave volatility unexplained and vanna would seem to cause them.
    """
    value = p["iv_response"] * r - p["iv_crash"] * smooth.hinge(r) - p["iv_rally"] * smooth.rise(r)
    slope = p["iv_response"] - p["iv_crash"] * smooth.hinge_slope(r) - p["iv_rally"] * smooth.rise_slope(r)
    return value, slope


def knock_in(p, s: State, r):
    """Selling forced by breached barriers, USD bn (negative), and its slope."""
    r = r if getattr(r, "ndim", 0) == 0 else r[..., None]
    u, at_open = (s.barrier - r) / s.barrier_width, s.barrier / s.barrier_width
    size = p["knock_in"] * by_proxy(s)
    value = -size * _sum_notes(s.live * (smooth.step(u) - smooth.step(at_open)))
    return value, size * _sum_notes(s.live * smooth.step_slope(u)) / s.barrier_width


def by_proxy(s: State):
    """One on days without a book, zero on days with one."""
    return 1.0 if s.book is None else 1.0 - s.book.on


def book_weights(p):
    """What multiplies the curves of the book: options on the fund, crypto-native options, notes."""
    etf, crypto = p["dealer_sign"] * p["etf_book_scale"], p["crypto_sign"] * p["crypto_book_scale"]
    return {ETF: etf, CRYPTO: crypto, NOTE: p["note_share"]}


def book_hedge(p, s: State, r, curves=(ETF, CRYPTO, NOTE)):
    """Hedges by the book's curves, USD bn, and their slope; zero on days without a book."""
    if s.book is None:
        return 0.0, 0.0
    value, slope = s.book.at(r)
    weights = book_weights(p)
    return sum(weights[k] * value[..., k] for k in curves), sum(weights[k] * slope[..., k] for k in curves)


def book_steepest(p, s: State):
    """Upper bound of the book's slope over all returns, smooth in the signs."""
    if s.book is None:
        return 0.0
    bound = 0.0
    for k, weight in book_weights(p).items():
        top, bottom = s.book.top[..., k], s.book.bottom[..., k]
        bound = bound + 0.5 * (weight * (top + bottom) + smooth.absolute(weight) * (top - bottom))
    return bound


def _sum_notes(x):
    return x.sum(axis=-1) if getattr(x, "ndim", 0) else x


COMPONENT = Dealer()
