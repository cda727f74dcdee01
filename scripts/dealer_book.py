"""Dealers' hedging demand for a move, from a book file or an option chain."""

from __future__ import annotations

import json
import sys as system
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import _checkout  # noqa: F401
from cyclopts import Parameter

from model.studies.command import Overwrite, Real, Switch, between, require, script
from model.terminal import Terminal, say

Positive = Annotated[Real, Parameter(validator=between(0, open_low=True))]


@script
def main(
    book: Path | None = None,
    /,
    *,
    chain: Path | None = None,
    spot: str | None = None,
    vol: str | None = None,
    low: Positive | None = None,
    low_after_close: Positive | None = None,
    path: Path | None = None,
    range_: Annotated[str, Parameter(name="--range")] = "50000:90000",
    lam: Positive = 0.6,
    convention: Literal["naive", "short", "long"] = "naive",
    as_of: str | None = None,
    share_price: Positive | None = None,
    conventions: Path | None = None,
    drop_bad_iv: Switch = False,
    drop_expired: Switch = False,
    underlying: str | None = None,
    iv_unit: Literal["percent", "fraction"] | None = None,
    out: Path | None = None,
    overwrite: Overwrite = False,
    fit: str | None = None,
    sources: Switch = False,
    benchmark: Switch = False,
) -> None:
    """Dealers' hedging demand for a move, from a book file or an option chain.

    Examples
    --------
    uv run scripts/dealer_book.py data/books/2026-02-05.toml \\
        --spot 73338:63620 --vol 52.9:87.8 --out DIR
    uv run scripts/dealer_book.py --chain FILE.csv
    uv run scripts/dealer_book.py --benchmark

    Parameters
    ----------
    book
        Book file (TOML).
    chain
        Option chain (CSV): exchange snapshot, or OCC/Yahoo style.
    spot
        FROM:TO, USD (more points allowed); default: the book's spot and 10 % below it.
    vol
        FROM:TO, vol points; one value stands for all; default: the book's.
    low
        Low while the ETF traded, USD.
    low_after_close
        Low after the ETF close, USD: crypto options only.
    path
        CSV of bars instead of --spot/--vol: time, spot, vol[, low].
    range_
        Spot range of profile and figures.
    lam
        Price impact, % per USD bn.
    convention
        Side of dealers in a chain at s = +1: naive = long calls, short puts.
    as_of
        Time of an ETF chain, ISO 8601 with offset.
    share_price
        ETF price of an ETF chain (default: units per share x spot).
    conventions
        Contract terms for --chain (default: data/books/markets.toml).
    drop_bad_iv
        Leave out rows without a usable volatility.
    drop_expired
        Leave out contracts that had expired when quoted.
    underlying
        Root of the options to read, where a chain has several.
    iv_unit
        Unit of the chain's volatilities, where it is not its layout's.
    out
        Folder for figures (PNG), tables (CSV) and manifest (JSON).
    fit
        Leave the demand on the page of this fit, too.
    sources
        Print status and source of every entry.
    benchmark
        Time 20,000 instruments on a 400-point spot grid.
    """
    one = sum(map(bool, (book, chain, benchmark))) == 1
    require(one, "Name one thing to look at.", "Give a book file, or --chain FILE, or --benchmark.")
    if benchmark:
        time_a_book()
        return
    ends = numbers(range_, "--range")
    good = len(ends) == 2 and 0 < ends[0] < ends[1]
    require(good, f"--range {range_!r} is not LOW:HIGH.", "Write --range 50000:90000.")
    moment = instant(as_of)
    spots = numbers(spot, "--spot") if spot else None
    vols = numbers(vol, "--vol") if vol else None
    if out:
        from model.store import require_free  # here: --help answers at once

        require_free(overwrite, out / "demand.csv", out / "manifest.json")
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            require(False, f"--out {out}: {error.strerror}.", "Name a folder that can be written.")
    from model.dealer_book.path import from_bars, from_moves  # here: --help answers at once
    from model.dealer_book.read_book import book_from_chain, load_book
    from model.store import PROJECT

    if book:
        there, quotes = load_book(book), None
    else:
        terms = conventions or PROJECT / "data" / "books" / "markets.toml"
        level = spots[0] if spots else None
        there, quotes = book_from_chain(
            chain,
            terms,
            convention,
            moment,
            level,
            share_price,
            drop_bad_iv,
            underlying,
            iv_unit,
            drop_expired,
        )
    if path:
        needs_close = len(there.etf) > 0 or len(there.notes) > 0
        move = from_bars(path, there.calendar, there.timezone, needs_close=needs_close)
    else:
        points = spots or [there.spot, 0.9 * there.spot]
        points = points * 2 if len(points) == 1 else points
        move = from_moves(points, vols or [there.vol], there.day, low_after_close, low)
    results, levels = show(there, quotes, move, ends, lam, sources)
    if out:
        write(book or chain, there, move, results, levels["all at s = +1"], ends, lam, out)
    if fit:
        leave_on_fit(fit, there.title, results)


def leave_on_fit(fit: str, title: str, results) -> None:
    """Leave the demand along the path on the page of a fit."""
    from model.report.runs import leave, of_dealer_book  # here: --help answers at once
    from model.store import load_fit
    from model.units import bn_to_usd_m

    tables = {case: bn_to_usd_m(found.table()) for case, found in results.items()}
    cases = {c: {f"{s}:{p}": float(t.loc[s, p]) for s in t.index for p in t} for c, t in tables.items()}
    opened = load_fit(fit)
    for path in leave(of_dealer_book(title, cases), opened.folder, opened.manifest, tables["mid"]):
        say(f"wrote {path}")


def numbers(text: str, flag: str) -> list[float]:
    """``a:b`` as finite floats."""
    try:
        found = [float(x) for x in text.replace(",", "").split(":")]
    except ValueError:
        found = []
    good = bool(found) and all(abs(x) < float("inf") for x in found)
    require(good, f"{flag} {text!r} is not a number or FROM:TO.", f"Write {flag} 73338:63620.")
    return found


def instant(text: str | None):
    """A moment with its offset."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        moment = None
    good = not text or (moment is not None and moment.tzinfo is not None)
    remedy = "Write 2026-02-04T16:00:00-05:00."
    require(good, f"--as-of {text!r} is not a time with its offset.", remedy)
    return moment


def time_a_book() -> None:
    """Time 20,000 instruments on a 400-point spot grid."""
    import numpy as np  # here: --help answers at once
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
    say(f"20,000 instruments x 400 spots, value, delta, gamma and vanna, {get_num_threads()} threads:")
    say(f"best {min(times):.3f} s, median {sorted(times)[2]:.3f} s of 5 (first call {compiled:.1f} s)")
    say("within one second: " + ("yes" if min(times) < 1 else "NO"))


def show(book, chain, path, ends, lam: float, sources: bool):
    """Print demand, levels and notes; the demand by case and the zero-gamma levels."""
    from model.dealer_book import report  # here: --help answers at once
    from model.dealer_book.demand import demand
    from model.dealer_book.exposure import zero_gamma
    from model.dealer_book.listed import CASES

    console = Terminal()
    results = {c: demand(book.case(c), path) for c in CASES}
    report.print_move(console, book, path)
    if chain is not None:
        console.print(
            f"{len(chain)} options read ({chain.layout} layout), "
            f"{'; '.join((f'{chain.dropped} left out for want of a volatility', *chain.left_out))}; "
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
    report.print_levels(console, levels, *ends, slopes(mid, path, lam), lam)
    report.print_notes(console, book, results)
    if sources:
        report.print_provenance(console, book)
    else:
        kinds = [p.status for p in book.provenance]
        console.print(
            "Entries of the book: "
            + ", ".join(f"{kinds.count(k)} {k}" for k in ("fact", "seed", "assumption"))
            + " (--sources prints them)."
        )
    return results, levels


def slopes(book, path, lam: float):
    """Slope of demand and amplification at the path's ends, for either sign."""
    import numpy as np  # here: --help answers at once
    import pandas as pd

    from model.dealer_book.exposure import exposure

    rows = []
    for point in (path.points[0], path.seen_by("etf").points[-1]):
        for s in (1.0, -1.0):
            both = {"etf": s, "crypto": s}
            slope = float(exposure(book, point.vol, np.array([point.spot]), both)["slope"][0])
            phi = lam * slope
            rows.append((point.spot, point.vol, s, slope, phi, 1 / (1 - phi) if phi < 1 else float("inf")))
    return pd.DataFrame(rows, columns=["spot", "vol", "sign", "slope", "phi", "amplification"])


def write(file: Path, book, path, results, levels, ends, lam: float, out: Path) -> None:
    """Write figures, table and manifest."""

    from model.dealer_book import report  # here: --help answers at once
    from model.dealer_book.figures import FIGURES, save_figures
    from model.store import together, write_csv, write_text

    main, table = out / "manifest.json", out / "demand.csv"
    files = [out / f"{name}.png" for name in FIGURES]
    record = {
        "book": str(file),
        "sha256": book.sha256,
        "lam_pct_per_bn": lam,
        "path": [[p.spot, p.vol, p.etf_open, p.etf_close] for p in path.points],
        "zero_gamma": levels,
        "demand_usd_bn": {c: r.table().round(9).to_dict("index") for c, r in results.items()},
        "python": system.version.split()[0],
    }
    with together(main, table, *files) as beside:
        save_figures(
            book, path, results["mid"], levels, *ends, (lam / 2, lam, lam * 2.5), beside(main).parent
        )
        write_csv(report.tidy(results), beside(table))
        write_text(json.dumps(record, indent=1) + "\n", beside(main))
    say("wrote " + ", ".join(str(f) for f in [*files, table, main]))


if __name__ == "__main__":
    main.exit()
