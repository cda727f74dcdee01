"""Fetch public data without keys, in each vendor's own format; record URL, time and sha256."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import _checkout  # noqa: F401
from cyclopts import Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from model.studies.command import INTERRUPTED, Count, Day, Real, Words, between, require, script
from model.terminal import note, say

LIST = Path(__file__).with_suffix(".toml")


@script
def main(
    *,
    out: Path,
    since: Day = date(2024, 1, 11),
    list_: Annotated[Path | None, Parameter(name="--list")] = None,
    only: Words = (),
    endpoint: Words = (),
    attempts: Count = 6,
    wait: Annotated[Real, Parameter(validator=between(0))] = 1.0,
    max_age: Annotated[Real, Parameter(validator=between(0))] = 6.0,
) -> int:
    """Fetch public data without keys, in each vendor's own format.

    URL, time and sha256 are recorded. Run it again after an interruption: what is
    complete is kept, the rest is fetched. Then build a panel with
    scripts/build_panel.py --sources DIR/sources.toml.

    Examples
    --------
    uv run scripts/download.py --out raw --only farside --only coinbase

    Parameters
    ----------
    out
        Folder for files and sources.toml.
    since
        First day.
    list_
        What to fetch (default: scripts/download.toml).
    only
        NAME: only this entry of the list (may be repeated).
    endpoint
        NAME=URL: another address for an entry (may be repeated).
    attempts
        Tries per page.
    wait
        First wait between tries in seconds, doubled each time.
    max_age
        Hours; keep open-ended pages younger than this.
    """
    from model.sources.download import download, load_jobs  # here: --help answers at once
    from model.sources.fetch import Fetcher

    for text in endpoint:
        name, _, url = text.partition("=")
        good = bool(name) and url.startswith(("http://", "https://"))
        require(good, f"--endpoint {text!r} is no NAME=URL.", "Write --endpoint farside=https://host/path.")
    head, jobs = load_jobs(list_ or LIST, dict(e.split("=", 1) for e in endpoint))
    order = [j.name for j in jobs]
    for name in only:
        require(name in order, f"No entry is called {name!r}.", f"Use one of {', '.join(order)}.")
    jobs = [j for j in jobs if (j.name in only if only else not j.heavy)]
    bar = Progress(
        TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )
    tasks = {j.name: bar.add_task(j.name, total=None) for j in jobs}
    fetcher = Fetcher(attempts=attempts, base=wait)
    try:
        with bar:
            outcomes = download(
                jobs, head, out, since, fetcher, max_age_hours=max_age, order=order,
                progress=lambda name, i, n: bar.update(tasks[name], completed=i, total=n),
            )  # fmt: skip
    except KeyboardInterrupt:
        note("Interrupted; run the same command again to go on.")
        return INTERRUPTED
    finally:
        fetcher.close()
    for o in outcomes:
        absent = f", {o.absent} not there" if o.absent else ""
        failure = f": FAILED: {o.error}" if o.error else ""
        say(f"{o.name:<16} {o.fetched} fetched, {o.skipped} kept{absent}{failure}")
    failed = sum(bool(o.error) for o in outcomes)
    record = out / "sources.toml"
    where = f"; recorded in {record}" if record.exists() else ""
    say(f"{len(outcomes) - failed} of {len(outcomes)} vendors complete{where}.")
    return 3 if failed else 0


if __name__ == "__main__":
    main.exit()
