"""Dealers' hedging demand for a move, from a book file or an option chain.

Examples
--------
    scripts/dealer_book.py data/books/2026-02-05.toml --spot 73338:63620 --vol 52.9:87.8 --out DIR
    scripts/dealer_book.py --chain FILE.csv
    scripts/dealer_book.py --benchmark
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONVENTIONS = ROOT / "data" / "books" / "markets.toml"


def parse() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("book", nargs="?", type=Path, help="book file (TOML)")
    p.add_argument("--chain", type=Path, help="option chain (CSV): exchange snapshot, or OCC/Yahoo style")
    p.add_argument(
        "--spot", help="FROM:TO, USD (more points allowed); default: the book's spot and 10 %% below it"
    )
    p.add_argument("--vol", help="FROM:TO, vol points; one value stands for all; default: the book's")
    p.add_argument("--low", type=float, help="low while the ETF traded, USD")
    p.add_argument("--low-after-close", type=float, help="low after the ETF close, USD: crypto options only")
    p.add_argument("--path", type=Path, help="CSV of bars instead of --spot/--vol: time, spot, vol[, low]")
    p.add_argument(
        "--range", default="50000:90000", help="spot range of profile and figures (default %(default)s)"
    )
    p.add_argument("--lam", type=float, default=0.6, help="price impact, %% per USD bn (default %(default)s)")
    p.add_argument(
        "--convention",
        default="naive",
        choices=("naive", "short", "long"),
        help="side of dealers in a chain at s = +1: naive = long calls, short puts",
    )
    p.add_argument("--as-of", help="time of an ETF chain, ISO 8601 with offset")
    p.add_argument(
        "--share-price", type=float, help="ETF price of an ETF chain (default: units per share x spot)"
    )
    p.add_argument("--conventions", type=Path, default=CONVENTIONS, help="contract terms for --chain")
    p.add_argument("--drop-bad-iv", action="store_true", help="leave out rows without a volatility")
    p.add_argument("--out", type=Path, help="folder for figures (PNG), tables (CSV) and manifest (JSON)")
    p.add_argument("--sources", action="store_true", help="print status and source of every entry")
    p.add_argument(
        "--benchmark", action="store_true", help="time 20,000 instruments on a 400-point spot grid"
    )
    args = p.parse_args()
    if sum(map(bool, (args.book, args.chain, args.benchmark))) != 1:
        p.error("give a book file, or --chain FILE, or --benchmark")
    return args


def numbers(text: str, flag: str) -> list[float]:
    """``a:b`` as floats."""
    from model.errors import UsageError

    try:
        return [float(x) for x in text.replace(",", "").split(":")]
    except ValueError as err:
        raise UsageError(
            f"{flag} {text!r} is not a number or FROM:TO.", f"Write {flag} 73338:63620."
        ) from err


def benchmark() -> int:
    import time

    import numpy as np
    from numba import get_num_threads

    from model.dealer_book.listed import Listed

    rng, n = np.random.default_rng(7), 20_000
    one = np.ones(n)
    book = Listed(
        strike=70e3 * np.exp(rng.normal(0, 0.2, n)),
        years=rng.uniform(0.01, 1.0, n),
        iv=rng.uniform(0.3, 1.2, n),
        quantity=rng.uniform(0, 100, n),
        dealer=rng.choice([-1.0, 1.0], n),
        call=rng.random(n) < 0.5,
        discount=one,
        forward_ratio=one,
        low=one,
        high=one,
        shown_strike=one,
    )
    grid = np.linspace(50e3, 90e3, 400)
    start = time.perf_counter()
    book.sums(grid[:2], 55.0, 55.0)
    compiled = time.perf_counter() - start
    times = []
    for _ in range(5):
        start = time.perf_counter()
        book.sums(grid, 55.0, 55.0)
        times.append(time.perf_counter() - start)
    print(f"20,000 instruments x 400 spots, value, delta, gamma and vanna, {get_num_threads()} threads:")
    print(f"best {min(times):.3f} s, median {sorted(times)[2]:.3f} s of 5 (first call {compiled:.1f} s)")
    print("within one second: " + ("yes" if min(times) < 1 else "NO"))
    return 0


def load(args):
    from datetime import datetime

    from model.dealer_book.read_book import book_from_chain, load_book
    from model.errors import UsageError

    if args.book:
        return load_book(args.book), None
    try:
        as_of = datetime.fromisoformat(args.as_of) if args.as_of else None
    except ValueError as err:
        raise UsageError(
            f"--as-of {args.as_of!r} is not a time.", "Write 2026-02-04T16:00:00-05:00."
        ) from err
    if as_of is not None and as_of.tzinfo is None:
        raise UsageError(f"--as-of {args.as_of} has no offset.", "Write 2026-02-04T16:00:00-05:00.")
    spot = numbers(args.spot, "--spot")[0] if args.spot else None
    return book_from_chain(
        args.chain, args.conventions, args.convention, as_of, spot, args.share_price, args.drop_bad_iv
    )


def build_path(args, book):
    from model.dealer_book.path import from_bars, from_moves

    if args.path:
        needs_close = len(book.etf) > 0 or len(book.notes) > 0
        return from_bars(args.path, book.calendar, book.timezone, needs_close=needs_close)
    spots = numbers(args.spot, "--spot") if args.spot else [book.spot, 0.9 * book.spot]
    spots = spots * 2 if len(spots) == 1 else spots
    vols = numbers(args.vol, "--vol") if args.vol else [book.vol]
    return from_moves(spots, vols, book.day, args.low_after_close, args.low)


def slopes(book, path, lam: float):
    import numpy as np
    import pandas as pd

    from model.dealer_book.profile import exposure

    rows = []
    for point in (path.points[0], path.seen_by("etf").points[-1]):
        for s in (1.0, -1.0):
            both = {"etf": s, "crypto": s}
            slope = float(exposure(book, point.vol, np.array([point.spot]), both)["slope"][0])
            phi = lam * slope
            rows.append((point.spot, point.vol, s, slope, phi, 1 / (1 - phi) if phi < 1 else float("inf")))
    return pd.DataFrame(rows, columns=["spot", "vol", "sign", "slope", "phi", "amplification"])


def write(args, book, path, results, levels, ends) -> None:
    import json
    import sys as system

    from model.dealer_book import report
    from model.dealer_book.figures import save_figures

    files = save_figures(
        book, path, results["mid"], levels, *ends, (args.lam / 2, args.lam, args.lam * 2.5), args.out
    )
    report.tidy(results).to_csv(args.out / "demand.csv", index=False)
    record = {
        "book": str(args.book or args.chain),
        "sha256": book.sha256,
        "lam_pct_per_bn": args.lam,
        "path": [[p.spot, p.vol, p.etf_open, p.etf_close] for p in path.points],
        "zero_gamma": levels,
        "demand_usd_bn": {c: r.table().round(9).to_dict("index") for c, r in results.items()},
        "python": system.version.split()[0],
    }
    (args.out / "manifest.json").write_text(json.dumps(record, indent=1) + "\n")
    print("wrote " + ", ".join(str(f) for f in [*files, args.out / "demand.csv", args.out / "manifest.json"]))


def run(args) -> int:
    from model.dealer_book import report
    from model.dealer_book.demand import demand
    from model.dealer_book.listed import CASES
    from model.dealer_book.profile import zero_gamma
    from model.errors import UsageError
    from model.terminal import Terminal

    if not 0 < args.lam < float("inf"):
        raise UsageError(f"--lam {args.lam} is not an impact above zero.", "Write --lam 0.6 (% per USD bn).")
    if args.out:
        try:
            args.out.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise UsageError(
                f"--out {args.out}: {err.strerror}.", "Name a folder that can be written."
            ) from err
    console = Terminal(width=118)
    book, chain = load(args)
    path = build_path(args, book)
    ends = numbers(args.range, "--range")
    if len(ends) != 2 or not 0 < ends[0] < ends[1]:
        raise UsageError(f"--range {args.range!r} is not LOW:HIGH.", "Write --range 50000:90000.")
    results = {c: demand(book.case(c), path) for c in CASES}
    report.print_move(console, book, path)
    if chain is not None:
        console.print(
            f"{len(chain)} options read ({chain.layout} layout), "
            f"{chain.dropped} left out for want of a volatility; "
            f"as of {chain.as_of:%Y-%m-%d %H:%M:%S} UTC; "
            f"vol index {book.vol:.1f} (the chain's own, at the money)."
        )
    report.print_demand(console, results, book)
    report.print_by_strike(console, results["mid"])
    vol, mid, both = path.points[0].vol, book.case("mid"), {"etf": 1.0, "crypto": 1.0}
    levels = {"all at s = +1": zero_gamma(mid, vol, *ends, both)}
    for venue in ("etf", "crypto"):
        if len(book.listed(venue)):
            levels[f"{report.NAMES[venue]} alone"] = zero_gamma(mid, vol, *ends, both, source=venue)
    report.print_levels(console, levels, *ends, slopes(mid, path, args.lam), args.lam)
    report.print_notes(console, book, results)
    if args.sources:
        report.print_provenance(console, book)
    else:
        kinds = [p.status for p in book.provenance]
        console.print(
            "Entries of the book: "
            + ", ".join(f"{kinds.count(k)} {k}" for k in ("fact", "seed", "assumption"))
            + " (--sources prints them)."
        )
    if args.out:
        write(args, book, path, results, levels["all at s = +1"], ends)
    return 0


def main() -> int:
    args = parse()
    sys.path.insert(0, str(ROOT))
    from model.errors import AttributionError

    try:
        return benchmark() if args.benchmark else run(args)
    except AttributionError as err:
        print(f"{type(err).__name__}: {err}", file=sys.stderr)
        return err.exit_code


if __name__ == "__main__":
    sys.exit(main())
