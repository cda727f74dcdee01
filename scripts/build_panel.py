"""Build the canonical panel from the files named in sources.toml; print what was dropped or conflicts.

Every role's path, reader, unit and clock stand in sources.toml (docs/sources/README.md describes it). With
--as-of only numbers that were public by the end of that day in New York are used.
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
    p.add_argument("--sources", type=Path, required=True, help="sources.toml")
    p.add_argument("--out", type=Path, required=True, help="panel to write (.parquet or .csv)")
    p.add_argument(
        "--as-of", type=date.fromisoformat, metavar="DATE", help="only what was public by then (YYYY-MM-DD)"
    )
    p.add_argument(
        "--tidy",
        type=Path,
        metavar="FILE",
        help="also write the tidy table (source, variable, ..., published_at)",
    )
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Build, write, report."""
    args = parse(argv)
    from model.errors import AttributionError
    from model.sources.build import build_panel
    from model.sources.output import print_report, write_table

    try:
        built = build_panel(args.sources, args.as_of, lambda name: print(f"reading {name}", file=sys.stderr))
        write_table(built.panel, args.out, args.as_of)
        if args.tidy:
            write_table(built.tidy, args.tidy, args.as_of)
        print_report(built)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    until = f" as of {args.as_of}" if args.as_of else ""
    print(f"Wrote {args.out}: {len(built.panel)} trading days, {built.panel.shape[1]} columns{until}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
