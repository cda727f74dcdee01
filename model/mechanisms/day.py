"""From parameters to the inputs of the Gaussian system: components summed, price equation assembled.

Works on NumPy arrays and symbolic tensors alike. The plain-Python simulator (:mod:`model.mechanisms.simulate.replay`) states
the same equations a second time, day by day, and the tests hold one against the other.
"""

from __future__ import annotations

from model.mechanisms import price as impact
from model.mechanisms.components import COMPONENTS, Component, Response, State
from model.mechanisms.components.dealer import iv_fall
from model.mechanisms.hedge_curves import BookToday


def shock_groups() -> tuple[str, ...]:
    """Names of the daily Gaussian shocks, in registry order."""
    return tuple(dict.fromkeys(c.shock.group for c in COMPONENTS if c.shock))


def group_leader(group: str) -> Component:
    """A member of a shock group: members share loading and price share, which is why they are one group."""
    return next(c for c in COMPONENTS if c.shock and c.shock.group == group)


def make_state(p, d) -> State:
    """The day's state at the observed data, implied-volatility shock included."""
    return State(
        stress=d["stress"],
        basket=d["basket"],
        gamma=d["gamma"],
        gamma_state=p["gamma_state"][d["week"]],
        impact=impact.impact(p, d["ratio"]),
        iv_shock=iv_shock(p, d),
        barrier=d["barrier"],
        live=d["live"],
        barrier_width=d["barrier_width"],
        book=book_today(d),
    )


def iv_shock(p, d):
    """Move of implied volatility that neither the return nor stress explains; zero where it is missing. Vol points."""
    explained = p["iv_drift"] - iv_fall(p, d["returns"])[0] + p["iv_stress"] * d["stress"]
    return d["iv_observed"] * (d["iv_change"] - explained)


def book_today(d) -> BookToday | None:
    """The dealer book in the day's state."""
    if d["book"] is None:
        return None
    return BookToday(
        on=d["book_on"],
        value=d["book_value"],
        slope=d["book_slope"],
        top=d["book_top"],
        bottom=d["book_bottom"],
        curves=d["book"],
    )


def answer(c: Component, p, state: State, r) -> Response:
    """A component's trades in answer to today's return, damped so that one price solves the day."""
    return _damped(p, state, c.response(p, state, r))


def answer_off_fund(c: Component, p, state: State, r) -> Response:
    """The part of :func:`answer` that moves the price and cannot become a fund's flow."""
    return _damped(p, state, c.off_fund(p, state, r))


def _damped(p, state: State, raw: Response) -> Response:
    factor = impact.damping(state.impact, [k.max_slope(p, state) for k in COMPONENTS])
    return Response(factor * raw.value, factor * raw.slope)
