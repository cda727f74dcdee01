"""After sampling: the same implied constraints, with posterior draws of the latents instead of projections.

Where the model is right, data and latent draws together obey the graph; a claim about a latent that most
draws break says the posterior had to bend the graph to fit. All draws are tested at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from model.errors import DataError
from model.gate.frame import base_columns
from model.gate.independences import implied_independences
from model.gate.null import examine_all, violated
from model.gate.result import Check
from model.gate.thresholds import Thresholds
from model.graph import Graph, split

MOST = 0.5


def check_posterior(
    draws: Mapping[str, np.ndarray], frame: pd.DataFrame, graph: Graph, thresholds: Thresholds
) -> Check:
    """Claims that involve a drawn latent, on every draw.

    Parameters
    ----------
    draws : mapping of str to numpy.ndarray
        Latent base name to ``Shape: (samples, days)``, on the frame's days.
    frame : DataFrame
        Gate frame of the data that were fitted.
    graph : Graph
    thresholds : Thresholds

    Raises
    ------
    DataError
        A draw does not have the frame's days, or is no latent of the graph.
    """
    _check_draws(draws, frame, graph)
    open_graph = replace(
        graph, nodes=tuple(replace(n, observed=n.observed or split(n.name)[0] in draws) for n in graph.nodes)
    )
    every = implied_independences(open_graph, thresholds.max_lag, thresholds.own_lags)
    statements = [s for s in every if {split(s.x)[0], split(s.y)[0]} & draws.keys()]
    if not statements:
        return Check("posterior", None, "The graph claims nothing about the latents that were drawn.")
    outcome = examine_all(_columns(draws, frame, graph), statements, open_graph, thresholds.spare_rows)
    share = violated(outcome, thresholds.family).mean(axis=0)
    table: list[dict[str, Any]] = [
        {
            "statement": str(s),
            "short": s.short,
            "share_violated": round(float(share[i]), 3),
            "median_effect": round(float(np.nanmedian(outcome.effect[:, i])), 3),
        }
        for i, s in enumerate(statements)
        if np.isfinite(outcome.p[:, i]).any()
    ]
    broken = [r["short"] for r in table if r["share_violated"] > MOST]
    sentence = f"{len(broken)} of {len(table)} claims about {', '.join(sorted(draws))} fail on most draws."
    return Check("posterior", not broken if table else None, sentence, table)


def _check_draws(draws: Mapping[str, np.ndarray], frame: pd.DataFrame, graph: Graph) -> None:
    for name, x in draws.items():
        if name not in graph.latents:
            raise DataError(f"{name!r} is no latent of the graph.", f"It has {', '.join(graph.latents)}.")
        if np.ndim(x) != 2 or x.shape[1] != len(frame):
            raise DataError(f"Draws of {name!r} have shape {np.shape(x)}.", f"Give (samples, {len(frame)}).")


def _columns(draws: Mapping[str, np.ndarray], frame: pd.DataFrame, graph: Graph) -> dict[str, np.ndarray]:
    base, samples = base_columns(frame), len(next(iter(draws.values())))
    seen = {b: np.tile(base[b].to_numpy(float), (samples, 1)) for b in graph.observed if b in base}
    return seen | {name: np.asarray(x, float) / max(float(np.std(x)), 1e-12) for name, x in draws.items()}
