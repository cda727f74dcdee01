r"""Does updating window by window give what one fit of all days gives? Tried on a panel simulated from the model itself.

Two windows with the structure of a design, one after the other. The joint fit sees both at once; the sequential one fits
the first, turns its posterior into a prior (:mod:`model.studies.learning.carry`, nothing forgotten), and fits the second.
What keeps the two apart beyond Monte Carlo error is what the handing over drops: the posterior's shape beyond a normal,
parameters that do not carry over (:data:`model.studies.learning.learn.KEPT`) and with them their correlations, and the
days' flow scales, which sum to zero in every window by itself. Windows that share no day also lose the first two days of
the second, which only serve as yesterdays; a ``seamless`` second window takes its yesterdays from the first and models
every day exactly once.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd

from model.design.subject import Say
from model.inference.draws import Draws, thin
from model.inference.sample import Diagnostics, Sampler, Settings, sample_until_mixed
from model.mechanisms.design import PRE_SAMPLE, Design
from model.priors.correlated import unconstrain
from model.priors.prior_set import PriorSet
from model.studies.learning.carry import carried, entries_of
from model.studies.learning.learn import KEPT
from model.studies.validation.calibrate import world

APART, SEAMLESS = "apart", "seamless"
WAYS = (SEAMLESS, APART)
MOST_DRAWS = 4000
SURE_SD = 0.25
"""Posterior standard deviations by which means may differ beyond Monte Carlo error."""
MC_ERRORS = 3.0
RATIO = (0.75, 1.33)
"""Range of the ratio of standard deviations."""
LEARNED, SHOWN = 0.9, 8


def twice(design: Design) -> Design:
    """Two windows of a design's structure in a row: its regressors, gaps and weeks, then the same again."""
    days, weeks = design.days, int(design.week.max()) + 1
    after: pd.DatetimeIndex = pd.bdate_range(design.dates[-1], periods=days + 1)[1:]
    joined: dict[str, Any] = {
        f.name: np.concatenate([getattr(design, f.name)] * 2)
        for f in fields(design)
        if isinstance(getattr(design, f.name), np.ndarray) and len(getattr(design, f.name)) == days
    }
    later = tuple(d + days for d in design.position_days)
    joined["week"] = np.concatenate([design.week, design.week + weeks])
    return replace(
        design,
        **joined,
        measured={name: np.concatenate([value] * 2) for name, value in design.measured.items()},
        dates=pd.DatetimeIndex([*design.dates, *after]),
        positions=np.concatenate([design.positions] * 2),
        position_days=(*design.position_days, *later),
        position_expiry=np.concatenate([design.position_expiry] * 2),
        event_days=(),
    )


def half(whole: Design, window: Design, number: int, before: int = 0) -> Design:
    """Window 0 or 1 of a panel made on :func:`twice` of ``window``, and some days before it."""
    start = number * window.days - before
    rows = slice(start, (number + 1) * window.days)
    weeks = slice(number * len(window.positions), (number + 1) * len(window.positions))
    cut: dict[str, Any] = {
        f.name: getattr(whole, f.name)[rows]
        for f in fields(whole)
        if isinstance(getattr(whole, f.name), np.ndarray) and len(getattr(whole, f.name)) == whole.days
    }
    cut["week"] = cut["week"] - cut["week"].min()
    return replace(
        whole,
        **cut,
        measured={name: value[rows] for name, value in whole.measured.items()},
        dates=whole.dates[rows],
        positions=whole.positions[weeks],
        position_days=tuple(d + before for d in window.position_days),
        position_expiry=window.position_expiry,
    )


def sequential_and_joint(
    window: Design,
    priors: PriorSet,
    shares: np.ndarray,
    settings: Settings,
    say: Say,
    ways: tuple[str, ...] = WAYS,
) -> tuple[pd.DataFrame, dict[str, Diagnostics]]:
    """Means and standard deviations of every number that carries over, both ways.

    Parameters
    ----------
    window : Design
        Structure of one window.
    priors : PriorSet
        Before the first window; the truth is drawn from it.
    shares : numpy.ndarray
        ``Shape: (I,)``, base shares of the funds.
    settings : Settings
    say : callable
    ways : tuple of str
        Among :data:`WAYS`: the second window ``apart`` from the first, as on the command line, or ``seamless``.

    Returns
    -------
    table : pandas.DataFrame
        One row per way and number, on the unconstrained scale: ``way``, ``parameter``, ``joint_mean, joint_sd,
        sequential_mean, sequential_sd, first_sd``, ``gap_sd`` (difference of means in joint standard deviations),
        ``error_sd`` (its Monte Carlo error), ``ratio`` of standard deviations, ``agrees``.
    diagnostics : dict
        By fit: first, the ways, joint.
    """
    _, whole, _ = world(twice(window), priors, shares, 0, settings.seed)
    done: dict[str, Diagnostics] = {}

    def fitted(name: str, design: Design, prior: PriorSet) -> dict[str, np.ndarray]:
        sampler = Sampler(design, prior, shares)
        seeded = replace(settings, seed=settings.seed + 1 + len(done))
        trace, done[name] = sample_until_mixed(sampler, design, seeded, say)
        say(f"{name}: {design.days} days, {done[name].sentence}")
        return thin(trace["posterior"].to_dataset(), MOST_DRAWS)

    first = half(whole, window, 0)
    before = fitted("first", first, priors)
    joint, _ = carried(before, priors, first, 1.0)
    prior = replace(priors, joint=joint)
    both = fitted("joint", whole, priors)
    tables = []
    for way in ways:
        second = half(whole, window, 1, PRE_SAMPLE if way == SEAMLESS else 0)
        after = fitted(way, second, prior)
        tables.append(_table(before, after, both, priors, settings.chains).assign(way=way))
    return pd.concat(tables, ignore_index=True), done


def _table(before: Draws, after: Draws, both: Draws, priors: PriorSet, chains: int) -> pd.DataFrame:
    rows = []
    for e in entries_of(both, priors):
        first, seq, all_at_once = (unconstrain(e, d[e.name]) for d in (before, after, both))
        for i in range(e.size):
            a, b, c = first[:, i], seq[:, i], all_at_once[:, i]
            error = np.hypot(_error(b, chains), _error(c, chains))
            rows.append({
                "parameter": e.name if e.size == 1 else f"{e.name}[{i}]", "first_sd": a.std(),
                "sequential_mean": b.mean(), "sequential_sd": b.std(), "joint_mean": c.mean(), "joint_sd": c.std(),
                "gap_sd": (b.mean() - c.mean()) / c.std(), "error_sd": error / c.std(), "ratio": b.std() / c.std(),
            })  # fmt: skip
    out = pd.DataFrame(rows)
    out["agrees"] = (out["gap_sd"].abs() <= SURE_SD + MC_ERRORS * out["error_sd"]) & out["ratio"].between(
        *RATIO
    )
    return out


def _error(x: np.ndarray, chains: int) -> float:
    """Monte Carlo error of a mean."""
    from arviz_stats.base import array_stats  # slow to load

    size = len(x) // chains * chains
    return float(x.std() / np.sqrt(array_stats.ess(x[:size].reshape(chains, -1), chain_axis=0, draw_axis=1)))


def page(table: pd.DataFrame, done: dict[str, Diagnostics], days: int) -> list[str | pd.DataFrame]:
    """What was found, for a page of Markdown."""
    runs = "; ".join(f"{k}: R-hat {d.r_hat_max:.3f}, ESS {min(d.ess_bulk_min, d.ess_tail_min):.0f}, divergences "
                     f"{d.divergences}" for k, d in done.items())  # fmt: skip
    out: list[str | pd.DataFrame] = [
        f"Truth drawn from the prior set, {2 * days} days simulated from the model itself, in two windows of {days}. "
        "Joint: one fit of all days. Sequential: fit the first window, its posterior as prior (forgetting 1, covariance "
        "kept), fit the second. Apart: windows that share no day, as on the command line; the second one's first two days "
        "only serve as yesterdays, so the sequential way has two days less. Seamless: its yesterdays are the first window's "
        f"last days, so that every day counts once. Sampling - {runs}.",
        f"Tolerance: means within {SURE_SD:g} joint standard deviations plus {MC_ERRORS:g} Monte Carlo errors, standard "
        f"deviations within a factor of {RATIO[1]:g}. What is handed over is a normal on the unconstrained scale; what is "
        f"not: the shape beyond it, {', '.join(KEPT)} (each fit starts them at their judged prior) with their "
        "correlations, and the days' flow scales, which sum to zero in each window by itself.",
    ]
    for way, rows in table.groupby("way", sort=False):
        out += [f"## {str(way).capitalize()}", _found(rows), _furthest(rows)]
    return out


def _found(rows: pd.DataFrame) -> str:
    gap, ratio, error = rows["gap_sd"].abs(), rows["ratio"], rows["error_sd"]
    wrong = rows.loc[~rows["agrees"], "parameter"]
    learned = rows[rows["joint_sd"] < LEARNED * rows["first_sd"]]
    return (
        f"{len(rows)} numbers carry over. Difference of posterior means in joint standard deviations: median "
        f"{gap.median():.2f}, largest {gap.max():.2f}. Its Monte Carlo error is {error.median():.3f} in the median; the "
        f"difference exceeds two errors for {(gap > 2.0 * error).mean():.0%} of the numbers and three for "
        f"{(gap > 3.0 * error).mean():.0%} (5 % and 0.3 % by chance). Ratio of standard deviations: median "
        f"{ratio.median():.2f}, from {ratio.min():.2f} to {ratio.max():.2f}. Of the {len(learned)} numbers that the second "
        f"window taught something (joint standard deviation below {LEARNED:g} of the first window's): median difference "
        f"{learned['gap_sd'].abs().median():.2f}, ratio {learned['ratio'].median():.2f}. Outside the tolerance: "
        f"{', '.join(wrong) or 'none'}. The furthest apart:"
    )


def _furthest(rows: pd.DataFrame) -> pd.DataFrame:
    shown = rows.loc[rows["gap_sd"].abs().sort_values(ascending=False).index[:SHOWN]]
    return pd.DataFrame({
        "number (unconstrained scale)": shown["parameter"],
        "joint": [f"{m:+.3f} ({s:.3f})" for m, s in zip(shown["joint_mean"], shown["joint_sd"], strict=True)],
        "sequential": [
            f"{m:+.3f} ({s:.3f})"
            for m, s in zip(shown["sequential_mean"], shown["sequential_sd"], strict=True)
        ],
        "difference, joint s.d.": shown["gap_sd"].map("{:+.2f}".format),
        "its Monte Carlo error": shown["error_sd"].map("{:.3f}".format),
        "ratio of s.d.": shown["ratio"].map("{:.2f}".format),
    })  # fmt: skip
