"""Measure memory against days and draws of 12 funds; write curves and table to docs/load.md."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal

import _checkout

from model.studies.command import CommandLine, script
from model.terminal import say


@script
def main(
    *,
    days: tuple[int, ...] = (250, 500, 1000, 1260),
    draws: tuple[int, ...] = (250, 500, 1000, 2000),
    few: tuple[int, ...] = (25, 50, 100),
    only: tuple[Literal["command", "sampler", "page"], ...] = (),
    page: Path | None = None,
    argv: CommandLine,
) -> int:
    """Measure memory against days and draws of 12 funds.

    The page keeps what earlier runs measured at other sizes. Exit 1 if something needs more than 8 GB or grows faster
    than by a straight line.

    Examples
    --------
    uv run scripts/load.py
    uv run scripts/load.py --only command --days 1260 --draws 2000

    Parameters
    ----------
    days
        Sessions; against these at the fewest draws.
    draws
        Draws a chain; against these at the most days.
    few
        Draws a chain of the sampler, at the most days.
    only
        This part alone, may be repeated; ``page`` writes the page again without measuring.
    page
        Page to write (default: docs/load.md).
    """
    sys.path.insert(0, str(_checkout.ROOT / "tests" / "support"))
    import pandas as pd  # here: --help answers at once

    from model.report.markdown import command_of, write_page
    from tests.proofs.load import page as told
    from tests.proofs.load import runs

    path = page or _checkout.ROOT / "docs" / "load.md"
    kept = path.with_suffix(".csv")
    sizes = sorted({*((d, min(draws)) for d in days), *((max(days), n) for n in draws)})
    with tempfile.TemporaryDirectory() as folder:
        if not only or "command" in only:
            runs.measure(runs.command, sizes, Path(folder), kept, say)
        if not only or "sampler" in only:
            runs.measure(runs.sampler, [(max(days), n) for n in few], Path(folder), kept, say)
    found = pd.read_csv(kept)
    figure = told.draw(found, path.parent / "figures" / "memory.png")
    where = str(figure.relative_to(path.parent))
    say(f"Wrote {write_page(path, told.TITLE, command_of('load', argv), told.blocks(found, where))}")
    wrong = [text for text, right in told.verdicts(found) if not right]
    say("\n".join(wrong) or "Linear, and within the bound.")
    return 1 if wrong else 0


if __name__ == "__main__":
    main.exit()
