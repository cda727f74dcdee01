"""Typed results of the gate: what each check found, and the verdict with its reasons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from model.errors import GateError

Verdict = Literal["pass", "fail", "inconclusive"]
AFTER_SAMPLING = "hidden variables after sampling"
"""Name of the one check that is made after sampling; it never changes a verdict."""
RULE = "implied independences"
"""Name of the check that holds the graph's claims against the data."""
UNTESTED = "tested nothing:"
"""How a reason begins that accepts a gate which tested nothing; one written for little power does not cover that."""


@dataclass(frozen=True)
class Check:
    """One check.

    Parameters
    ----------
    name : str
    passed : bool or None
        None when the check cannot say, or is context only.
    sentence : str
        The finding in plain words.
    table : list of dict
        Rows behind it.
    """

    name: str
    passed: bool | None
    sentence: str
    table: list[dict[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        raise TypeError(
            "A check is true, false or unknown: compare .passed with `is True`, `is False`, `is None`."
        )


@dataclass(frozen=True)
class GateResult:
    """The gate's answer; never a bare bool.

    Parameters
    ----------
    verdict : {"pass", "fail", "inconclusive"}
    reasons : list of str
    accepted_reason : str or None
        The user's written reason for going on after an inconclusive verdict.
    checks : list of Check
    data_hash, graph_hash : str
    seed : int
    facts : dict
        Named figures of the run: days, statements, violations, p of the count, seconds.
    """

    verdict: Verdict
    reasons: list[str]
    accepted_reason: str | None
    checks: list[Check]
    data_hash: str
    graph_hash: str
    seed: int
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        raise TypeError("A gate result has three verdicts: compare .verdict, or call .require().")

    def check(self, name: str) -> Check:
        """The check of this name; raises KeyError."""
        return {c.name: c for c in self.checks}[name]

    @property
    def tested(self) -> int | None:
        """Number of independences that were tested; None where that check is not part of the result."""
        rule = next((c for c in self.checks if c.name == RULE), None)
        return None if rule is None else sum(row.get("violated") is not None for row in rule.table)

    def _covered(self, reason: str | None) -> str:
        """The reason, if it speaks of what was found; else nothing."""
        written = (reason or "").strip()
        return "" if self.tested == 0 and not written.lower().startswith(UNTESTED) else written

    @property
    def after_sampling(self) -> Check | None:
        """The check on posterior draws; None before sampling."""
        return next((c for c in self.checks if c.name == AFTER_SAMPLING), None)

    def with_check(self, check: Check) -> GateResult:
        """The same result with one more check, in place of one of the same name; the verdict stays."""
        return replace(self, checks=[*(c for c in self.checks if c.name != check.name), check])

    def accept(self, reason: str | None) -> GateResult:
        """The same result with the user's reason recorded.

        Only an inconclusive verdict can take one; where nothing was tested, only one that says so.
        """
        written = self._covered(reason)
        return replace(self, accepted_reason=written) if written and self.verdict == "inconclusive" else self

    @property
    def refused(self) -> bool:
        """Whether no decomposition may follow: failed, or inconclusive without a written reason."""
        return self.verdict == "fail" or (
            self.verdict == "inconclusive" and not (self.accepted_reason or "").strip()
        )

    def require(self, accept_reason: str | None = None) -> None:
        """Raise unless a decomposition may follow.

        Raises
        ------
        GateError
            For ``fail`` whatever the reason; for ``inconclusive`` without a written reason that covers it.
        """
        why = " ".join(self.reasons)
        if self.verdict == "pass":
            return
        if self.verdict == "inconclusive":
            if self._covered(accept_reason or self.accepted_reason):
                return
            if self.tested == 0:
                raise GateError(
                    f"The causal gate tested nothing. {why}",
                    "Supply columns that vary, and enough days. A reason written for little power does not cover this; "
                    f'one that begins with "{UNTESTED}" does.',
                )
            raise GateError(
                f"The causal gate is inconclusive. {why}", 'Accept it in writing: --accept-gate "reason".'
            )
        raise GateError(
            f"The causal gate failed. {why}", "Change the graph or the data; a reason cannot lift this."
        )

    def to_json(self) -> str:
        """The result as JSON text, without its seconds: the same gate writes the same file."""
        facts = {k: v for k, v in self.facts.items() if k != "seconds"}
        return json.dumps(asdict(replace(self, facts=facts)), indent=1, default=_plain)

    @classmethod
    def from_json(cls, text: str) -> GateResult:
        """Read what :meth:`to_json` wrote."""
        raw = json.loads(text)
        if raw["verdict"] not in ("pass", "fail", "inconclusive"):
            raise GateError(f"Unknown gate verdict {raw['verdict']!r}.", "Run the gate again.")
        return cls(**{**raw, "checks": [Check(**c) for c in raw["checks"]]})


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)
