"""Compare an event's fits under four settings of operational shorting: its two shares, flows, marginal likelihoods.

scripts/compare_shorting.py --fit

makes the four fits and writes docs/dealer_book/operational-shorting.md. Without --fit the folders (book,
late-creation, no-settlement, late-creation-no-settlement in --fits) must be there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from model.studies.command import new_parser, run_command  # noqa: E402

FOLDERS = ("book", "late-creation", "no-settlement", "late-creation-no-settlement")


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = new_parser(__doc__)
    p.add_argument("--event", default="2026-02-05", metavar="ID|FILE", help="(default %(default)s)")
    p.add_argument(
        "--fits", type=Path, default=ROOT / "fits", metavar="DIR", help="where the four folders are"
    )
    p.add_argument("--fit", action="store_true", help="make the fits first, about two minutes each")
    p.add_argument("--out", type=Path, default=ROOT / "docs" / "dealer_book", metavar="DIR")
    p.add_argument("--panel", type=Path, metavar="PATH", help="longer panel instead of the event's own")
    p.add_argument("--seed", type=int, default=20260205)
    return p.parse_args(argv)


def make(args: argparse.Namespace) -> None:
    """Make the four fits."""
    from model.studies.dealers.fits import make_fits
    from model.studies.dealers.shorting import SETTINGS

    panel = ["--panel", str(args.panel)] if args.panel else []
    wanted = {}
    for folder, switches in zip(FOLDERS, SETTINGS.values(), strict=True):
        words = [("--mechanism", f"{name}={'on' if value else 'off'}") for name, value in switches.items()]
        wanted[args.fits / folder] = [w for pair in words for w in pair]
    make_fits(wanted, ["--event", args.event, "--seed", str(args.seed), *panel])


def write(args: argparse.Namespace) -> Path:
    """Read the four fits, measure them, write the page."""
    from model.errors import DataError
    from model.studies.dealers.fits import read_fit
    from model.studies.dealers.shorting import REFERENCE, SETTINGS, measure
    from model.studies.dealers.shorting_page import page

    fits = {}
    for folder, (title, switches) in zip(FOLDERS, SETTINGS.items(), strict=True):
        fits[title] = read_fit(args.fits / folder, args.panel)
        if fits[title].manifest["arguments"].get("mechanisms", {}) != dict(switches):
            raise DataError(
                f"{args.fits / folder} is no fit with {title}.", "Make the fits again with --fit."
            )
    subjects = {title: f.subject for title, f in fits.items()}
    found = measure(subjects, {title: f.posterior for title, f in fits.items()}, args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "operational-shorting.md"
    text = page(found, subjects[REFERENCE], {title: f.manifest for title, f in fits.items()})
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
