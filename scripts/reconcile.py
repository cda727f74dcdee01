"""Compare vendors: estimated date shift with its evidence, level differences, days that disagree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import _checkout  # noqa: F401
from cyclopts import Parameter

from model.studies.command import Universe, Whole, Words, between, script
from model.terminal import say


@script
def main(
    panel: Path,
    /,
    *,
    column: Words = (),
    universe: Universe = "us-spot-btc",
    days: Annotated[Whole, Parameter(validator=between(0))] = 10,
) -> None:
    """Compare vendors: date shift with its evidence, levels, days that disagree.

    Reads a panel made by build_panel.py, whose further vendors stand in columns such as
    flow_FUND__VENDOR.

    Examples
    --------
    uv run scripts/reconcile.py panel.parquet --column flow_ibit

    Parameters
    ----------
    panel
        panel.parquet or panel.csv.
    column
        NAME: only this column (may be repeated).
    days
        Disagreeing days to print per pair.
    """
    from model.panel.universe import load_universe  # here: --help answers at once
    from model.sources.output import print_reconciliation, read_table
    from model.sources.reconcile import reconcile_panel

    found = reconcile_panel(read_table(panel), load_universe(universe))
    pairs = [p for p in found if not column or p.column in column]
    print_reconciliation(pairs, days)
    shifted = sum(p.lag not in (None, 0) for p in pairs)
    say(f"{len(pairs)} pairs compared, {shifted} with another date.")


if __name__ == "__main__":
    main.exit()
