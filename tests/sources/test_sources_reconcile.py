"""Shifts between vendors, and shares against baskets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.panel.universe import load_universe
from model.sources.baskets import check_baskets, implied_flows
from model.sources.reconcile import reconcile, reconcile_panel, vendor_pairs

DAYS = pd.bdate_range("2026-01-02", periods=60)


def flows(seed: int = 0) -> pd.Series:
    return pd.Series(np.random.default_rng(seed).normal(0, 150, len(DAYS)).round(1), DAYS, name="flow_x")


@settings(max_examples=25, deadline=None)
@given(lag=st.integers(-5, 5), seed=st.integers(0, 1000), errors=st.integers(0, 8))
def test_any_shift_is_found_with_its_errors(lag: int, seed: int, errors: int) -> None:
    first = flows(seed)
    second = first.shift(lag)
    rng = np.random.default_rng(seed + 1)
    inside = second.dropna().index[6:-6]
    off = rng.choice(len(inside), errors, replace=False)
    second[inside[off]] += 50.0
    out = reconcile(first, second)
    assert out.lag == lag
    assert len(out.differences) == errors


def test_unrelated_vendors_are_not_shifted() -> None:
    assert reconcile(flows(1), flows(2)).lag is None


def test_zero_days_are_no_evidence() -> None:
    quiet = pd.Series(0.0, DAYS, name="flow_x")
    assert reconcile(quiet, quiet).lag is None


def test_level_difference_and_sentence() -> None:
    price = pd.Series(70_000 * np.exp(flows().cumsum() / 5000), DAYS, name="price")
    out = reconcile(price, price * 1.001, 0.005, relative=True)
    assert out.lag == 0
    assert out.level == pytest.approx(float(price.median()) * 0.001, rel=0.01)
    assert "same date" in str(out)


def test_pairs_are_found_by_name() -> None:
    panel = pd.DataFrame(
        {"flow_x": flows(), "flow_x__b": flows().shift(1), "flow_y": flows(3), "note__b": flows(4)}
    )
    assert vendor_pairs(panel) == [("flow_x", "flow_x__b")]
    assert [p.lag for p in reconcile_panel(panel)] == [1]


def test_whole_baskets() -> None:
    shares = pd.Series(1_000_000 + 40_000 * np.arange(60.0), DAYS)
    shares.iloc[30:] += 12_345
    panel = pd.DataFrame({"shares_x": shares, "nav_x": 50.0, "flow_x": 2.0})
    out = check_baskets(panel, 40_000)
    assert out.loc["x", "changes"] == 59
    assert out.loc["x", "whole"] == 58
    assert out.loc["x", "days"] == str(DAYS[30].date())
    implied = implied_flows(panel)["flow_x__shares"]
    assert implied.iloc[1] == pytest.approx(2.0)  # 40,000 shares at USD 50


def test_a_gap_in_share_counts_stays_missing() -> None:
    shares = pd.Series(1_000_000 + 40_000 * np.arange(60.0), DAYS)
    shares.iloc[10] = np.nan
    implied = implied_flows(pd.DataFrame({"shares_x": shares, "nav_x": 50.0}))["flow_x__shares"]
    assert implied.iloc[10:12].isna().all()


def test_a_vendor_is_found_under_each_name_the_universe_accepts() -> None:
    days = pd.bdate_range("2026-01-05", periods=40)
    flow = pd.Series(np.random.default_rng(3).normal(0, 100, 40), days)
    for name in load_universe("us-spot-btc").fund("ibit").vendors[0].columns:
        [pair] = reconcile_panel(
            pd.DataFrame({"flow_ibit": flow, name: flow.shift(1)}), load_universe("us-spot-btc")
        )
        assert (pair.column, pair.second, pair.lag) == ("flow_ibit", "etfcom", 1)
