"""What a robustness value cannot see: an effect that runs backwards.

A robustness value asks how strong a hidden confounder would have to be. Reverse causality needs none: a naive
regression of return on flow scores well and is still no effect of flow. Two looks: the graph (is the
effect also a cause, on the same day or through a shared latent?), and the data (does the *next* day's
cause, which cannot act backwards, carry a coefficient of its own?).
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd

from model.gate.graph import Graph, split, timed, unroll
from model.gate.partial import partial_effect
from model.gate.result import Check
from model.gate.rivals import factor_index
from model.gate.thresholds import Thresholds

SIGNIFICANT = 0.01


def check_simultaneity(frame: pd.DataFrame, graph: Graph, thresholds: Thresholds) -> Check:
    """Questions between observed variables inside the model: naive estimate, robustness, lead test."""
    inside = [
        (q.cause, q.effect)
        for q in thresholds.questions
        if {split(q.cause)[0], split(q.effect)[0]}
        <= set(graph.observed) - set(graph.outside) - set(graph.before_open)
        and split(q.cause)[0] not in factor_index(graph)
    ]
    rows = [_row(frame, graph, cause, effect) for cause, effect in dict.fromkeys(inside)]
    table = [row for row in rows if row is not None]
    warned = [f"{r['cause']} -> {r['effect']}" for r in table if r["two_way"] or r["lead_p"] < SIGNIFICANT]
    if not table:
        return Check("simultaneity", None, "No effect between variables inside the model was asked for.")
    sentence = "No sign of reverse causality in the effects asked for."
    if warned:
        first = next(r for r in table if f"{r['cause']} -> {r['effect']}" == warned[0])
        sentence = (
            f"Do not read {', '.join(warned)} as effects: cause and effect answer each other "
            f"within the day. The naive "
            f"estimate's robustness value of {first['robustness']:.2f} says nothing about that."
        )
    return Check("simultaneity", not warned, sentence, table)


def robustness_value(effect: float) -> float:
    """Cinelli and Hazlett (2020) from a partial correlation: confounder strength that takes it to zero."""
    f2 = effect**2 / max(1.0 - effect**2, 1e-12)
    return float(0.5 * (np.sqrt(f2**2 + 4.0 * f2) - f2))


def _row(frame: pd.DataFrame, graph: Graph, cause: str, effect: str) -> dict | None:
    (a, day_a), b = split(cause), split(effect)[0]
    lead = timed(a, day_a + 1)
    past = [timed(n, -1) for n in (a, b)]
    if any(c not in frame for c in (cause, effect, lead, *past)):
        return None
    data = frame[list(dict.fromkeys([cause, effect, lead, *past]))].dropna()
    if len(data) < 30:
        return None
    z = np.column_stack([np.ones(len(data)), data[past]])
    naive, naive_p = _one(data, cause, effect, z)
    lead_effect, lead_p = _one(data, lead, effect, np.column_stack([z, data[cause]]))
    return {
        "cause": cause,
        "effect": effect,
        "naive": round(naive, 3),
        "naive_p": naive_p,
        "robustness": round(robustness_value(naive), 3),
        "lead": round(lead_effect, 3),
        "lead_p": lead_p,
        "two_way": two_way(graph, cause, effect),
        "days": len(data),
    }


def two_way(graph: Graph, cause: str, effect: str) -> bool:
    """Whether the effect also acts on the cause, or both hang on a latent of the same day."""
    world = unroll(graph, back=2)
    if cause not in world or effect not in world:
        return False
    back = nx.has_path(world, effect, cause)
    today = {timed(b) for b in graph.latents}
    shared = today & nx.ancestors(world, cause) & nx.ancestors(world, effect)
    return back or bool(shared)


def _one(data: pd.DataFrame, x: str, y: str, z: np.ndarray) -> tuple[float, float]:
    effect, p = partial_effect(data[x].to_numpy()[None], data[y].to_numpy()[None], z[None])
    return float(np.nan_to_num(effect[0])), float(np.nan_to_num(p[0], nan=1.0))
