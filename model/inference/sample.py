"""Sampling: one compiled model, explicit sampler, and when to sample once more."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pymc as pm
import pytensor
import xarray as xr

from model.errors import ConvergenceError
from model.inference.build import build_model, shared_data, split_scalars
from model.inference.diagnostics import Diagnostics, diagnose
from model.mechanisms.design import Design
from model.priors.prior_set import PriorSet
from model.terminal import shown_elsewhere

LONGER = 3
"""A second attempt, when the first only just missed a bound: so many times the draws."""
FINE_ACCEPT, FINE_LONGER = 0.9, 2
"""The same when it mixed but for more than a stray divergence: smaller steps, which mix worse (760 to 940 effective draws in
place of 1,130 to 1,150, of 4,000 on 555 days), and so twice the draws."""
FINEST_ACCEPT = 0.95
"""The same when some diverged and it did not mix: with every prior spread doubled, 60 days, 3 of 12,000 draws diverged at
0.9 and 25 with another seed; 0 and 1 of 8,000 at 0.95, and 1 at 0.97."""
ACCEPT = 0.85
"""Target acceptance. At 0.9 steps are shorter, every trajectory still has fifteen, and slow numbers move less far."""
MAX_DEPTH = 6
"""Trees of at most 63 steps. At the usual step of 0.3 they end at 15, three quarters of a period; hard panels need steps
of 0.08 and all 63: held to 15, six of 40 simulated panels of 300 days did not mix (R-hat above 2)."""
DEEPEST = 2**MAX_DEPTH - 1
"""Steps of such a tree."""
DAILY = ("return_state", "flow_state", "gamma_state")
"""Numbers of one day or week, which need no coordinates of their own (:mod:`model.inference.coordinates`)."""
KEPT_STATS = ("diverging", "n_steps", "step_size", "logp", "energy")
NO_START = "initialization points failed"
"""What nutpie says when no starting point has a finite density."""


@dataclass(frozen=True)
class Settings:
    """Sampler settings, named because defaults differ between samplers."""

    chains: int = 4
    draws: int = 1000
    tune: int = 300
    seed: int = 20260205
    target_accept: float = ACCEPT


class Sampler:
    """A model compiled once, sampled on any design with the same dates and gaps.

    Parameters
    ----------
    design : Design
    priors : PriorSet
    base_shares : numpy.ndarray
        ``Shape: (I,)``.
    adjust : callable, optional
        Called with the built model before it is compiled, e.g. to add a potential.
    """

    def __init__(
        self,
        design: Design,
        priors: PriorSet,
        base_shares: np.ndarray,
        adjust: Callable[[pm.Model], None] | None = None,
    ) -> None:
        import nutpie  # a second, which worker processes can do without

        started = time.perf_counter()
        self._priors = priors
        self.model = build_model(design, priors, base_shares)
        if adjust is not None:
            adjust(self.model)
        # Initial points are computed once for each chain: compiling their functions would cost more than it saves.
        with pytensor.config.change_flags(mode="FAST_COMPILE"):
            self._compiled = nutpie.compile_pymc_model(self.model)
        self.compile_seconds = time.perf_counter() - started

    def sample(
        self, design: Design, settings: Settings, use_positions: bool = True
    ) -> tuple[xr.DataTree, Diagnostics]:
        """Draw from the posterior of one reading.

        Returns
        -------
        trace : xarray.DataTree
            Groups ``posterior`` and ``sample_stats``.
        diagnostics : Diagnostics

        Raises
        ------
        ConvergenceError
            If no chain can start.
        """
        started = time.perf_counter()
        compiled = self._compiled.with_data(**shared_data(design, use_positions))
        spent: list[int] = []
        with started_somewhere(self.model):
            trace = _chains(self._in_own_coordinates(compiled, settings, spent), settings, spent)
        seconds = time.perf_counter() - started
        posterior = split_scalars(trace["posterior"].to_dataset(), self._priors)
        tree = xr.DataTree.from_dict(
            {"posterior": posterior, "sample_stats": trace["sample_stats"].to_dataset()[list(KEPT_STATS)]}
        )
        return tree, diagnose(tree, seconds, sum(spent), DEEPEST)

    @staticmethod
    def _in_own_coordinates(compiled, settings: Settings, spent: list[int]):
        """The model in the coordinates that a short pilot run suggests."""
        from model.inference.coordinates import POINTS, block_of, mapped, root  # it brings nutpie
        from model.inference.starts import among, descended

        block = block_of(compiled, DAILY)
        short = replace(settings, tune=-(-settings.tune // 2), draws=max(2, settings.tune // 2))
        # Straight lines between kicks: exact flow of a normal density goes astray where the density is far from one.
        pilot = _chains(descended(compiled, block, spent), short, spent, store_unconstrained=True)
        spent.append(2 * len(block) * POINTS * settings.chains)  # differences that give the curvature
        draws = pilot["sample_stats"]["unconstrained_draw"].to_numpy()
        started = among(compiled, draws.reshape(-1, draws.shape[-1]))
        return mapped(started, block, root(compiled, block, draws))


def _chains(compiled, settings: Settings, spent: list[int], **options: bool) -> xr.DataTree:
    """Run all chains of a compiled model; ``spent`` collects the gradients, tuning included."""
    import nutpie  # a second, which worker processes can do without

    watched = sys.stderr.isatty()
    with shown_elsewhere(watched):
        trace = nutpie.sample(
            compiled,
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            cores=min(settings.chains, os.cpu_count() or 1),
            seed=settings.seed,
            target_accept=settings.target_accept,
            maxdepth=MAX_DEPTH,
            progress_bar=watched,
            save_warmup=True,
            **options,
        )
    spent += [int(trace[g]["n_steps"].sum()) for g in ("warmup_sample_stats", "sample_stats")]
    return trace


@contextlib.contextmanager
def started_somewhere(model: pm.Model) -> Iterator[None]:
    """Name what keeps every chain from starting.

    Raises
    ------
    ConvergenceError
        With the terms of the density that are not finite.
    """
    try:
        yield
    except RuntimeError as error:
        if NO_START not in str(error):
            raise
        raise ConvergenceError(
            f"No chain can start: the density or its gradient is not finite there{not_finite(model)}.",
            "Check the data of the event's days, and the priors named: one whose tail overflows must be tightened.",
        ) from None


def not_finite(model: pm.Model) -> str:
    """Terms of the density that are not finite where chains start, in words; empty where all are."""
    found = [str(name) for name, value in model.point_logps().items() if not np.isfinite(value)]
    return f" ({', '.join(found)})" if found else ""


def sample_until_mixed(
    sampler: Sampler,
    design: Design,
    settings: Settings,
    say: Callable[[str], None],
    use_positions: bool = True,
) -> tuple[xr.DataTree, Diagnostics]:
    """Sample; if a bound was only just missed, once more: smaller steps if some diverged, and in any case more draws."""
    trace, diagnostics = sampler.sample(design, settings, use_positions)
    if diagnostics.passed or not diagnostics.nearly:
        return trace, diagnostics
    times, finer = (FINE_LONGER, FINE_ACCEPT) if diagnostics.mixed else (LONGER, FINEST_ACCEPT)
    say(f"  {diagnostics.sentence}: once more, {times} times as long ...")
    longer = replace(
        settings,
        target_accept=finer if diagnostics.divergences else settings.target_accept,
        seed=settings.seed + 1,
        draws=times * settings.draws,
        tune=2 * settings.tune,
    )
    again, second = sampler.sample(design, longer, use_positions)
    return again, second.after(diagnostics)


DRAWS, DRAWS_LONG, LONG = 1000, 1500, 250
"""Draws per chain up to, and beyond, a number of days: of 1,600 numbers of a long panel one has the largest R-hat."""


def usual_draws(days: int) -> int:
    """Draws per chain where the user names no number."""
    return DRAWS if days <= LONG else DRAWS_LONG
