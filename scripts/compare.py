"""Compare the event card's rival stories with the model on the same data.

Writes rivals.json, which scripts/audit_claims.py reads.
Example: uv run scripts/compare.py 2026-02-05 --rival no_dealer --rival continuation
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model.command import add_sampling, fit_parser, require_sampling, run_on_fit  # noqa: E402


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = fit_parser(__doc__)
    p.add_argument("--rival", action="append", metavar="KEY", help="only this rival (may be repeated)")
    add_sampling(p, chains=2, draws=500, tune=300, seed=1)
    args = p.parse_args(argv)
    require_sampling(p, args)
    return args


def main(argv: list[str] | None = None) -> int:
    """Fit, score, print, write."""
    args = parse(argv)

    def work(opened, console) -> None:
        from model.rivals.show import run_compare

        run_compare(opened, args, console)

    return run_on_fit(args, work)


if __name__ == "__main__":
    sys.exit(main())
