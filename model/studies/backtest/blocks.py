"""Blocks of a month or more each: what is fitted before them, and what is predicted on their days."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from model import units
from model.attribution.predict import Given, Predictive, predict
from model.design.make import background_design
from model.errors import DataError
from model.mechanisms.design import Design
from model.panel import Panel, load_panel
from model.priors.prior_set import load_priors
from model.priors.vary import held
from model.studies.backtest.baselines import FLOW, NIGHT, PAST, PRICE, TAKER, block_scores
from model.studies.backtest.scores import COLUMNS, draws_crps
from model.studies.forecast.later import matched

MODEL = "structural model"
PREDICTED = 400
"""Draws of the parameters in a prediction."""


@dataclass(frozen=True)
class Plan:
    """What a backtest is made of; plain values, so that any worker can read them.

    Attributes
    ----------
    panel : str
        Absolute path, one that every worker sees.
    universe, priors : str
    first : int
        Days before the first block.
    chains, draws, tune, seed : int
    """

    panel: str
    universe: str
    priors: str
    first: int
    chains: int
    draws: int
    tune: int
    seed: int


class Block(NamedTuple):
    """A block, named by its first month: positions of its days in the design, ``start`` included and ``stop`` not."""

    name: str
    start: int
    stop: int


def blocks(design: Design, first: int, months: int = 1) -> list[Block]:
    """Calendar months from day ``first`` on, or runs of several; the first may begin within its month.

    Raises
    ------
    DataError
        If no day is left.
    """
    if first >= design.days:
        raise DataError(
            f"The panel has {design.days} days and {first} of them are for training.",
            "Give a longer panel or less --first.",
        )
    days = pd.Series(np.arange(first, design.days), index=design.dates[first:])
    month = design.dates[first:].to_period("M")
    runs = days.groupby((month.astype("int64") - month.astype("int64")[0]) // months)
    return [
        Block(str(design.dates[g.iloc[0]].to_period("M")), int(g.iloc[0]), int(g.iloc[-1]) + 1)
        for _, g in runs
    ]


def daily_of(design: Design) -> pd.DataFrame:
    """Columns that baselines look at; ``also_`` are the dynamic factor model's further series."""
    total = np.where(design.listed > 0, design.flows, 0.0).sum(axis=1)
    columns = {FLOW: units.bn_to_usd_m(total), PRICE: design.returns, "volatility": design.volatility}
    columns["also_largest"] = units.bn_to_usd_m(design.flows[:, int(design.option_fund.argmax())])
    columns["also_factor"] = design.factor_returns[:, 0]
    for name, column in {"overnight": NIGHT, "taker_utc": TAKER, "taker_flow": TAKER}.items():
        if name in design.measured:
            columns[column] = design.measured[name]
    return pd.DataFrame(columns, index=design.dates)


def baseline_piece(plan: Plan, block: Block) -> pd.DataFrame:
    """Scores of every baseline in one block."""
    return block_scores(daily_of(background_design(_panel(plan))), block.start, block.stop)


def model_piece(plan: Plan, block: Block) -> pd.DataFrame:
    """The model fitted to what was published before the block, scored on its days.

    Returns
    -------
    pandas.DataFrame
        :data:`model.studies.backtest.scores.COLUMNS`, and of the fit ``r_hat, divergences, seconds``.
    """
    from model.inference.sample import Sampler, Settings  # baselines need no sampler, which is slow to load

    panel = _panel(plan)
    design = background_design(panel)
    days = design.dates
    before = panel.as_of_date(days[block.start]).window(panel.dates[0], days[block.start - 1])
    shares = np.array([f.base_share for f in panel.universe.funds])
    learned = background_design(before)
    sampler = Sampler(learned, held(load_priors(plan.priors)), shares)
    trace, diagnostics = sampler.sample(learned, Settings(plan.chains, plan.draws, plan.tune, plan.seed))
    ahead = background_design(panel.window(panel.dates[0], days[block.stop - 1]))
    breaks = tuple(pd.Timestamp(b) for b in panel.universe.kernel_breaks)
    draws, known = matched(trace["posterior"].to_dataset(), ahead, breaks, PREDICTED, plan.seed)
    asked: tuple[Given, ...] = ("past", "return")
    found = {g: predict(draws, ahead, known, g, first=block.start, seed=plan.seed) for g in asked}
    daily = daily_of(ahead)
    rows = [_flow(daily, found[g], g, block.start) for g in found] + [
        _price(daily, found["past"], block.start)
    ]
    fit = {
        "r_hat": diagnostics.r_hat_max,
        "divergences": diagnostics.divergences,
        "seconds": diagnostics.seconds,
    }
    return pd.concat(rows, ignore_index=True).assign(**fit)


def _flow(daily: pd.DataFrame, found: Predictive, task: str, start: int) -> pd.DataFrame:
    scores = {
        "log_score": found.log_density[:, 0] - np.log(units.bn_to_usd_m(1.0)),
        "crps": draws_crps(units.bn_to_usd_m(found.flows.sum(axis=2)), daily[FLOW].to_numpy()),
        "pit": found.below[:, 0],
    }
    return _rows(daily, FLOW, task, scores, start)


def _price(daily: pd.DataFrame, found: Predictive, start: int) -> pd.DataFrame:
    scores = {
        "log_score": found.return_log_density,
        "crps": draws_crps(found.returns, daily[PRICE].to_numpy()),
        "pit": found.return_below,
    }
    return _rows(daily, PRICE, PAST, scores, start)


def _rows(
    daily: pd.DataFrame, target: str, task: str, scores: dict[str, np.ndarray], start: int
) -> pd.DataFrame:
    head = {"date": daily.index, "target": target, "task": task, "model": MODEL, "observed": daily[target]}
    return pd.DataFrame(head | scores)[list(COLUMNS)].iloc[start:].dropna()


def _panel(plan: Plan) -> Panel:
    return load_panel(Path(plan.panel), plan.universe)
