"""A fit or a calibration with draws of the prior in place of sampling, everything else as it is: what kills are aimed at.

Run as ``python -m tests.proofs.faults.cheap fit ARGUMENTS`` with the arguments of the script.
"""

from __future__ import annotations

import importlib
import os
import sys
import time

import numpy as np
import xarray as xr

from model.gate.result import GateResult
from model.inference.build import DIMS
from model.inference.diagnostics import Diagnostics
from model.inference.draws import STATES, prior_draws
from model.inference.sample import Sampler as REAL
from model.store import PROJECT

DRAWS, CHAINS = (
    int(os.environ.get(name, usual)) for name, usual in (("FAULT_DRAWS", "60"), ("FAULT_CHAINS", "2"))
)
PAUSE = 0.3
"""Seconds that a reading takes, so that kills fall into sampling too."""
OPEN = GateResult("inconclusive", ["Too few days."], None, [], "d" * 64, "g" * 64, 1)


class PriorSampler:
    """Stands in for the compiled model: draws of the prior, said to have converged."""

    compile_seconds = 0.0

    def __init__(self, _, priors, base_shares, *__) -> None:
        self.priors, self.base_shares = priors, base_shares

    def sample(self, design, settings, *_):
        """Draws of the prior."""
        time.sleep(PAUSE)
        draws = prior_draws(self.priors, design, self.base_shares, CHAINS * DRAWS, settings.seed)
        dims = {**DIMS, **dict.fromkeys(STATES, ("date",))}
        shape = (CHAINS, DRAWS)
        posterior = {
            k: (("chain", "draw", *dims.get(k, ())), v.reshape(*shape, *v.shape[1:]))
            for k, v in draws.items()
        }
        stats = {
            "diverging": (("chain", "draw"), np.zeros(shape, bool)),
            "n_steps": (("chain", "draw"), np.full(shape, 15)),
            "energy": (("chain", "draw"), np.random.default_rng(1).normal(size=shape)),
        }
        trace = xr.DataTree.from_dict({"posterior": xr.Dataset(posterior), "sample_stats": xr.Dataset(stats)})
        return trace, Diagnostics(1.0, 2000.0, 2000.0, 0, 1, 0.1, "none", CHAINS * DRAWS, 1.0)


def open_gate(*_) -> GateResult:
    """The gate's answer without its tests."""
    return OPEN


def few_prior(*arguments):
    """The prior's side from few draws."""
    from model.studies.fit import products

    products.PRIOR_DRAWS = min(products.PRIOR_DRAWS, DRAWS)
    products.DECOMPOSED_DRAWS = min(products.DECOMPOSED_DRAWS, DRAWS)
    return products.prior_side(*arguments)


def stand_in() -> None:
    """Put draws of the prior in the place of the sampler, and an answer in the place of the gate."""
    from model.inference import sample
    from model.studies.fit import run

    run.gate_job, run.prior_job = open_gate, few_prior
    for module in (sample, run):  # whoever imports it later, and who has imported it
        assert module.Sampler is REAL, "the sampler is called by another name"
        module.Sampler = PriorSampler


def main(what: str, argv: list[str]) -> int:
    """Run the script of that name, cheaply."""
    stand_in()
    sys.path.insert(0, str(PROJECT / "scripts"))
    return importlib.import_module(what).main(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
