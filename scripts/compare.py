"""Compare the event card's rival stories with the model on the same data.

Writes rivals.json, which scripts/audit_claims.py reads.
Example: uv run scripts/compare.py 2026-02-05 --rival no_dealer --rival continuation
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("fit", metavar="FIT", help="fit id or folder")
    p.add_argument("--panel", type=Path, metavar="PATH", help="the panel of the fit, if it was given one")
    p.add_argument("--rival", action="append", metavar="KEY", help="only this rival (may be repeated)")
    p.add_argument("--chains", type=int, default=2)
    p.add_argument("--draws", type=int, default=500)
    p.add_argument("--tune", type=int, default=400)
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args(argv)
    if min(args.chains, args.draws, args.tune) < 1:
        p.error("--chains, --draws and --tune must be positive")
    return args


def main(argv: list[str] | None = None) -> int:
    """Fit, score, print, write."""
    args = parse(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from rich.console import Console

    from model.errors import AttributionError

    console = Console(highlight=False)
    try:
        from model.reopen import reopen
        from model.rivals.show import run_compare

        run_compare(reopen(args.fit, args.panel), args, console)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
