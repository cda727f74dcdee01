"""Compare vendors: estimated date shift with its evidence, level differences, days that disagree.

Reads a panel made by build_panel.py, whose further vendors stand in columns such as flow_FUND__VENDOR.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("panel", type=Path, help="panel.parquet or panel.csv")
    p.add_argument("--column", action="append", metavar="NAME", help="only this column (may be repeated)")
    p.add_argument("--universe", default="us-spot-btc", metavar="NAME|FILE", help="(default %(default)s)")
    p.add_argument("--days", type=int, default=10, help="disagreeing days to print per pair")
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Compare, print."""
    args = parse(argv)
    from model.errors import AttributionError
    from model.panel.universe import load_universe
    from model.sources.output import print_reconciliation, read_table
    from model.sources.reconcile import reconcile_panel

    try:
        panel = read_table(args.panel)
        found = reconcile_panel(panel, load_universe(args.universe))
        pairs = [p for p in found if not args.column or p.column in args.column]
        print_reconciliation(pairs, args.days)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    shifted = sum(p.lag not in (None, 0) for p in pairs)
    print(f"{len(pairs)} pairs compared, {shifted} with another date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
