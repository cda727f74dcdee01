"""Compare a fit with an event's dealer book and one without: return attribution, log score, prior sensitivity.

scripts/compare_book.py --fit

makes both fits (folders fits/book and fits/no-book) and writes docs/dealer_book/with-without.md. Without --fit the
folders must be there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from model.studies.command import new_parser, run_command  # noqa: E402


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = new_parser(__doc__)
    p.add_argument(
        "book", type=Path, nargs="?", default=ROOT / "fits" / "book", help="fit folder with the dealer book"
    )
    p.add_argument("none", type=Path, nargs="?", default=ROOT / "fits" / "no-book", help="fit folder without")
    p.add_argument("--event", default="2026-02-05", metavar="ID|FILE", help="for --fit (default %(default)s)")
    p.add_argument("--fit", action="store_true", help="make both fits first, about two minutes each")
    p.add_argument("--out", type=Path, default=ROOT / "docs" / "dealer_book", metavar="DIR")
    p.add_argument("--panel", type=Path, metavar="PATH", help="longer panel, if the fits were given one")
    p.add_argument("--seed", type=int, default=20260205)
    return p.parse_args(argv)


def make(args: argparse.Namespace) -> None:
    """Make both fits."""
    from model.studies.dealers.fits import make_fits

    panel = ["--panel", str(args.panel)] if args.panel else []
    common = ["--event", args.event, "--seed", str(args.seed), *panel]
    make_fits({args.book: (), args.none: ("--no-book",)}, common)


def write(args: argparse.Namespace) -> Path:
    """Read both fits, compare them, write the page."""
    from model.errors import DataError
    from model.studies.dealers.fits import read_fit
    from model.studies.dealers.with_without import compare
    from model.studies.dealers.with_without_page import page

    there, here = read_fit(args.book, args.panel), read_fit(args.none, args.panel)
    if not there.manifest.get("dealer_book") or here.manifest.get("dealer_book"):
        raise DataError(
            "The first fit needs a dealer book and the second none.", "Check the order and --no-book."
        )
    if there.manifest["hashes"]["data"] != here.manifest["hashes"]["data"]:
        raise DataError("The two fits saw different data.", "Fit both from one panel.")
    s = there.subject
    if s.card.mechanisms != here.subject.card.mechanisms:
        raise DataError("The two fits differ in operational shorting too.", "Give both the same --mechanism.")
    found = compare(s.design, s.priors, s.base_shares, there.posterior, here.posterior, args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "with-without.md"
    text = page(found, s, {"with": there.manifest, "without": here.manifest})
    path.write_text(text, encoding="utf-8")
    return path


def main(argv: list[str] | None = None) -> int:
    """Run the comparison."""
    args = parse(argv)

    def work(console) -> None:
        if args.fit:
            make(args)
        console.print(f"Wrote {write(args)}")

    return run_command(work)


if __name__ == "__main__":
    sys.exit(main())
