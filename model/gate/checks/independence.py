"""The one rule: the number of violated independences against its simulated null."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from model.gate.independences import Independence
from model.gate.null import Null, violated
from model.gate.partial import Outcome
from model.gate.result import RULE, Check
from model.gate.thresholds import Thresholds

NOTHING_TESTED = (
    "The gate tested nothing: none of the graph's {count} independences can be tested on these days."
)


def check_independence(
    observed: Outcome,
    null: Null,
    statements: Sequence[Independence],
    thresholds: Thresholds,
    lost: Sequence[Independence] = (),
) -> Check:
    """Count, its p under the null, and every statement with effect, p, adjusted decision and power.

    `lost` statements are about a variable whose column does not vary: listed, never tested.
    """
    broken = violated(observed, thresholds.family)[0]
    testable = np.isfinite(observed.p[0])
    count, p = int(broken.sum()), null.p(int(broken.sum()))
    adjusted = adjusted_p(observed.p[0])
    power = statement_power(null, statements, thresholds)
    table = [
        {
            "statement": str(s),
            "short": s.short,
            "effect": _rounded(observed.effect[0, i]),
            "p": _rounded(observed.p[0, i], 6),
            "p_adjusted": _rounded(adjusted[i], 6),
            "dependent_fdr": bool(adjusted[i] < thresholds.fdr) if testable[i] else None,
            "violated": bool(broken[i]) if testable[i] else None,
            "power": _rounded(power[i]),
            "days": int(observed.rows[i]),
        }
        for i, s in enumerate(statements)
    ]
    table += [dict.fromkeys(table[0]) | {"statement": str(s), "short": s.short, "days": 0} for s in lost]
    if not testable.any():
        return Check(RULE, None, NOTHING_TESTED.format(count=len(table)), table)
    sentence = (
        f"{count} of {int(testable.sum())} testable independences violated; panels drawn "
        f"from the graph itself show "
        f"{null.counts.mean():.2f} on average, and this many or more in a share {p:.3f} of draws "
        f"(fail at or below {thresholds.level})."
    )
    return Check(RULE, bool(p > thresholds.level), sentence, table)


def adjusted_p(p: np.ndarray) -> np.ndarray:
    """Benjamini-Hochberg adjusted p-values; NaN stays NaN."""
    out = np.full(len(p), np.nan)
    known = np.isfinite(p)
    if known.any():
        out[known] = stats.false_discovery_control(p[known])
    return out


def statement_power(null: Null, statements: Sequence[Independence], thresholds: Thresholds) -> np.ndarray:
    """Chance that each statement is found violated if the partial correlation were ``thresholds.effect``.

    The null panels' partial correlations are shifted by that effect on Fisher's scale, so the figure carries
    this n, these gaps and these tails.
    """
    effects, testable = null.outcome.effect, np.isfinite(null.outcome.p).any(axis=0)
    alpha = thresholds.family / max(int(testable.sum()), 1)
    out = np.full(len(statements), np.nan)
    for i, statement in enumerate(statements):
        freedom = null.outcome.rows[i] - len(statement.given) - 2
        if testable[i] and freedom > 0:
            t = stats.t.isf(alpha / 2, freedom)
            limit = t / np.sqrt(t**2 + freedom)
            shifted = np.tanh(np.arctanh(effects[:, i]) + np.arctanh(thresholds.effect))
            out[i] = float(np.mean(np.abs(shifted) > limit))
    return out


def _rounded(x: float, digits: int = 4) -> float | None:
    return round(float(x), digits) if np.isfinite(x) else None
