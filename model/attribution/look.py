"""One draw of the parameters looking at days whose prints are not known yet (see :mod:`model.attribution.predict`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import special

from model.attribution.loop import fresh_iv_shock, solve_loop
from model.inference.arrays import system_data
from model.inference.draws import STATES
from model.inference.inputs import Equations, evaluate, measured_in
from model.inference.likelihood.forward_entry import Ahead, Asked, Grid, look_ahead
from model.mechanisms import price as impact
from model.mechanisms.components import COMPONENTS, State
from model.mechanisms.components.dealer import iv_fall
from model.mechanisms.day import answer

Given = Literal["past", "factors", "return"]
FLOW_NODES = np.arange(-2.7, 5.5, 0.9)
"""Log scales of a day's flows, in units of their spread: three below to five and a half above the median."""
PRICE_NODES = np.arange(-2.8, 5.7, 0.7)
"""The same for the price: the return of a day like 5 February 2026 stands four above the median."""
PAST_DAYS = 250
"""Days before a day from which its risk factors and stress are drawn where they are not given."""


@dataclass(frozen=True)
class Known:
    """Days whose scales of price and flow the draws hold, and days that the parameters were learned from.

    Attributes
    ----------
    row : numpy.ndarray
        ``Shape: (T,)``; index of each day's scales in the draws, -1 where there is none.
    """

    row: np.ndarray

    @property
    def learned(self) -> np.ndarray:
        """Days that the fit used. ``Shape: (T,)``, bool."""
        return self.row >= 0


class Line(NamedTuple):
    """What one draw of the parameters says; of the return NaN where that was given."""

    ahead: Ahead
    returns: np.ndarray
    weight: np.ndarray
    return_logp: np.ndarray
    return_below: np.ndarray


class Pressure(NamedTuple):
    """One draw's pressure on the price before anybody answers the return, log-% ``(T,)``, and whose loop it presses on."""

    p: Mapping[str, Any]
    state: State
    value: np.ndarray


class _Fresh(NamedTuple):
    """What is drawn of a day: its log scale of price, point of the flow grid, implied-volatility shock. ``(T,)`` each."""

    price_state: np.ndarray
    flow_node: np.ndarray
    iv_shock: np.ndarray


class _Pending(NamedTuple):
    """Days whose return is still to be drawn: their arrays, what was drawn of them, log density of the observed return."""

    d: Mapping[str, Any]
    fresh: _Fresh
    return_logp: np.ndarray
    pressure: Pressure


class Look:
    """One draw of the parameters looking ahead."""

    def __init__(self, p, d, frame, known: Known, first: int, targets, seen, chance) -> None:
        row = known.row
        self.p = p | {k: np.where(known.learned, p[k][row], 0.0) for k in STATES}
        self.d, self.frame, self.known = d, frame, known
        self.row = [m.name for m in measured_in(d)].index("price")
        self.eq, self.here = self._stated(d)
        self.read = self._read_grid()
        self.options: dict[str, Any] = {"first": first, "targets": targets, "seen": seen, "chance": chance}

    def at_the_close(self) -> Line:
        """Given the return and everything else the close shows."""
        ahead = self._ask(self.here, self._grid(self.d, self.here, iv_seen=True), closed=True)
        none = np.full(len(ahead.logp), np.nan)
        return Line(ahead, self.d["returns"], ahead.logp, none, none)

    def redrawn(self, line: Line, rng) -> Pressure:
        """Pressure with the day's shocks drawn again, implied volatility's too; factors and stress as they were."""
        d, ahead = before_the_open(self.d), line.ahead
        fresh = self._fresh(d, rng)
        eq, here = self._at(d, d["returns"], fresh.iv_shock)
        if self.d["opens"].any():
            ahead = self._ask(here, self._grid(d, here, iv_seen=False), closed=False)
            error = ahead.error
        else:
            error = ahead.error + here.inputs.row_target[self.row] - self.here.inputs.row_target[self.row]
        return self._pressure(eq, here, d, error, ahead.error_var, fresh, rng)

    def before_the_return(self, given: Given, rng) -> _Pending:
        """Draw what is not given, up to the day's pressure on the price."""
        d = before_the_open(self.d if given == "factors" else _redrawn(self.d, rng))
        fresh = self._fresh(d, rng)
        eq, here = self._at(d, d["returns"], fresh.iv_shock)
        asked = self._ask(here, self._grid(d, here, iv_seen=False), closed=False)
        pressure = self._pressure(eq, here, d, asked.error, asked.error_var, fresh, rng)
        return _Pending(d, fresh, asked.logp + np.log(eq.jacobian), pressure)

    def after_the_return(self, asked: _Pending, returns: np.ndarray) -> Line:
        """Flows given the drawn return."""
        _, there = self._at(asked.d, returns, asked.fresh.iv_shock)
        ahead = self._ask(there, self._grid(asked.d, there, iv_seen=False), closed=False)
        below = np.array(returns < self.d["returns"], float)
        return Line(ahead, returns, np.zeros(len(returns)), asked.return_logp, below)

    def _fresh(self, d, rng) -> _Fresh:
        """The day's scales and its implied-volatility shock, which shares the price's scale."""
        days = len(d["returns"])
        price = rng.standard_normal(days)
        weight = np.exp(_flow_given_price(self.p["day_shared"], price))
        reached = np.cumsum(weight, axis=0) < rng.random(days) * weight.sum(axis=0)
        flow = np.minimum(reached.sum(axis=0), len(FLOW_NODES) - 1)
        shock = fresh_iv_shock(self.p, np.exp(self.p["return_tail"] * price), rng)
        return _Fresh(price, flow, d["iv_observed"] * shock)

    def _stated(self, d) -> tuple[Equations, Asked]:
        """The equations at a median price scale, and what variances gain with it: all are linear in the day's factor."""
        tail = self.p["return_tail"]
        median, twice = ({"return_state": x + 0.0 * d["returns"]} for x in (0.0, 0.5 * np.log(2.0) / tail))
        eq = evaluate(self.p | median, d, np)
        grown = evaluate(self.p | twice, d, np).inputs.row_var - eq.inputs.row_var
        return eq, Asked(eq.inputs, grown, system_data(d))

    def _at(self, d, returns: np.ndarray, shock: np.ndarray) -> tuple[Equations, Asked]:
        """The equations at other returns of the same days, implied volatility moving with them."""
        explained = self.p["iv_drift"] - iv_fall(self.p, returns)[0] + self.p["iv_stress"] * d["stress"]
        moved = d | {"returns": returns, "iv_change": d["iv_observed"] * (explained + shock)}
        if d["book"] is not None:
            value, slope = d["book"].at(returns)
            moved |= {"book_value": value, "book_slope": slope}
        return self._stated(moved)

    def _price_var(self, here: Asked, state: np.ndarray) -> np.ndarray:
        """Variance of the price row at log scales of the day. (log-%)^2."""
        factor = impact.scale_mixture(self.p["return_tail"] * state)
        return here.inputs.row_var[self.row] + (factor - 1.0) * here.grown[self.row]

    def _pressure(self, eq: Equations, here: Asked, d, error, error_var, fresh: _Fresh, rng) -> Pressure:
        """The observed return less the trades that answer it, with its shocks replaced by drawn ones."""
        days, state = len(error), eq.day.state
        var = error_var[np.arange(days), fresh.flow_node] + self._price_var(here, fresh.price_state)
        answers = sum(
            c.price_share(self.p, state) * answer(c, self.p, state, d["returns"]).value for c in COMPONENTS
        )
        known = d["returns"] - state.impact * answers - error
        return Pressure(self.p, state, known + np.sqrt(var) * rng.standard_normal(days))

    def _ask(self, asked: Asked, grid: Grid, closed: bool) -> Ahead:
        return look_ahead(
            self.here, asked, self.frame, self.read, grid, closed=closed, price_row=self.row, **self.options
        )

    def _grid(self, d, here: Asked, iv_seen: bool) -> Grid:
        """Scales of a day before its flows are seen."""
        days = len(d["returns"])
        expected = self.p["flow_memory"] * self.d["log_activity"]
        flow = impact.scale_mixture(expected[:, None] + self.p["flow_tail"] * FLOW_NODES)
        nodes = PRICE_NODES[:, None]
        price_logw = np.tile(-0.5 * nodes**2, (1, days))
        if iv_seen:
            at = self.p | {"return_state": nodes}
            price_logw = price_logw + d["iv_observed"] * _iv_density(at, self.eq.iv_shock)
        pairs = _flow_given_price(self.p["day_shared"], PRICE_NODES)
        pairs = pairs - special.logsumexp(pairs - 0.5 * PRICE_NODES**2)
        mix = np.tile(impact.scale_mixture(self.p["return_tail"] * PRICE_NODES), (days, 1))
        return Grid(flow, self._price_var(here, nodes).T, mix, pairs + price_logw.T[:, None, :])

    def _read_grid(self) -> Grid:
        """Scales for reading a day: the draw's own where it has one, the grid elsewhere."""
        own_flow = impact.scale_mixture(self.p["flow_state"])[:, None]
        own_price = self._price_var(self.here, self.p["return_state"])[:, None]
        own_mix = impact.scale_mixture(self.p["return_tail"] * self.p["return_state"])[:, None]
        if self.known.learned.all():
            return Grid(own_flow, own_price, own_mix, np.zeros((len(own_flow), 1, 1)))
        at = self.known.learned
        grid = Grid(*(x.copy() for x in self._grid(self.d, self.here, iv_seen=True)))
        grid.flow[at], grid.price[at], grid.price_mix[at] = own_flow[at], own_price[at], own_mix[at]
        grid.logw[at] = -np.inf
        grid.logw[at, 0, 0] = 0.0
        return grid


def before_the_open(d: Mapping[str, Any]) -> dict[str, Any]:
    """The days with their overnight returns unknown: one equation says all of the day's return."""
    nothing = {name: 0.0 * d[name] for name in ("opens", "night", "night_factors")}
    return dict(d) | nothing


def solved(pressures: list[Pressure], first: int, d) -> np.ndarray:
    """Returns that close the loops of all draws at once; the observed ones before the first day asked for. ``(S, T)``."""
    names = [k for k, v in pressures[0].p.items() if np.ndim(v) == 0]
    p = {k: np.array([x.p[k] for x in pressures])[:, None] for k in names}
    lam, gamma = (np.stack([getattr(x.state, k) for x in pressures]) for k in ("impact", "gamma_state"))
    value = np.stack([x.value for x in pressures])
    value[:, :first] = 0.0
    returns = solve_loop(p, replace(pressures[0].state, impact=lam, gamma_state=gamma), lam, value)
    returns[:, :first] = d["returns"][:first]
    return returns


def _flow_given_price(shared: float, price: np.ndarray) -> np.ndarray:
    """Log density of the flows' state at its nodes given the price's state, up to a constant. ``(J, len(price))``."""
    return -0.5 * (FLOW_NODES[:, None] - shared * price) ** 2 / (1.0 - shared**2)


def _iv_density(p, shock: np.ndarray) -> np.ndarray:
    """Student-t log density of implied-volatility shocks under each scale of the day. ``(K, T)``."""
    nu, scale = p["iv_tail"], impact.iv_scale(p)
    const = special.gammaln(0.5 * (nu + 1.0)) - special.gammaln(0.5 * nu) - 0.5 * np.log(np.pi * nu)
    return const - np.log(scale) - 0.5 * (nu + 1.0) * np.log1p((shock / scale) ** 2 / nu)


def _redrawn(d: Mapping[str, Any], rng) -> dict[str, Any]:
    """Each day's risk factors and stress replaced by those of one day before it."""
    days = len(d["returns"])
    lowest = np.maximum(np.arange(days) - PAST_DAYS, 0)
    chosen = lowest + np.floor(rng.random(days) * np.maximum(np.arange(days) - lowest, 1)).astype(int)
    return dict(d) | {name: d[name][chosen] for name in ("factor_returns", "basket", "stress")}
