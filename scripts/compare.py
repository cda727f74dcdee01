"""Compare the event card's rival stories with the model on the same data.

Writes rivals.json, which scripts/audit_claims.py reads.
Example: uv run scripts/compare.py 2026-02-05 --rival no_dealer --rival continuation
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model.studies.command import add_page, add_sampling, fit_parser, require_sampling, run_on_fit  # noqa: E402


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = fit_parser(__doc__)
    p.add_argument("--rival", action="append", metavar="KEY", help="only this rival (may be repeated)")
    add_sampling(p, chains=4, draws=1000, tune=300, seed=1)
    add_page(p)
    args = p.parse_args(argv)
    require_sampling(p, args)
    return args


def main(argv: list[str] | None = None) -> int:
    """Fit, score, print, write."""
    args = parse(argv)

    def work(opened, console) -> None:
        from model.studies.rivals.show import run_compare

        rows = run_compare(opened, args, console)
        if args.page:
            from model.report.markdown import command_of, write_page
            from model.studies.rivals.show import page

            command = command_of("compare", sys.argv[1:] if argv is None else argv)
            title = f"{opened.subject.card.title}: rival stories on the same data"
            console.print(f"Wrote {write_page(args.page, title, command, page(rows))}", markup=False)

    return run_on_fit(args, work)


if __name__ == "__main__":
    sys.exit(main())
