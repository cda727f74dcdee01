"""Scores against their definitions, baselines against what they should find."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from model.studies.backtest.baselines import (
    FACTOR,
    FLOW,
    JOINT,
    NIGHT,
    PAST,
    PRICE,
    RETURN,
    TAKER,
    VAR,
    block_scores,
    regressors,
    student_regression,
)
from model.studies.backtest.scores import covered, draws_crps, student_scores, summary


def daily(days: int = 400, seed: int = 0) -> pd.DataFrame:
    """Flows that answer today's and yesterday's return, with heavy tails."""
    rng = np.random.default_rng(seed)
    r = rng.normal(0.0, 2.5, days)
    flow = np.zeros(days)
    for t in range(1, days):
        flow[t] = 20.0 + 0.4 * flow[t - 1] + 40.0 * r[t] + 30.0 * r[t - 1] + 100.0 * rng.standard_t(5)
    index = pd.bdate_range("2024-01-02", periods=days)
    largest = 0.5 * flow + rng.normal(0.0, 30.0, days)
    return pd.DataFrame(
        {
            FLOW: flow,
            PRICE: r,
            "volatility": 2.5,
            "also_largest": largest,
            "also_factor": rng.normal(0.0, 1.0, days),
        },
        index=index,
    )


@pytest.mark.parametrize(("y", "df"), [(0.3, 3.0), (-4.0, 6.0), (2.0, 150.0)])
def test_crps_of_a_student_is_its_integral(y, df):
    found = student_scores(np.array([y]), 0.5, 1.7, df)["crps"][0]
    law = stats.t(df, 0.5, 1.7)
    low, _ = integrate.quad(lambda x: law.cdf(x) ** 2, -400.0, y, limit=400)
    high, _ = integrate.quad(lambda x: law.sf(x) ** 2, y, 400.0, limit=400)
    assert found == pytest.approx(low + high, rel=1e-3)


def test_crps_of_draws_is_that_of_their_distribution():
    rng = np.random.default_rng(1)
    draws, y = stats.t.rvs(6, size=(4000, 3), random_state=rng), np.array([-1.0, 0.0, 3.0])
    expected = student_scores(y, 0.0, 1.0, 6.0)["crps"]
    np.testing.assert_allclose(draws_crps(draws, y), expected, rtol=0.05)


def test_coverage_counts_central_intervals():
    np.testing.assert_array_equal(covered(np.array([0.05, 0.06, 0.5, 0.95]), 89), [False, True, True, False])


def test_student_regression_finds_coefficients_and_tails():
    rng = np.random.default_rng(2)
    x = np.column_stack([np.ones(4000), rng.normal(size=4000), 1e3 * rng.normal(size=4000)])
    y = x @ [5.0, -2.0, 0.01] + 3.0 * rng.standard_t(4, 4000)
    beta, scale, df = student_regression(y, x, np.ones(4000))
    np.testing.assert_allclose(beta, [5.0, -2.0, 0.01], rtol=0.05)
    assert scale == pytest.approx(3.0, rel=0.06)
    assert 3.0 < df < 5.5


def test_regressors_know_no_day_but_their_own_return():
    d = daily()
    changed = d.copy()
    changed.iloc[300:] += 1000.0
    a, b = regressors(d), regressors(changed)
    pd.testing.assert_frame_equal(
        a.drop(columns=["return_0", "volatility"])[:301], b.drop(columns=["return_0", "volatility"])[:301]
    )


def test_every_baseline_scores_every_day_and_better_information_scores_better():
    scores = block_scores(daily(), 300, 360)
    counts = scores.groupby(["target", "task", "model"]).size()
    assert (counts == 60).all()
    assert {VAR, FACTOR} == set(JOINT) <= set(scores["model"])
    best = {
        (FLOW, PAST): "AR(1) + r[t-1]",
        (FLOW, RETURN): "AR(1) + r[t] + r[t-1]",
        (PRICE, PAST): "constant",
    }
    table = summary(scores, best).set_index(["target", "task", "model"])
    assert table.loc[(FLOW, RETURN, "AR(1)"), "gain"] < -0.2
    assert table.loc[(FLOW, RETURN, VAR), "gain"] > -0.1
    assert table.loc[(FLOW, RETURN, VAR), "log_score"] > table.loc[(FLOW, PAST, VAR), "log_score"] + 0.2
    assert (table["gain_se"].dropna() >= 0.0).all()
    pits = scores[scores["model"] == "AR(1) + r[t] + r[t-1]"]["pit"]
    assert stats.kstest(pits, "uniform").pvalue > 0.01


def test_baselines_get_sessions_and_taker_flow_where_the_model_does():
    """A flow that answers the session three times as strongly as the night is told better by the two than by their sum."""
    rng = np.random.default_rng(4)
    d = daily().assign(**{NIGHT: rng.normal(0.0, 2.0, 400), TAKER: rng.normal(0.0, 5.0, 400)})
    session = rng.normal(0.0, 2.0, 400)
    d[PRICE] = d[NIGHT] + session
    d[FLOW] = 20.0 * d[NIGHT] + 60.0 * session + 5.0 * d[TAKER] + 50.0 * rng.standard_t(5, 400)
    d.iloc[350, d.columns.get_loc(NIGHT)] = np.nan
    both = "AR(1) + r[t-1] + overnight + session + taker flow"
    scores = block_scores(d, 300, 400).query(f"target == '{FLOW}' and task == '{RETURN}'")
    means = scores.groupby("model")["log_score"].mean()
    assert (scores.groupby("model").size() == 100).all()
    assert means[both] > means["AR(1) + r[t] + r[t-1]"] + 0.2
    assert not any("taker" in m for m in block_scores(daily(), 300, 330)["model"])


def test_a_var_says_what_its_simulation_says():
    """Percentiles of the conjugate VAR are close to uniform on data of a VAR, but for what 298 days teach of its mean."""
    rng = np.random.default_rng(5)
    y = np.zeros((900, 2))
    root = np.linalg.cholesky([[1.0, 0.6], [0.6, 1.0]])
    for t in range(1, 900):
        y[t] = [0.5 * y[t - 1, 0] + 0.3 * y[t - 1, 1], 0.1 * y[t - 1, 0]] + root @ rng.standard_normal(2)
    d = daily(900).assign(**{FLOW: 100.0 * y[:, 0], PRICE: 2.0 * y[:, 1]})
    for (target, _), (loc, scale, df) in JOINT[VAR](d, 300, 900).items():
        pit = student_scores(d[target].to_numpy()[300:], loc, scale, df)["pit"]
        assert pit.mean() == pytest.approx(0.5, abs=0.06)
        assert pit.std() == pytest.approx(np.sqrt(1.0 / 12.0), abs=0.02)
