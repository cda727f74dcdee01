"""The gate frame: scale known before, memory kept, gaps kept."""

import numpy as np
import pandas as pd
import pytest

from model.design.make import background_design
from model.errors import DataError
from model.gate.checks.data import check_data
from model.gate.declared import daily_columns, graph_of
from model.gate.frame import base_columns, frame_hash, gate_frame
from model.gate.thresholds import load_thresholds


def daily(days: int = 200, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns = ["return", "flow_total", "stress", "factor.a", "gamma", "iv_change", "premium"]
    table = pd.DataFrame(rng.standard_normal((days, 7)), columns=columns)
    table.index = pd.bdate_range("2024-01-02", periods=days)
    return table.assign(scale=1.0 + rng.random(days))


def test_names_lags_and_leads():
    frame = gate_frame(daily())
    assert {"flow[t]", "flow[t+2]", "return[t-3]", "factor.a[t-1]", "volatility[t]"} <= set(frame)
    assert "scale[t]" not in frame
    pd.testing.assert_series_equal(frame["flow[t-1]"], frame["flow[t]"].shift(1), check_names=False)
    pd.testing.assert_series_equal(frame["flow[t+1]"], frame["flow[t]"].shift(-1), check_names=False)


def test_nothing_sees_the_future():
    whole, cut = daily(200), daily(200).iloc[:150]
    a, b = base_columns(gate_frame(whole)).iloc[:150], base_columns(gate_frame(cut))
    for name in a:
        assert (a[name].isna() == b[name].isna()).all(), name
        ok = a[name].notna() & b[name].notna()
        assert np.corrcoef(a[name][ok], b[name][ok])[0, 1] == pytest.approx(1.0, abs=1e-9), name


def test_scales_bring_wild_days_down():
    table = daily(400)
    wild = np.where(np.arange(400) > 200, 5.0, 1.0)
    table["return"] *= wild
    table["scale"] = wild
    table["flow_total"] *= wild
    base = base_columns(gate_frame(table))
    for name in ("return", "flow"):
        assert base[name].iloc[260:].std() / base[name].iloc[50:200].std() == pytest.approx(1.0, abs=0.35)


def test_missing_stays_missing_and_constant_is_no_information():
    table = daily()
    table.loc[table.index[50], "premium"] = np.nan
    table["iv_change"] = 0.0
    frame = gate_frame(table)
    assert np.isnan(frame["premium[t]"].iloc[50])
    assert np.isnan(frame["premium[t-1]"].iloc[51])
    assert frame["iv_change[t]"].isna().all()


def test_integers_become_floats():
    table = daily().assign(flow_total=np.arange(200) % 7)
    assert (gate_frame(table).dtypes == np.float64).all()


def test_return_and_scale_are_required():
    with pytest.raises(DataError, match="scale"):
        gate_frame(daily().drop(columns="scale"))


def test_hash_follows_the_data():
    table = daily()
    again = frame_hash(gate_frame(table.copy()))
    assert frame_hash(gate_frame(table)) == again
    table.iloc[100, 0] += 0.5
    assert frame_hash(gate_frame(table)) != again


def test_a_column_without_numbers_is_absent_and_not_constant(event_panel):
    design = background_design(event_panel)
    graph, limits = graph_of(design), load_thresholds()
    daily = daily_columns(design)
    missing = check_data(base_columns(gate_frame(daily.assign(premium=np.nan))), graph, limits)
    constant = check_data(base_columns(gate_frame(daily.assign(premium=1.0))), graph, limits)
    assert "premium (absent)" in missing.sentence
    assert "premium (does not vary)" in constant.sentence
