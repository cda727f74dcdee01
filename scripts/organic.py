"""Organic inflow: net inflow not accompanied by an expansion of basis trades, with a nowcast for the last day.

Example: uv run scripts/fit.py --as-of 2026-02-09 --dating vendor --out fits/as-of && uv run scripts/organic.py fits/as-of
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model.studies.command import fit_parser, run_on_fit  # noqa: E402


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = fit_parser(__doc__)
    p.add_argument(
        "--as-of", type=date.fromisoformat, metavar="DATE", help="refuse a fit that saw what came later"
    )
    p.add_argument("--reading", choices=("vendor", "next_day", "no_positions"))
    p.add_argument("--last", type=int, default=10, help="days to print (default %(default)s)")
    p.add_argument("--draws", type=int, default=500)
    p.add_argument("--seed", type=int, default=0)
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Work out the series, print its end, write it."""
    args = parse(argv)

    def work(opened, console) -> None:
        from model.studies.organic import of_fit, write_series

        table = of_fit(opened, args.reading, args.draws, args.as_of, args.seed)
        path = write_series(table, opened.fit.folder)
        _show(table.tail(args.last), console)
        console.print(f"Wrote {path}", markup=False)

    return run_on_fit(args, work)


def _show(table, console) -> None:
    from rich.table import Table

    out = Table("day", "net flow", "organic", "89 %", "basis", "P(organic > 0)", "P(inflow, no basis expansion)",
                title="Organic inflow, USD m; * not published yet, nowcast")  # fmt: skip
    for day, r in table.iterrows():
        mark = "" if r["published"] else " *"
        out.add_row(
            f"{day.date()}{mark}", f"{r['net_flow']:.0f}", f"{r['organic']:.0f}",
            f"{r['organic_low']:.0f} .. {r['organic_high']:.0f}", f"{r['basis']:.0f}", f"{r['p_organic']:.2f}",
            f"{r['p_inflow_without_basis']:.2f}",
        )  # fmt: skip
    console.print(out)


if __name__ == "__main__":
    sys.exit(main())
