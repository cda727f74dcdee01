"""What newly arrived prints changed in the decomposition of the last ten days, as a table and a figure.

The model is sampled on what was published by --before; the fit itself is the later vintage, unless --after names
another day. Priors, card and settings are the fit's.

Example: uv run scripts/news.py 2026-02-05 --before 2026-02-12 --after 2026-02-13
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
        "--before", type=date.fromisoformat, required=True, metavar="DATE", help="the earlier vintage"
    )
    p.add_argument(
        "--after", type=date.fromisoformat, metavar="DATE", help="the later vintage (default: the fit's own)"
    )
    p.add_argument(
        "--reading", choices=("vendor", "next_day", "no_positions"), help="(default: the fit's first)"
    )
    p.add_argument("--rows", type=int, default=20, help="changes to print (default %(default)s)")
    p.add_argument("--out", type=Path, metavar="DIR", help="(default: tables/ and figures/ of the fit)")
    for name in ("chains", "draws", "tune"):
        p.add_argument(f"--{name}", type=int, help="(default: the fit's)")
    args = p.parse_args(argv)
    if any(n is not None and n < 1 for n in (args.chains, args.draws, args.tune)):
        p.error("--chains, --draws and --tune must be positive")
    return args


def main(argv: list[str] | None = None) -> int:
    """Sample the vintages, print, write."""
    args = parse(argv)

    def work(opened, console) -> None:
        from model.inference.sample import DRAWS, Settings
        from model.studies.news.news import news
        from model.studies.news.show import print_news, write_news

        own = opened.request
        settings = Settings(
            args.chains or own.chains, args.draws or own.draws or DRAWS, args.tune or own.tune, own.seed
        )

        def say(text: str) -> None:
            console.print(text, markup=False)

        found = news(opened, args.before, args.after, args.reading, settings, say)
        print_news(found, args.rows, console)
        for path in write_news(found, opened.fit.folder, args.out):
            console.print(f"Wrote {path}", markup=False)

    return run_on_fit(args, work)


if __name__ == "__main__":
    sys.exit(main())
