"""One run of the gate: data, pilot, null, rule, power, and what the effects rest on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from model.gate.checks.agreement import check_agreement
from model.gate.checks.alternatives import check_alternatives
from model.gate.checks.data import check_data
from model.gate.checks.falsification import check_falsification
from model.gate.checks.identification import answer_questions, check_identification
from model.gate.checks.independence import check_independence
from model.gate.checks.power import check_power
from model.gate.checks.reach import check_reach
from model.gate.checks.refutation import check_refutation
from model.gate.checks.simultaneity import check_simultaneity
from model.gate.frame import base_columns, frame_hash
from model.gate.graph import Graph
from model.gate.independences import implied_independences
from model.gate.null import Null, examine_all, stacked, violated
from model.gate.partial import Outcome
from model.gate.pilot import fit_pilot
from model.gate.result import RULE, Check, GateResult
from model.gate.rivals import Rival, named_rivals
from model.gate.testable import lost, rival_without, standing, without
from model.gate.thresholds import Thresholds, load_thresholds
from model.gate.verdict import decide

Simulate = Callable[[np.random.Generator], pd.DataFrame]


def run_gate(
    frame: pd.DataFrame,
    graph: Graph,
    thresholds: Thresholds | None = None,
    seed: int = 0,
    alternatives: Sequence[Rival] | None = None,
    simulate: Simulate | None = None,
    quick: bool = True,
    falsify: bool = False,
    accept_reason: str | None = None,
    compare: Sequence[Rival] | None = None,
) -> GateResult:
    """Test the graph before anything is decomposed.

    Parameters
    ----------
    frame : DataFrame
        From :func:`model.gate.frame.gate_frame`.
    graph : Graph
        Indexed: risk factors by name, as the frame has them.
    thresholds : Thresholds, optional
        Default ``data/gate.toml``.
    seed : int
    alternatives : sequence of Rival, optional
        Wrong graphs for the power figures; default the five named ones. Compared with the data unless
        ``quick``.
    simulate : callable, optional
        Draws one gate frame in which the graph is true, with the data's length and gaps; default: the
        pilot's.
    quick : bool
        Leave out the comparison with alternatives and most refuter simulations (the run inside a fit).
    falsify : bool
        Add dowhy's permutation test (slow, context).
    accept_reason : str, optional
        Recorded when the verdict is inconclusive.
    compare : sequence of Rival, optional
        Rivals held against the data unless ``quick``; default: ``alternatives``.
    """
    began = time.perf_counter()
    limits = thresholds or load_thresholds()
    claimed, base = graph, base_columns(frame)
    gone = standing(base, claimed)
    rivals = tuple(named_rivals(claimed, limits) if alternatives is None else alternatives)
    held = tuple(rival_without(r, gone) for r in (rivals if compare is None else compare))
    rivals = tuple(rival_without(r, gone) for r in rivals)
    checks = [check_data(base, claimed, limits)]
    every = implied_independences(claimed, limits.max_lag, limits.own_lags)
    graph = without(claimed, gone)
    statements = implied_independences(graph, limits.max_lag, limits.own_lags)
    checks.append(check_agreement(frame, graph, statements, seed))
    checks += _tested(frame, graph, statements, lost(every, gone), rivals, limits, seed, simulate)
    checks.append(check_reach(graph, statements, limits, edges=not quick))
    answers = answer_questions(graph, limits)
    checks.append(check_identification(answers))
    checks.append(check_refutation(frame, graph, answers, limits, seed, quick))
    checks.append(check_simultaneity(frame, graph, limits))
    if not quick:
        checks.append(check_alternatives(frame, graph, held, limits, np.random.default_rng([seed, 3])))
    if falsify:
        checks.append(check_falsification(frame, graph, seed))
    verdict, reasons = decide(checks, limits)
    facts = {
        "days": len(frame),
        "statements": len(every),
        "standing": list(gone),
        "graph": graph.title,
        "seconds": round(time.perf_counter() - began, 1),
    }
    result = GateResult(verdict, reasons, None, checks, frame_hash(frame), claimed.sha256, seed, facts)
    return result.accept(accept_reason)


def _tested(
    frame, graph: Graph, statements, untested, rivals, limits: Thresholds, seed: int, simulate
) -> list[Check]:
    """The rule and its power; both say "unknown" where there is nothing to test."""
    base = base_columns(frame)
    if not statements:
        nothing = (
            "The graph implies no independence among observed variables: these data cannot contradict it."
        )
        return [
            Check(RULE, None, nothing),
            Check("power against wrong graphs", False, "Nothing can be found where nothing is claimed."),
        ]
    pilot = fit_pilot(frame, graph)
    columns = {b: base[b].to_numpy(float)[None] for b in graph.observed if b in base}
    observed = examine_all(columns, statements, graph, limits.spare_rows)
    null = _null(pilot, graph, statements, limits, np.random.default_rng([seed, 1]), simulate)
    rule = check_independence(observed, null, statements, limits, untested)
    power = check_power(pilot, graph, statements, null, rivals, limits, np.random.default_rng([seed, 2]))
    return [rule, power]


def _null(pilot, graph: Graph, statements, limits: Thresholds, rng, simulate: Simulate | None) -> Null:
    count = limits.null_panels
    panels = stacked(simulate, rng, count) if simulate else pilot.panels(rng, count)
    outcome: Outcome = examine_all(panels, statements, graph, limits.spare_rows)
    return Null(violated(outcome, limits.family).sum(axis=1), limits.level, outcome)
