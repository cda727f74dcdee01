"""Trailing scales: hand-worked values, and nothing from the day itself or later."""

from __future__ import annotations

import numpy as np
import pytest

from model.panel import trailing

RNG = np.random.default_rng(0)
DAYS = 60


def test_ewma_by_hand():
    """Half-life of one day: half the old level, half the new value, from the day after."""
    out = trailing.ewma_before([4.0, np.nan, 8.0, 1.0], 1.0, 2.0)
    np.testing.assert_allclose(out, [2.0, 3.0, 3.0, 5.5])


def test_volatility_and_ratio_by_hand():
    keep = 0.5 ** (1.0 / trailing.VOLATILITY_HALF_LIFE)
    volatility = trailing.volatility([np.nan, 5.0, 0.0], 2.5)
    assert volatility[0] == volatility[1] == 2.5
    assert volatility[2] == pytest.approx(np.sqrt(keep * 2.5**2 + (1 - keep) * 25.0))
    assert trailing.volatility_ratio(volatility, 2.5)[:2] == pytest.approx([1.0, 1.0])
    assert trailing.volatility_ratio(np.full(5, 20.0), 2.5)[0] == trailing.RATIO_RANGE[1]
    assert trailing.volatility_ratio(np.full(5, 0.2), 2.5)[0] == trailing.RATIO_RANGE[0]


def test_stress_is_measured_in_yesterdays_standard_deviation():
    out = trailing.stress_units([16.0, 18.0, 17.0], 2.0)
    keep = 0.5 ** (1.0 / trailing.STRESS_HALF_LIFE)
    assert np.isnan(out[0])
    assert out[1] == 1.0
    assert out[2] == pytest.approx(-1.0 / np.sqrt(keep * 4.0 + (1 - keep) * 4.0))


def test_gamma_proxy_by_hand():
    price = 100.0 * np.exp(np.array([0.0, 0.05, -0.05, 0.2, 0.2]))
    trailing_vol = np.full(5, 2.0)
    typical = 2.0 * np.sqrt(trailing.HIGH_WINDOW)
    expected = np.array([0.0, 0.0, 0.0, 10.0, 0.0]) / typical - trailing.TYPICAL_DRAWDOWN
    np.testing.assert_allclose(trailing.gamma_proxy(price, trailing_vol)[1:], expected[1:], atol=1e-12)
    assert trailing.gamma_proxy(price * np.array([1, 1, 1e-3, 1, 1]), trailing_vol)[3] == 2.0


def test_gamma_proxy_forgets_highs_after_twenty_days():
    price = np.concatenate([[200.0], np.full(25, 100.0)])
    proxy = trailing.gamma_proxy(price, np.full(26, 50.0))
    assert proxy[trailing.HIGH_WINDOW] > proxy[trailing.HIGH_WINDOW + 1]


def test_recent_flow_by_hand():
    """Weights fall by the half-life; a gap and a fund not yet listed say nothing; nothing seen has no weight."""
    keep = 0.5 ** (1.0 / trailing.RECENT_HALF_LIFE)
    flows = np.array([[4.0, 7.0], [np.nan, 7.0], [2.0, 3.0], [0.0, 0.0]])
    listed = np.array([[1, 0], [1, 0], [1, 1], [1, 1]])
    total, weight = trailing.recent_flow(flows, listed)
    first = (1 - keep) * 4.0
    np.testing.assert_allclose(total[:, 0], [0.0, first, first, keep * first + (1 - keep) * 2.0])
    np.testing.assert_allclose(weight[:, 0], [0.0, 1 - keep, 1 - keep, 1 - keep**2])
    np.testing.assert_allclose(total[:, 1], [0.0, 0.0, 0.0, (1 - keep) * 3.0])
    np.testing.assert_allclose(weight[:, 1], [0.0, 0.0, 0.0, 1 - keep])


def test_activity_by_hand():
    """One in a calm year, in any unit of flow; within the range of all ratios."""
    keep = 0.5 ** (1.0 / trailing.ACTIVITY_HALF_LIFE)
    found = trailing.activity([0.5, np.nan, 0.0], 0.25)
    expected = np.sqrt(keep + (1 - keep) * 4.0)
    np.testing.assert_allclose(found, [1.0, expected, expected])
    np.testing.assert_allclose(trailing.activity([500.0, np.nan, 0.0], 250.0), found)
    assert trailing.activity(np.full(900, 1e6), 0.25)[-1] == trailing.RATIO_RANGE[1]


SERIES = {
    "volatility": lambda x: trailing.volatility(x, 2.5),
    "ratio": lambda x: trailing.volatility_ratio(trailing.volatility(x, 2.5), 2.5),
    "ewma": lambda x: trailing.ewma_before(x, 10.0, 1.0),
    "recent_flow": lambda x: trailing.recent_flow(x[:, None], np.ones((DAYS, 1)))[0][:, 0],
    "activity": lambda x: trailing.activity(x, 1.0),
    "gamma": lambda x: trailing.gamma_proxy(np.exp(x / 50.0), np.full(DAYS, 2.0)),
}


@pytest.mark.parametrize("name", SERIES)
def test_a_day_sees_nothing_of_itself_or_later(name):
    x = RNG.normal(0.0, 3.0, DAYS)
    before = SERIES[name](x)
    for t in range(1, DAYS):
        changed = x.copy()
        changed[t:] += RNG.normal(5.0, 5.0, DAYS - t)
        np.testing.assert_array_equal(SERIES[name](changed)[: t + 1], before[: t + 1])


def test_stress_units_see_only_their_own_day_beyond_the_past():
    x = RNG.normal(18.0, 2.0, DAYS)
    before = trailing.stress_units(x, 2.0)
    for t in range(1, DAYS):
        changed = x.copy()
        changed[t:] += 5.0
        np.testing.assert_array_equal(trailing.stress_units(changed, 2.0)[1:t], before[1:t])
        scale = (x[t] - x[t - 1]) / before[t]
        assert trailing.stress_units(changed, 2.0)[t] == pytest.approx((changed[t] - x[t - 1]) / scale)
