"""From parameters to the inputs of the Gaussian system: components summed, price equation assembled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.inference.likelihood.system import Inputs
from model.mechanisms import booking as observation
from model.mechanisms import price as impact
from model.mechanisms.components import COMPONENTS, Component, State
from model.mechanisms.day import answer, answer_off_fund, group_leader, make_state, shock_groups


@dataclass(frozen=True)
class Known:
    """One component's trades apart from its shock, at the observed returns; each ``Shape: (T,)``.

    Attributes
    ----------
    drive, lagged, response : USD bn
    slope : USD bn per log-%
    mean : sum over listed funds of the constant part, USD bn
    off_fund : part of the response that cannot become a fund's flow, USD bn
    """

    component: Component
    drive: Any
    lagged: Any
    response: Any
    slope: Any
    mean: Any
    off_fund: Any


@dataclass(frozen=True)
class Equations:
    """Inputs of the system and what the rest of the likelihood needs."""

    inputs: Inputs
    known: tuple[Known, ...]
    state: State
    jacobian: Any
    iv_shock: Any


def evaluate(p, d, xp) -> Equations:
    """Evaluate all mechanisms at the observed data.

    Parameters
    ----------
    p : mapping
        Parameters by name.
    d : mapping
        Arrays by name, see :func:`model.inference.arrays.arrays`.
    xp : module
        ``numpy`` or ``pytensor.tensor``.
    """
    state = make_state(p, d)
    known = tuple(_known(c, p, d, state) for c in COMPONENTS)
    lam = state.impact
    inputs = Inputs(
        price_target=_price_target(p, d, known, state),
        price_today=xp.stack(
            [impact.push(p, d["ratio"], g, group_leader(g).price_share(p)) for g in shock_groups()]
        ),
        price_lag=lam * sum(c.price_share(p) * c.fund_lag(p) for c in COMPONENTS) + p["lagged_flow_return"],
        price_var=impact.residual_var(p, d),
        trades=xp.stack([_booked_trades(p, d, known, kind) for kind in observation.LOADINGS]),
        group_booked=xp.stack([1.0 * group_leader(g).booked(p) + 0.0 * p["impact"] for g in shock_groups()]),
        fund_mean=sum(c.booked(p) * c.fund_mean(p) for c in COMPONENTS) + 0.0 * p["fund_noise"],
        fund_lag=xp.stack([sum(c.booked(p) * c.fund_lag(p) for c in COMPONENTS)]),
        weights=observation.loading_weights(p, d, xp),
        kernel=p["kernel"],
        late=xp.stack([p["late_creation"]]),
        fund_var=p["fund_noise"] ** 2,
        flow_mix=1.0 / impact.scale_mixture(p["flow_state"]),
        group_var=xp.stack([p[f"{g}_scale"] ** 2 for g in shock_groups()]),
        basis_drive=sum(k.drive for k in known if _in_group(k.component, observation.PREMIUM_GROUP)),
        premium=observation.premium_vector(p, xp),
        positions=xp.stack([p["positions_drift"], p["positions_expiry"], p["positions_noise"] ** 2]),
    )
    return Equations(
        inputs,
        known,
        state,
        impact.jacobian(lam, [k.slope for k in known]),
        state.iv_shock,
    )


def _in_group(c: Component, group: str) -> bool:
    return c.shock is not None and c.shock.group == group


def _known(c: Component, p, d, state: State) -> Known:
    response = answer(c, p, state, d["returns"])
    zero = 0.0 * d["returns"]
    mean = d["listed"] * c.fund_mean(p)
    return Known(
        c,
        c.drive(p, state) + zero,
        c.lag_response(p, d["returns_lag"]) + zero,
        response.value + zero,
        response.slope + zero,
        mean.sum(axis=1) + zero,
        answer_off_fund(c, p, state, d["returns"]).value + zero,
    )


def _price_target(p, d, known, state: State):
    """Return less everything known, before lagged flows and futures demand. log-%."""
    before_loop = sum(k.component.price_share(p) * (k.drive + k.lagged + k.mean) for k in known)
    loop = sum(k.response for k in known)
    return (
        d["returns"]
        - state.impact * (loop + before_loop)
        - p["drift"]
        - (d["factor_returns"] * p["factor_beta"]).sum(axis=1)
        - p["lagged_return"] * d["returns_lag"]
    )


def _booked_trades(p, d, known, kind: str):
    """Known trades of one loading that reach creations and redemptions. ``Shape: (T,)``, USD bn."""
    chosen = [k for k in known if k.component.loading == kind]
    reaching = (k.component.booked(p) * (k.drive + k.lagged + k.response - k.off_fund) for k in chosen)
    return 0.0 * d["returns"] + sum(reaching)
