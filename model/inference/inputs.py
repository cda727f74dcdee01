"""From parameters to the inputs of the Gaussian system: components summed, measurements stated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.inference.likelihood.system import Inputs
from model.inference.local import merged_terms, without_local
from model.mechanisms import booking, price
from model.mechanisms.components import COMPONENTS
from model.mechanisms.day import (
    Evaluated,
    Known,
    evaluate_day,
    group_leader,
    group_var,
    linked_groups,
    local_groups,
)
from model.mechanisms.measurements import MEASUREMENTS, PRINTS, Measurement, Row, Term, overnight, premium


@dataclass(frozen=True)
class Equations:
    """Inputs of the system and what the rest of the likelihood needs.

    Attributes
    ----------
    inputs : Inputs
    day : Evaluated
    jacobian : (T,) of the day's loop
    rows : mapping of str to Row
        The measurements' own by name, local shocks included.
    local_var : mapping
        Variance of each local group's shock, ``(T,)``.
    """

    inputs: Inputs
    day: Evaluated
    jacobian: Any
    rows: Mapping[str, Row]
    local_var: Mapping[str, Any]

    @property
    def known(self) -> dict[str, Known]:
        """Known trades by component."""
        return {k.component.name: k for k in self.day.known}

    @property
    def iv_shock(self) -> Any:
        """Move of implied volatility that nothing explains. ``(T,)``, vol points."""
        return self.day.state.iv_shock


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
    day = evaluate_day(p, d)
    stated = measured_in(d)
    rows = {m.name: m.row(p, d, day, xp) for m in stated}
    local_var = {g: group_var(g, p, day.state) + 0.0 * d["returns"] for g in local_groups()}
    terms = merged_terms([m.reads(d["span"]) for m in stated])
    clean = without_local(list(rows.values()), d["row_weight"], local_var)
    zero = 0.0 * d["returns"]
    linked = linked_groups()
    inputs = Inputs(
        demand=premium.known_demand(p, d, day) + zero,
        trades=xp.stack([_booked_trades(p, d, day, kind) for kind in booking.LOADINGS]),
        group_booked=xp.stack([1.0 * group_leader(g).booked(p) + 0.0 * p["impact"] for g in linked]),
        fund_mean=sum(c.booked(p) * c.fund_mean(p, day.state) for c in COMPONENTS) + 0.0 * d["listed"],
        fund_lag=xp.stack([sum(c.booked(p) * c.fund_lag(p) for c in COMPONENTS)]),
        weights=booking.loading_weights(p, d, xp),
        kernel=p["kernel"],
        late=xp.stack([p["late_creation"]]),
        fund_var=p["fund_noise"] ** 2,
        flow_mix=1.0 / price.scale_mixture(p["flow_state"]),
        group_var=xp.stack([p[f"{g}_scale"] ** 2 for g in linked]),
        premium=premium.vector(p, xp),
        row_coef=_coefficients(clean, terms, zero, d, xp),
        row_target=xp.stack([r.target + zero for r in clean]),
        row_var=xp.stack([r.var + zero for r in clean]),
    )
    return Equations(inputs, day, _jacobian(p, d, day), rows, local_var)


def measured_in(d) -> tuple[Measurement, ...]:
    """Measurements that state a row of their own and have a number on some day, in registry order."""
    return tuple(m for m in MEASUREMENTS if m.reads(1) and (not m.supplied or m.name in d["measured"]))


def _coefficients(rows: Sequence[Row], terms: Sequence[Sequence[Term]], zero, d, xp):
    """All rows' coefficients, term by term; missing prints have one for each spare unknown. ``(S, T)``."""
    out = []
    for row, read in zip(rows, terms, strict=True):
        for term in read:
            value = row.coefficients[term]
            if term.unknown == PRINTS:
                out += [value[m] for m in range(len(d["gap_yesterday"]))]
            else:
                out.append(value + zero)
    return xp.stack(out)


def _jacobian(p, d, day: Evaluated):
    """Of the day's loop, and of the overnight one before it."""
    whole = price.jacobian(day.state.impact, [k.share * k.slope for k in day.known])
    return whole * overnight.jacobian(p, d, day)


def _booked_trades(p, d, day: Evaluated, kind: str):
    """Known trades of one loading that reach creations and redemptions. ``Shape: (T,)``, USD bn."""
    chosen = [k for k in day.known if k.component.loading == kind and "flow" in k.component.reaches]
    reaching = (
        k.component.booked(p) * (k.drive + k.lagged + k.response + k.night - k.off_fund) for k in chosen
    )
    return 0.0 * d["returns"] + sum(reaching)
