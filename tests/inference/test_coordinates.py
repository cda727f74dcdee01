"""Coordinates of the chains: a pilot's ridges made round, and a compiled model that does not notice the map."""

from __future__ import annotations

import ctypes
import dataclasses
import json

import numpy as np
import nutpie
import pymc as pm
import pytest
from nutpie.compile_pymc import CompiledPyMCModel

from model.inference.coordinates import KINETICS, Flowing, block_of, flowing, mapped, root
from model.inference.starts import density

APART = ("daily",)
COVARIANCE = np.array([[4.0, 1.8, 0.0], [1.8, 1.0, 0.2], [0.0, 0.2, 0.3]])


@pytest.fixture(scope="module")
def compiled():
    """Three normal numbers that lean on each other, and twenty daily ones, not normal, or any step would be exact."""
    with pm.Model() as model:
        pm.MvNormal("own", np.array([1.0, -2.0, 0.5]), cov=COVARIANCE)
        pm.Gamma("daily", 2.0, 1.0, shape=20)
    return nutpie.compile_pymc_model(model)


def _expand(model, x: np.ndarray) -> np.ndarray:
    out = np.zeros(model.n_expanded)
    numbers = [np.ctypeslib.as_ctypes(a) for a in (x.copy(), out)]
    data = ctypes.c_void_p(model.user_data.ctypes.data)
    assert model.compiled_expand_func.ctypes(len(x), len(out), *numbers, data) == 0
    return out


def test_only_numbers_of_the_whole_span_are_mapped(compiled):
    np.testing.assert_array_equal(block_of(compiled, APART), [0, 1, 2])


def test_density_gradient_and_draws_through_the_map(compiled):
    """Value at the mapped point, gradient by the chain rule, draws in the model's own numbers, starts mapped back."""
    rng = np.random.default_rng(0)
    block, matrix = np.arange(3), rng.normal(size=(3, 3)) + 2.0 * np.eye(3)
    model, z = mapped(compiled, block, matrix), rng.normal(size=23)
    x = np.concatenate([matrix @ z[:3], z[3:]])
    value, gradient = density(model, z)
    expected, slope = density(compiled, x)
    assert value == pytest.approx(expected)
    np.testing.assert_allclose(gradient, np.concatenate([matrix.T @ slope[:3], slope[3:]]))
    np.testing.assert_allclose(_expand(model, z), _expand(compiled, x))
    start = model.initial_point_func(7)
    back = np.concatenate([matrix @ start[:3], start[3:]])
    np.testing.assert_allclose(back, compiled.initial_point_func(7))


def test_a_normal_pilot_gives_round_coordinates(compiled):
    """For a normal density curvature and spread agree: the map is a root of its covariance."""
    rng = np.random.default_rng(1)
    draws = np.concatenate(
        [rng.multivariate_normal(np.zeros(3), COVARIANCE, (4, 4000)), rng.normal(size=(4, 4000, 20))], axis=2
    )
    matrix = root(compiled, np.arange(3), draws)
    np.testing.assert_allclose(matrix @ matrix.T, COVARIANCE, atol=1e-6)


def test_chains_find_the_density(compiled):
    """Moments from the map and the exact flow, within Monte Carlo error; the flow is in force."""
    model = mapped(compiled, np.arange(3), np.linalg.cholesky(COVARIANCE))
    trace = nutpie.sample(
        model, draws=2000, tune=300, chains=2, cores=1, seed=5, progress_bar=False, maxdepth=4
    )
    own = trace["posterior"]["own"].to_numpy().reshape(-1, 3)
    np.testing.assert_allclose(own.mean(axis=0), [1.0, -2.0, 0.5], atol=0.1)
    np.testing.assert_allclose(np.cov(own.T), COVARIANCE, atol=0.25)
    daily = trace["posterior"]["daily"].to_numpy()
    assert daily.mean() == pytest.approx(2.0, abs=0.03)
    assert daily.var() == pytest.approx(2.0, abs=0.1)
    assert KINETICS in trace["sample_stats"].attrs["inference_library_settings"]


def test_a_chain_that_never_moved_still_gives_a_map(compiled):
    matrix = root(compiled, np.arange(3), np.zeros((2, 3, 23)))
    assert np.isfinite(matrix).all()
    assert np.linalg.matrix_rank(matrix) == 3
    assert flowing(compiled).n_dim == 23


def test_nutpie_still_has_no_public_way(compiled):
    """Once it takes the kind of trajectory, :class:`Flowing` can go."""
    with pytest.raises(AttributeError, match="trajectory_kind"):
        nutpie.sample(
            compiled, draws=1, tune=1, chains=1, cores=1, progress_bar=False, trajectory_kind=KINETICS
        )


def test_what_is_overridden_is_still_nutpies_own(compiled):
    """A method that nutpie no longer calls would leave chains on straight lines without a word."""
    overridden = Flowing.__dict__.keys() & CompiledPyMCModel.__dict__.keys()
    assert {n for n in overridden if not n.startswith("__")} == {"_make_sampler"}
    read = {"compiled_logp_func", "compiled_expand_func", "initial_point_func", "user_data", "shape_info"}
    assert read <= {f.name for f in dataclasses.fields(CompiledPyMCModel)}
    settings = nutpie.sample(
        flowing(compiled), draws=2, tune=2, chains=1, cores=1, progress_bar=False, seed=1
    )["sample_stats"].attrs["inference_library_settings"]
    assert json.loads(settings)["settings"]["trajectory_kind"] == KINETICS
