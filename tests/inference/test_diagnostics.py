"""What went wrong in sampling is named: the parameter, how much, and where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from model.errors import ConvergenceError
from model.inference.diagnostics import MIN_ESS, Diagnostics, diagnose, where
from model.inference.sample import Settings, _chains, started_somewhere

CHAINS, DRAWS, DEEPEST = 4, 500, 63
GOOD = Diagnostics(
    1.005, 900.0, 800.0, 0, 80_000, 12.0, "r_hat impact, bulk rho, tail basis_scale (4 x 1000)", 4000, 0.9
)


def run(seed: int = 0, **changed: np.ndarray) -> xr.DataTree:
    """A trace of two independent parameters; arrays named replace parts of it."""
    rng = np.random.default_rng(seed)
    shape = (CHAINS, DRAWS)
    drawn = {"a": rng.normal(size=shape), "b": rng.normal(size=shape)}
    stats = {
        "diverging": np.zeros(shape, bool),
        "n_steps": np.full(shape, 15),
        "energy": rng.normal(size=shape),
    }
    drawn, stats = ({k: changed.get(k, v) for k, v in part.items()} for part in (drawn, stats))
    dims = ("chain", "draw")
    groups = {"posterior": drawn, "sample_stats": stats}
    return xr.DataTree.from_dict(
        {g: xr.Dataset({k: (dims, v) for k, v in part.items()}) for g, part in groups.items()}
    )


def found(**changed: np.ndarray) -> Diagnostics:
    return diagnose(run(**changed), 1.0, 7, DEEPEST)


def test_independent_draws_pass_without_a_word():
    d = found()
    assert d.passed
    assert (d.faults, d.warnings, d.gradients) == ([], [], 7)


def test_a_chain_elsewhere_is_named_with_its_parameter():
    b = np.random.default_rng(1).normal(size=(CHAINS, DRAWS))
    b[2] += 3.0
    d = found(b=b)
    assert not d.passed
    assert d.faults[0].startswith("R-hat")
    assert "of b (bound" in d.faults[0]


def test_a_slow_walk_is_named_with_its_effective_draws():
    walk = np.cumsum(np.random.default_rng(2).normal(size=(CHAINS, DRAWS)), axis=1)
    said = " ".join(found(a=walk).faults)
    assert "effective draws (bulk) of a" in said


def test_draws_that_are_no_numbers_are_a_fault_of_their_parameter():
    a = np.random.default_rng(3).normal(size=(CHAINS, DRAWS))
    a[0, 5] = np.nan
    d = found(a=a)
    assert not d.passed
    assert "draws of a are not finite" in d.faults


def test_slow_energies_and_short_trees_are_told_though_the_run_passes():
    slow = np.cumsum(np.random.default_rng(4).normal(size=(CHAINS, DRAWS)), axis=1)
    d = found(energy=slow, n_steps=np.full((CHAINS, DRAWS), DEEPEST))
    assert d.passed
    assert [w.split()[0] for w in d.warnings] == ["energy", "100%"]
    assert all("use more" in w for w in d.warnings)


def test_a_stray_divergence_is_told_with_its_place():
    """At the edge of a parameter it is said so; in the middle of the draws it is said that it does not matter."""
    diverging = np.zeros((CHAINS, DRAWS), bool)
    diverging[1, 7] = True
    a = np.random.default_rng(5).normal(size=(CHAINS, DRAWS))
    a[1, 7] = 9.0
    edge = found(a=a, diverging=diverging)
    assert edge.passed
    assert "1 of 2000 draws diverged, at the edge of a (about 9" in edge.warnings[0]
    a[1, 7] = 0.0
    b = np.random.default_rng(6).normal(size=(CHAINS, DRAWS))
    b[1, 7] = 0.0
    inside = where(run(a=a, b=b)["posterior"].to_dataset(), diverging)
    assert "other draws lie too" in inside
    assert where(run()["posterior"].to_dataset(), np.zeros((CHAINS, DRAWS), bool)) == ""


def test_more_than_stray_divergences_are_a_fault():
    d = replace(GOOD, divergences=5)
    assert d.faults == ["5 of 4000 draws diverged"]
    assert replace(GOOD, ess_tail_min=float(MIN_ESS)).faults == [
        "400 effective draws (tail) of basis_scale (bound 400)"
    ]


def test_the_manifest_holds_no_seconds():
    assert "seconds" not in GOOD.to_dict()
    assert "seconds" not in GOOD.after(GOOD).to_dict()["refused"][0]


def test_a_start_without_a_density_is_named():
    """What the sampler says is replaced by the parameter and a remedy."""
    import nutpie
    import pymc as pm
    import pytensor

    with pm.Model() as model:
        x = pm.Normal("x", 0.0, 1.0)
        pm.Normal("fine", 0.0, 1.0)
        pm.Potential("nowhere", pm.math.log(-pm.math.exp(x)))
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        compiled = nutpie.compile_pymc_model(model)
    with (
        pytest.raises(ConvergenceError, match=r"not finite there \(nowhere\)\. Remedy: Check"),
        started_somewhere(model),
    ):
        _chains(compiled, Settings(chains=2, draws=5, tune=5), [])
