"""Kill commands, flip bytes of a stored fit and change inputs at random; write what became of it to docs/reliability.md."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import _checkout
from cyclopts import Parameter

from model.studies.command import CommandLine, Seed, Switch, Whole, between, require, script
from model.terminal import note, say

Tries = Annotated[Whole, Parameter(validator=between(0))]

ORDER: tuple[Literal["flips", "inputs", "kills"], ...] = ("flips", "inputs", "kills")
"""The longest last."""


@script
def main(
    *,
    kills: Tries = 200,
    flips: Tries = 25,
    inputs: Tries = 10_000,
    seed: Seed = 0,
    only: tuple[Literal["kills", "flips", "inputs"], ...] = (),
    among: str = "",
    add: Switch = False,
    page: Path | None = None,
    argv: CommandLine,
) -> int:
    """Kill commands, flip bytes of a stored fit and change inputs at random.

    What became of it is written to docs/reliability.md, and each part beside it. Exit 1 if
    anything was lost, mixed, left running, opened though changed, or ended with an error without a name.

    Examples
    --------
    uv run scripts/faults.py --kills 20 --inputs 1000
    uv run scripts/faults.py --only flips --only inputs
    uv run scripts/faults.py --only kills --kills 50 --add --seed 1

    Parameters
    ----------
    kills
        Commands killed.
    flips
        Bytes of each file.
    inputs
        Changed inputs.
    only
        This part alone, may be repeated (default: all three); the page keeps what the others found.
    among
        Only commands and inputs whose name holds this; the page keeps the lines of the others.
    add
        Add to the numbers that are kept, so that the proof can be run in pieces; give each another seed.
    page
        Page to write (default: docs/reliability.md).
    """
    sys.path.insert(0, str(_checkout.ROOT / "tests" / "support"))
    from model.report.markdown import command_of, write_page  # here: --help answers at once
    from tests.proofs.faults import flips as flipping
    from tests.proofs.faults import kills as killing
    from tests.proofs.faults import mutations
    from tests.proofs.faults import page as told

    path = page or _checkout.ROOT / "docs" / "reliability.md"
    before = {p: told.kept(p, path.with_suffix("")) if add else {} for p in ORDER}
    used = {s for p in only or ORDER for row in before[p].values() for s in row["seed"].split(", ")}
    require(str(seed) not in used, f"Seed {seed} has been tried already.", "Give another --seed.")

    def kept(part: str):
        return lambda found: told.keep(part, found, seed, path.with_suffix(""), bool(among), before[part])

    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        parts = {
            "kills": lambda fit: killing.run(kills, seed, scratch, say, fit, among=among, keep=kept("kills")),
            "flips": lambda fit: flipping.run(fit, flips, seed, scratch),
            "inputs": lambda fit: mutations.run(inputs, seed, scratch, fit, say, among, kept("inputs")),
        }
        fit = killing.whole_fit(scratch / "base", say)
        for part in (p for p in ORDER if not only or p in only):
            found = parts[part](fit)
            kept(part)(found)
            for tally in found:
                wrong += [] if tally.passed else [tally.name]
                for example in tally.examples:
                    note(f"{tally.name}: {example}")
    command = command_of("faults", argv)
    title = "What was tried against the program"
    say(f"Wrote {write_page(path, title, command, told.blocks(path.with_suffix('')))}")
    say(f"Failed: {', '.join(wrong)}." if wrong else "Nothing lost, mixed, left running or silently wrong.")
    return 1 if wrong else 0


if __name__ == "__main__":
    main.exit()
