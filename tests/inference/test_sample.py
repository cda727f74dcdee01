"""Sampler settings and the bounds that decide whether a fit converged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from model.inference.diagnostics import MAX_R_HAT, MIN_ESS, Diagnostics
from model.inference.sample import (
    DRAWS,
    DRAWS_LONG,
    FINE_ACCEPT,
    FINE_LONGER,
    FINEST_ACCEPT,
    LONG,
    LONGER,
    Settings,
    sample_until_mixed,
    usual_draws,
)

GOOD = Diagnostics(1.005, 900.0, 800.0, 0, 80_000, 12.0, "", 4000)


def test_long_panels_get_more_draws():
    assert usual_draws(LONG) == DRAWS < usual_draws(LONG + 1) == DRAWS_LONG


@pytest.mark.parametrize(
    ("change", "mixed"),
    [
        ({}, True),
        ({"r_hat_max": MAX_R_HAT}, False),
        ({"ess_bulk_min": float(MIN_ESS)}, False),
        ({"ess_tail_min": float(MIN_ESS)}, False),
        ({"r_hat_max": float("nan")}, False),
        ({"divergences": 1}, True),
        ({"divergences": 4}, True),
        ({"divergences": 8}, True),
        ({"divergences": 9}, False),
        ({"not_finite": ("impact",)}, False),
    ],
)
def test_every_bound_decides(change, mixed):
    """Of 4,000 draws eight may diverge in a run that mixed, and four in one that is reported."""
    d = replace(GOOD, **change)
    assert d.mixed is mixed
    assert d.passed is (mixed and d.divergences <= 4)
    assert bool(d.faults) is not d.passed


class _Scripted:
    """A sampler that reports what it is told to."""

    def __init__(self, *found: Diagnostics) -> None:
        self.found, self.asked = list(found), list[Settings]()

    def sample(self, _design, settings, _use_positions):
        self.asked.append(settings)
        return len(self.asked), self.found[len(self.asked) - 1]


@pytest.mark.parametrize(
    ("first", "attempts", "times", "accept"),
    [
        (GOOD, 1, None, None),
        (replace(GOOD, r_hat_max=1.2), 1, None, None),
        (replace(GOOD, r_hat_max=1.011), 2, LONGER, Settings().target_accept),
        (replace(GOOD, divergences=2), 1, None, None),
        (replace(GOOD, divergences=6), 2, FINE_LONGER, FINE_ACCEPT),
        (replace(GOOD, divergences=2, r_hat_max=1.011), 2, LONGER, FINEST_ACCEPT),
    ],
)
def test_a_near_miss_is_sampled_again_longer(first, attempts, times, accept):
    """Hopeless and converged attempts are not repeated; smaller steps only where some diverged."""
    sampler: Any = _Scripted(first, GOOD)
    design: Any = None
    said: list[str] = []
    trace, kept = sample_until_mixed(sampler, design, Settings(), said.append)
    assert trace == attempts == len(sampler.asked)
    assert len(said) == attempts - 1
    if attempts == 2:
        again = sampler.asked[1]
        assert (again.draws, again.target_accept) == (times * Settings().draws, accept)
        assert again.seed != Settings().seed
        assert kept.gradients == first.gradients + GOOD.gradients
        assert [r["r_hat_max"] for r in kept.refused] == [first.r_hat_max]
