r"""Crypto-native demand: buying and selling on crypto venues, around the clock, that creates no shares.

.. math:: N_t = n^o_t + n^s_t + a\,r_t - b\,\max(0, -5 - r_t)

with shocks before the funds' exchange opens and while it trades, a part that follows the price (``a``) and a part that
falls force (``b``: liquidations). Its size is that of the signed taker flow on the venues supplied
(:mod:`model.mechanisms.measurements.taker`), in thousand units of the underlying, because the price's answer to a unit has
been steadier over the years than that to a dollar. Flow says where selling was executed, not who sold. How much of it
follows the price is mostly prior: takers sell because the price falls, too, and no daily number tells the two apart.
Without taker flow the component is silent.

Far below the trailing high takers sell more before the open (correlation of the shock with the distance: -0.18 over 553
days). The equation leaves that to the shock; the graph has the edge, so nothing rests on their independence.
"""

from __future__ import annotations

from model.mechanisms import smooth
from model.mechanisms.components.base import (
    NO_AMOUNT,
    NO_SCALE,
    Component,
    Response,
    Shock,
    State,
)
from model.mechanisms.design import Design
from model.mechanisms.simulate import lines

SOURCES = ("taker_flow", "taker_utc")
NIGHT = "crypto_night"


class CryptoNative(Component):
    """Takers on crypto venues."""

    name = "crypto_native"
    title = "Crypto venues' takers"
    edges = (
        ("crypto_native[t]", "return[t]"),
        ("crypto_night[t]", "return[t]"),
        ("gamma[t]", "crypto_night[t]"),
    )
    latents = ("crypto_native[t]", "crypto_night[t]")
    signs = {"flow": 0, "return": 1, "premium": 0, "implied_vol": -1}
    priors = ("crypto_scale", "crypto_price", "crypto_night_share", "crypto_follow", "crypto_forced")
    reaches = ("return",)
    sessions = ("overnight", "session")
    colour = "#8c6bb1"
    shock = Shock("crypto", scaled_by="price")
    night = NIGHT
    needs = SOURCES
    off = {"crypto_scale": NO_SCALE, "crypto_follow": NO_AMOUNT, "crypto_forced": NO_AMOUNT}
    size = ("crypto_follow", "crypto_forced")

    def price_share(self, p, s: State):
        """Pressure of one USD bn of taker flow relative to the funds' trades."""
        return p["crypto_price"] * s.rate / s.impact

    def response(self, p, s: State, r) -> Response:
        """``a r - b hinge(r)``: following the price, and selling that a fall forces."""
        if not self.active(s):
            return Response(0.0 * r, 0.0 * r)
        value = p["crypto_follow"] * r - p["crypto_forced"] * smooth.hinge(r)
        slope = p["crypto_follow"] - p["crypto_forced"] * smooth.hinge_slope(r)
        return Response(value / s.rate, slope / s.rate)

    def off_fund(self, p, s: State, r) -> Response:
        """All of it: crypto venues trade around the clock and create no share."""
        return self.response(p, s, r)

    def max_slope(self, p, s: State):
        """The slope in a crash."""
        return (p["crypto_follow"] + p["crypto_forced"]) / s.rate if self.active(s) else 0.0

    def shock_var(self, p, s: State, group: str):
        """Variance of the shock before the open, or while the funds trade, on a day of median scale."""
        night = p["crypto_night_share"]
        share = night if group == NIGHT else 1.0 - night
        return (p["crypto_scale"] / s.rate) ** 2 * share * float(self.active(s))


class _Line(lines.Line):
    """The same for one day of the simulator."""

    groups = ("crypto", NIGHT)

    def active(self, design: Design) -> bool:
        """Whether any taker flow is supplied."""
        return any(name in design.measured for name in SOURCES)

    def unit(self, rate: float) -> float:
        """Shocks are in thousand units."""
        return 1.0 / rate

    def push(self, p, impact: float, rate: float) -> float:  # noqa: ARG002
        """log-% of price per USD bn, whatever the funds' impact is."""
        return p["crypto_price"] * rate

    def answer(self, p, r: float, rate: float) -> float:
        """Follows the price; forced in a fall."""
        return (p["crypto_follow"] * r - p["crypto_forced"] * lines.bend(r)) / rate

    def steepest(self, p, rate: float) -> float:
        """In a crash."""
        return (p["crypto_follow"] + p["crypto_forced"]) / rate

    def spread(self, p, group: str, day: float) -> float:
        """Of the shock before the open, and of the one while the funds trade."""
        share = p["crypto_night_share"] if group == NIGHT else 1.0 - p["crypto_night_share"]
        return day * p["crypto_scale"] * share**0.5


COMPONENT = CryptoNative()
lines.COMPONENTS[COMPONENT.name] = _Line()
