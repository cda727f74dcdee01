"""What the data identify: how far each quantity's variance fell from prior to posterior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from model.attribution.decompose import FLOW_PARTS, RETURN_PARTS, Parts
from model.mechanisms.design import Design

LEAST_FALL = 0.1
"""A variance that fell by less than a tenth is called not identified by these data."""
BEYOND = 1.645
"""Standard errors by which the fall must exceed a tenth: draws alone exceed it in one case of twenty."""
BLOCKS = 16
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


def verdict(prior: np.ndarray, posterior: np.ndarray) -> str:
    """Identified, or not identified by these data.

    Parameters
    ----------
    prior, posterior : numpy.ndarray, shapes (S,) and (R,)
        Draws of one quantity, in the order they were drawn.

    Returns
    -------
    str
        Identified when the variance fell by a tenth or more, sampling error of both spreads allowed for: with a
        thousand draws of a prior, one posterior in eight that equals it would seem to have fallen by a tenth.
    """
    before, after = spread(prior), spread(posterior)
    if before == 0:
        return UNIDENTIFIED
    ratio = after / before
    error = 2 * ratio * np.hypot(ratio * _spread_error(prior), _spread_error(posterior)) / before
    return IDENTIFIED if 1 - ratio**2 - BEYOND * error >= LEAST_FALL else UNIDENTIFIED


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
    return {
        "parameter": label,
        "reading": reading,
        "prior_sd": spread(before),
        "posterior_sd": spread(after),
        "verdict": verdict(before, after),
    }


def _spread_error(x: np.ndarray) -> float:
    """Standard error of :func:`spread`, from consecutive blocks, so that draws may depend on their neighbours."""
    parts = [spread(part) for part in np.array_split(x, max(2, min(BLOCKS, len(x) // 4)))]
    return float(np.std(parts, ddof=1) / np.sqrt(len(parts)))


def spread(x: np.ndarray) -> float:
    """Standard deviation by quartiles, because prior tails of a ratio can be wild."""
    low, high = np.quantile(x, [0.25, 0.75])
    return float((high - low) / 1.349)
