"""Sampling: one compiled model, explicit sampler, diagnostics that decide."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
import pymc as pm
import pytensor
import xarray as xr

from model.inference.build import build_model, shared_data, split_scalars
from model.mechanisms.design import Design
from model.priors.prior_set import PriorSet

MAX_R_HAT = 1.01
MIN_ESS = 400
LONGER = 3
"""A second attempt, when the first only just missed a bound: so many times the draws."""
FINE_ACCEPT, FINE_LONGER = 0.9, 2
"""The same when it mixed but for a stray divergence: smaller steps, which mix worse (760 to 940 effective draws in
place of 1,130 to 1,150, of 4,000 on 555 days), and so twice the draws."""
FINEST_ACCEPT = 0.95
"""The same when some diverged and it did not mix: with every prior spread doubled, 60 days, 3 of 12,000 draws diverged at
0.9 and 25 with another seed; 0 and 1 of 8,000 at 0.95, and 1 at 0.97."""
NEARLY = {"r_hat": 1.05, "ess": 100, "divergences": 0.005}
"""What an attempt must reach for a longer one to be worth its time: a model that fails these needs more than draws."""
ACCEPT = 0.85
"""Target acceptance. At 0.9 steps are shorter, every trajectory still has fifteen, and slow numbers move less far."""
MAX_DEPTH = 6
"""Trees of at most 63 steps. At the usual step of 0.3 they end at 15, three quarters of a period; hard panels need steps
of 0.08 and all 63: held to 15, six of 40 simulated panels of 300 days did not mix (R-hat above 2)."""
DAILY = ("return_state", "flow_state", "gamma_state")
"""Numbers of one day or week, which need no coordinates of their own (:mod:`model.inference.coordinates`)."""
KEPT_STATS = ("diverging", "n_steps", "step_size", "logp", "energy")


@dataclass(frozen=True)
class Settings:
    """Sampler settings, named because defaults differ between samplers."""

    chains: int = 4
    draws: int = 1000
    tune: int = 300
    seed: int = 20260205
    target_accept: float = ACCEPT


@dataclass(frozen=True)
class Diagnostics:
    """Convergence of one sampling run."""

    r_hat_max: float
    ess_bulk_min: float
    ess_tail_min: float
    divergences: int
    gradients: int
    seconds: float
    worst: str
    total: int

    @property
    def mixed(self) -> bool:
        """R-hat and effective samples within their bounds; a stray divergence in a thousand draws allowed."""
        few = self.divergences <= 0.002 * self.total
        return few and self.r_hat_max < MAX_R_HAT and min(self.ess_bulk_min, self.ess_tail_min) > MIN_ESS

    @property
    def nearly(self) -> bool:
        """Whether a longer run with smaller steps will probably pass."""
        few = self.divergences <= NEARLY["divergences"] * self.total
        return (
            few
            and self.r_hat_max < NEARLY["r_hat"]
            and min(self.ess_bulk_min, self.ess_tail_min) > NEARLY["ess"]
        )

    @property
    def passed(self) -> bool:
        """R-hat, effective samples and divergences within their bounds."""
        return (
            self.r_hat_max < MAX_R_HAT
            and min(self.ess_bulk_min, self.ess_tail_min) > MIN_ESS
            and self.divergences == 0
        )

    @property
    def sentence(self) -> str:
        """The numbers that decide, for the terminal."""
        return (
            f"{self.seconds:.1f} s, R-hat {self.r_hat_max:.3f}, "
            f"ESS {min(self.ess_bulk_min, self.ess_tail_min):.0f}, divergences {self.divergences} [{self.worst}]"
        )

    def to_dict(self) -> dict:
        """Plain numbers for the manifest."""
        return asdict(self) | {"passed": self.passed}


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
        import nutpie

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
        """
        started = time.perf_counter()
        compiled = self._compiled.with_data(**shared_data(design, use_positions))
        trace = _chains(self._in_own_coordinates(compiled, settings), settings)
        seconds = time.perf_counter() - started
        posterior = split_scalars(trace["posterior"].to_dataset(), self._priors)
        tree = xr.DataTree.from_dict(
            {"posterior": posterior, "sample_stats": trace["sample_stats"].to_dataset()[list(KEPT_STATS)]}
        )
        return tree, diagnose(tree, seconds)

    @staticmethod
    def _in_own_coordinates(compiled, settings: Settings):
        """The model in the coordinates that a short pilot run suggests."""
        from model.inference.coordinates import block_of, mapped, root
        from model.inference.starts import among, descended

        block = block_of(compiled, DAILY)
        short = replace(settings, tune=-(-settings.tune // 2), draws=max(2, settings.tune // 2))
        # Straight lines between kicks: exact flow of a normal density goes astray where the density is far from one.
        pilot = _chains(descended(compiled, block), short, store_unconstrained=True)
        draws = pilot["sample_stats"]["unconstrained_draw"].to_numpy()
        started = among(compiled, draws.reshape(-1, draws.shape[-1]))
        return mapped(started, block, root(compiled, block, draws))


def _chains(compiled, settings: Settings, **options: bool) -> xr.DataTree:
    """Run all chains of a compiled model."""
    import nutpie

    return nutpie.sample(
        compiled,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=min(settings.chains, os.cpu_count() or 1),
        seed=settings.seed,
        target_accept=settings.target_accept,
        maxdepth=MAX_DEPTH,
        progress_bar=sys.stderr.isatty(),
        save_warmup=False,
        **options,
    )


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
    return sampler.sample(design, longer, use_positions)


def diagnose(trace: xr.DataTree, seconds: float) -> Diagnostics:
    """R-hat, bulk and tail effective sample size over every sampled number; divergences."""
    import arviz as az

    stats = trace["sample_stats"]
    chains, draws = stats["diverging"].shape
    posterior = trace["posterior"].to_dataset()
    r_hat = _extreme(az.rhat(posterior), max) if chains > 1 else (float("nan"), "")
    bulk = _extreme(az.ess(posterior, method="bulk"), min)
    tail = _extreme(az.ess(posterior, method="tail"), min)
    return Diagnostics(
        r_hat[0],
        bulk[0],
        tail[0],
        int(stats["diverging"].sum()),
        int(stats["n_steps"].sum()),
        round(seconds, 2),
        f"r_hat {r_hat[1]}, bulk {bulk[1]}, tail {tail[1]} ({chains} x {draws})",
        chains * draws,
    )


def _extreme(values, choose) -> tuple[float, str]:
    dataset = values.to_dataset() if isinstance(values, xr.DataTree) else values
    per_name = {str(n): float(choose(v.to_numpy().ravel())) for n, v in dataset.data_vars.items()}
    name = choose(per_name, key=lambda n: per_name[n])
    return per_name[name], name


DRAWS, DRAWS_LONG, LONG = 1000, 1500, 250
"""Draws per chain up to, and beyond, a number of days: of 1,600 numbers of a long panel one has the largest R-hat."""


def usual_draws(days: int) -> int:
    """Draws per chain where the user names no number."""
    return DRAWS if days <= LONG else DRAWS_LONG
