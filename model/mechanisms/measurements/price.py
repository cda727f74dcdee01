r"""The day's return: what is left of it after known trades, factors and lags is pressure of today's shocks.

.. math:: z_t = \sum_g \kappa_{g,t} x_{g,t} + \varsigma w_t + \lambda_t (\ldots) \sum_i F_{i,t-1} + \epsilon_t

The loop is solved, not regressed on: ``z`` is the return less the answers to it, and its Jacobian enters the likelihood.
"""

from __future__ import annotations

from model.mechanisms import price
from model.mechanisms.components import COMPONENTS
from model.mechanisms.day import group_leader, shock_groups
from model.mechanisms.measurements.base import PREMIUM, PRINTS, Measurement, Row, Term
from model.mechanisms.measurements.premium import futures_demand


class Price(Measurement):
    """The underlying's return."""

    name = "price"
    title = "Price of the underlying"
    unit = "log-%"
    edges = price.EDGES
    latents = price.LATENTS
    priors = price.PRIORS
    node = "return[t]"

    def reads(self, span: int) -> tuple[Term, ...]:  # noqa: ARG002
        """Every group, futures demand (the premium today and yesterday), and yesterday's missing prints."""
        groups = (Term(g) for g in shock_groups())
        return (*groups, Term(PREMIUM), Term(PREMIUM, 1), Term(PRINTS, 1))

    def row(self, p, d, day, xp) -> Row:  # noqa: ARG002
        """Return less everything known."""
        follow = p["futures_price"]
        w, known_w = futures_demand(p, d, day)
        lag = day.state.impact * sum(c.price_share(p) * c.fund_lag(p) for c in COMPONENTS)
        lag = lag + p["lagged_flow_return"]
        coefficients = {
            Term(g): price.push(p, d["ratio"], g, group_leader(g).price_share(p)) for g in shock_groups()
        }
        for term, value in w.items():
            coefficients[term] = coefficients.get(term, 0.0) + follow * value
        coefficients[Term(PRINTS, 1)] = lag * d["gap_yesterday"]
        target = _known(p, d, day) - lag * d["flows_lag_total"] + follow * known_w
        return Row(coefficients, target, price.residual_var(p, d))

    def weight(self, d):
        """Every modelled day."""
        return d["modelled"]


def _known(p, d, day):
    """Return less everything known, before lagged flows and futures demand. log-%."""
    before_loop = sum(k.component.price_share(p) * (k.drive + k.lagged + k.mean) for k in day.known)
    loop = sum(k.response for k in day.known)
    return (
        d["returns"]
        - day.state.impact * (loop + before_loop)
        - p["drift"]
        - (d["factor_returns"] * p["factor_beta"]).sum(axis=1)
        - p["lagged_return"] * d["returns_lag"]
    )


MEASUREMENT = Price()
