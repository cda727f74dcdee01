"""The small statistics behind the figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from model.report.figures import FitView
from model.report.figures.basis import spans_of, trades
from model.report.figures.expected import ordinal
from model.report.figures.parameters import main_parameters
from model.report.figures.predictive import Predicted, ecdf, predicted, simultaneous_band
from model.report.figures.ranks import AT, rank_lines
from model.report.figures.style import density
from model.report.tables.lines import Expected

RNG = np.random.default_rng(3)


def test_density_integrates_to_one_and_stays_inside() -> None:
    draws = np.abs(RNG.standard_normal(4000))
    x, y = density(draws)
    assert np.sum(y) * (x[1] - x[0]) == pytest.approx(1.0, abs=1e-6)
    assert x.min() >= 0
    assert y[:10].mean() == pytest.approx(np.sqrt(2 / np.pi), rel=0.15)


def test_density_of_a_constant() -> None:
    _, y = density(np.ones(50))
    assert np.isfinite(y).all()


def test_pit_of_a_calibrated_model_stays_in_the_band() -> None:
    at = np.linspace(0, 1, 101)
    low, high = simultaneous_band(200, at, seed=1)
    inside = [bool(((line >= low) & (line <= high)).all()) for line in ecdf(RNG.random((400, 200)), at) - at]
    assert np.mean(inside) == pytest.approx(0.89, abs=0.05)


def test_pit_of_a_wrong_model_leaves_the_band() -> None:
    at = np.linspace(0, 1, 101)
    draws = RNG.normal(1.0, 1.0, (500, 200))
    pit = Predicted(pd.bdate_range("2024-01-01", periods=200), draws, RNG.standard_normal(200)).pit
    low, _ = simultaneous_band(200, at, seed=1)
    assert (ecdf(pit, at) - at > -low).any()


def test_days_without_an_observation_have_no_pit() -> None:
    seen = np.array([0.0, np.nan, 1.0])
    p = Predicted(pd.bdate_range("2024-01-01", periods=3), np.zeros((10, 3)) - 1, seen)
    assert p.pit.shape == (2,)


def test_ranks_show_a_chain_that_went_elsewhere() -> None:
    draws = RNG.standard_normal((4, 500))
    _, high = simultaneous_band(500, AT, seed=1)
    assert np.abs(rank_lines(draws)).max() < 2 * high.max()
    draws[0] += 1.0
    assert np.abs(rank_lines(draws)[0]).max() > 3 * high.max()


def test_percentile_and_ordinal() -> None:
    draws = np.arange(100.0)[:, None].repeat(2, axis=1)
    found = Expected(draws, draws, np.array([11.5, np.nan])).percentile
    assert found[0] == 12.0
    assert np.isnan(found[1])
    assert [ordinal(p) for p in (1, 2, 3, 4, 11, 12, 13, 21, 82, 93)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "82nd", "93rd"
    ]  # fmt: skip
    assert ordinal(float("nan")) == "unknown"


def test_the_position_week_runs_from_wednesday_to_tuesday(view: FitView) -> None:
    spans = spans_of(view)
    assert [str(d.date()) for d in spans[-1].days] == [
        "2026-02-04", "2026-02-05", "2026-02-06", "2026-02-09", "2026-02-10"
    ]  # fmt: skip
    draws = trades(view, "vendor", spans[-1])
    stored = view.decomposition["vendor"]["latent_basis"].sel(date=list(spans[-1].days)).sum("date")
    np.testing.assert_allclose(draws, stored)
    assert trades(view, "absent", spans[0]) is None


def test_predictions_are_matched_by_date(view: FitView) -> None:
    p = predicted(view, "vendor", "flow")
    assert p is not None
    assert p.draws.shape[1] == len(p.days) == len(p.seen)
    at = p.days.get_loc(view.days[0])
    assert p.seen[at] == pytest.approx(-434.1)


def test_main_parameters_are_scalars_with_draws(view: FitView) -> None:
    names = main_parameters(view)
    assert names[0] == "impact"
    assert {"basis_scale", "dealer_sign", "multi_asset_share", "response_today"} <= set(names)
    assert "kernel" not in names
    assert view.scalar("vendor", "posterior", "basis_scale").shape == (4, 150)
    assert view.identified("dealer_sign") is False
    assert view.identified("basis_scale") is True
    assert view.identified("carry") is None
