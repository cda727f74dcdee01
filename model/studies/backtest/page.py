"""The backtest as a page: what won, what lost, and whether the intervals hold where it matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from model.studies.backtest.baselines import PAST, PRICE, REFERENCE, RETURN
from model.studies.backtest.blocks import MODEL
from model.studies.backtest.scores import LEVELS, covered

ASKED = {PAST: "one day ahead", RETURN: "at the day's close, its return known"}
DECILES = 10
LARGE = 3.0
"""log-%; days that move by more are looked at by themselves."""
SUBSETS: Mapping[str, Callable[[pd.Series], pd.Series]] = {
    f"return below -{LARGE:g} %": lambda r: r < -LARGE,
    f"return above {LARGE:g} %": lambda r: r > LARGE,
}


def breakdown(scores: pd.DataFrame) -> pd.DataFrame:
    """The model's own days by return and year: gain on the reference, and share of days inside each interval.

    Returns
    -------
    pandas.DataFrame
        ``target, task, days_of, days, gain, gain_se, covered_50, covered_89, held``; ``held`` where both shares are within
        two standard errors of the nominal.
    """
    returns = scores[(scores["target"] == PRICE) & (scores["model"] == MODEL)].set_index("date")["observed"]
    rows = []
    for (target, task), group in scores.groupby(["target", "task"], sort=False):
        first = REFERENCE[str(target), str(task)]
        own, base = (group[group["model"] == m].set_index("date") for m in (MODEL, first))
        if own.empty:
            continue
        gain, r = own["log_score"] - base["log_score"], returns.reindex(own.index)
        year = pd.to_datetime(own.index.to_series()).dt.year
        chosen = {"all days": r > -np.inf, **{str(y): year == y for y in sorted(set(year))}}
        if task == RETURN:  # one day ahead they would be chosen by what is to be forecast
            chosen |= {n: f(r) for n, f in SUBSETS.items()}
        for name, days in chosen.items():
            rows.append(
                {"target": target, "task": task, "days_of": name, **_subset(own["pit"][days], gain[days])}
            )
    return pd.DataFrame(rows)


def _subset(pit: pd.Series, gain: pd.Series) -> dict[str, float | int | bool]:
    inside = {level: float(covered(pit.to_numpy(), level).mean()) for level in LEVELS}
    errors = {level: np.sqrt(level / 100 * (1 - level / 100) / len(pit)) for level in LEVELS}
    return {
        "days": len(pit),
        "gain": float(gain.mean()),
        "gain_se": float(gain.std(ddof=1) / np.sqrt(len(gain))),
        **{f"covered_{level}": share for level, share in inside.items()},
        "held": all(abs(inside[k] - k / 100) <= 2.0 * errors[k] for k in LEVELS),
    }


def deciles(scores: pd.DataFrame) -> pd.DataFrame:
    """Days in each tenth of the model's predictive distribution, one row per question."""
    rows = []
    for (target, task), group in scores[scores["model"] == MODEL].groupby(["target", "task"], sort=False):
        counts = np.histogram(group["pit"], bins=DECILES, range=(0.0, 1.0))[0]
        rows.append({"asked": asked(target, task), **{str(k + 1): str(n) for k, n in enumerate(counts)}})
    return pd.DataFrame(rows)


def asked(target, task) -> str:
    """A question in words."""
    return f"{target}, {ASKED[str(task)]}"


def verdict(table: pd.DataFrame, target: str, task: str) -> str:
    """Whether the model wins, ties or loses a question, in a sentence."""
    rows = table[(table["target"] == target) & (table["task"] == task)].set_index("model")
    own, rest = rows.loc[MODEL], rows.drop(index=MODEL)
    first, best = REFERENCE[target, task], str(rest["log_score"].idxmax())
    errors = own["gain"] / own["gain_se"]
    won = "better by" if errors >= 2.0 else "worse by" if errors <= -2.0 else "a tie:"
    place = (
        "It is ahead of every baseline."
        if own["log_score"] > rest["log_score"].max()
        else f"The best baseline, {best}, has {rest['log_score'].max():.3f}."
    )
    return (
        f"**{asked(target, task).capitalize()}**: log score {own['log_score']:.3f} a day; against {first}, {won} "
        f"{own['gain']:+.3f} ({own['gain_se']:.3f}) nats. {place}"
    )


def page(scores: pd.DataFrame, table: pd.DataFrame) -> list[str | pd.DataFrame]:
    """Blocks of the page."""
    days = scores[scores["model"] == MODEL]["date"]
    out: list[str | pd.DataFrame] = [
        f"Expanding window, {days.nunique()} days from {days.min()} to {days.max()}; every model is fitted to the days "
        "before a block and scored on the block. Flow in USD m, return in log-%. Gains are paired, day by day, with their "
        "standard error; positive is better."
    ]
    for target, task in REFERENCE:
        rows = table[(table["target"] == target) & (table["task"] == task)]
        if MODEL in set(rows["model"]):
            out += [verdict(table, target, task), _printed(rows.drop(columns=["target", "task"]))]
    own = breakdown(scores)
    own.insert(0, "asked", [asked(a, b) for a, b in zip(own.pop("target"), own.pop("task"), strict=True)])
    out += [
        "## Do the intervals hold?",
        _printed(own),
        "## Days in each tenth of the predictive distribution",
    ]
    return [*out, deciles(scores)]


def _printed(rows: pd.DataFrame) -> pd.DataFrame:
    """Numbers as text."""
    out = rows.copy()
    for column in map(str, out):
        if out[column].dtype == float:
            digits = 2 if column.startswith(("covered", "pit")) else 1 if column.startswith("crps") else 3
            out[column] = out[column].map(lambda x, d=digits: f"{x:.{d}f}")
        elif out[column].dtype == bool:
            out[column] = out[column].map({True: "yes", False: "no"})
        else:
            out[column] = out[column].astype(str)
    return out.rename(columns=lambda c: str(c).replace("_", " "))
