"""The product's own graph and data, brought to the gate: declarations of the registry, arrays of a design."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.gate.frame import gate_frame
from model.gate.graph import Declaration, Edge, Graph, build_graph, timed
from model.mechanisms.components import COMPONENTS
from model.mechanisms.design import LAGS, Design
from model.mechanisms.measurements import MEASUREMENTS


@dataclass(frozen=True)
class Part:
    """A structural part's declarations, in the form components have."""

    name: str
    edges: tuple[Edge, ...]
    latents: tuple[str, ...]


def declared_graph(factors: Sequence[str], booking_lags: int = LAGS, supplied: Collection[str] = ()) -> Graph:
    """The graph that components and measurements declare, for these risk factors and supplied measurements.

    Where trades are booked beyond the kernel's lags (late creation), what is booked at its last lag is a cause of
    the flow after that, too.
    """
    parts: list[Declaration] = [c for c in COMPONENTS if not c.needs or any(n in supplied for n in c.needs)]
    parts += [m for m in MEASUREMENTS if not m.supplied or m.name in supplied]
    booked = [cause for part in parts for cause, effect in part.edges if effect == timed("flow", LAGS - 1)]
    late = tuple((cause, timed("flow", k)) for k in range(LAGS, booking_lags) for cause in booked)
    return build_graph([*parts, Part("late_creation", late, ())]).indexed({"factor": tuple(factors)})


def graph_of(design: Design) -> Graph:
    """The graph that a design's model declares."""
    return declared_graph(design.factors, design.booking_lags, tuple(design.measured))


def daily_columns(design: Design) -> pd.DataFrame:
    """Daily columns of a design: return, flow, stress, factors, gamma, implied volatility, premium, scale, recent flow, and
    what else is supplied.

    A day on which any listed fund's flow is missing has no total.
    """
    total = np.where(design.listed > 0, design.flows, 0.0).sum(axis=1)
    columns = {
        "return": design.returns,
        "flow_total": total,
        "stress": design.stress,
        **{f"factor.{name}": design.factor_returns[:, j] for j, name in enumerate(design.factors)},
        "gamma": design.gamma,
        "iv_change": design.iv_change,
        "premium": design.premium,
        "scale": design.volatility,
        "recent_flow": design.recent.sum(axis=1),
        **{m.name: design.measured[m.name] for m in MEASUREMENTS if m.name in design.measured},
    }
    return pd.DataFrame(columns, index=design.dates)


def design_frame(design: Design) -> pd.DataFrame:
    """Gate frame of a design."""
    return gate_frame(daily_columns(design))
