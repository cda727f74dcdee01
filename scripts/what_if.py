"""What the event's days would have been: settings by `do`, re-simulated; or a scenario after the last day.

Examples:
  uv run scripts/what_if.py 2026-02-05 --set notes=0 --set gamma=0 --set basis_stock=0.5
  uv run scripts/what_if.py 2026-02-05 --scenario 15 --days 3
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
    p.add_argument(
        "--set", action="append", default=[], dest="settings", metavar="NAME=VALUE",
        help="notes, gamma, vanna, sign, hedge_booked, basis_stock, multi_asset, directional, factors, stress, "
        "impact, price_shock or parameter:NAME; a number scales (0 removes), but sign and parameter:NAME are set",
    )  # fmt: skip
    p.add_argument(
        "--scenario", type=float, metavar="PERCENT", help="price shock after the last day, e.g. 15"
    )
    p.add_argument("--days", type=int, default=3, help="days of the scenario (default %(default)s)")
    p.add_argument("--reading", help="vendor or next_day (default: the fit's first)")
    p.add_argument("--draws", type=int, default=200, help="posterior draws to use (default %(default)s)")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--no-state", action="store_true", help="skip the state effect (impact and gamma rebuilt)")
    args = p.parse_args(argv)
    if not args.settings and args.scenario is None:
        p.error("give --set NAME=VALUE or --scenario PERCENT")
    if args.draws < 2:
        p.error("--draws must be at least 2")
    return args


def main(argv: list[str] | None = None) -> int:
    """Simulate, print, write."""
    args = parse(argv)

    def work(opened, console) -> None:
        from model.studies.counterfactual.show import run_scenario, run_what_if

        if args.settings:
            run_what_if(opened, args, console)
        if args.scenario is not None:
            run_scenario(opened, args, console)

    return run_on_fit(args, work)


if __name__ == "__main__":
    sys.exit(main())
