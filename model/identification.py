"""What the data identify: how far each quantity's variance fell from prior to posterior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from model.decompose import FLOW_PARTS, RETURN_PARTS, Parts
from model.design import Design

LEAST_FALL = 0.1
"""A variance that fell by less than a tenth is called not identified by these data."""
IDENTIFIED, UNIDENTIFIED = "identified", "not identified by these data"
_SKIP = (
    "gamma_state",
    "return_state",
    "flow_state",
    "kernel",
    "fund_share",
    "basis_tilt",
    "fund_mean",
    "fund_noise",
)


def verdict(prior_sd: float, posterior_sd: float) -> str:
    """Identified, or not identified by these data."""
    fall = 1.0 - (posterior_sd / prior_sd) ** 2 if prior_sd > 0 else 0.0
    return IDENTIFIED if fall >= LEAST_FALL else UNIDENTIFIED


def parameters(
    prior: Mapping[str, np.ndarray], posterior: Mapping[str, np.ndarray], reading: str
) -> list[dict[str, Any]]:
    """One record per scalar parameter (vectors by member)."""
    out = []
    for name in prior:
        if name in _SKIP:
            continue
        before = np.asarray(prior[name]).reshape(len(prior[name]), -1)
        after = np.asarray(posterior[name]).reshape(len(posterior[name]), -1)
        for i in range(before.shape[1]):
            label = name if before.shape[1] == 1 else f"{name}[{i}]"
            out.append(_record(label, reading, before[:, i], after[:, i]))
    return out


def contributions(prior: Parts, posterior: Parts, design: Design, reading: str) -> list[dict[str, Any]]:
    """One record per part of flow and return on each event day."""
    out = []
    for t in design.event_days:
        for kind, names in (("flow", FLOW_PARTS), ("return", RETURN_PARTS)):
            before, after = (
                getattr(prior, f"{kind}_channel")[:, t],
                getattr(posterior, f"{kind}_channel")[:, t],
            )
            for j, part in enumerate(names):
                if part != "pre_sample":
                    label = f"{kind}:{part}:{design.dates[t].date()}"
                    out.append(_record(label, reading, before[:, j], after[:, j]))
            i, j = names.index("multi_asset"), names.index("directional")
            label = f"{kind}:multi_asset+directional:{design.dates[t].date()}"
            out.append(_record(label, reading, before[:, i] + before[:, j], after[:, i] + after[:, j]))
    return out


def _record(label: str, reading: str, before: np.ndarray, after: np.ndarray) -> dict[str, Any]:
    """Spreads are robust (interquartile range), because prior tails of a ratio can be wild."""
    prior_sd, posterior_sd = spread(before), spread(after)
    return {
        "parameter": label,
        "reading": reading,
        "prior_sd": prior_sd,
        "posterior_sd": posterior_sd,
        "verdict": verdict(prior_sd, posterior_sd),
    }


def spread(x: np.ndarray) -> float:
    low, high = np.quantile(x, [0.25, 0.75])
    return float((high - low) / 1.349)
