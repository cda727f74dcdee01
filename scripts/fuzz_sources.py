"""Feed the readers ten thousand mutated files; each must be read correctly or refused by a named error."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import _checkout  # noqa: F401
from cyclopts import Parameter
from rich.progress import track

from model.studies.command import Count, Overwrite, Seed, script
from model.terminal import note, say, say_table


@script
def main(
    *,
    n: Annotated[Count, Parameter(name="-n")] = 10_000,
    seed: Seed = 0,
    out: Path | None = None,
    overwrite: Overwrite = False,
) -> int:
    """Feed the readers mutated files: read correctly, or refused by a named error.

    Writes a table with one row per class. Exit 1 if a detectable class was read
    wrongly or anything but a named error was raised. Classes that no check on one file
    can detect are run and listed as such.

    Examples
    --------
    uv run scripts/fuzz_sources.py -n 1000

    Parameters
    ----------
    n
        Mutated files.
    out
        Table to write (default: docs/sources/fuzz.csv).
    """

    from model.store import PROJECT, require_free, write_csv  # here: --help answers at once
    from tests.proofs.sources.fuzz import run, table

    if out:
        require_free(overwrite, out)
    bar = iter(track(range(n), description="mutated files"))
    tallies = run(n, seed, lambda _: next(bar, None))
    for _ in bar:
        pass
    rows, path = table(tallies), out or PROJECT / "docs" / "sources" / "fuzz.csv"
    write_csv(rows, path)
    say_table(rows.drop(columns="meaning"))
    for t in tallies:
        for example in t.examples:
            note(f"{t.name}: {example}")
    bad = int((rows["ok"] == "NO").sum())
    say(f"{rows['tried'].sum()} files, {bad} classes failed; wrote {path.name}.")
    return 1 if bad else 0


if __name__ == "__main__":
    main.exit()
