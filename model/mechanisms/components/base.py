"""The contract every mechanism of the model fulfils.

A component declares what it depends on, what it hides, what signs it claims and which priors it needs, and
answers four questions about its trades (all in USD bn per trading day, positive = buys the underlying):

* ``drive``: trades decided by what is known besides today's return;
* ``lag_response``: trades answering yesterday's return;
* ``response``: trades answering today's return, with the slope that the day's loop needs, and ``off_fund``:
  the part of it that is traded where no share can be created;
* ``fund_lag``, ``fund_mean``: reaction to a fund's own last published flow, and its mean.

``p`` is a mapping of parameters, ``s`` a :class:`State`; both may hold NumPy numbers, arrays over days or
symbolic tensors, so one text serves the sampler and the simulator. Oracles live in ``tests/components``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

from model.mechanisms.hedge_curves import BookOnDay, BookToday

NOTHING = 1e-5
"""Scale of a prior that switches its parameter off; small against every unit in use."""
Silence = tuple[str, Mapping[str, float]]
NO_EFFECT: Silence = ("Normal", {"mu": 0.0, "sigma": NOTHING})
NO_AMOUNT: Silence = ("HalfNormal", {"sigma": NOTHING})
NO_SCALE: Silence = ("LogNormal", {"mu": math.log(NOTHING), "sigma": 0.1})
"""Priors that silence a coefficient, an amount, and a spread."""


class Response(NamedTuple):
    """Trades that answer today's return, USD bn, and their slope, USD bn per log-%."""

    value: Any
    slope: Any


class Shock(NamedTuple):
    """The component's own Gaussian shock.

    Attributes
    ----------
    group : str
        Components of one group share one daily latent: their sum is what the data speak about.
    share : str or None
        Parameter with this component's share of the group's variance; ``None``: the remainder.
    scaled_by : {"flow", "price", None}
        Day scale that multiplies the shock: wild for flows, wild for the price, or the same on all days.
    """

    group: str
    share: str | None = None
    scaled_by: Literal["flow", "price"] | None = None


@dataclass(frozen=True)
class State:
    """What a day offers to the components; each field ``Shape: (T,)`` or a scalar for one day.

    Attributes
    ----------
    stress : risk stress, VIX change in units of its trailing standard deviation
    basket : return of the risk basket, log-%
    gamma : ex-ante gamma proxy (dimensionless), known at the previous close
    gamma_state : week's deviation of the log gamma from the proxy
    impact : price impact of the day, log-% per USD bn
    iv_shock : implied-volatility move that neither the return nor stress explains, vol points
    barrier : ``Shape: (..., notes)`` log-% distance of each live barrier from the previous close
    live : ``Shape: (..., notes)`` share of the knock-in notional that is live behind each barrier
    barrier_width : width over which a breach is hedged, log-%
    book : hedging demand of the dealer book, ``None`` if no day has one
    night : return before the funds' exchange opens, log-%; zero where it is not known
    recent, recent_weight : ``Shape: (T, funds)`` what funds' earlier prints say of their mean, USD bn, and how much of it
    rate : thousand units of the underlying that a USD bn bought at the close before
    size : price at the close before, relative to the one at which answers of flow are stated
    supplied : names of the measurements that are supplied
    """

    stress: Any
    basket: Any
    gamma: Any
    gamma_state: Any
    impact: Any
    iv_shock: Any
    barrier: Any = 0.0
    live: Any = 0.0
    barrier_width: float = 1.0
    book: BookToday | BookOnDay | None = None
    night: Any = 0.0
    recent: Any = 0.0
    recent_weight: Any = 0.0
    rate: Any = 1.0
    size: Any = 1.0
    supplied: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Component:
    """Base mechanism: does nothing. Subclasses override what they need.

    Attributes
    ----------
    name, title : str
    edges : tuple of (cause, effect)
        Timed nodes, e.g. ``("stress[t]", "basis[t]")``; the causal graph is the union over components.
    latents : tuple of str
        Timed nodes that are never observed.
    signs : mapping
        Claimed sign of a one-unit shock on flow, return, premium, implied volatility: -1, 0, 1 or None.
    priors : tuple of str
        Parameters that need a prior.
    default_priors : mapping of str to mapping
        Priors stated here, each as a table of a prior file: for sets that say nothing about the name.
    loading : {"demand", "basis", "option_fund"}
        Which funds the trades reach.
    reaches : tuple of {"return", "flow"}
        A component that reaches the return alone moves the price and creates no share. Its shock is then local to the
        day: nothing of it returns later, and it is integrated out day by day.
    sessions : tuple of {"overnight", "session"}
        Trading sessions in which it can trade: before the funds' exchange opens, and while it is open.
    night : str or None
        Group of its own shock before the open; a component that trades in the session alone has none.
    off : mapping of str to (distribution, arguments)
        Priors that silence it; a component without them cannot be taken away from a rival story.
    size : tuple of str
        Parameters that scale with the size of its trades, its shock's spread left out.
    needs : tuple of str
        Measurements of which at least one must be supplied; without them the component is silent.
    colour : str
        Its colour in every figure.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    edges: ClassVar[tuple[tuple[str, str], ...]] = ()
    latents: ClassVar[tuple[str, ...]] = ()
    signs: ClassVar[Mapping[str, int | None]] = {}
    priors: ClassVar[tuple[str, ...]] = ()
    default_priors: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    loading: ClassVar[Literal["demand", "basis", "option_fund"]] = "demand"
    reaches: ClassVar[tuple[str, ...]] = ("return", "flow")
    sessions: ClassVar[tuple[str, ...]] = ("session",)
    night: ClassVar[str | None] = None
    off: ClassVar[Mapping[str, Silence]] = {}
    size: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    colour: ClassVar[str] = "#666666"
    shock: ClassVar[Shock | None] = None

    def drive(self, p, s: State):  # noqa: ARG002
        """Trades decided without today's return, USD bn."""
        return 0.0

    def lag_response(self, p, s: State, r_lag):  # noqa: ARG002
        """Trades answering yesterday's return, USD bn; zero at zero."""
        return 0.0

    def fund_lag(self, p):  # noqa: ARG002
        """Reaction to a fund's own flow published yesterday, bn per bn."""
        return 0.0

    def fund_mean(self, p, s: State):  # noqa: ARG002
        """Mean trades per fund, USD bn, ``Shape: (T, funds)`` or zero."""
        return 0.0

    def response(self, p, s: State, r) -> Response:  # noqa: ARG002
        """Trades answering today's return; zero at zero."""
        return Response(0.0, 0.0)

    def off_fund(self, p, s: State, r) -> Response:  # noqa: ARG002
        """Part of the response that moves the price and can never become a fund's flow."""
        return Response(0.0, 0.0)

    def max_slope(self, p, s: State):  # noqa: ARG002
        """Upper bound of the response's slope over all returns, USD bn per log-%."""
        return 0.0

    def night_slope(self, p, s: State):  # noqa: ARG002
        """What one log-% before the open adds to the answer beyond what one log-% of the day does, USD bn per log-%."""
        return 0.0

    def shock_var(self, p, s: State, group: str):  # noqa: ARG002
        """Variance of its group's shock on a day of median scale, USD bn squared."""
        return p[f"{group}_scale"] ** 2

    def active(self, s: State) -> bool:
        """Whether what it needs is supplied."""
        return not self.needs or any(name in s.supplied for name in self.needs)

    def price_share(self, p, s: State):  # noqa: ARG002
        """Pressure on the price of one USD bn of its trades, relative to the funds' trades."""
        return 1.0

    def booked(self, p):  # noqa: ARG002
        """Share of the trades that reaches creations and redemptions."""
        return 1.0
