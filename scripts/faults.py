"""Kill commands, flip bytes of a stored fit and change inputs at random; write what became of it to docs/reliability.md."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import _checkout
from cyclopts import Parameter

from model.studies.command import CommandLine, Seed, Whole, between, script

Tries = Annotated[Whole, Parameter(validator=between(0))]


@script
def main(
    *,
    kills: Tries = 200,
    flips: Tries = 25,
    inputs: Tries = 10_000,
    seed: Seed = 0,
    page: Path | None = None,
    argv: CommandLine,
) -> int:
    """Kill commands, flip bytes of a stored fit and change inputs at random.

    What became of it is written to docs/reliability.md. Exit 1 if anything was lost, mixed, left running, opened
    though changed, or ended with an error without a name.

    Examples
    --------
    uv run scripts/faults.py --kills 20 --inputs 1000

    Parameters
    ----------
    kills
        Commands killed.
    flips
        Bytes of each file.
    inputs
        Changed inputs.
    page
        Page to write (default: docs/reliability.md).
    """
    sys.path.insert(0, str(_checkout.ROOT / "tests" / "support"))
    from model.report.markdown import command_of, write_page
    from tests.proofs.faults import flips as flipping
    from tests.proofs.faults import kills as killing
    from tests.proofs.faults import mutations
    from tests.proofs.faults import page as told

    def say(text: str) -> None:
        print(text, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        killed = killing.run(kills, seed, scratch, say)
        fit = scratch / "base" / "fit"
        flipped = flipping.run(fit, flips, seed, scratch)
        changed = mutations.run(inputs, seed, scratch, fit, say)
    found = [*killed, *flipped, *changed]
    for tally in found:
        for example in tally.examples:
            print(f"{tally.name}: {example}", file=sys.stderr)
    path = page or _checkout.ROOT / "docs" / "reliability.md"
    blocks = told.blocks(killed, flipped, changed)
    written = write_page(path, "What was tried against the program", command_of("faults", argv), blocks)
    say(f"Wrote {written}")
    wrong = [t.name for t in found if not t.passed]
    print(f"Failed: {', '.join(wrong)}." if wrong else "Nothing lost, mixed, left running or silently wrong.")
    return 1 if wrong else 0


if __name__ == "__main__":
    main.exit()
