"""Compile the likelihood and the default event's model into this machine's caches, so that the first fit is not slow."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import _checkout  # noqa: F401

from model.studies.command import Event, Screen, script


@script
def main(*, event: Event = "2026-02-05", console: Screen) -> None:
    """Compile the likelihood and the default event's model into this machine's caches.

    So that the first fit is not slow. The last step of `make install`; harmless to
    repeat.

    Examples
    --------
    uv run scripts/warm_up.py
    """
    from model.design.subject import Request, load_subject  # here: --help answers at once
    from model.studies.fit.run import kernel_job
    from model.watchdog import end_with_parent

    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=end_with_parent) as pool:
        job = pool.submit(kernel_job)
        from model.inference.sample import Sampler  # while the worker compiles

        subject = load_subject(Request(event=event, out=Path(os.devnull)))
        sampler = Sampler(subject.design, subject.priors, subject.base_shares)
        job.result()
    console.print(f"Model compiled in {sampler.compile_seconds:.0f} s.")


if __name__ == "__main__":
    main.exit()
