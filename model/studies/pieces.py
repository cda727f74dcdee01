"""A store of finished pieces, and the workers that make them: what was done is never done again.

A piece is one file, written whole or not at all; it is done when it is there. A worker holds a lock of the operating
system while it makes one, which a killed worker loses by dying, so no two workers make the same piece and none is left
half made.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from model.design.subject import Say
from model.errors import DataError
from model.store import PROJECT, write_atomic

RETRIES = 10
"""Times that a piece is begun again after its worker died."""

SOURCES = ("mechanisms", "inference", "design", "priors", "attribution")
"""What the model's numbers depend on, below ``model/``."""


def sources_hash() -> str:
    """Hash of the model's own text: pieces of another model are not its pieces."""
    files = sorted(f for name in SOURCES for f in (PROJECT / "model" / name).rglob("*.py"))
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()


type Job = tuple[Callable[..., pd.DataFrame], tuple[Any, ...]]
"""A function of this package, so that workers can import it, and its arguments."""


@dataclass(frozen=True)
class Store:
    """A folder of pieces, each a table."""

    folder: Path

    def path(self, key: str) -> Path:
        """File of a piece."""
        return self.folder / f"{key}.csv"

    def done(self, key: str) -> bool:
        """Whether a piece is there."""
        return self.path(key).is_file()

    def read(self, key: str) -> pd.DataFrame:
        """A finished piece.

        Raises
        ------
        DataError
            If it is not there.
        """
        if not self.done(key):
            raise DataError(f"The store {self.folder} has no piece {key!r}.", "Run the same command again.")
        return pd.read_csv(self.path(key))

    def make(self, key: str, job: Job) -> None:
        """Make a piece unless it is there, or somebody made it while we waited."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / f".{key}.lock"):
            if not self.done(key):
                work, arguments = job
                text = io.StringIO()
                work(*arguments).to_csv(text, index=False)
                write_atomic(self.path(key), text.getvalue().encode())


def make_all(
    jobs: Mapping[str, Job], store: Store, say: Say, workers: int = 1, scheduler: str | None = None
) -> dict[str, pd.DataFrame]:
    """Make what is missing, on a local Dask cluster or on any Dask scheduler, and read everything.

    Parameters
    ----------
    jobs : mapping of key to job
    store : Store
        Its folder must be one that all workers see.
    say : callable
    workers : int
        Processes of the local cluster; 0 works in this process.
    scheduler : str, optional
        Address of a running scheduler, whose workers are used instead.

    Raises
    ------
    DataError
        If a piece cannot be made, with its cause.
    """
    missing = [k for k in jobs if not store.done(k)]
    say(f"{len(jobs)} pieces, {len(jobs) - len(missing)} of them in {store.folder}.")
    if missing and workers == 0 and scheduler is None:
        for n, key in enumerate(missing, start=1):
            store.make(key, jobs[key])
            say(f"{n} of {len(missing)}: {key}")
    elif missing:
        _on_cluster({k: jobs[k] for k in missing}, store, say, workers, scheduler)
    return {k: store.read(k) for k in jobs}


def _on_cluster(jobs: Mapping[str, Job], store: Store, say: Say, workers: int, scheduler: str | None) -> None:
    import dask  # slow to load, and one process needs none
    from distributed import Client, LocalCluster, as_completed

    # A task whose worker dies is given to another; the default gives up after three deaths.
    with dask.config.set({"distributed.scheduler.allowed-failures": RETRIES}):
        cluster = scheduler or LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        try:
            with Client(cluster) as client:
                futures = {client.submit(store.make, k, job, key=k, pure=False): k for k, job in jobs.items()}
                for n, future in enumerate(as_completed(list(futures)), start=1):
                    failed = future.exception()
                    if failed is not None:
                        raise DataError(
                            f"The piece {futures[future]} could not be made: {failed}",
                            "Finished pieces are kept.",
                        )
                    say(f"{n} of {len(jobs)}: {futures[future]}")
        finally:
            if not isinstance(cluster, str):
                cluster.close()
