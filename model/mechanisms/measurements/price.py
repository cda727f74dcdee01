r"""The day's return: what is left of it after known trades, factors and lags is pressure of today's shocks.

.. math:: z_t = \sum_g \kappa_{g,t} x_{g,t} + \varsigma w_t + \lambda_t (\ldots) \sum_i F_{i,t-1} + \epsilon_t

The loop is solved, not regressed on: ``z`` is the return less the answers to it, and its Jacobian enters the likelihood.
"""

from __future__ import annotations

from model.mechanisms import price
from model.mechanisms.day import group_leader, shock_groups
from model.mechanisms.measurements import overnight
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
        """Return less everything known; where the open is known, less the overnight equation."""
        follow = p["futures_price"]
        w, known_w = futures_demand(p, d, day)
        reaction = day.state.impact * sum(k.share * k.component.fund_lag(p) for k in day.known)
        lag = reaction + (1.0 - d["opens"]) * p["lagged_flow_return"]
        coefficients = {Term(g): push(p, d, day, g) for g in shock_groups()}
        for term, value in w.items():
            coefficients[term] = coefficients.get(term, 0.0) + follow * value
        coefficients[Term(PRINTS, 1)] = lag * d["gap_yesterday"]
        target = _known(p, d, day) - d["opens"] * overnight.unexplained(p, d, day)
        target = target - reaction * d["flows_lag_total"] + follow * known_w
        return Row(coefficients, target, price.session_vars(p, d)[1])

    def weight(self, d):
        """Every modelled day."""
        return d["modelled"]


def push(p, d, day, group: str):
    """log-% of the row per USD bn of a group's shock; before the open it belongs to the overnight row, if there is one."""
    leader = group_leader(group)
    whole = price.push(p, d["ratio"], group, leader.price_share(p, day.state))
    return (1.0 - d["opens"]) * whole if group == leader.night else whole


def _known(p, d, day):
    """Return less everything known, before reactions to published flows and futures demand. log-%."""
    trades = sum(k.share * (k.drive + k.lagged + k.mean + k.response + k.night) for k in day.known)
    factors = d["factor_returns"] + (p["factor_night"] - 1.0) * d["night_factors"]
    return (
        d["returns"]
        - day.state.impact * trades
        - p["drift"]
        - (factors * p["factor_beta"]).sum(axis=1)
        - p["lagged_return"] * d["returns_lag"]
        - p["lagged_flow_return"] * d["flows_lag_total"]
    )


MEASUREMENT = Price()
