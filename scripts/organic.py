"""Organic inflow: net inflow not accompanied by an expansion of basis trades, with a nowcast for the last day."""

from __future__ import annotations

from typing import Annotated

import _checkout  # noqa: F401
from cyclopts import Parameter
from rich.table import Table

from model.studies.command import Count, Day, FitName, FitPanel, Reading, Screen, Seed, script


@script
def main(
    fit: FitName,
    /,
    *,
    panel: FitPanel = None,
    as_of: Annotated[Day | None, Parameter(help="Refuse a fit that saw what came later.")] = None,
    reading: Reading = None,
    last: Count = 10,
    draws: Count = 500,
    seed: Seed = 0,
    console: Screen,
) -> None:
    """Organic inflow: net inflow not accompanied by an expansion of basis trades.

    With a nowcast for the last day.

    Examples
    --------
    uv run scripts/fit.py --as-of 2026-02-09 --dating vendor --out fits/as-of
    uv run scripts/organic.py fits/as-of

    Parameters
    ----------
    last
        Days to print.
    draws
        Posterior draws to use.
    """
    from model.studies.organic import of_fit, write_series  # here: --help answers at once
    from model.studies.reopen import reopen

    opened = reopen(fit, panel)
    table = of_fit(opened, reading, draws, as_of, seed)
    written = write_series(table, opened)
    show(table.tail(last), console)
    for path in written:
        console.print(f"Wrote {path}", markup=False)


def show(table, console: Screen) -> None:
    """Print the end of the series."""
    out = Table("day", "net flow", "organic", "89 %", "basis", "P(organic > 0)", "P(inflow, no basis expansion)",
                title="Organic inflow, USD m; * not published yet, nowcast")  # fmt: skip
    for day, r in table.iterrows():
        mark = "" if r["published"] else " *"
        out.add_row(
            f"{day.date()}{mark}", _net(r), f"{r['organic']:.0f}",
            f"{r['organic_low']:.0f} .. {r['organic_high']:.0f}", f"{r['basis']:.0f}", f"{r['p_organic']:.2f}",
            f"{r['p_inflow_without_basis']:.2f}",
        )  # fmt: skip
    console.print(out)


def _net(r) -> str:
    """A print, or what is to be expected with its predictive interval."""
    middle = f"{r['net_flow']:.0f}"
    return middle if r["published"] else f"{middle} [{r['net_flow_low']:.0f} .. {r['net_flow_high']:.0f}]"


if __name__ == "__main__":
    main.exit()
