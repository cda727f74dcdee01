"""Bridge sampling against marginal likelihoods known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from book_support import booked_event
from scipy import stats
from synthetic import event_design, random_parameters, system_of

from model.inference.arrays import arrays
from model.inference.bridge import log_likelihood, log_ratio, score
from model.inference.inputs import evaluate
from model.inference.likelihood.entry import value_and_gradient


def conjugate(y, noise, count, rng):
    """Draws of m given y ~ N(m, noise), m ~ N(0, 1); and the log marginal likelihood of y."""
    var = 1.0 / (1.0 + 1.0 / noise**2)
    draws = rng.normal(var * y / noise**2, np.sqrt(var), count)
    return draws, stats.norm(0.0, np.sqrt(1.0 + noise**2)).logpdf(y)


@pytest.mark.parametrize(("y_there", "y_here", "noise"), [(0.4, 0.1, 1.0), (2.0, -1.0, 0.8), (1.5, 0.0, 0.5)])
def test_bridge_finds_the_known_ratio(y_there, y_here, noise):
    """Same prior, two likelihoods."""
    rng = np.random.default_rng(3)
    there, z_there = conjugate(y_there, noise, 20_000, rng)
    here, z_here = conjugate(y_here, noise, 20_000, rng)

    def gain(m):
        return stats.norm(m, noise).logpdf(y_there) - stats.norm(m, noise).logpdf(y_here)

    found = score(gain(there), gain(here))
    assert found.value == pytest.approx(z_there - z_here, abs=5.0 * found.error + 1e-3)
    assert 0.0 < found.error < 0.1
    assert log_ratio(-gain(here), -gain(there)) == pytest.approx(-found.value, abs=1e-6)


def test_equal_models_score_zero():
    assert log_ratio(np.zeros(50), np.zeros(70)) == pytest.approx(0.0, abs=1e-12)


def test_unequal_numbers_of_draws():
    rng = np.random.default_rng(1)
    there, z_there = conjugate(0.7, 1.0, 40_000, rng)
    here, z_here = conjugate(-0.2, 1.0, 5_000, rng)
    gains = [stats.norm(m, 1.0).logpdf(0.7) - stats.norm(m, 1.0).logpdf(-0.2) for m in (there, here)]
    assert log_ratio(*gains) == pytest.approx(z_there - z_here, abs=0.05)


def test_likelihood_holds_rows_and_loop():
    design = booked_event()
    p = random_parameters(design, 1)
    draws = {k: np.asarray(v)[None] for k, v in p.items()}
    rows, _ = value_and_gradient(*system_of(p, design))
    loop = np.log(evaluate(p, arrays(design), np).jacobian[2:]).sum()
    assert log_likelihood(draws, design)[0] == pytest.approx(rows + loop)
    assert log_likelihood(draws, design)[0] != pytest.approx(
        log_likelihood(draws, event_design())[0], abs=1e-3
    )
