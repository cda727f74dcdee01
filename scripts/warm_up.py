"""Compile the likelihood and the default event's model into this machine's caches, so that the first fit is not slow.

The last step of `make install`; harmless to repeat.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from model.studies.command import new_parser, run_command  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """Compile, say how long it took."""
    p = new_parser(__doc__)
    p.add_argument("--event", default="2026-02-05", metavar="ID|FILE", help="(default %(default)s)")
    args = p.parse_args(argv)

    def work(console) -> None:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        from model.design.subject import Request, load_subject
        from model.studies.fit.run import kernel_job

        request = Request(args.event, None, Path(os.devnull), "both", None, None, None, 1, 1, 1, 0)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            job = pool.submit(kernel_job)
            from model.inference.sample import Sampler

            subject = load_subject(request)
            sampler = Sampler(subject.design, subject.priors, subject.base_shares)
            job.result()
        console.print(f"Model compiled in {sampler.compile_seconds:.0f} s.")

    return run_command(work)


if __name__ == "__main__":
    sys.exit(main())
