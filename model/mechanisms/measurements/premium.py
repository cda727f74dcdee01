r"""The futures premium: carry, an autoregressive deviation, and noise.

.. math::
    f_t = y_0 \tau_t + g_t + n_t, \qquad g_t = \varphi g_{t-1} + d_r r_t + w_t - c_B B_t

The deviation ``g`` is an unknown of every day; futures demand ``w`` is what moves it besides the return and basis trades.
"""

from __future__ import annotations

from typing import Any

from model.mechanisms.design import PREMIUM_START_VAR
from model.mechanisms.measurements.base import PREMIUM, Measurement, Row, Term

GROUP = "basis"
"""The shock group that trades against the premium and shows in weekly positions."""


class Premium(Measurement):
    """Premium of the near-month future."""

    name = "premium"
    title = "Futures premium"
    unit = "% of price"
    columns = ("future", "future_days")
    edges = (
        ("futures_demand[t]", "premium[t]"),
        ("return[t]", "premium[t]"),
        ("premium[t-1]", "premium[t]"),
    )
    latents = ("futures_demand[t]",)
    priors = ("carry", "premium_persistence", "premium_return", "premium_total", "premium_noise_share")
    node = "premium[t]"
    determined_by = ("basis", "futures_demand")
    measures = ("basis",)

    def reads(self, span: int) -> tuple[Term, ...]:  # noqa: ARG002
        """The deviation."""
        return (Term(PREMIUM),)

    def row(self, p, d, day, xp) -> Row:  # noqa: ARG002
        """Premium less carry."""
        target = d["premium"] - p["carry"] * d["tenor"]
        var = p["premium_total"] ** 2 * p["premium_noise_share"]
        return Row({Term(PREMIUM): 1.0}, target, var)

    def weight(self, d):
        """Days with a premium, far enough from expiry."""
        return d["premium_observed"]


def innovation_var(p):
    """Variance of futures demand, (% of price)^2."""
    return p["premium_total"] ** 2 * (1.0 - p["premium_noise_share"])


def vector(p, xp):
    """What the compiled core needs: b_f, c_B, phi, innovation variance, variance of the first day's deviation."""
    first = PREMIUM_START_VAR + 0.0 * p["premium_total"]
    return xp.stack(
        [p["basis_premium"], p["premium_impact"], p["premium_persistence"], innovation_var(p), first]
    )


def known_demand(p, d, day):
    """What return and known basis trades do to the deviation: ``d_r r - c_B drive``. ``(T,)``, % of price."""
    drive = sum(k.drive for k in day.known if k.component.shock and k.component.shock.group == GROUP)
    return p["premium_return"] * d["returns"] - p["premium_impact"] * drive


def futures_demand(p, d, day) -> tuple[dict[Term, Any], Any]:
    """Futures demand ``w`` as terms, less a known part: ``w = sum of terms - known``."""
    terms = {
        Term(PREMIUM): 1.0,
        Term(PREMIUM, 1): -p["premium_persistence"],
        Term(GROUP): p["premium_impact"],
    }
    return terms, known_demand(p, d, day)


MEASUREMENT = Premium()
