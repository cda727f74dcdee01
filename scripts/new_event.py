"""Write a commented event card for a day, with the panel's window filled in.

Example: uv run scripts/new_event.py 2025-10-10 --panel PATH
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("date", type=date.fromisoformat, metavar="DATE", help="the event's first trading day")
    p.add_argument("--panel", type=Path, required=True, metavar="PATH")
    p.add_argument("--universe", default="us-spot-btc", metavar="NAME|FILE")
    p.add_argument("--out", type=Path, metavar="DIR", help="folder of the card (default data/events/DATE)")
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Write the card."""
    args = parse(argv)
    from model.errors import AttributionError
    from model.events.template import new_event

    try:
        path = new_event(args.date, args.panel, args.universe, args.out)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    fit = f"uv run scripts/fit.py --event {path} --panel {args.panel}"
    print(
        f"Wrote {path}: edit it, then {fit}\n(all days of the panel; with --window card those of the card's window only)"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
