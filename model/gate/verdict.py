"""From checks to a verdict. One rule can fail the graph; everything unknown makes it inconclusive."""

from __future__ import annotations

from collections.abc import Sequence

from model.gate.result import RULE, Check, Verdict
from model.gate.thresholds import Thresholds

AGREEMENT, DATA, REACH, POWER = (
    "dowhy agreement",
    "data",
    "reach",
    "power against wrong graphs",
)
DECIDING = (RULE, AGREEMENT, DATA, REACH, POWER)


def decide(checks: Sequence[Check], thresholds: Thresholds) -> tuple[Verdict, list[str]]:
    """``fail`` if the rule or dowhy contradicts; ``pass`` only if every deciding check is True.

    Parameters
    ----------
    checks : sequence of Check
        A deciding check that is missing counts as unknown.
    """
    by_name = {c.name: c for c in checks}
    found = [by_name.get(n, Check(n, None, f"The check {n!r} was not run.")) for n in DECIDING]
    rule, agreement, *others = found
    failed = [c for c in (rule, agreement) if c.passed is False]
    if failed:
        return "fail", [c.sentence for c in failed]
    unknown = [c.sentence for c in (rule, agreement, *others) if c.passed is not True]
    rows = rule.table
    untested = sum(row["violated"] is None for row in rows)
    if rows and untested > thresholds.max_untestable * len(rows):
        unknown.append(f"{untested} of {len(rows)} independences could not be tested on these days.")
    if unknown:
        return "inconclusive", unknown
    return "pass", [rule.sentence, by_name[POWER].sentence, by_name[REACH].sentence]
