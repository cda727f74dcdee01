"""Evidence as importance weights: known answers, nothing at strength zero, continuity, conflicts, the refit's arithmetic."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from scipy import stats
from synthetic import event_design, literature

from model.errors import DataError
from model.events.quantities import Quantity
from model.events.statements import Statement
from model.inference.draws import prior_draws
from model.panel.universe import load_universe
from model.studies.evidence.refit import Tilt, tempered, tilt_towards
from model.studies.evidence.weigh import at_strength, weigh
from model.studies.evidence.weights import Weights, importance_weights, resample

SHARES = np.array([f.base_share for f in load_universe("us-spot-btc").funds])
FIVE = date(2026, 2, 5)
SOLD = Statement(
    "sold", "Basis trades were net sellers.", "s", "sign", Quantity("trades", "basis", (FIVE,), "USD m"), 1.0
)


# --- a conjugate case: theta ~ N(0, 1), u ~ N(theta, 1), y = u + N(0, 1/4); the statement is about u -----------
Y, S_U, S_E = 0.8, 1.0, 0.5


@cache
def conjugate(count=40_000, seed=1):
    """Joint posterior draws of (theta, u) given y, both Gaussian."""
    precision = np.array([[1.0 + 1.0 / S_U**2, -1.0 / S_U**2], [-1.0 / S_U**2, 1.0 / S_U**2 + 1.0 / S_E**2]])
    cov = np.linalg.inv(precision)
    mean = cov @ np.array([0.0, Y / S_E**2])
    x = np.random.default_rng(seed).multivariate_normal(mean, cov, count)
    return x[:, 0], x[:, 1]


def exact(factor, conditional):
    """Posterior means of theta and of u < 0 by integration on a grid."""
    theta, u = np.meshgrid(np.linspace(-6, 6, 801), np.linspace(-6, 6, 801), indexing="ij")
    density = stats.norm.pdf(theta) * stats.norm.pdf(u, theta, S_U) * stats.norm.pdf(Y, u, S_E) * factor(u)
    if conditional:
        p = stats.norm.pdf(u, theta, S_U)
        density /= (p * factor(u)).sum(axis=1, keepdims=True) / p.sum(axis=1, keepdims=True)
    density /= density.sum()
    return (density * theta).sum(), (density * (u < 0.0)).sum()


@pytest.mark.parametrize("strength", [0.3, 1.0])
@pytest.mark.parametrize("conditional", [False, True])
def test_a_sign_restriction_has_the_known_answer(conditional, strength):
    theta, u = conjugate()
    s = replace(SOLD, probability=0.9, strength=strength)
    log_w = s.log_factor(u)
    if conditional:
        below = stats.norm.cdf(0.0, theta, S_U)
        log_w = log_w - np.log(below * 0.9**strength + (1.0 - below) * 0.1**strength)
    w = importance_weights(log_w)
    mean, below = exact(lambda x: np.where(x < 0.0, 0.9, 0.1) ** strength, conditional)
    error = 4.0 / np.sqrt(w.effective)
    assert w.mean(theta) == pytest.approx(mean, abs=error)
    assert w.mean(u < 0.0) == pytest.approx(below, abs=error)
    assert w.reliable
    assert error < 0.05


def test_the_two_forms_differ_and_the_conditional_one_teaches_less_about_theta():
    joint = exact(lambda x: np.where(x < 0.0, 0.99, 0.01), False)[0]
    conditional = exact(lambda x: np.where(x < 0.0, 0.99, 0.01), True)[0]
    assert joint < conditional - 0.1


def test_a_measurement_is_a_normal_datum():
    theta, u = conjugate()
    s = replace(SOLD, kind="measurement", value=0.2, sd=0.5)
    w = importance_weights(s.log_factor(u))
    precision = 1.0 / (1.0 + S_U**2)
    data = 1.0 / S_E**2 + 1.0 / 0.5**2
    mean_u = (Y / S_E**2 + 0.2 / 0.5**2) / (data + precision)
    assert w.mean(u) == pytest.approx(mean_u, abs=0.02)
    assert w.mean(theta) == pytest.approx(mean_u / (1.0 + S_U**2), abs=0.02)


# --- weights ----------------------------------------------------------------------------------------------
def test_equal_weights_change_nothing_at_all():
    w = importance_weights(np.full(500, 3.7))
    assert (w.values == 1.0 / 500).all()
    assert w.reliable
    np.testing.assert_array_equal(resample(w, 500, 1), np.arange(500))
    assert w.log_evidence == pytest.approx(3.7)


def test_weights_of_evidence_beyond_the_draws_are_not_reliable():
    theta, _ = conjugate()
    far = importance_weights(-0.5 * ((theta[:2000] - 8.0) / 0.05) ** 2)
    assert not far.reliable
    heavy = importance_weights(1.4 * np.random.default_rng(0).exponential(size=2000))
    assert heavy.pareto_k > 0.7
    assert not heavy.reliable
    near = importance_weights(-0.5 * ((theta[:2000] - 0.5) / 1.0) ** 2)
    assert near.reliable


def test_draws_that_are_ruled_out_get_no_weight():
    raw = np.where(np.arange(100) < 50, 0.0, -np.inf)
    w = importance_weights(raw)
    assert w.values[50:].sum() == 0.0
    assert set(resample(w, 200, 1)) <= set(range(50))
    assert not importance_weights(np.full(10, -np.inf)).reliable


def test_resampling_follows_the_weights():
    w = Weights(np.array([0.1, 0.2, 0.3, 0.4]), 0.1, 3.3, 0.0)
    counts = np.bincount(resample(w, 10_000, 3), minlength=4) / 10_000
    np.testing.assert_allclose(counts, w.values, atol=1e-3)


# --- on the model -----------------------------------------------------------------------------------------
@cache
def drawn():
    return prior_draws(literature(), event_design(), SHARES, 150, 5)


def weighed(*statements, **more):
    return weigh(drawn(), event_design(), statements, True, 1, 5.0, **more)


def test_strength_zero_changes_nothing_and_the_limit_is_continuous():
    statements = (SOLD, replace(SOLD, key="c", form="conditional", side="above"))
    none = weighed(*at_strength(statements, 0.0)).weights.values
    assert (none == 1.0 / 150).all()
    gaps = [
        np.abs(weighed(*at_strength(statements, s)).weights.values - none).max() for s in (1e-2, 1e-4, 1e-6)
    ]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 1e-7
    assert (weighed().weights.values == 1.0 / 150).all()


def test_a_statement_moves_its_own_probability_and_is_described():
    found = weighed(SOLD).findings[0]
    assert found["after_evidence"] > found["after_data"]
    assert 0.0 < found["before_data"] < 1.0
    assert not found["conflict"]


def test_contradictory_statements_are_reported_as_such():
    a = replace(SOLD, probability=0.999)
    b = replace(a, key="b", side="above")
    both = weighed(a, b)
    assert both.agreement < np.log(0.1)
    assert weighed(a).agreement == pytest.approx(0.0)
    impossible = replace(SOLD, key="far", kind="measurement", value=-1e5, sd=10.0)
    assert weighed(impossible).conflicts == ["far"]


def test_ranks_and_contracts():
    rank = Statement("r", "t", "s", "largest", Quantity("return_trigger", "multi_asset", (FIVE,), ""), 1.0,
                     form="conditional")  # fmt: skip
    found = weighed(rank).findings[0]
    assert found["after_evidence"] > found["after_data"]
    design = event_design()
    trades = Statement("m", "t", "s", "measurement", Quantity("trades", "basis", (FIVE,), "USD bn"), 1.0)
    contracts = replace(trades, quantity=Quantity("positions", "basis", (FIVE,), "contracts"))
    in_bn = weigh(drawn(), design, (trades,), False, 1, 5.0).findings[0]["median_after_data"]
    in_contracts = weigh(drawn(), design, (contracts,), False, 1, 5.0).findings[0]["median_after_data"]
    price = design.price[min(design.event_days)]
    assert in_contracts == pytest.approx(in_bn * 1e9 / price / 5.0, rel=1e-9)


def test_a_report_that_the_fit_has_seen_is_not_counted_twice():
    seen = Statement("w", "t", "s", "measurement", Quantity("positions", "basis", (FIVE,), "contracts"), 1.0)
    with pytest.raises(DataError, match="would count twice"):
        weighed(seen)
    with pytest.raises(DataError, match="does not cover"):
        weighed(replace(SOLD, quantity=replace(SOLD.quantity, days=(date(2026, 3, 5),))))


def test_the_probability_before_the_data_is_the_models_own():
    """For basis trades it has a closed form: the shock's normal distribution around the answer to stress."""
    design, p = event_design(), drawn()
    t = min(design.event_days)
    w_var = p["premium_total"] ** 2 * (1.0 - p["premium_noise_share"])
    sd = np.sqrt(p["basis_scale"] ** 2 + p["basis_premium"] ** 2 * w_var)
    closed = stats.norm.cdf(p["basis_stress"] * design.stress[t] / sd).mean()
    assert weighed(SOLD).findings[0]["before_data"] == pytest.approx(closed, abs=0.01)


# --- the refit's arithmetic ---------------------------------------------------------------------------------
def test_the_tilt_moves_towards_the_weighted_draws_and_is_divided_out():
    rng = np.random.default_rng(2)
    draws = dict(drawn()) | {"drift": rng.standard_normal(150), "impact": np.exp(rng.standard_normal(150))}
    tilt = tilt_towards(draws, 1.0 * draws["drift"], literature())
    assert "drift" in tilt.names
    assert tilt.coefficients[tilt.names.index("drift")] == pytest.approx(1.0, abs=0.5)
    back = importance_weights(
        draws["drift"] - Tilt(("drift",), np.ones(1), np.zeros(1), np.ones(1), (False,)).log_density(draws)
    )
    assert (back.values == 1.0 / 150).all()


def test_a_shift_that_few_draws_show_by_chance_is_not_extrapolated():
    """Fifty effective draws shift every parameter by 0.14 by chance; divided by a small power that tilted ten at random."""
    rng = np.random.default_rng(5)
    draws = {n: np.exp(rng.standard_normal(2000)) for n in literature().parameters}
    draws["drift"] = rng.standard_normal(2000)
    weights = -0.5 * ((draws["drift"] - 6.0) / 0.3) ** 2
    assert tempered(weights)[1] < 0.1
    tilt = tilt_towards(draws, weights, literature())
    assert tilt.names[0] == "drift"
    assert len(tilt.names) <= 2


def test_wild_weights_are_tempered():
    theta, _ = conjugate()
    weights, power = tempered(-0.5 * ((theta[:2000] - 4.0) / 0.2) ** 2)
    assert power < 1.0
    assert weights.reliable
    assert weights.mean(theta[:2000]) > theta[:2000].mean()


def test_the_potential_adds_the_exponent_to_the_model():
    import pymc as pm

    priors = literature()
    tilt = Tilt(
        ("drift", "impact"), np.array([0.5, -0.7]), np.array([0.1, -0.5]), np.array([0.3, 0.6]), (False, True)
    )
    from pytensor.graph.traversal import graph_inputs

    from model.inference.build import _scalars, scalar_groups

    with pm.Model() as model:
        _scalars(priors)
    plain = model.compile_fn(model.logp(jacobian=False), mode="FAST_COMPILE")
    tilt.potential(priors)(model)
    tilted = model.compile_fn(model.logp(jacobian=False), mode="FAST_COMPILE")
    point = model.initial_point(random_seed=1)
    groups = scalar_groups(priors)
    # Read through the model: on which scale it samples is its own affair.
    keys = ("scalars_Normal", "scalars_LogNormal")
    values = model.replace_rvs_by_values([model[k] for k in keys])
    normal, log_normal = (
        v.eval({x: point[x.name] for x in model.value_vars if x in set(graph_inputs([v]))}) for v in values
    )
    drift = normal[groups["scalars_Normal"].index("drift")]
    impact = log_normal[groups["scalars_LogNormal"].index("impact")]
    expected = tilt.log_density({"drift": np.array([drift]), "impact": np.array([impact])})[0]
    assert tilted(point) - plain(point) == pytest.approx(expected, abs=1e-9)
