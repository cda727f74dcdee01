"""The test of one statement: size, effect, gaps, amplification."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from model.gate.graph import Graph
from model.gate.independences import Independence
from model.gate.partial import examine, partial_effect
from tests.gate.conftest import chain
from tests.proofs.gate.prove import autoregressions, size_table

EMPTY = Graph((), ())


def test_independent_persistent_columns_are_not_called_dependent():
    table = size_table(seed=11, pairs=2000, memory=0.95)
    assert list(table["days"]) == [150, 550]
    assert (table["gate"] <= 0.07).all()
    assert (table["gate"] >= 0.03).all()
    assert (table["without_lags"] > 0.3).all()


def test_effect_and_p_match_statsmodels():
    rng = np.random.default_rng(1)
    z = rng.standard_normal((300, 2))
    x = z @ [0.5, 0.2] + rng.standard_normal(300)
    y = z @ [0.3, -0.4] + 0.2 * x + rng.standard_normal(300) * (1 + 0.5 * np.abs(x))
    effect, p = partial_effect(x[None], y[None], np.column_stack([np.ones(300), z])[None])
    oracle = sm.OLS(y, sm.add_constant(np.column_stack([x, z]))).fit(cov_type="HC3", use_t=True)
    assert p[0] == pytest.approx(oracle.pvalues[1], rel=0.15)
    ex, ey = (sm.OLS(v, sm.add_constant(z)).fit().resid for v in (x, y))
    assert effect[0] == pytest.approx(np.corrcoef(ex, ey)[0, 1], abs=1e-6)


def test_common_volatility_is_not_dependence():
    rng = np.random.default_rng(2)
    volatility = np.exp(0.8 * autoregressions(rng, 1000, 400, 0.95) * np.sqrt(1 - 0.95**2))
    columns = {b: volatility * rng.standard_normal(volatility.shape) for b in "xy"}
    p = examine(columns, [Independence("x[t]", "y[t]", ())], EMPTY, 20).p[:, 0]
    assert np.mean(p < 0.05) <= 0.07


def test_amplification_is_seen_where_a_state_is_on_one_side():
    rng = np.random.default_rng(3)
    gamma, shock = rng.standard_normal((2, 50, 400))
    columns = {
        "gamma": gamma,
        "s": shock,
        "y": 0.5 * shock * (1 + 0.5 * gamma) + rng.standard_normal((50, 400)),
    }
    graph = chain(("gamma[t]", "s[t]"), ("s[t]", "y[t]"))
    statement = [Independence("gamma[t]", "y[t]", ("s[t]",))]
    found = examine(columns, statement, graph, 20).p[:, 0]
    blind = examine(columns, statement, EMPTY, 20).p[:, 0]
    assert np.mean(found < 0.01) > 0.9
    assert np.mean(blind < 0.01) < 0.2


def test_gaps_are_left_out_and_too_few_days_are_not_tested():
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((2, 3, 100))
    y[:, :70] = np.nan
    statement = [Independence("x[t]", "y[t]", ("x[t-1]",))]
    assert examine({"x": x, "y": y}, statement, EMPTY, 20).rows[0] == 30
    assert np.isfinite(examine({"x": x, "y": y}, statement, EMPTY, 20).p).all()
    assert np.isnan(examine({"x": x, "y": y}, statement, EMPTY, 40).p).all()


def test_constant_column_is_unknown_not_independent():
    rng = np.random.default_rng(5)
    x = rng.standard_normal((2, 100))
    for y in (np.zeros((2, 100)), x * 0 + 3.0, np.full((2, 100), np.nan)):
        assert np.isnan(examine({"x": x, "y": y}, [Independence("x[t]", "y[t]", ())], EMPTY, 20).p).all()


def test_unknown_column_is_unknown():
    x = np.random.default_rng(6).standard_normal((2, 100))
    outcome = examine({"x": x}, [Independence("x[t]", "absent[t]", ())], EMPTY, 20)
    assert np.isnan(outcome.p).all()
    assert outcome.violations(0.05).tolist() == [0, 0]


def test_lags_point_to_the_past():
    rng = np.random.default_rng(7)
    x = rng.standard_normal((40, 300))
    y = np.roll(x, 1, axis=1) + 0.5 * rng.standard_normal((40, 300))
    statements = [Independence("x[t-1]", "y[t]", ()), Independence("x[t]", "y[t]", ())]
    p = pd.DataFrame(examine({"x": x, "y": y}, statements, EMPTY, 20).p)
    assert (p[0] < 1e-6).all()
    assert (p[1] < 0.05).mean() < 0.2


def test_amplification_by_a_persistent_state_is_not_taken_for_its_past():
    rng = np.random.default_rng(8)
    gamma = autoregressions(rng, 200, 400, 0.93) * np.sqrt(1 - 0.93**2)
    shock = rng.standard_normal(gamma.shape)
    columns = {
        "gamma": gamma,
        "s": shock,
        "y": 0.7 * shock * (1 + 0.4 * gamma) + rng.standard_normal(gamma.shape),
    }
    graph = chain(("gamma[t]", "y[t]"), ("s[t]", "y[t]"))
    statement = [Independence("gamma[t-1]", "y[t]", ("gamma[t]", "s[t]"))]
    assert np.mean(examine(columns, statement, graph, 20).p < 0.05) <= 0.09
