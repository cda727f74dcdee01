"""Interventions: what ``--set NAME=VALUE`` replaces in parameters, regressors and shocks.

A number scales what it names (0 removes it, 1 changes nothing), but for ``sign`` and ``parameter:NAME``, which
are set to the number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from model.errors import UsageError
from model.mechanisms import price as impact
from model.mechanisms.components import COMPONENTS, Component, basis, directional, multi_asset
from model.mechanisms.design import Design
from model.mechanisms.simulate.records import Shocks

PARAMETER = "parameter:"


class World(NamedTuple):
    """One draw of everything a replay needs; ``multi_asset`` is that part of the demand shock, ``(T,)`` USD bn."""

    parameters: Mapping[str, Any]
    design: Design
    shocks: Shocks
    multi_asset: np.ndarray


@dataclass(frozen=True)
class Setting:
    """One intervention."""

    name: str
    value: float

    def __str__(self) -> str:
        return f"{self.name}={self.value:g}"

    def do(self, world: World) -> World:
        """The world after the intervention."""
        if self.name.startswith(PARAMETER):
            return _put(world, self.name.removeprefix(PARAMETER), self.value)
        return NAMES[self.name][1](world, self.value)


def read_setting(text: str) -> Setting:
    """Read ``NAME=VALUE``.

    Raises
    ------
    UsageError
        If the name is unknown or the value no number.
    """
    name, _, value = text.partition("=")
    known = ", ".join(NAMES)
    if name not in NAMES and not name.startswith(PARAMETER):
        raise UsageError(f"Unknown setting {name!r}.", f"Use one of {known}, or {PARAMETER}NAME.")
    try:
        number = float(value)
    except ValueError:
        raise UsageError(f"{text!r} sets no number.", "Write e.g. gamma=0.") from None
    if not np.isfinite(number):
        raise UsageError(f"{text!r} is not finite.", "Write e.g. gamma=0.")
    return Setting(name, number)


def _scaled(*names: str) -> Callable[[World, float], World]:
    def do(world: World, x: float) -> World:
        p = dict(world.parameters)
        return world._replace(parameters=p | {n: x * p[n] for n in names})

    return do


def _put(world: World, name: str, x: float) -> World:
    if name not in world.parameters or np.ndim(world.parameters[name]):
        raise UsageError(f"No scalar parameter {name!r}.", "Use the name of a scalar in the prior set.")
    return world._replace(parameters=dict(world.parameters) | {name: x})


def _sign(world: World, x: float) -> World:
    return _put(_put(world, "dealer_sign", x), "crypto_sign", x)


def _alone(c: Component) -> Callable[[World, float], World]:
    """More or less of a component that moves the price alone: its answers and shocks shrink together."""
    groups = [g for g in (c.shock.group if c.shock else None, c.night) if g]

    def do(world: World, x: float) -> World:
        less = _scaled(*c.size)(world, x)
        own = {g: x * shock if g in groups else shock for g, shock in less.shocks.own.items()}
        return less._replace(shocks=less.shocks._replace(own=own))

    return do


def _basis(world: World, x: float) -> World:
    """A smaller stock of the trade: shocks and answers shrink together."""
    less = _scaled(*basis.COMPONENT.size)(world, x)
    return less._replace(shocks=less.shocks._replace(basis=x * less.shocks.basis))


def _multi_asset(world: World, x: float) -> World:
    less = _scaled(*multi_asset.COMPONENT.size)(world, x)
    demand = less.shocks.demand + (x - 1.0) * less.multi_asset
    return _with_demand(less, demand)._replace(multi_asset=x * less.multi_asset)


def _directional(world: World, x: float) -> World:
    less = _scaled(*directional.COMPONENT.size)(world, x)
    return _with_demand(less, less.multi_asset + x * (less.shocks.demand - less.multi_asset))


def _with_demand(world: World, demand: np.ndarray) -> World:
    """Other demand by the funds' investors; what their news did to the price by other hands stays."""
    kept = impact.common(world.parameters, world.design.ratio) * (world.shocks.demand - demand)
    return world._replace(shocks=world.shocks._replace(demand=demand, price=world.shocks.price + kept))


def _factors(world: World, x: float) -> World:
    d = world.design
    night = x * d.night_factors
    return world._replace(
        design=replace(d, factor_returns=x * d.factor_returns, night_factors=night, basket=x * d.basket)
    )


def _stress(world: World, x: float) -> World:
    return world._replace(design=replace(world.design, stress=x * world.design.stress))


def _price(world: World, x: float) -> World:
    price, night = x * world.shocks.price, x * world.shocks.night
    return world._replace(shocks=world.shocks._replace(price=price, night=night))


NAMES: dict[str, tuple[str, Callable[[World, float], World]]] = {
    "notes": ("hedges of knock-in notes", _scaled("knock_in", "note_share")),
    "gamma": ("dealers' gamma", _scaled("gamma_scale", "etf_book_scale", "crypto_book_scale")),
    "vanna": ("dealers' vanna", _scaled("vanna")),
    "sign": ("dealers' sign, set to the number: 1 short gamma, -1 long", _sign),
    "hedge_booked": ("share of hedges that becomes creations", _scaled("booked_hedge")),
    "basis_stock": ("stock of the basis trade", _basis),
    "multi_asset": ("multi-asset trades", _multi_asset),
    "directional": ("directional answers and shocks", _directional),
    "factors": ("returns of other risk assets", _factors),
    "stress": ("changes of the stress index", _stress),
    "impact": ("price impact", _scaled("impact")),
    "price_shock": ("the unattributed price shock", _price),
} | {
    c.name: (f"trades of {c.title[0].lower()}{c.title[1:]}", _alone(c))
    for c in COMPONENTS
    if c.reaches == ("return",)
}
"""Settings: what they mean, and what they do."""
