"""The backtest's page says who won, and breaks coverage down only by what was known when the forecast was made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from model.studies.backtest.baselines import FLOW, PAST, PRICE, REFERENCE, RETURN
from model.studies.backtest.blocks import MODEL
from model.studies.backtest.page import breakdown, deciles, page, verdict
from model.studies.backtest.scores import summary


def scores(gain: float, seed: int = 0, days: int = 300) -> pd.DataFrame:
    """The model gains this much a day on every reference; its percentiles are uniform."""
    rng = np.random.default_rng(seed)
    dates = pd.bdate_range("2025-06-02", periods=days).strftime("%Y-%m-%d")
    returns, parts = rng.normal(0.0, 3.0, days), []
    for (target, task), first in REFERENCE.items():
        for model in (first, MODEL):
            parts.append(
                pd.DataFrame({
                    "date": dates, "target": target, "task": task, "model": model,
                    "observed": returns if target == PRICE else rng.normal(0.0, 200.0, days),
                    "log_score": rng.normal(-7.0 + gain * (model == MODEL), 0.3, days),
                    "crps": 150.0, "pit": rng.uniform(size=days),
                })
            )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(("gain", "said"), [(0.5, "better by"), (-0.5, "worse by"), (0.0, "a tie:")])
def test_the_verdict_is_that_of_two_standard_errors(gain, said):
    text = verdict(summary(scores(gain), REFERENCE), FLOW, RETURN)
    assert said in text
    assert ("ahead of every baseline" in text) == (gain > 0.0) or gain == 0.0


def test_days_are_chosen_by_return_only_where_it_is_known():
    found = breakdown(scores(0.1))
    by_return = found[found["days_of"].str.startswith("return")]
    assert set(by_return["task"]) == {RETURN}
    assert set(found["days_of"]) >= {"all days", "2025", "2026"}
    whole = found[(found["days_of"] == "all days") & (found["task"] == PAST) & (found["target"] == FLOW)]
    assert whole["days"].tolist() == [300]
    assert whole["held"].tolist() == [True]


def test_narrow_intervals_do_not_hold():
    narrow = scores(0.0)
    narrow["pit"] = np.where(narrow["pit"] < 0.5, 0.01, 0.99)
    assert not breakdown(narrow)["held"].any()


def test_every_day_is_in_one_tenth():
    found = deciles(scores(0.0))
    assert (found.drop(columns="asked").astype(int).sum(axis=1) == 300).all()
    text = [b for b in page(scores(0.2), summary(scores(0.2), REFERENCE)) if isinstance(b, str)]
    assert len([b for b in text if b.startswith("**")]) == len(REFERENCE)
