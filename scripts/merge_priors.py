"""One prior set from two: what both say differently is named and has to be decided, parameter by parameter."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import _checkout  # noqa: F401
import tomlkit
from cyclopts import Parameter
from rich.table import Table

from model.errors import DataError
from model.studies.command import Overwrite, Screen, Words, require, script

PriorSet = Annotated[str, Parameter(help="A set in data/priors, or a file.")]


@script
def main(
    first: PriorSet,
    second: PriorSet,
    /,
    *,
    take: Words = (),
    decisions: Path | None = None,
    out: Path,
    overwrite: Overwrite = False,
    console: Screen,
) -> None:
    """One prior set from two.

    What both say differently has to be decided, parameter by parameter: few with
    --take, many in a file. A file of decisions that does not exist yet is written, with
    every open conflict, to be filled in.

    Examples
    --------
    uv run scripts/merge_priors.py literature mine.toml \\
        --take impact=second --out data/priors/merged.toml
    uv run scripts/merge_priors.py literature mine.toml \\
        --decisions mine-decided.toml --out data/priors/merged.toml

    Parameters
    ----------
    take
        NAME=first|second: decides a conflict (may be repeated).
    decisions
        TOML file that decides conflicts, under [take]: NAME = "first" or "second".
    out
        The prior set to write (.toml).
    """
    require(out.suffix == ".toml", "--out must end in .toml.", "Name a file such as merged.toml.")
    from model.priors import merge  # here: --help answers at once
    from model.priors.prior_set import load_priors
    from model.store import write_text

    if out.exists() and not overwrite:
        raise DataError(f"{out} exists.", "Give another file with --out, or --overwrite.")
    decided = merge.read_decisions(decisions) if decisions and decisions.exists() else {}
    decided |= dict(t.partition("=")[::2] for t in take)
    still = [c for c in merge.conflicts(load_priors(first), load_priors(second)) if c.name not in decided]
    if still:
        show(still, console)
    if still and decisions and not decisions.exists():
        write_text(merge.template(still, first, second), decisions)
        raise DataError(
            f"{len(still)} conflicts are open.", f"Decide them in {decisions} and run this again."
        )
    doc = merge.merged_set(first, second, decided, out.stem)
    written = load_priors(write_text(tomlkit.dumps(doc), out))
    days = "no days" if written.learned_from is None else " to ".join(map(str, written.learned_from))
    console.print(
        f"Wrote {out}: {len(written.parameters)} priors, {written.kind}, learned from {days}.", markup=False
    )


def show(still, console: Screen) -> None:
    """Print open conflicts: parameter or member, and what either set says."""
    table = Table("parameter", "first", "second", title="Open conflicts", pad_edge=False)
    for conflict in still:
        for row in conflict.differences:
            table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    main.exit()
