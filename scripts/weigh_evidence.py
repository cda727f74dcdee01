"""Weigh a fit's draws by the event card's evidence: what changes, which statements conflict, can the weights be trusted.

Example: uv run scripts/weigh_evidence.py 2026-02-05 --strength 1
Exit 4: Pareto k stays above 0.7 after a refit.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model.studies.command import fit_parser, run_on_fit  # noqa: E402


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = fit_parser(__doc__)
    p.add_argument("--strength", type=float, metavar="0..1", help="replaces every statement's own strength")
    p.add_argument("--draws", type=int, default=1000)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--no-refit", action="store_true", help="exit 4 instead of sampling again")
    args = p.parse_args(argv)
    if args.strength is not None and not 0.0 <= args.strength <= 1.0:
        p.error("--strength must lie in [0, 1]")
    return args


def main(argv: list[str] | None = None) -> int:
    """Weigh, print, write."""
    args = parse(argv)

    def work(opened, console) -> None:
        from model.studies.evidence.report import apply_evidence, write_evidence
        from model.studies.evidence.show import show

        applied = apply_evidence(
            opened, args.strength, args.draws, args.seed, console.print, may_refit=not args.no_refit
        )
        show(applied, console)
        for path in write_evidence(applied, opened):
            console.print(f"Wrote {path}", markup=False)

    return run_on_fit(args, work)


if __name__ == "__main__":
    sys.exit(main())
