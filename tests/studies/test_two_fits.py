"""Two fits of the same days: paired gains, and what stays unattributed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special
from synthetic import event_design, literature

from model.attribution.decompose import decompose
from model.errors import DataError
from model.inference.draws import posterior_latents, prior_draws
from model.mechanisms.design import PRE_SAMPLE
from model.studies.rivals.score import day_parts
from model.studies.two_fits import SCORES, Scored, compare, score_draws

DATES = pd.bdate_range("2026-01-05", periods=60)


def scored(gain: float = 0.0, rest: float = 0.5) -> Scored:
    rng = np.random.default_rng(1)
    returns = 3.0 * rng.standard_normal(60)
    returns[[10, 20]] = -8.0, -14.0
    scores = rng.standard_normal((60, 3))
    scores[:, 0] += gain
    return Scored(DATES, scores, np.zeros(60), rest * np.tile(returns, (5, 1)), returns)


def test_gains_are_paired_and_shares_are_of_absolute_returns():
    a, b = scored(0.3, 0.25), scored(0.0, 0.5)
    table, shares = compare(a, b, DATES[[10, 11]])
    whole = table[table["days of"] == "all days"].set_index("score")
    assert whole.loc["return", "gain"] == pytest.approx(0.3)
    assert whole.loc["return", "gain se"] == pytest.approx(0.0, abs=1e-12)
    assert whole.loc["flow, given the return", "gain"] == 0.0
    assert whole.loc["return", "days"] == 60
    falls = table[(table["days of"] == "returns below -5 %") & (table["score"] == "return")]["days"].item()
    assert falls == (a.returns < -5.0).sum()
    np.testing.assert_allclose(shares["here"], 25.0)
    np.testing.assert_allclose(shares["there"], 50.0)
    assert shares["days of"].tolist()[-2:] == ["2026-01-19", "2026-01-20"]


def test_days_that_one_fit_cannot_score_count_for_neither():
    a, b = scored(0.3), scored()
    b.scores[7] = np.nan
    assert compare(a, b, DATES[:0])[0]["days"].max() == 59


def test_fits_of_other_days_are_refused():
    other = scored()._replace(dates=DATES + pd.Timedelta(days=1))
    with pytest.raises(DataError, match="different days"):
        compare(scored(), other, DATES[:1])


def test_scores_leave_the_day_out_by_its_own_density_of_return_and_flow():
    """Raw importance weights, without the smoothing: the harmonic mean of the day's density."""
    design = event_design()
    draws = prior_draws(
        literature(), design, np.full(design.flows.shape[1], 1 / design.flows.shape[1]), 40, 3
    )
    found = score_draws(draws, design, True, 2)
    parts = day_parts(draws, design, True, 2)
    t = int(np.argmin(found.pareto_k))
    logw = -parts.both[:, t] - special.logsumexp(-parts.both[:, t])
    both, price = (special.logsumexp(x[:, t] + logw) for x in parts)
    assert found.scores[t, 2] == pytest.approx(both - np.log(1000.0), abs=0.5)
    assert found.scores[t, 0] == pytest.approx(price, abs=0.5)
    np.testing.assert_allclose(found.scores[:, 0] + found.scores[:, 1], found.scores[:, 2], rtol=1e-9)
    latents, flows = posterior_latents(draws, design, True, 2)
    whole = decompose(draws, latents, flows, design, 2)
    np.testing.assert_allclose(found.unattributed, whole.return_channel[:, PRE_SAMPLE:, 0])
    assert len(SCORES) == found.scores.shape[1]
