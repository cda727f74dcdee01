"""Sampler settings and the bounds that decide whether a fit converged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.fit import MAX_R_HAT, MIN_ESS, Diagnostics
from model.pipeline import DRAWS, DRAWS_LONG, LONG, usual_draws

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
        ({"divergences": 9}, False),
    ],
)
def test_every_bound_decides(change, mixed):
    """One stray divergence is mixed, but a fit that is reported has none."""
    d = replace(GOOD, **change)
    assert d.mixed is mixed
    assert d.passed is (mixed and d.divergences == 0)
