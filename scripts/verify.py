"""Check a stored fit: every file, the run, diagnostics and tables computed again from the draws, additivity, inputs.

Example: uv run scripts/verify.py 2026-02-05

Exit codes: 0 all is right, 3 something is not, 4 the fit is whole but did not converge.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model.studies.command import fit_parser, run_command  # noqa: E402


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = fit_parser(__doc__)
    p.add_argument(
        "--adopt",
        action="store_true",
        help="give checksums to a fit by an earlier version, if all else about it is right",
    )
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Check and print."""
    args = parse(argv)

    def work(console) -> None:
        from model.studies.verify import adopt, require, verify

        if args.adopt:
            adopt(args.fit)
        found = verify(args.fit, args.panel)
        marks = {True: "ok", False: "WRONG", None: "not checked"}
        for f in found:
            console.print(f"{f.name}: {marks[f.passed]}. {f.sentence}.", markup=False)
        require(found, args.fit)

    return run_command(work)


if __name__ == "__main__":
    sys.exit(main())
