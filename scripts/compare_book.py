"""Compare a fit with an event's dealer book and one without: return attribution, log score, prior sensitivity.

scripts/fit.py --dating vendor --out fits/book
scripts/fit.py --dating vendor --no-book --out fits/no-book
scripts/compare_book.py fits/book fits/no-book --out docs/dealer_book
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("book", type=Path, help="fit folder with the dealer book")
    p.add_argument("none", type=Path, help="fit folder without")
    p.add_argument("--out", type=Path, default=ROOT / "docs" / "dealer_book", metavar="DIR")
    p.add_argument("--panel", type=Path, metavar="PATH", help="longer panel, if the fits were given one")
    p.add_argument("--seed", type=int, default=20260205)
    return p.parse_args(argv)


def read(folder: Path):
    """Manifest and posterior of the vendor's reading."""
    import json

    import xarray as xr

    from model.errors import DataError

    files = folder / "manifest.json", folder / "posterior.nc"
    if not all(f.is_file() for f in files):
        raise DataError(f"{folder} is no fit folder.", "Run scripts/fit.py with --out first.")
    with xr.open_dataset(files[1], group="vendor/posterior", engine="h5netcdf") as data:
        return json.loads(files[0].read_text(encoding="utf-8")), data.load()


def write(args: argparse.Namespace) -> Path:
    """Read both fits, compare them, write the page."""
    from model.book_compare import compare
    from model.book_page import page
    from model.errors import DataError
    from model.pipeline import Request, load_subject

    (manifest, booked), (other, plain) = read(args.book), read(args.none)
    if not manifest.get("dealer_book") or other.get("dealer_book"):
        raise DataError(
            "The first fit needs a dealer book and the second none.", "Check the order and --no-book."
        )
    if manifest["hashes"]["data"] != other["hashes"]["data"]:
        raise DataError("The two fits saw different data.", "Fit both from one panel.")
    given = manifest["arguments"]
    request = Request(
        manifest["event"],
        args.panel,
        args.out,
        "vendor",
        given.get("priors"),
        given.get("as_of"),
        None,
        1,
        1,
        1,
        args.seed,
        mechanisms=given.get("mechanisms", {}),
    )
    subject = load_subject(request)
    found = compare(subject.design, subject.priors, subject.base_shares, booked, plain, args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "with-without.md"
    path.write_text(page(found, subject, {"with": manifest, "without": other}), encoding="utf-8")
    return path


def main(argv: list[str] | None = None) -> int:
    """Run the comparison."""
    args = parse(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from model.errors import AttributionError

    try:
        print(f"Wrote {write(args)}")
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
