"""What one reading's draws say: decomposition, replicated data, what data moved, and checks.

Each function here is a job that a worker process can do: plain inputs, plain results.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from model.attribution.decompose import Parts, decompose, to_dataset
from model.attribution.identification import contributions, parameters
from model.attribution.replicate import replicate, with_expected
from model.gate.latents import check_reading
from model.gate.result import Check
from model.inference.draws import Draws, by_name, posterior_latents, prior_draws, prior_latents, thin
from model.mechanisms.design import PRE_SAMPLE, Design
from model.mechanisms.simulate.replay import extract_shocks, replay
from model.priors.prior_set import PriorSet

DECOMPOSED_DRAWS = 1000
PRIOR_DRAWS = 1000
REPLICATED_DRAWS = 400
REPLAYED_DRAWS = 5
REPLAY_TOLERANCE = 1e-9


@dataclass(frozen=True)
class PriorSide:
    """Draws of the prior and the decomposition they give."""

    draws: Draws
    parts: Parts


@dataclass(frozen=True)
class Products:
    """Everything computed from one reading's draws.

    Attributes
    ----------
    decomposition, predictive, prior : xarray.Dataset
    identification : list of dict
    checks : mapping
        Named booleans; ``None`` = cannot say.
    after : Check
        The graph's claims on the draws.
    """

    decomposition: xr.Dataset
    predictive: xr.Dataset
    prior: xr.Dataset
    identification: list[dict[str, Any]]
    checks: Mapping[str, bool | None]
    after: Check


def prior_side(priors: PriorSet, design: Design, base_shares: np.ndarray, seed: int) -> PriorSide:
    """Decompose draws of the prior, with the observed prints of the past."""
    draws = prior_draws(priors, design, base_shares, PRIOR_DRAWS, seed)
    latents = prior_latents(draws, design, seed)
    return PriorSide(draws, decompose(draws, latents, np.nan_to_num(design.flows)[None], design, seed))


def make_products(
    name: str,
    design: Design,
    use_positions: bool,
    posterior: xr.Dataset,
    prior: PriorSide,
    window: np.ndarray,
    seed: int,
) -> Products:
    """Decompose one reading, hold simulator and graph against its draws, and compare prior with posterior.

    Parameters
    ----------
    name : str
        Reading.
    design : Design
    use_positions : bool
        Whether the reading used weekly positions.
    posterior : xarray.Dataset
        All draws, with chains.
    prior : PriorSide
        For the same design.
    window : numpy.ndarray
        Rows to keep of the decomposition.
    seed : int

    Raises
    ------
    AssertionError
        If the parts do not sum to the observed values.
    """
    draws = thin(posterior, DECOMPOSED_DRAWS)
    latents, flows = posterior_latents(draws, design, use_positions, seed)
    parts = decompose(draws, latents, flows, design, seed)
    after = check_reading(draws, latents, flows, design, seed)
    checks = {
        f"{name}: parts sum to the observed within 1e-9": True,
        f"{name}: simulator reproduces the data within 1e-9": _replays(draws, latents, flows, design),
        f"{name}: hidden variables obey the graph in most draws": after.passed,
    }
    again = replicate(thin(posterior, REPLICATED_DRAWS), design, seed)
    basis_before = 1e3 * _match(prior.parts.trades["basis"], len(latents))[:, window]
    return Products(
        with_expected(to_dataset(parts, design, window), again).assign(
            prior_latent_basis=(("sample", "date"), basis_before)
        ),
        again,
        _as_dataset(prior.draws, posterior),
        parameters(prior.draws, draws, name) + contributions(prior.parts, parts, design, name),
        checks,
        after,
    )


def modelled_window(design: Design, start, end) -> np.ndarray:
    """Rows of the days from ``start`` to ``end`` that are modelled."""
    inside = np.asarray((design.dates.date >= start) & (design.dates.date <= end))
    inside[:PRE_SAMPLE] = False
    return np.flatnonzero(inside)


def _replays(draws: Draws, latents: np.ndarray, flows: np.ndarray, design: Design) -> bool:
    """Feed a few draws' shocks through the day-by-day simulator and compare with the data."""
    for s in np.linspace(0, len(latents) - 1, REPLAYED_DRAWS).astype(int):
        params = {k: v[s] for k, v in draws.items()}
        prints = flows[min(s, len(flows) - 1)]
        unknown = by_name(latents[s], prints)
        again = replay(params, design, extract_shocks(params, design, unknown))
        gap = np.nanmax(np.abs(again.returns - design.returns))
        flow_gap = np.nanmax(np.abs(again.flows - prints))
        if not max(gap, flow_gap) < REPLAY_TOLERANCE:
            return False
    return True


def _match(x: np.ndarray, count: int) -> np.ndarray:
    """As many prior draws as posterior draws, repeating from the start if there are fewer."""
    return x[np.arange(count) % len(x)]


def _as_dataset(draws: Draws, like: xr.Dataset) -> xr.Dataset:
    """Prior draws with the posterior's dimensions and one chain."""
    out = {}
    for name, value in draws.items():
        dims = ("chain", "draw", *like[name].dims[2:])
        out[name] = (dims, value[None])
    return xr.Dataset(out, coords={k: v for k, v in like.coords.items() if k not in ("chain", "draw")})
