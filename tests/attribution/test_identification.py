"""One rule for what data say: moved, narrowed, both, neither; the prior's own share. Held against conjugate normals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from model.attribution.identification import (
    BOTH,
    MOVED,
    NARROWED,
    UNIDENTIFIED,
    identify,
    informed,
    spread,
    unmoved,
    verdict,
)


def conjugate(data_sd: float, data_mean: float, draws: int = 40_000):
    """Prior and posterior draws of a standard normal mean seen once with normal error."""
    rng = np.random.default_rng(1)
    share = data_sd**2 / (1.0 + data_sd**2)
    posterior = (1.0 - share) * data_mean + np.sqrt(share) * rng.standard_normal(draws)
    return rng.standard_normal(draws), posterior, share


@pytest.mark.parametrize(
    ("data_sd", "data_mean", "expected"),
    [
        (0.5, 0.0, NARROWED),  # data agree with the prior's centre and are precise
        (0.5, 3.0, BOTH),
        (4.0, 0.0, UNIDENTIFIED),  # data say next to nothing
        (4.0, 30.0, MOVED),  # imprecise data far away: the centre goes 1.8 spreads, the variance falls by 6 %
    ],
)
def test_conjugate_normals(data_sd, data_mean, expected):
    prior, posterior, share = conjugate(data_sd, data_mean)
    found = identify(prior, posterior)
    assert found.verdict == expected
    assert informed(found.verdict) == (expected != UNIDENTIFIED)
    assert found.prior_share == pytest.approx(share, abs=0.03)
    assert found.shift == pytest.approx((1.0 - share) * data_mean, abs=0.03)


@pytest.mark.parametrize(("kept", "expected"), [(0.97, UNIDENTIFIED), (0.85, NARROWED)])
def test_narrowing_begins_at_a_tenth_of_the_variance(kept, expected):
    draws = np.random.default_rng(1).standard_normal((2, 40_000))
    assert verdict(draws[0], kept * draws[1]) == expected


@pytest.mark.parametrize(("way", "expected"), [(0.45, UNIDENTIFIED), (0.6, MOVED), (-0.6, MOVED)])
def test_moving_begins_at_half_a_spread(way, expected):
    draws = np.random.default_rng(2).standard_normal((2, 40_000))
    assert verdict(3.0 * draws[0], 3.0 * (draws[1] + way)) == expected


def test_a_posterior_that_is_the_prior_is_not_identified_by_chance():
    """1,000 prior draws against 4,000 dependent ones: by spreads alone one in eight falls by a tenth."""
    rng, found, by_spread = np.random.default_rng(2), 0, 0
    for _ in range(400):
        prior, steps = rng.standard_normal(1_000), rng.standard_normal(4_000)
        posterior = lfilter([np.sqrt(1 - 0.3**2)], [1, -0.3], steps)
        found += informed(verdict(prior, posterior))
        by_spread += 1 - (spread(posterior) / spread(prior)) ** 2 >= 0.1
    assert found <= 8 < 20 < by_spread


def test_what_is_always_zero_has_no_verdict_but_the_data_may_settle_it():
    assert verdict(np.zeros(100), np.zeros(100)) == UNIDENTIFIED
    assert informed(verdict(np.random.default_rng(3).standard_normal(100), np.zeros(100)))


def test_a_posterior_that_widens_is_neither_identified_nor_the_prior():
    draws = np.random.default_rng(4).standard_normal((2, 4_000))
    assert verdict(draws[0], 1.6 * draws[1]) == UNIDENTIFIED
    assert identify(draws[0], 1.6 * draws[1]).prior_share == 1.0
    assert not unmoved(draws[0], 1.6 * draws[1])
    assert unmoved(draws[0], draws[1])
