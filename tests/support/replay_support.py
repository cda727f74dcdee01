"""Shocks behind a panel, and whether they give it back."""

from __future__ import annotations

import numpy as np
from synthetic import system_of

from model.inference.arrays import make_frame
from model.inference.likelihood.entry import draw_latents
from model.mechanisms.simulate.records import Shocks
from model.mechanisms.simulate.replay import extract_shocks
from tests.proofs.read_latents import read_latents


def drawn_shocks(p, design, seed=0):
    """Shocks of one posterior draw of the latents."""
    inputs, data, frame = system_of(p, design)
    noise = np.random.default_rng(seed).standard_normal(len(frame.first))
    latents = read_latents(design, make_frame(design), draw_latents(inputs, data, frame, noise)[1])
    return extract_shocks(p, design, latents), latents


def moved(shocks: Shocks, name: str, t, by: float) -> Shocks:
    """The same shocks with one of them changed."""
    array = getattr(shocks, name).copy()
    array[t] += by
    return shocks._replace(**{name: array})


def assert_reproduces(design, simulated):
    for name in ("returns", "flows", "iv_change", "premium", "positions"):
        seen = np.isfinite(getattr(design, name))
        assert seen.any()
        np.testing.assert_allclose(
            getattr(simulated, name)[seen], getattr(design, name)[seen], rtol=0.0, atol=1e-9, err_msg=name
        )
