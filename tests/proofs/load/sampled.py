"""The real sampler on a panel of the proof, with few draws: what its memory grows by.

Run as ``python -m tests.proofs.load.sampled CARD PANEL DRAWS CHAINS``.
"""

from __future__ import annotations

import sys
from pathlib import Path

TUNE = 20
"""Steps before the draws: enough to start, far from enough to converge."""


def main(card: str, panel: str, draws: int, chains: int) -> int:
    """Sample, and throw the draws away."""
    from model.design.subject import Request, load_subject
    from model.inference.sample import Sampler, Settings

    subject = load_subject(
        Request(event=card, panel=panel, out=Path(card).parent / "fit", priors="literature")
    )
    sampler = Sampler(subject.design, subject.priors, subject.base_shares)
    trace, _ = sampler.sample(subject.design, Settings(chains, draws, TUNE, 1))
    print(sum(v.nbytes for v in trace["posterior"].data_vars.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
