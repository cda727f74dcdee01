"""What is known of every day's trades, given parameters and the observed returns.

Works on NumPy arrays and symbolic tensors alike. The plain-Python simulator (:mod:`model.mechanisms.simulate.replay`) states
the same equations a second time, day by day, and the tests hold one against the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.mechanisms import price as impact
from model.mechanisms.components import COMPONENTS, Component, Response, State
from model.mechanisms.components.dealer import iv_fall
from model.mechanisms.hedge_curves import BookToday


@dataclass(frozen=True)
class Known:
    """One component's trades apart from its shock, at the observed returns; each ``Shape: (T,)``.

    Attributes
    ----------
    drive, lagged, response : USD bn
    slope : USD bn per log-%
    mean : sum over listed funds of the constant part, USD bn
    off_fund : part of the response that cannot become a fund's flow, USD bn
    night : what the overnight return adds to the answer, USD bn
    share : pressure on the price relative to the funds' trades
    """

    component: Component
    drive: Any
    lagged: Any
    response: Any
    slope: Any
    mean: Any
    off_fund: Any
    night: Any
    share: Any


@dataclass(frozen=True)
class Evaluated:
    """The day's state and every component's known trades."""

    state: State
    known: tuple[Known, ...]


def evaluate_day(p, d) -> Evaluated:
    """Evaluate all components at the observed data.

    Parameters
    ----------
    p : mapping
        Parameters by name.
    d : mapping
        Arrays by name, see :func:`model.inference.arrays.arrays`.
    """
    state = make_state(p, d)
    return Evaluated(state, tuple(_known(c, p, d, state) for c in COMPONENTS))


def _known(c: Component, p, d, state: State) -> Known:
    response = answer(c, p, state, d["returns"])
    zero = 0.0 * d["returns"]
    mean = d["listed"] * c.fund_mean(p, state)
    return Known(
        c,
        c.drive(p, state) + zero,
        c.lag_response(p, state, d["returns_lag"]) + zero,
        response.value + zero,
        response.slope + zero,
        mean.sum(axis=1) + zero,
        answer_off_fund(c, p, state, d["returns"]).value + zero,
        answer_to_night(c, p, state) + zero,
        c.price_share(p, state),
    )


def shock_groups() -> tuple[str, ...]:
    """Names of the daily Gaussian shocks, in registry order."""
    return tuple(dict.fromkeys(g for c in COMPONENTS for g in _groups(c)))


def _groups(c: Component) -> tuple[str, ...]:
    own = (c.shock.group,) if c.shock else ()
    return (*own, c.night) if c.night else own


def local_groups() -> tuple[str, ...]:
    """Groups whose members reach the return alone: their shocks live for a day and are integrated out day by day."""
    return tuple(g for g in shock_groups() if not any("flow" in c.reaches for c in _members(g)))


def linked_groups() -> tuple[str, ...]:
    """Groups whose shocks are booked on later days too: unknowns of the Gaussian system."""
    return tuple(g for g in shock_groups() if g not in local_groups())


def group_var(group: str, p, state: State):
    """Variance of a group's shock on every day. ``(T,)`` or a number, USD bn squared."""
    leader = group_leader(group)
    return leader.shock_var(p, state, group) * day_factor(leader, p)


def day_factor(c: Component, p):
    """Variance factor of the day for a component's shock."""
    scaled_by = c.shock.scaled_by if c.shock else None
    if scaled_by == "flow":
        return impact.scale_mixture(p["flow_state"])
    return impact.scale_mixture(p["return_tail"] * p["return_state"]) if scaled_by == "price" else 1.0


def _members(group: str) -> list[Component]:
    return [c for c in COMPONENTS if group in _groups(c)]


def group_leader(group: str) -> Component:
    """A member of a shock group: members share loading and price share, which is why they are one group."""
    return _members(group)[0]


def make_state(p, d) -> State:
    """The day's state at the observed data, implied-volatility shock included; of one draw or of many ``(S, 1)``."""
    return State(
        stress=d["stress"],
        basket=d["basket"],
        gamma=d["gamma"],
        gamma_state=_by_week(p["gamma_state"], d["week"]),
        impact=impact.impact(p, d["ratio"]),
        iv_shock=iv_shock(p, d),
        barrier=d["barrier"],
        live=d["live"],
        barrier_width=d["barrier_width"],
        book=book_today(d),
        night=d["night"],
        recent=d["recent"],
        recent_weight=d["recent_weight"],
        rate=d["rate"],
        size=d["size"],
        supplied=frozenset(d["measured"]),
    )


def _by_week(x, week):
    """Weekly numbers on every day; draws, if any, come first."""
    return x[week] if x.ndim == 1 else x[:, week]


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


def answer_overnight(c: Component, p, state: State) -> Response:
    """Trades before the open in answer to the overnight return, of those who can trade then."""
    if "overnight" not in c.sessions:
        return Response(0.0, 0.0)
    return _damped(p, state, c.response(p, state, state.night))


def answer_to_night(c: Component, p, state: State):
    """What the overnight return adds to the answer given while the funds trade."""
    return damping(p, state) * c.night_slope(p, state) * state.night


def damping(p, state: State):
    """Factor on all answers that keeps one price solving the day."""
    return impact.damping(state.impact, [k.price_share(p, state) * k.max_slope(p, state) for k in COMPONENTS])


def _damped(p, state: State, raw: Response) -> Response:
    factor = damping(p, state)
    return Response(factor * raw.value, factor * raw.slope)
