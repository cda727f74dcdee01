"""A finished fit on the days of a panel: draws matched by date, no look-ahead, tomorrow, table and script."""

from __future__ import annotations

import dataclasses
import importlib

import numpy as np
import pandas as pd
import pytest
from prior_fit import write_prior_fit

from model import load_fit
from model.errors import DataError, UsageError
from model.panel import Panel
from model.store import Fit
from model.studies.forecast.later import design_of, draws_of, with_tomorrow


@pytest.fixture(scope="module")
def fit(tmp_path_factory) -> Fit:
    """A fit of the days through 30 January, its draws those of the prior."""
    whole = load_fit(write_prior_fit(tmp_path_factory.mktemp("fits") / "prior"))
    tree = whole.posterior
    short = tree["vendor/posterior"].to_dataset().sel(date=slice(None, "2026-01-30"))
    whole.__dict__["posterior"] = type(tree).from_dict({"/vendor/posterior": short})
    return whole


def changed(panel: Panel, day: str, **numbers) -> Panel:
    frame = panel.frame
    for column, value in numbers.items():
        frame.loc[pd.Timestamp(day) :, column] = value
    return Panel(frame, panel.listed, panel.universe, panel.supplied)


@pytest.mark.parametrize("given", ["past", "factors", "return"])
def test_days_after_the_fits_own_in_two_lines(fit, event_panel, given):
    found = fit.predict(event_panel, given=given, draws=20)
    table = found.table
    flows = table[table["quantity"] == "flow"].set_index("date")
    first, last = pd.Timestamp("2026-02-02"), event_panel.dates[-1]
    assert flows.index[0] == first
    assert (flows.index[-1] > last) == (given == "past")
    assert ("return" in set(table["quantity"])) == (given != "return")
    seen = flows.loc[:last]
    assert np.isfinite(seen[["centre", "observed", "percentile", "log_density"]]).all(axis=None)
    assert (seen["low_89"] <= seen["low_50"]).all()
    assert (seen["high_50"] <= seen["high_89"]).all()
    np.testing.assert_allclose(found.data["fund_flow"].sum("fund"), found.data["flow"], atol=1e-6)


def test_what_came_later_changes_no_earlier_forecast(fit, event_panel):
    day = "2026-02-10"
    other = changed(event_panel, day, flow_ibit=900.0, price=50_000.0, stress=40.0, implied_vol=90.0)
    for given in ("past", "return"):
        a = fit.predict(event_panel, given=given, draws=10).data.sel(date=slice(None, "2026-02-09"))
        b = fit.predict(other, given=given, draws=10).data.sel(date=slice(None, "2026-02-09"))
        np.testing.assert_array_equal(a["flow"], b["flow"])
        np.testing.assert_array_equal(a["log_density"], b["log_density"])


def test_a_days_own_flow_does_not_predict_itself(fit, event_panel):
    day = "2026-02-10"
    other = changed(event_panel, day, flow_ibit=900.0)
    a, b = (fit.predict(p, draws=10).data.sel(date=day) for p in (event_panel, other))
    np.testing.assert_allclose(a["flow"], b["flow"], atol=1e-9)
    assert float(a["log_density"]) != float(b["log_density"])


def test_a_flow_that_is_not_published_is_predicted_and_not_scored(fit, event_panel):
    evening = event_panel.as_of_date("2026-02-05")
    data = fit.predict(evening, given="return", draws=20).data.sel(date="2026-02-05")
    assert np.isnan(data["observed_flow"])
    assert np.isnan(data["percentile"])
    assert np.isfinite(data["flow"]).all()


def test_weeks_and_regimes_are_matched_by_date(fit, event_panel):
    design = design_of(event_panel, fit, "vendor")
    draws, known = draws_of(fit, "vendor", design, 50, 0)
    posterior = fit.posterior["vendor/posterior"]
    stacked = posterior["gamma_state"].to_numpy().reshape(-1, posterior["gamma_state"].shape[-1])
    same = draws["gamma_state"][:, design.week[5]]
    assert np.isin(same, stacked[:, design.week[5]]).all()
    assert known.learned.sum() == posterior.sizes["date"]
    assert not known.learned[design.dates > pd.Timestamp("2026-01-30")].any()


def test_tomorrow_knows_nothing_of_itself(event_panel):
    more = with_tomorrow(event_panel)
    assert len(more) == len(event_panel) + 1
    assert str(more.dates[-1].date()) == "2026-03-02"
    last = more.frame.iloc[-1]
    assert last.filter(like="flow_").isna().all()
    assert last["price"] == event_panel.frame["price"].iloc[-1]


def test_what_does_not_exist_is_refused(fit, event_panel):
    with pytest.raises(UsageError, match="past, factors, return"):
        fit.predict(event_panel, given="tomorrow")
    with pytest.raises(UsageError, match="no reading"):
        fit.predict(event_panel, reading="next_day")
    with pytest.raises(DataError, match="ends on"):
        fit.predict(event_panel, start="2027-01-04")
    universe = dataclasses.replace(event_panel.universe, funds=event_panel.universe.funds[:-1])
    fewer = Panel(event_panel.frame, event_panel.listed, universe, event_panel.supplied)
    with pytest.raises(DataError, match="has the funds"):
        fit.predict(fewer)


def test_the_script_writes_table_and_figure(fit, event_panel_path, tmp_path, capsys):
    script = importlib.import_module("forecast")
    assert (
        script.main(
            [str(fit.folder), "--panel", str(event_panel_path), "--draws", "10", "--out", str(tmp_path)]
        )
        == 0
    )
    table = pd.read_csv(tmp_path / "return.csv")
    assert {"centre", "low_89", "percentile", "log_density"} <= set(table)
    assert (tmp_path / "return.png").stat().st_size > 10_000
    assert "mean log density" in capsys.readouterr().out
