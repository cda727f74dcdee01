"""Weigh joint draws of parameters and latents by a card's statements, and say where statements and data conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from model import units
from model.attribution.decompose import TRIGGERS, Parts, decompose
from model.attribution.ledger import make_ledger, split_shocks
from model.errors import DataError
from model.events.quantities import PARTS, largest
from model.events.statements import Statement
from model.inference.draws import Draws, posterior_latents
from model.mechanisms.design import Design
from model.studies.evidence.before import REPEATS, Happened, fresh_day
from model.studies.evidence.weights import Weights, importance_weights

CONFLICT = 0.05
"""Probability before the evidence below which a statement is said to be in conflict with data and model."""
DISAGREEMENT = np.log(0.1)
"""Log ratio below which statements are said to contradict each other."""
OF_DATA = ("before_data", "after_data", "median_after_data", "conflict")
"""Findings that do not depend on the evidence's weights."""
FLOWS = ("flow_channel", "flow_trigger")


@dataclass(frozen=True)
class Weighed:
    """Draws with their weights.

    Attributes
    ----------
    weights : Weights
    log_weights : numpy.ndarray
        ``Shape: (S,)``; raw, before smoothing.
    parts : Parts
        Decomposition of the same draws.
    findings : list of dict
        Per statement: probability before the data, after the data, after the evidence; conflict.
    agreement : float
        Log of how much likelier the statements are together than apart; very negative: they contradict each other.
    """

    weights: Weights
    log_weights: np.ndarray
    parts: Parts
    findings: list[dict[str, Any]]
    agreement: float

    @property
    def conflicts(self) -> list[str]:
        """Keys of statements in conflict with data and model."""
        return [f["key"] for f in self.findings if f["conflict"]]


@dataclass(frozen=True)
class Proposal:
    """What draws of a refit were multiplied with.

    Attributes
    ----------
    log_tilt : numpy.ndarray
        ``Shape: (S,)``, log of the factor on the density at each draw.
    log_norm : float
        Log of the factor's mean under the posterior: without it no evidence has a size.
    first : list of dict
        Findings on the fit's own draws: what holds before and after the data is theirs to say, not the tilted draws'.
    """

    log_tilt: np.ndarray
    log_norm: float
    first: list[dict[str, Any]]


def at_strength(statements: Sequence[Statement], strength: float | None) -> tuple[Statement, ...]:
    """The statements, all with one strength if it is given."""
    return tuple(s if strength is None else replace(s, strength=strength) for s in statements)


def weigh(
    draws: Draws,
    design: Design,
    statements: Sequence[Statement],
    use_positions: bool,
    seed: int,
    multiplier: float,
    proposal: Proposal | None = None,
) -> Weighed:
    """Importance weights of joint draws.

    Parameters
    ----------
    draws : mapping
        Posterior draws, each ``Shape: (S, ...)``.
    design : Design
    statements : sequence of Statement
    use_positions : bool
    seed : int
    multiplier : float
        Units of the underlying per futures contract.
    proposal : Proposal, optional
        When the draws come from a refit.

    Raises
    ------
    DataError
        If a statement about positions repeats a report that the fit has seen.
    """
    for s in statements:
        _refuse_repeated(s, design, use_positions)
    latents, flows = posterior_latents(draws, design, use_positions, seed)
    parts = decompose(draws, latents, flows, design, seed)
    shocks = split_shocks(draws, latents, np.random.default_rng(seed))
    ledger = make_ledger(draws, latents, flows, design, np.random.default_rng(seed))
    happened = Happened(draws, ledger, shocks, parts.return_trigger, design)
    values = [_value(parts, design, s, multiplier) for s in statements]
    before = [_before(happened, s, seed, multiplier) for s in statements]
    factors = [s.log_factor(q) - b[0] for s, q, b in zip(statements, values, before, strict=True)]
    back = np.zeros(len(latents)) if proposal is None else proposal.log_norm - proposal.log_tilt
    raw = np.sum([*factors, back], axis=0)
    weights = importance_weights(raw)
    findings = [
        _finding(s, q, b[1], f + back, weights)
        for s, q, b, f in zip(statements, values, before, factors, strict=True)
    ]
    if proposal is not None:
        findings = [f | {k: old[k] for k in OF_DATA} for f, old in zip(findings, proposal.first, strict=True)]
    apart = sum(importance_weights(f + back).log_evidence for f in factors)
    return Weighed(weights, raw, parts, findings, float(weights.log_evidence - apart) if factors else 0.0)


def _refuse_repeated(s: Statement, design: Design, use_positions: bool) -> None:
    rows = set(rows_of(design, s).tolist())
    for days in design.position_days if use_positions else ():
        if s.quantity.kind == "positions" and rows & set(days.tolist()):
            last = design.dates[days[-1]].date()
            raise DataError(
                f"Evidence {s.key!r}: the panel has the position report of {last}, so the fit has seen this week.",
                "Remove the statement: the same report would count twice.",
            )


def rows_of(design: Design, s: Statement) -> np.ndarray:
    """Rows of the statement's days in the design."""
    found = [
        int(np.flatnonzero(design.dates.date == d)[0]) for d in s.quantity.days if d in design.dates.date
    ]
    if len(found) < len(s.quantity.days):
        raise DataError(
            f"Evidence {s.key!r} speaks about days that the fit does not cover.",
            f"It covers {design.dates[0].date()} to {design.dates[-1].date()}.",
        )
    return np.array(found)


def _value(parts: Parts, design: Design, s: Statement, multiplier: float) -> np.ndarray:
    """The statement's quantity per draw, in its unit; for a rank, whether it holds. ``Shape: (S,)``."""
    rows, q = rows_of(design, s), s.quantity
    if s.kind == "largest":
        return largest(parts.return_trigger[:, rows].sum(axis=1), q.kind, q.part).astype(float)
    if q.kind in ("trades", "positions"):
        return _in_unit(parts.trades[q.part][:, rows], design, rows, s, multiplier)
    values = getattr(parts, q.kind)[:, rows, PARTS[q.kind].index(q.part)]
    return q.of_days(units.bn_to_usd_m(values) if q.kind in FLOWS else values)


def _in_unit(
    trades: np.ndarray, design: Design, rows: np.ndarray, s: Statement, multiplier: float
) -> np.ndarray:
    """Trades of some days, USD bn, as the statement counts them. ``(S, ..., days) -> (S, ...)``."""
    if s.quantity.kind == "positions":
        thousand = trades * units.bn_to_thousand_units(design.price[rows])
        return thousand.sum(axis=-1) * units.UNITS_PER_THOUSAND / multiplier
    scale = 1.0 if s.quantity.unit == "USD bn" else units.MN_PER_BN
    return scale * trades.sum(axis=-1)


def _before(h: Happened, s: Statement, seed: int, multiplier: float) -> tuple[np.ndarray, float]:
    """Log of the expected factor per draw (zero in the joint form), and the probability of holding before the data."""
    count = len(h.ledger.lam)
    if s.kind != "largest" and s.quantity.kind not in ("trades", "positions", "return_trigger"):
        return np.zeros(count), float("nan")
    rng, rows, q = np.random.default_rng(seed + 1), rows_of(h.design, s), s.quantity
    days = [fresh_day(h, int(t), rng) for t in rows]
    if q.kind in ("trades", "positions"):
        values = _in_unit(np.stack([d.trades[q.part] for d in days], axis=2), h.design, rows, s, multiplier)
    else:
        total = np.sum([d.triggers for d in days], axis=0)
        if s.kind == "largest":
            values = largest(total.reshape(count * REPEATS, -1), q.kind, q.part).reshape(count, REPEATS)
        else:
            values = total[..., TRIGGERS.index(q.part)]
    probability = float(s.holds(values).mean())
    if s.form == "joint":
        return np.zeros(count), probability
    return np.log(np.exp(s.log_factor(values)).mean(axis=1)), probability


def _finding(
    s: Statement, q: np.ndarray, before: float, factor: np.ndarray, weights: Weights
) -> dict[str, Any]:
    holds = s.holds(q).astype(float)
    after_data = float(holds.mean())
    return {
        "key": s.key, "text": s.text, "strength": s.strength, "form": s.form, "before_data": before,
        "after_data": after_data, "after_evidence": float(weights.mean(holds)),
        "median_after_data": float(np.median(q)), "log_bayes_factor": importance_weights(factor).log_evidence,
        "conflict": bool(s.strength > 0.0 and after_data < CONFLICT),
    }  # fmt: skip
