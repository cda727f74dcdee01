"""Transforms against numerical derivatives, and priors that do not change with the way they are sampled."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import stats
from synthetic import event_design, literature

from model.inference.build import (
    COMMON_MEAN,
    DAY_INFORMATION,
    MEANS,
    SIGN,
    SIGN_EFFECTS,
    _flow_state,
    _means,
    _sign,
)
from model.inference.transforms import (
    half_normal_quantile,
    isometric_simplex,
    rare_last_simplex,
    soft_log,
    standard,
)
from model.priors.prior_set import load_priors


@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_half_normal_becomes_normal(scale):
    """The density on the real line is the normal one, and the map is its own inverse's inverse."""
    z = np.array([-5.0, -1.3, -1e-9, 0.7, 3.5])
    free = pt.dvector()
    inputs = (pt.as_tensor(0.0), pt.as_tensor(scale))
    value = half_normal_quantile.backward(free, *inputs)
    outputs = [
        value,
        half_normal_quantile.forward(value, *inputs),
        half_normal_quantile.log_jac_det(free, *inputs),
    ]
    x, back, jacobian = pytensor.function([free], outputs, mode="FAST_COMPILE")(z)
    np.testing.assert_allclose(back, z, atol=1e-6)
    np.testing.assert_allclose(x, stats.halfnorm(scale=scale).ppf(stats.norm.cdf(z)), rtol=1e-6)
    np.testing.assert_allclose(
        stats.halfnorm(scale=scale).logpdf(x) + jacobian, stats.norm.logpdf(z), atol=1e-7
    )


def test_half_normal_stays_smooth_far_out():
    """Where the probability rounds to one the map still rises, as the normal tail does: by about one per unit."""
    free = pt.dvector()
    value = half_normal_quantile.backward(free, pt.as_tensor(0.0), pt.as_tensor(1.0))
    slope = pytensor.grad(value.sum(), free)
    x, rise = pytensor.function([free], [value, slope], mode="FAST_COMPILE")(np.array([6.0, 9.0, 15.0]))
    np.testing.assert_allclose(x, stats.halfnorm.isf(stats.norm.sf([6.0, 9.0, 15.0])), rtol=1e-9)
    assert ((rise > 0.98) & (rise < 1.0)).all()


@pytest.mark.parametrize("parts", [3, 7])
def test_shares_and_their_jacobian(parts):
    """Shares sum to one; the log determinant equals the numerical one up to a constant."""
    free = pt.vector(shape=(parts - 1,))
    shares = isometric_simplex.backward(free)
    outputs = [shares, isometric_simplex.forward(shares), isometric_simplex.log_jac_det(free)]
    evaluate = pytensor.function([free], outputs, mode="FAST_COMPILE")
    rng = np.random.default_rng(parts)
    gaps = []
    for _ in range(4):
        z = rng.normal(size=parts - 1)
        x, back, jacobian = evaluate(z)
        assert x.sum() == pytest.approx(1.0)
        np.testing.assert_allclose(back, z, atol=1e-10)
        slopes = [(evaluate(z + e)[0] - evaluate(z - e)[0])[:-1] / 2e-5 for e in 1e-5 * np.eye(parts - 1)]
        gaps.append(np.linalg.slogdet(np.array(slopes))[1] - jacobian)
    np.testing.assert_allclose(gaps, gaps[0], atol=1e-6)


def test_shares_whose_last_may_be_nothing_and_their_jacobian():
    """As above, for several funds at once; with a last concentration of one its coordinate is standard normal."""
    a = np.array([[8.0, 2.0, 1.0], [5.0, 3.0, 1.0]])
    free = pt.TensorType("float64", (2, 2))("free")
    shares = rare_last_simplex.backward(free, pt.as_tensor(a))
    outputs = [
        shares,
        rare_last_simplex.forward(shares, pt.as_tensor(a)),
        rare_last_simplex.log_jac_det(free, pt.as_tensor(a)),
    ]
    evaluate = pytensor.function([free], outputs, mode="FAST_COMPILE")
    rng, gaps = np.random.default_rng(3), []
    for _ in range(4):
        z = rng.normal(size=(2, 2))
        x, back, jacobian = evaluate(z)
        np.testing.assert_allclose(back, z, atol=1e-8)
        others = a[:, :-1].sum(axis=1)
        np.testing.assert_allclose(stats.beta(1.0, others).cdf(x[:, 2]), stats.norm.cdf(z[:, 1]))
        slopes = [(evaluate(z + e)[0] - evaluate(z - e)[0])[:, 1:] / 2e-5 for e in 1e-5 * np.eye(2)]
        numerical = np.linalg.slogdet(np.array(slopes).transpose(1, 0, 2))[1]
        gaps.append(numerical - jacobian)
    np.testing.assert_allclose(gaps, gaps[0][0] + np.zeros((4, 2)), atol=1e-6)


def test_a_log_normal_scale_keeps_its_prior():
    """The density on the real line integrates to the prior's probabilities; large scales are linear there."""
    prior = stats.lognorm(s=0.6, scale=np.exp(-2.3))
    free, inputs = pt.dvector(), (pt.as_tensor(-2.3), pt.as_tensor(0.6))
    value = soft_log.backward(free, *inputs)
    outputs = [value, soft_log.forward(value, *inputs), soft_log.log_jac_det(free, *inputs)]
    z = np.linspace(-12.0, 60.0, 40_001)
    x, back, jacobian = pytensor.function([free], outputs, mode="FAST_COMPILE")(z)
    np.testing.assert_allclose(back, z, atol=1e-6)
    density = np.exp(prior.logpdf(x) + jacobian)
    for level in (0.02, 0.1, 0.4):
        assert density[x < level].sum() * (z[1] - z[0]) == pytest.approx(prior.cdf(level), abs=2e-3)
    assert x[-1] - x[-2] == pytest.approx(np.exp(-2.3) * (z[1] - z[0]))


def test_fund_means_keep_their_prior():
    """Means sampled as sums have the prior of each, up to a constant, exceptions for single funds included."""
    design, priors = event_design(), load_priors("baseline-2024-2025")
    assert priors[MEANS].items
    rng = np.random.default_rng(1)
    share = rng.dirichlet(np.ones(len(design.funds)))
    common = pt.dscalar()
    with pm.Model(coords={"fund": list(design.funds)}) as model:
        _means(priors, design, np.ones(len(share)), {"fund_share": pt.as_tensor(share), COMMON_MEAN: common})
    free = model[f"{MEANS}_free"]
    evaluate = pytensor.function([free, common], [model[f"{MEANS}_prior"], model[MEANS]], mode="FAST_COMPILE")
    mu, sigma = (priors[MEANS].argument(k, design.funds) for k in ("mu", "sigma"))
    gaps = []
    for _ in range(3):
        density, value = evaluate(rng.normal(size=len(share)), 0.1 * rng.normal())
        gaps.append(density - stats.norm(mu, sigma).logpdf(value).sum())
    np.testing.assert_allclose(gaps, gaps[0])


def test_normal_numbers_are_sampled_in_spreads_of_their_prior():
    """On the sampler's scale every normal prior is the standard normal one, however narrow it is."""
    mu, sigma = np.array([0.3, -1.0, 0.0]), np.array([0.5, 2.0, 1e-5])
    with pm.Model() as scaled:
        x = pm.Normal("x", mu, sigma, default_transform=standard)
    z = np.array([0.7, -0.2, 1.5])
    name = scaled.value_vars[0].name
    value = scaled.compile_logp(mode="FAST_COMPILE")({name: z})
    assert value == pytest.approx(stats.norm.logpdf(z).sum())
    free, inputs = pt.dvector(), x.owner.inputs
    back = standard.backward(free, *inputs)
    there, again = pytensor.function([free], [back, standard.forward(back, *inputs)], mode="FAST_COMPILE")(z)
    np.testing.assert_allclose(there, mu + sigma * z)
    np.testing.assert_allclose(again, z)


@pytest.mark.parametrize("size", [0.2, 1.0, 2.5])
def test_the_sign_keeps_its_prior_whatever_the_size(size):
    with pm.Model() as model:
        _sign(literature(), {n: pt.as_tensor(size * literature()[n].ppf(0.5)) for n in SIGN_EFFECTS})
    free = model[f"{SIGN}_free"]
    evaluate = pytensor.function([free], [model[f"{SIGN}_prior"], model[SIGN]], mode="FAST_COMPILE")
    prior = literature()[SIGN].frozen()
    grid = np.linspace(-8.0, 8.0, 4001) * (1.0 + 3.3 * size**2)
    log_density, value = np.array([evaluate(z) for z in grid]).T
    density = np.exp(log_density)
    below = density[value < 0.4].sum() / density.sum()
    assert below == pytest.approx(prior.cdf(0.4), abs=2e-3)


EXPECTED = np.linspace(-0.4, 0.9, 6)
"""Days' log scales as the days before announce them, and states of the price."""


@pytest.mark.parametrize("tail", [0.01, 0.3, 3.0])
def test_days_scales_keep_their_prior_whatever_the_spread(tail):
    """Density of a zero-sum normal vector with the spread asked for, and the Jacobian of the units it is sampled in."""
    shared, price = 0.6, np.array([0.5, -1.0, 2.0, 0.0, 0.3, -0.8])
    with pm.Model(coords={"date": range(6)}) as model:
        spread = pm.LogNormal("spread", 0.0, 1.0)
        p = {"flow_tail": spread, "flow_memory": 2.0, "day_shared": shared, "return_state": price}
        _flow_state(p, EXPECTED / 2.0)
    free, state = model.value_vars[1], model["flow_state"]
    unit, at = np.array([0.3, -1.2, 0.5, 0.1, 2.0]), {"spread_log__": np.log(tail)}
    (there,) = model.compile_fn(model.replace_rvs_by_values([state]), mode="FAST_COMPILE")(
        at | {free.name: unit}
    )
    of = (model.compile_logp(v, mode="FAST_COMPILE") for v in (None, [spread]))
    whole, alone = (f(at | {free.name: unit}) for f in of)
    found = whole - alone + 5 * np.log(0.8)
    there = (there - EXPECTED - tail * shared * price) / 0.8
    prior = stats.norm(0.0, tail).logpdf(there).sum() - stats.norm(0.0, tail).logpdf(0.0)
    ratio = tail / np.sqrt(1.0 + DAY_INFORMATION * tail**2)
    assert found == pytest.approx(prior + 5 * np.log(ratio))
    assert there.sum() == pytest.approx(0.0, abs=1e-12)
