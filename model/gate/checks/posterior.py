r"""After sampling: the same implied constraints, with posterior draws of the hidden nodes beside the data.

If the model is right, data and one posterior draw of its hidden nodes are together a draw from the model, so
the graph's claims about hidden nodes hold in it and each is called violated as rarely as in any panel from
the model. A claim that most draws break says that the posterior had to bend the graph to fit. With a rate of
:math:`\alpha` per draw, a share above one half happens in at most :math:`2 \alpha` of such data sets
(Markov's inequality), however alike the draws are. All draws are tested at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from model.errors import DataError
from model.gate.frame import base_columns
from model.gate.graph import Graph, split
from model.gate.independences import Independence, implied_independences
from model.gate.null import examine_all, violated
from model.gate.partial import Outcome
from model.gate.result import AFTER_SAMPLING, Check
from model.gate.thresholds import Thresholds
from model.mechanisms.measurements import MEASUREMENTS

DETERMINED = {"iv_change": {"iv_shock"}} | {
    m.node.partition("[")[0]: set(m.determined_by) for m in MEASUREMENTS if m.node and m.determined_by
}
"""Observed nodes without a shock of their own but measurement noise, and the hidden nodes that fix them: once
those are drawn, nothing is left to test."""
Draws = Mapping[str, np.ndarray]


def check_posterior(draws: Draws, frame: pd.DataFrame, graph: Graph, thresholds: Thresholds) -> Check:
    """Claims that involve a drawn hidden node, on every draw.

    Parameters
    ----------
    draws : mapping of str to numpy.ndarray
        Base name of a latent node to ``Shape: (samples, days)``, on the frame's days; NaN on the same days of
        every draw.
    frame : DataFrame
        Gate frame of the data that were fitted.
    graph : Graph
    thresholds : Thresholds

    Returns
    -------
    Check
        False: a claim is violated on more than ``posterior_share`` of the draws. None: nothing to test, or so
        few days that a partial correlation of ``effect`` would not be called a violation.

    Raises
    ------
    DataError
        A draw does not have the frame's days, or is no latent of the graph.
    """
    _check_draws(draws, frame, graph)
    graph = _opened(graph, draws)
    statements = _about(draws, implied_independences(graph, thresholds.max_lag, thresholds.own_lags))
    if not statements:
        return Check(AFTER_SAMPLING, None, "The graph claims nothing about the hidden variables drawn.")
    outcome = examine_all(_columns(draws, frame, graph), statements, graph, thresholds.spare_rows)
    table = _table(outcome, statements, thresholds)
    return _judge(table, len(next(iter(draws.values()))), thresholds)


def join_readings(checks: Mapping[str, Check]) -> Check:
    """One check from those of several readings; one that fails decides, then one that cannot say.

    Parameters
    ----------
    checks : mapping of str to Check
        By reading. Rows of the joint table carry it.
    """
    found = [c.passed for c in checks.values()]
    passed = False if False in found else None if None in found or not found else True
    said: dict[str, list[str]] = {}
    for reading, check in checks.items():
        said.setdefault(check.sentence, []).append(reading.replace("_", " "))
    sentence = " ".join(f"{text} ({', '.join(readings)})" for text, readings in said.items())
    rows = [{"reading": reading, **row} for reading, check in checks.items() for row in check.table]
    return Check(AFTER_SAMPLING, passed, sentence or "No reading was checked.", rows)


def _opened(graph: Graph, draws: Draws) -> Graph:
    """The graph with the drawn nodes observed."""
    nodes = (replace(n, observed=n.observed or split(n.name)[0] in draws) for n in graph.nodes)
    return replace(graph, nodes=tuple(nodes))


def _about(draws: Draws, statements: Sequence[Independence]) -> list[Independence]:
    """Statements with a drawn node on one side and none that the drawn nodes determine."""
    fixed = {name for name, by in DETERMINED.items() if by <= draws.keys()}
    sides = [{split(s.x)[0], split(s.y)[0]} for s in statements]
    return [s for s, pair in zip(statements, sides, strict=True) if pair & draws.keys() and not pair & fixed]


def _table(
    outcome: Outcome, statements: Sequence[Independence], thresholds: Thresholds
) -> list[dict[str, Any]]:
    """One row per testable statement, most often violated first."""
    share = violated(outcome, thresholds.family).mean(axis=0)
    testable = np.isfinite(outcome.p).any(axis=0)
    alpha = thresholds.family / max(int(testable.sum()), 1)
    rows = [
        {
            "statement": str(s),
            "short": s.short,
            "share_violated": round(float(share[i]), 3),
            "violated": bool(share[i] > thresholds.posterior_share),
            "median_effect": round(float(np.nanmedian(outcome.effect[:, i])), 3),
            "noticed_from": round(_noticed(alpha, int(outcome.rows[i]) - len(s.given) - 2), 3),
            "days": int(outcome.rows[i]),
        }
        for i, s in enumerate(statements)
        if testable[i]
    ]
    return sorted(rows, key=lambda r: (-r["share_violated"], -abs(r["median_effect"])))


def _noticed(alpha: float, freedom: int) -> float:
    """Smallest partial correlation that is called a violation (homoskedastic innovations)."""
    t = float(stats.t.isf(alpha / 2, max(freedom, 1)))
    return t / float(np.sqrt(t**2 + max(freedom, 1)))


def _judge(table: list[dict[str, Any]], samples: int, thresholds: Thresholds) -> Check:
    if not table:
        return Check(AFTER_SAMPLING, None, "No claim about hidden variables could be tested on these days.")
    broken = [r for r in table if r["violated"]]
    if broken:
        named = "; ".join(f"{r['short']} ({r['median_effect']:+.2f})" for r in broken[:3])
        text = (
            f"{len(broken)} of {len(table)} claims about hidden variables are violated in most of {samples} "
            f"posterior draws: {named}{' and others' if len(broken) > 3 else ''}."
        )
        return Check(AFTER_SAMPLING, False, text, table)
    text = f"None of {len(table)} claims about hidden variables is violated in most of {samples} posterior draws."
    limit = float(np.median([r["noticed_from"] for r in table]))
    if limit > thresholds.effect:
        text += f" So few days would show only partial correlations above {limit:.2f}, so this says little."
        return Check(AFTER_SAMPLING, None, text, table)
    return Check(AFTER_SAMPLING, True, text, table)


def _check_draws(draws: Draws, frame: pd.DataFrame, graph: Graph) -> None:
    for name, x in draws.items():
        if name not in graph.latents:
            raise DataError(f"{name!r} is no latent of the graph.", f"It has {', '.join(graph.latents)}.")
        if np.ndim(x) != 2 or x.shape[1] != len(frame):
            raise DataError(f"Draws of {name!r} have shape {np.shape(x)}.", f"Give (samples, {len(frame)}).")


def _columns(draws: Draws, frame: pd.DataFrame, graph: Graph) -> dict[str, np.ndarray]:
    base, samples = base_columns(frame), len(next(iter(draws.values())))
    seen = {b: np.tile(base[b].to_numpy(float), (samples, 1)) for b in graph.observed if b in base}
    return seen | {name: np.asarray(x, float) / max(float(np.nanstd(x)), 1e-12) for name, x in draws.items()}
