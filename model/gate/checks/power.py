"""Would this test have noticed? Panels drawn from named wrong worlds, judged by the gate's own rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.gate.graph import Graph
from model.gate.independences import Independence, implies
from model.gate.null import Null, examine_all, violated
from model.gate.pilot import Pilot
from model.gate.result import Check
from model.gate.rivals import Rival
from model.gate.thresholds import Thresholds

NO_IMPLICATION = "no testable implication: the wrong graph breaks none of the model's independences"


def check_power(
    pilot: Pilot,
    graph: Graph,
    statements: Sequence[Independence],
    null: Null,
    rivals: Sequence[Rival],
    thresholds: Thresholds,
    rng: np.random.Generator,
) -> Check:
    """Detection rate per wrong graph: the world is like that, the model is what we hold."""
    table = [_row(pilot, graph, statements, null, rival, thresholds, rng) for rival in rivals]
    found = [r["wrong_graph"] for r in table if (r["detected"] or 0.0) >= thresholds.detected]
    blind = [r["wrong_graph"] for r in table if not r["statements_broken"]]
    sentence = (
        f"{len(found)} of {len(rivals)} named wrong graphs would be found in at least "
        f"{thresholds.detected:.0%} of "
        f"samples like this one ({', '.join(found) or 'none'}); {thresholds.required} are required."
    )
    if blind:
        sentence += (
            f" No data of this kind can find {', '.join(blind)}: they break no independence the model claims."
        )
    return Check("power against wrong graphs", len(found) >= thresholds.required, sentence, table)


def _row(pilot, graph, statements, null, rival: Rival, thresholds: Thresholds, rng) -> dict:
    broken = [s for s in statements if not implies(rival.graph, s)]
    panels = pilot.panels(rng, thresholds.power_panels, rival.world(pilot.world))
    outcome = examine_all(panels, statements, graph, thresholds.spare_rows)
    counts = violated(outcome, thresholds.family).sum(axis=1)
    rate = float(np.mean(counts >= null.critical))
    where = [i for i, s in enumerate(statements) if s in broken]
    return {
        "wrong_graph": rival.graph.title,
        "what": rival.why,
        "statements_broken": len(broken),
        "detected": round(rate, 3),
        "note": _note(outcome.effect[:, where]) if broken else NO_IMPLICATION,
        "example": broken[0].short if broken else "",
    }


def _note(effects: np.ndarray) -> str:
    """How far the broken claims are broken in a typical panel. ``effects`` ``Shape: (panels, statements)``."""
    known = effects[:, np.isfinite(effects).any(axis=0)]
    if not known.size:
        return "the broken independences cannot be tested on these days"
    return f"partial correlations up to {np.abs(np.nanmedian(known, axis=0)).max():.2f} where it breaks them"
