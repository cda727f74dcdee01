"""Whether a sampling run may be believed: what decides, what is only told, and where it lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

MAX_R_HAT = 1.01
MIN_ESS = 400
STRAY = 0.001
"""Share of draws that may diverge in a run that otherwise mixed: told with where it lies, not answered with more work."""
FEW = 0.002
"""The same for whether a run counts as mixed at all."""
NEARLY = {"r_hat": 1.05, "ess": 100, "divergences": 0.005}
"""What an attempt must reach for a longer one to be worth its time: a model that fails these needs more than draws."""
LOW_BFMI = 0.3
"""Energy fraction below which chains move between energies too slowly to trust their tails (Betancourt 2016)."""
DEEP = 0.05
"""Share of trajectories that may be cut short at the greatest tree depth."""
FAR = 0.01
"""Share of draws that lie as far out as a divergence for its place to be called an edge."""


@dataclass(frozen=True)
class Diagnostics:
    """Convergence of one sampling run.

    Attributes
    ----------
    r_hat_max, ess_bulk_min, ess_tail_min : float
        Over every sampled number.
    divergences : int
        After tuning.
    gradients : int
        All that were computed: starts, pilot, tuning, draws, and earlier attempts.
    seconds : float
    worst : str
        Parameters behind the three extremes, and chains x draws.
    total : int
        Draws of all chains.
    bfmi_min : float
        Smallest energy fraction of missing information of a chain; not a number where it was not computed.
    deep : float
        Share of trajectories that ended at the greatest tree depth.
    diverged_at : str
        Where divergences lie.
    not_finite : tuple of str
        Parameters with draws that are no numbers.
    refused : tuple of dict
        Earlier attempts, as :meth:`to_dict` gives them.
    """

    r_hat_max: float
    ess_bulk_min: float
    ess_tail_min: float
    divergences: int
    gradients: int
    seconds: float
    worst: str
    total: int
    bfmi_min: float = float("nan")
    deep: float = 0.0
    diverged_at: str = ""
    not_finite: tuple[str, ...] = ()
    refused: tuple[dict[str, Any], ...] = field(default=())

    @property
    def ess_min(self) -> float:
        """The smaller of bulk and tail effective sample size."""
        return min(self.ess_bulk_min, self.ess_tail_min)

    @property
    def mixed(self) -> bool:
        """R-hat and effective samples within their bounds; a few divergences in a thousand draws allowed."""
        few = self.divergences <= FEW * self.total and not self.not_finite
        return few and self.r_hat_max < MAX_R_HAT and self.ess_min > MIN_ESS

    @property
    def nearly(self) -> bool:
        """Whether a longer run with smaller steps will probably pass."""
        few = self.divergences <= NEARLY["divergences"] * self.total and not self.not_finite
        return few and self.r_hat_max < NEARLY["r_hat"] and self.ess_min > NEARLY["ess"]

    @property
    def passed(self) -> bool:
        """R-hat and effective samples within their bounds, and no more than stray divergences."""
        return self.mixed and self.divergences <= STRAY * self.total

    @property
    def faults(self) -> list[str]:
        """Why the run did not pass, each with the parameter; empty where it did."""
        names = dict(zip(("r_hat", "bulk", "tail"), _behind(self.worst), strict=True))
        out = [f"draws of {n} are not finite" for n in self.not_finite]
        if not self.r_hat_max < MAX_R_HAT:
            out.append(f"R-hat {self.r_hat_max:.3f} of {names['r_hat']} (bound {MAX_R_HAT})")
        for kind, value in (("bulk", self.ess_bulk_min), ("tail", self.ess_tail_min)):
            if not value > MIN_ESS:
                out.append(f"{value:.0f} effective draws ({kind}) of {names[kind]} (bound {MIN_ESS})")
        if self.divergences > STRAY * self.total:
            out.append(f"{self.divergences} of {self.total} draws diverged{self._where}")
        return out

    @property
    def warnings(self) -> list[str]:
        """What a reader must know of a run that passed."""
        out = []
        if 0 < self.divergences <= STRAY * self.total:
            out.append(f"{self.divergences} of {self.total} draws diverged{self._where}")
        if self.bfmi_min < LOW_BFMI:
            out.append(
                f"energy fraction {self.bfmi_min:.2f} is below {LOW_BFMI}: tails may be too short; use more --draws, or "
                "tighter priors of the scales"
            )
        if self.deep > DEEP:
            out.append(
                f"{self.deep:.0%} of trajectories were cut short at the greatest tree depth: draws cost more than they "
                "should; use more --tune"
            )
        return out

    @property
    def sentence(self) -> str:
        """The numbers that decide, for the terminal."""
        said = (
            f"{self.seconds:.1f} s, R-hat {self.r_hat_max:.3f}, "
            f"ESS {self.ess_min:.0f}, divergences {self.divergences} [{self.worst}]"
        )
        return said + "".join(f"\n  Warning: {w}." for w in self.warnings)

    def after(self, earlier: Diagnostics) -> Diagnostics:
        """The same of a second attempt: the first one is named, and its gradients count."""
        return replace(
            self,
            gradients=self.gradients + earlier.gradients,
            seconds=round(self.seconds + earlier.seconds, 2),
            refused=(*earlier.refused, earlier.to_dict()),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers for the manifest; without seconds, which two identical runs do not share."""
        said = {k: v for k, v in asdict(self).items() if k != "seconds"}
        return said | {"passed": self.passed, "faults": self.faults, "warnings": self.warnings}

    @property
    def _where(self) -> str:
        return f", {self.diverged_at}" if self.diverged_at else ""


def diagnose(trace: xr.DataTree, seconds: float, gradients: int, deepest: int) -> Diagnostics:
    """R-hat, bulk and tail effective sample size over every sampled number; divergences, energy, depth.

    Parameters
    ----------
    trace : xarray.DataTree
        Groups ``posterior`` and ``sample_stats``.
    seconds : float
    gradients : int
        All that were computed.
    deepest : int
        Steps of a trajectory of the greatest depth.
    """
    import arviz as az  # a second, which worker processes can do without

    stats = trace["sample_stats"].to_dataset()
    chains, draws = stats["diverging"].shape
    posterior = trace["posterior"].to_dataset()
    r_hat = _extreme(az.rhat(posterior), max) if chains > 1 else (float("nan"), "")
    bulk = _extreme(az.ess(posterior, method="bulk"), min)
    tail = _extreme(az.ess(posterior, method="tail"), min)
    diverging = stats["diverging"].to_numpy()
    return Diagnostics(
        r_hat[0],
        bulk[0],
        tail[0],
        int(diverging.sum()),
        gradients,
        round(seconds, 2),
        f"r_hat {r_hat[1]}, bulk {bulk[1]}, tail {tail[1]} ({chains} x {draws})",
        chains * draws,
        _bfmi(stats["energy"].to_numpy()),
        float((stats["n_steps"].to_numpy() >= deepest).mean()),
        where(posterior, diverging),
        tuple(str(n) for n, v in posterior.data_vars.items() if not np.isfinite(v.to_numpy()).all()),
    )


def where(posterior: xr.Dataset, diverging: np.ndarray) -> str:
    """Where divergences lie, in the parameter in which they lie farthest out, and whether other draws go there too.

    Parameters
    ----------
    posterior : xarray.Dataset
        Scalars ``(chain, draw)`` are looked at.
    diverging : numpy.ndarray
        ``Shape: (chain, draw)``.
    """
    scalars = {str(n): v.to_numpy() for n, v in posterior.data_vars.items() if v.ndim == 2}
    if not diverging.any() or not scalars:
        return ""
    at = {n: float(np.median(v[diverging])) for n, v in scalars.items()}
    below = {n: float((v <= at[n]).mean()) for n, v in scalars.items()}
    name = min(below, key=lambda n: min(below[n], 1.0 - below[n]))
    beyond = min(below[name], 1.0 - below[name])
    side = "below" if below[name] < 0.5 else "above"
    if beyond < FAR:
        return (
            f"at the edge of {name} (about {at[name]:.3g}; {beyond:.1%} of the draws lie {side}): what is said of that "
            "edge may fall short"
        )
    return (
        f"where other draws lie too (farthest out in {name}, {beyond:.0%} {side}): no place that chains avoid"
    )


def _bfmi(energy: np.ndarray) -> float:
    """Smallest energy fraction of missing information over chains (Betancourt 2016)."""
    spread = energy.var(axis=1)
    moved = np.square(np.diff(energy, axis=1)).mean(axis=1)
    return float(np.min(moved / spread)) if (spread > 0.0).all() else 0.0


def _behind(worst: str) -> list[str]:
    """Parameters named in :attr:`Diagnostics.worst`."""
    words = worst.partition(" (")[0].split(", ")
    names = [w.partition(" ")[2] or "a parameter" for w in words]
    return (names + 3 * ["a parameter"])[:3]


def _extreme(values, choose: Callable) -> tuple[float, str]:
    """The extreme over all variables, and whose it is; what never moves has none, and a number that is none is skipped."""
    dataset = values.to_dataset() if isinstance(values, xr.DataTree) else values
    finite = {str(n): v.to_numpy()[np.isfinite(v.to_numpy())] for n, v in dataset.data_vars.items()}
    per_name = {n: float(choose(v)) for n, v in finite.items() if v.size}
    if not per_name:
        return float("nan"), ""
    name = choose(per_name, key=lambda n: per_name[n])
    return per_name[name], name
