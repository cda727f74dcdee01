"""Two fits of the same days on different columns: log scores of both, and how much of the return stays unattributed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from model import units
from model.attribution.decompose import decompose
from model.errors import DataError
from model.inference.draws import Draws, posterior_latents
from model.mechanisms.design import PRE_SAMPLE, Design
from model.studies.evidence.weights import MAX_K, importance_weights
from model.studies.placebo import CRASH
from model.studies.reopen import Opened
from model.studies.rivals.score import day_parts

SCORES = ("return", "flow, given the return", "return and flow")


class Scored(NamedTuple):
    """What a fit says of every modelled day, leaving the day out.

    Attributes
    ----------
    dates : (T,)
    scores : (T, 3) nats, in the order of :data:`SCORES`; per log-% and USD m
    pareto_k : (T,)
    unattributed : (S, T) log-%: the return's part that nothing explains
    returns : (T,) log-%
    """

    dates: pd.DatetimeIndex
    scores: np.ndarray
    pareto_k: np.ndarray
    unattributed: np.ndarray
    returns: np.ndarray


def score(opened: Opened, count: int, seed: int) -> Scored:
    """Score a fit's first reading."""
    reading = opened.readings[opened.main]
    return score_draws(opened.draws(reading.name, count), reading.design, reading.use_positions, seed)


def score_draws(draws: Draws, design: Design, use_positions: bool, seed: int) -> Scored:
    """Leave-one-out log scores by Pareto-smoothed importance sampling, and the unattributed return of each draw.

    A day's own density of return and flow is taken out of the weights; what other measurements say of it, implied
    volatility and taker flow, stays known. The flow's score given the return is what is left of the joint one.
    """
    found = day_parts(draws, design, use_positions, seed)
    days = found.both.shape[1]
    scores, k = np.full((days, 3), np.nan), np.full(days, np.nan)
    for t in np.flatnonzero(np.isfinite(found.both).all(axis=0)):
        weights = importance_weights(-found.both[:, t])
        both, price = (_log_mean(x[:, t], weights.values) for x in found)
        k[t], scores[t] = weights.pareto_k, (price, both - price, both)
    scores[:, 1:] -= np.log(units.bn_to_usd_m(1.0))
    latents, flows = posterior_latents(draws, design, use_positions, seed)
    rest = decompose(draws, latents, flows, design, seed).return_channel[:, PRE_SAMPLE:, 0]
    return Scored(design.dates[PRE_SAMPLE:], scores, k, rest, design.returns[PRE_SAMPLE:])


def compare(one: Scored, other: Scored, event: pd.DatetimeIndex) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Log scores of both and their paired difference; share of the return that stays unattributed.

    Returns
    -------
    scores : pandas.DataFrame
        ``score, days of, days, here, there, gain, gain se`` (nats a day), ``k above``: days whose Pareto k is too large in
        either.
    shares : pandas.DataFrame
        ``days of, days, here, there``: sum of absolute unattributed returns over that of returns, per cent, posterior
        median.

    Raises
    ------
    DataError
        If the fits are not of the same days.
    """
    if not one.dates.equals(other.dates):
        raise DataError(
            f"The fits are of different days: {_span(one)} and {_span(other)}.",
            "Fit both with the same --window.",
        )
    kinds = {
        "all days": np.ones(len(one.dates), bool),
        f"returns below {CRASH:g} %": one.returns < CRASH,
        "the event": one.dates.isin(event),
        "all but the event": ~one.dates.isin(event),
    }
    kinds |= {str(d.date()): one.dates == d for d in event if d in one.dates}
    rows, shares = [], []
    scored = np.isfinite(one.scores[:, 2] + other.scores[:, 2])
    for kind, at in kinds.items():
        for j, name in enumerate(SCORES):
            rows.append({"score": name, "days of": kind} | _gain(one, other, at & scored, j))
        share = [_share(x, at) for x in (one, other)]
        shares.append({"days of": kind, "days": int(at.sum()), "here": share[0], "there": share[1]})
    table = pd.DataFrame(rows).sort_values("score", kind="stable", key=lambda s: s.map(SCORES.index))
    return table[table["days"] > 1].reset_index(drop=True), pd.DataFrame(shares)


def _gain(one: Scored, other: Scored, at: np.ndarray, j: int) -> dict[str, float | int]:
    here, there = one.scores[at, j], other.scores[at, j]
    gap, days = here - there, int(at.sum())
    worst = np.maximum(one.pareto_k[at], other.pareto_k[at])
    return {
        "days": days,
        "here": float(here.mean()) if days else np.nan,
        "there": float(there.mean()) if days else np.nan,
        "gain": float(gap.mean()) if days else np.nan,
        "gain se": float(gap.std(ddof=1) / np.sqrt(days)) if days > 1 else np.nan,
        "k above": int((worst > MAX_K).sum()),
    }


def _share(x: Scored, at: np.ndarray) -> float:
    total = np.abs(x.returns[at]).sum()
    share = np.abs(x.unattributed[:, at]).sum(axis=1) / total if total else np.array([np.nan])
    return float(units.PERCENT * np.median(share))


def _log_mean(x: np.ndarray, weights: np.ndarray) -> float:
    top = x.max()
    return float(top + np.log(weights @ np.exp(x - top)))


def _span(x: Scored) -> str:
    return f"{len(x.dates)} days from {x.dates[0].date()} to {x.dates[-1].date()}"
