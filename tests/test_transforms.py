"""Transforms against numerical derivatives, and priors that do not change with the way they are sampled."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from scipy import stats
from synthetic import literature

from model.build import SIGN, SIGN_EFFECTS, _sign
from model.transforms import Linear, half_normal_quantile, isometric_simplex, standard


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


def test_a_linear_map_keeps_the_density():
    """A normal vector sampled through the map has the density of the normal vector itself."""
    matrix = np.linalg.cholesky(np.array([[1.0, 0.6], [0.6, 2.0]]))
    with pm.Model() as mapped:
        pm.Normal("x", [0.3, -1.0], [0.5, 2.0], default_transform=Linear(matrix))
    z = np.array([0.7, -0.2])
    x = matrix @ z
    expected = stats.norm([0.3, -1.0], [0.5, 2.0]).logpdf(x).sum() + np.log(np.linalg.det(matrix))
    name = mapped.value_vars[0].name
    assert mapped.compile_logp(mode="FAST_COMPILE")({name: z}) == pytest.approx(expected)
    free = pt.dvector()
    back = pytensor.function(
        [free], Linear(matrix).forward(Linear(matrix).backward(free)), mode="FAST_COMPILE"
    )
    np.testing.assert_allclose(back(z), z)


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
