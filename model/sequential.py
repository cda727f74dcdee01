r"""Does updating window by window give what one fit of all days gives? Tried on a panel simulated from the model itself.

Two windows with the structure of a design, one after the other. The joint fit sees both at once; the sequential one fits
the first, turns its posterior into a prior (:mod:`model.carry`, nothing forgotten), and fits the second. What keeps the
two apart beyond Monte Carlo error is what the handing over drops: the posterior's shape beyond a normal, parameters that
do not carry over (:data:`model.learn.KEPT`) and with them their correlations, the first two days of the second window,
which only serve as yesterdays, and the days' scales, which sum to zero in every window by itself.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd

from model.calibrate import worlds
from model.carry import carried, entries_of
from model.design import Design
from model.draws import thin
from model.fit import Diagnostics, Sampler, Settings, sample_until_mixed
from model.joint import unconstrain
from model.learn import KEPT
from model.pipeline import Say
from model.priors import PriorSet

MOST_DRAWS = 4000
SURE_SD = 0.25
"""Posterior standard deviations by which means may differ beyond Monte Carlo error."""
MC_ERRORS = 3.0
RATIO = (0.75, 1.33)
"""Range of the ratio of standard deviations."""
LEARNED, SHOWN = 0.9, 12


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
        dates=pd.DatetimeIndex([*design.dates, *after]),
        positions=np.concatenate([design.positions] * 2),
        position_days=(*design.position_days, *later),
        position_expiry=np.concatenate([design.position_expiry] * 2),
        event_days=(),
    )


def half(whole: Design, window: Design, number: int) -> Design:
    """Window 0 or 1 of a panel made on :func:`twice` of ``window``."""
    rows = slice(number * window.days, (number + 1) * window.days)
    weeks = slice(number * len(window.positions), (number + 1) * len(window.positions))
    cut: dict[str, Any] = {
        f.name: getattr(whole, f.name)[rows]
        for f in fields(whole)
        if isinstance(getattr(whole, f.name), np.ndarray) and len(getattr(whole, f.name)) == whole.days
    }
    cut["week"] = window.week
    return replace(
        whole,
        **cut,
        dates=whole.dates[rows],
        positions=whole.positions[weeks],
        position_days=window.position_days,
        position_expiry=window.position_expiry,
    )


def sequential_and_joint(
    window: Design, priors: PriorSet, shares: np.ndarray, settings: Settings, say: Say
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

    Returns
    -------
    table : pandas.DataFrame
        One row per number, on the unconstrained scale: ``parameter``, ``joint_mean, joint_sd, sequential_mean,
        sequential_sd, first_sd``, ``gap_sd`` (difference of means in joint standard deviations), ``error_sd`` (its Monte
        Carlo error), ``ratio`` of standard deviations.
    diagnostics : dict
        By fit: first, second, joint.
    """
    _, whole, _ = next(worlds(twice(window), priors, shares, 1, settings.seed))
    first, second = half(whole, window, 0), half(whole, window, 1)
    done: dict[str, Diagnostics] = {}

    def fitted(name: str, design: Design, prior: PriorSet, seed: int) -> dict[str, np.ndarray]:
        sampler = Sampler(design, prior, shares)
        trace, done[name] = sample_until_mixed(sampler, design, replace(settings, seed=seed), say)
        say(f"{name}: {design.days} days, {done[name].sentence}")
        return thin(trace["posterior"].to_dataset(), MOST_DRAWS)

    before = fitted("first", first, priors, settings.seed + 1)
    joint, _ = carried(before, priors, first, 1.0)
    after = fitted("second", second, replace(priors, joint=joint), settings.seed + 2)
    both = fitted("joint", whole, priors, settings.seed + 3)
    return _table(before, after, both, priors, done), done


def _table(before, after, both, priors, done) -> pd.DataFrame:
    rows = []
    for e in entries_of(both, priors):
        first, seq, all_at_once = (unconstrain(e, d[e.name]) for d in (before, after, both))
        for i in range(e.size):
            a, b, c = first[:, i], seq[:, i], all_at_once[:, i]
            error = np.sqrt(b.var() / done["second"].ess_bulk_min + c.var() / done["joint"].ess_bulk_min)
            rows.append({
                "parameter": e.name if e.size == 1 else f"{e.name}[{i}]", "first_sd": a.std(),
                "sequential_mean": b.mean(), "sequential_sd": b.std(), "joint_mean": c.mean(), "joint_sd": c.std(),
                "gap_sd": (b.mean() - c.mean()) / c.std(), "error_sd": error / c.std(), "ratio": b.std() / c.std(),
            })  # fmt: skip
    out = pd.DataFrame(rows)
    noise = MC_ERRORS * out["error_sd"]
    out["agrees"] = (out["gap_sd"].abs() <= SURE_SD + noise) & out["ratio"].between(*RATIO)
    return out


def page(table: pd.DataFrame, done: dict[str, Diagnostics], days: int) -> list[str | pd.DataFrame]:
    """What was found, for a page of Markdown."""
    gap, ratio = table["gap_sd"].abs(), table["ratio"]
    beyond = gap / table["error_sd"]
    wrong = table[~table["agrees"]]
    learned = table[table["joint_sd"] < LEARNED * table["first_sd"]]
    runs = "; ".join(f"{k}: R-hat {d.r_hat_max:.3f}, ESS {min(d.ess_bulk_min, d.ess_tail_min):.0f}, divergences "
                     f"{d.divergences}" for k, d in done.items())  # fmt: skip
    worst = table.assign(size=gap / (SURE_SD + MC_ERRORS * table["error_sd"])).sort_values(
        "size", ascending=False
    )
    shown = worst.head(SHOWN)
    cells = pd.DataFrame({
        "number (unconstrained scale)": shown["parameter"],
        "joint": [f"{m:+.3f} ({s:.3f})" for m, s in zip(shown["joint_mean"], shown["joint_sd"], strict=True)],
        "sequential": [
            f"{m:+.3f} ({s:.3f})"
            for m, s in zip(shown["sequential_mean"], shown["sequential_sd"], strict=True)
        ],
        "difference, joint s.d.": shown["gap_sd"].map("{:+.2f}".format),
        "its Monte Carlo error": shown["error_sd"].map("{:.2f}".format),
        "ratio of s.d.": shown["ratio"].map("{:.2f}".format),
    })  # fmt: skip
    return [
        f"Truth drawn from the prior set, {2 * days} days simulated from the model itself, in two windows of {days}. "
        "Joint: one fit of all days. Sequential: fit the first window, its posterior as prior (forgetting 1, covariance "
        f"kept), fit the second. Sampling - {runs}.",
        f"{len(table)} numbers carry over. Difference of posterior means in joint standard deviations: median "
        f"{gap.median():.2f}, largest {gap.max():.2f}; its Monte Carlo error is {table['error_sd'].median():.2f}, so it "
        f"exceeds two errors for {(beyond > 2.0).mean():.0%} of them and three for {(beyond > 3.0).mean():.0%}. Ratio of "
        f"standard deviations: median {ratio.median():.2f}, from {ratio.min():.2f} to {ratio.max():.2f}. Of the "
        f"{len(learned)} numbers that the second window taught something (joint standard deviation below {LEARNED:g} of the "
        f"first window's): median difference {learned['gap_sd'].abs().median():.2f}, ratio {learned['ratio'].median():.2f}.",
        f"Tolerance: means within {SURE_SD:g} joint standard deviations plus {MC_ERRORS:g} Monte Carlo errors, standard "
        f"deviations within a factor of {RATIO[1]:g}. Outside it: "
        + (", ".join(wrong["parameter"]) or "none")
        + ". What is handed over is a normal on the unconstrained scale; what is not: the shape beyond it, "
        f"{', '.join(KEPT)} (each fit starts them at their judged prior) with their correlations, the second window's first "
        "two days, and the days' flow scales, which sum to zero in each window by itself.",
        f"The {len(cells)} furthest apart:",
        cells,
    ]
