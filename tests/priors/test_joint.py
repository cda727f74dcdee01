"""Correlated priors: exact through TOML, sequential updating equals the joint fit, refusals."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import event_design, literature

from model.errors import PriorError
from model.events.prior_changes import PriorChange
from model.inference.build import coords, scalar_groups, split_scalars
from model.inference.correlated import symbolic
from model.inference.draws import prior_draws
from model.mechanisms.names import parameter_names
from model.panel.universe import load_universe
from model.priors.changes import with_changes
from model.priors.correlated import (
    INTERVAL,
    Entry,
    Joint,
    constrain,
    from_standard,
    from_table,
    learn,
    to_table,
    unconstrain,
)
from model.priors.prior_set import prior_set_from_dict
from model.studies.learning.carry import carried, next_set, require_new_days
from model.studies.learning.learn import KEPT
from model.toml_table import Source, Table

SHARES = np.array([f.base_share for f in load_universe("us-spot-btc").funds])
LINE = (
    Entry("a", "identity"),
    Entry("b", "log"),
    Entry("s", INTERVAL, (), -1.0, 1.0),
    Entry("w", "log_ratios", (3,)),
)


def through_toml(joint: Joint) -> Joint:
    return from_table(
        Table(tomllib.loads(tomlkit.dumps(to_table(joint))), Source("test"), ("joint",), PriorError)
    )


@cache
def drawn():
    return prior_draws(literature(), event_design(), SHARES, 1500, 4)


@cache
def fed_forward():
    """A set learned from draws of the prior, and the same set read back from TOML text."""
    doc = next_set(drawn(), literature(), event_design(), "next", 0.5, {"event": "x"})
    return prior_set_from_dict(tomllib.loads(tomlkit.dumps(doc)), "next.toml")


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_density_is_the_same_after_toml_on_a_grid(seed):
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((5, 5)) + 3.0 * np.eye(5)
    joint = Joint(LINE, rng.standard_normal(5), np.linalg.cholesky(root @ root.T), {})
    grid = np.stack(np.meshgrid(*[np.linspace(-2.0, 2.0, 3)] * 5), axis=-1).reshape(-1, 5)
    np.testing.assert_allclose(
        through_toml(joint).log_density(grid), joint.log_density(grid), atol=1e-10, rtol=0
    )


def test_a_posterior_fed_forward_has_the_same_density_after_toml():
    joint, _ = carried(drawn(), literature(), event_design(), 0.5)
    again = fed_forward().joint
    assert again is not None
    grid = joint.mean + np.linspace(-2.0, 2.0, 21)[:, None] * np.diag(joint.cholesky)
    np.testing.assert_allclose(again.log_density(grid), joint.log_density(grid), atol=1e-10, rtol=0)
    assert again.entries == joint.entries


def test_maps_are_inverse_and_stay_inside_their_ranges():
    rng = np.random.default_rng(0)
    x = {"a": rng.standard_normal(50), "b": rng.exponential(size=50), "s": rng.uniform(-1, 1, 50),
         "w": rng.dirichlet(np.ones(3), 50)}  # fmt: skip
    for e in LINE:
        np.testing.assert_allclose(constrain(e, unconstrain(e, x[e.name]), np), x[e.name], atol=1e-12)


def test_correlations_and_the_forgetting_factor():
    rng = np.random.default_rng(1)
    a = rng.standard_normal(50_000)
    draws = {"a": a, "b": np.exp(0.9 * a + 0.3 * rng.standard_normal(50_000))}
    kept, faded = (learn(draws, LINE[:2], f, {}).draw(50_000, rng) for f in (1.0, 0.25))
    truth = np.corrcoef(draws["a"], np.log(draws["b"]))[0, 1]
    for got in (kept, faded):
        assert np.corrcoef(got["a"], np.log(got["b"]))[0, 1] == pytest.approx(truth, abs=0.01)
    assert kept["a"].std() == pytest.approx(1.0, rel=0.02)
    assert faded["a"].std() == pytest.approx(2.0, rel=0.02)


@pytest.mark.parametrize("windows", [2, 4])
def test_sequential_updating_gives_the_joint_fit(windows):
    """Linear regression with known noise; each posterior is drawn, written to TOML and read as the next prior."""
    rng, draws = np.random.default_rng(windows), 40_000
    x = np.column_stack([np.ones(120), rng.standard_normal((120, 2)) @ np.array([[1.0, 0.8], [0.0, 0.6]])])
    y = x @ np.array([0.3, -0.5, 0.8]) + rng.standard_normal(120)
    entries = tuple(Entry(n, "identity") for n in "abc")
    prior = Joint(entries, np.zeros(3), 2.0 * np.eye(3), {})
    whole_mean, whole_cov = posterior(prior, x, y)
    for rows in np.array_split(np.arange(120), windows):
        mean, cov = posterior(prior, x[rows], y[rows])
        sample = rng.multivariate_normal(mean, cov, draws)
        prior = through_toml(learn({n: sample[:, i] for i, n in enumerate("abc")}, entries, 1.0, {}))
    sd = np.sqrt(np.diag(whole_cov))
    tolerance = 6.0 * np.sqrt(
        windows / draws
    )  # Monte Carlo error of a mean, in posterior sd, over the windows
    np.testing.assert_allclose((prior.mean - whole_mean) / sd, 0.0, atol=tolerance * 2.0)
    cov = prior.cholesky @ prior.cholesky.T
    np.testing.assert_allclose(cov / np.outer(sd, sd), whole_cov / np.outer(sd, sd), atol=tolerance)
    assert abs(whole_cov[1, 2] / (sd[1] * sd[2])) > 0.5  # margins alone would not do


def posterior(prior: Joint, x, y):
    precision = np.linalg.inv(prior.cholesky @ prior.cholesky.T)
    cov = np.linalg.inv(precision + x.T @ x)
    return cov @ (precision @ prior.mean + x.T @ y), cov


def test_the_set_covers_what_carries_over_and_draws_from_it():
    new = fed_forward()
    assert new.joint is not None
    assert set(new.joint.names) == set(parameter_names()) - set(KEPT)
    assert new.learned_from == (date(2025, 12, 2), date(2026, 2, 27))
    again = prior_draws(new, event_design(), SHARES, 500, 1)
    assert {k: v.shape for k, v in again.items()} == {k: (500, *v.shape[1:]) for k, v in drawn().items()}
    assert np.median(again["impact"]) == pytest.approx(np.median(drawn()["impact"]), rel=0.25)
    np.testing.assert_allclose(again["kernel"].sum(axis=-1), 1.0)


def test_the_symbolic_parameters_are_the_numerical_ones():
    import pymc as pm

    joint = fed_forward().joint
    assert joint is not None
    with pm.Model() as built:
        p = symbolic(joint)
    z = np.random.default_rng(0).standard_normal(len(joint.mean))
    names = ["residual_scale", "kernel", "factor_beta", "fund_share", "hedged_share"]
    got = pm.compile([built["joint"]], [p[n] for n in names], mode="FAST_COMPILE")(z)
    want = from_standard(joint, z[None])
    for name, value in zip(names, got, strict=True):
        np.testing.assert_allclose(value, want[name][0], atol=1e-12)


def test_sampled_vectors_get_their_names_back():
    import xarray as xr

    new = fed_forward()
    assert new.joint is not None
    z = np.random.default_rng(0).standard_normal((2, 3, len(new.joint.mean)))
    raw = xr.Dataset({"joint": (("chain", "draw", "joint_dim_0"), z)})
    groups = {k: len(n) for k, n in scalar_groups(new).items()}
    raw = raw.assign({k: (("chain", "draw", f"{k}_dim"), np.ones((2, 3, n))) for k, n in groups.items()})
    raw = raw.assign(dealer_sign=(("chain", "draw"), np.ones((2, 3))))
    named = split_scalars(raw, new)
    assert named["kernel"].dims == ("chain", "draw", "regime", "fund", "lag")
    np.testing.assert_allclose(
        named["residual_scale"][1, 2], from_standard(new.joint, z[1])["residual_scale"][2]
    )
    assert {"knock_in", "dealer_sign"} <= set(named.data_vars)


def test_overlap_is_refused_and_only_literature_may_overlap():
    new = fed_forward()
    with pytest.raises(PriorError, match="overlaps the fitted days") as caught:
        new.refuse_overlap(date(2026, 2, 27), date(2026, 3, 31))
    assert caught.value.exit_code == 3
    new.refuse_overlap(date(2026, 3, 2), date(2026, 3, 31))
    literature().refuse_overlap(date(2026, 2, 27), date(2026, 3, 31))
    with pytest.raises(PriorError, match="in time order"):
        require_new_days(new, date(2025, 6, 1))


@pytest.mark.parametrize("forgetting", [0.0, -1.0, 1.5])
def test_impossible_forgetting_is_refused(forgetting):
    with pytest.raises(PriorError, match="Forgetting"):
        learn({"a": np.zeros(9)}, LINE[:1], forgetting, {})


def test_broken_tables_are_refused():
    table = to_table(learn({"a": np.random.default_rng(0).standard_normal(99)}, LINE[:1], 1.0, {}))
    for broken in (
        {k: v for k, v in table.items() if k != "mean"},
        table | {"mean": [0.0, 1.0]},
        table | {"cholesky": [[-1.0]]},
    ):
        with pytest.raises(PriorError, match=r"\[joint\]"):
            from_table(Table(broken, Source("x.toml"), ("joint",), PriorError))


def test_a_change_of_a_parameter_with_a_correlated_prior_is_a_named_conflict():
    change = PriorChange(
        "residual_scale", {0.05: 1.3, 0.95: 3.2}, "log-% on a calm day", "s", where="card, line 9"
    )
    with pytest.raises(PriorError, match="line 9.*covers residual_scale: the two conflict"):
        with_changes(fed_forward(), (change,))


def test_another_universe_is_refused():
    from model.inference.build import _joint

    design = event_design()
    assert coords(design)["fund"]
    other = replace(design, funds=tuple(f"x{f}" for f in design.funds))
    with pytest.raises(PriorError, match="learned for fund"):
        _joint(fed_forward(), other)
