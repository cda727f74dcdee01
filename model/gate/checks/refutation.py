"""Identified effects, estimated by linear adjustment and attacked with dowhy's refuters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from model.errors import DataError
from model.gate import dowhy_bridge
from model.gate.checks.identification import Answer
from model.gate.graph import Graph, timed
from model.gate.result import Check
from model.gate.thresholds import Thresholds

ERRORS = 2.0
"""An estimate may move by this many of its own standard errors before it counts as changed."""


def check_refutation(
    frame: pd.DataFrame, graph: Graph, answers: list[Answer], thresholds: Thresholds, seed: int, quick: bool
) -> Check:
    """Placebo treatment, random common cause, data subset, bootstrap, unobserved confounder.

    Parameters
    ----------
    quick : bool
        Only the first two identified effects, a quarter of the simulations.
    """
    asked = [a for a in answers if a.identified]
    asked = asked[:2] if quick else asked
    simulations = max(thresholds.simulations // 4, 3) if quick else thresholds.simulations
    table = [_row(frame, graph, a, thresholds, seed + i, simulations) for i, a in enumerate(asked)]
    done = [r for r in table if r["stands"] is not None]
    if not done:
        return Check("refutation", None, "No identified effect could be estimated from these data.", table)
    fallen = [r["question"] for r in done if r["stands"] is False]
    identified = sum(a.identified for a in answers)
    sentence = f"{len(done)} of the {identified} identified effects were attacked; "
    sentence += f"{len(done) - len(fallen)} stand up to every refuter."
    if fallen:
        sentence += f" Do not use: {', '.join(fallen)}."
    sentence += " A robustness value speaks of hidden confounders only, not of reverse causality."
    return Check("refutation", not fallen, sentence, table)


def _row(frame, graph: Graph, a: Answer, thresholds: Thresholds, seed: int, simulations: int) -> dict:
    head = {
        "question": a.question.title,
        "cause": a.question.cause,
        "effect": a.question.effect,
        "stands": None,
    }
    try:
        data, cause, adjustment = _prepared(frame, graph, a)
        e = dowhy_bridge.estimate(
            data, cause, a.question.effect, adjustment, seed, simulations, thresholds.subset
        )
    except DataError as error:
        return {**head, "note": error.message}
    room = max(thresholds.stable * abs(e.value), ERRORS * e.error)
    moved = max(abs(v - e.value) for v in (e.random_cause, e.subset, e.bootstrap))
    stands = abs(e.placebo) <= ERRORS * e.error and e.placebo_p > thresholds.placebo_p and moved <= room
    figures = {k: round(float(v), 4) for k, v in vars(e).items()}
    note = "" if abs(e.value) > ERRORS * e.error else "not distinguishable from zero"
    return {**head, **figures, "stands": bool(stands), "note": note}


def _prepared(frame: pd.DataFrame, graph: Graph, a: Answer):
    """State times shock is a column of its own, adjusted for its two parts."""
    if not a.question.moderates:
        return frame, a.question.cause, list(a.adjustment)
    outside = [timed(b) for b in graph.outside]
    known = frame[[*outside, a.question.effect, a.question.cause]].dropna()
    if len(known) < 30:
        raise DataError(f"{len(known)} complete days for {a.question.cause}.", "Give a longer panel.")
    beta = np.linalg.lstsq(known[outside].to_numpy(), known[a.question.effect].to_numpy(), rcond=None)[0]
    pull = frame[outside] @ beta
    both = frame.assign(**{"state x shock": frame[a.question.cause] * pull, "shock": pull})
    return both, "state x shock", [a.question.cause, "shock", *(n for n in a.adjustment if n not in outside)]
