"""Fetch public data without keys, in each vendor's own format; record URL, time and sha256.

Run it again after an interruption: what is complete is kept, the rest is fetched. Then build a panel with
scripts/build_panel.py --sources DIR/sources.toml. What is fetched stands in scripts/download.toml.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for files and sources.toml")
    p.add_argument(
        "--since",
        type=date.fromisoformat,
        default=date(2024, 1, 11),
        metavar="DATE",
        help="first day (default 2024-01-11)",
    )
    p.add_argument(
        "--list",
        type=Path,
        default=ROOT / "scripts" / "download.toml",
        help="what to fetch (default scripts/download.toml)",
    )
    p.add_argument(
        "--only", action="append", metavar="NAME", help="only this entry of the list (may be repeated)"
    )
    p.add_argument(
        "--endpoint", action="append", default=[], metavar="NAME=URL", help="another address for an entry"
    )
    p.add_argument("--attempts", type=int, default=6, help="tries per page (default 6)")
    p.add_argument(
        "--wait",
        type=float,
        default=1.0,
        help="first wait between tries in seconds, doubled each time (default 1)",
    )
    p.add_argument(
        "--max-age",
        type=float,
        default=6.0,
        metavar="HOURS",
        help="keep open-ended pages younger than this (default 6)",
    )
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Fetch everything, print a line per vendor."""
    args = parse(argv)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from model.errors import AttributionError, UsageError
    from model.sources.download import download, load_jobs
    from model.sources.fetch import Fetcher

    fetcher = Fetcher(attempts=args.attempts, base=args.wait)
    try:
        head, jobs = load_jobs(args.list, dict(e.split("=", 1) for e in args.endpoint if "=" in e))
        unknown = set(args.only or []) - {j.name for j in jobs}
        if unknown:
            raise UsageError(
                f"No entry is called {sorted(unknown)[0]!r}.",
                f"Use one of {', '.join(j.name for j in jobs)}.",
            )
        order = [j.name for j in jobs]
        jobs = [j for j in jobs if (j.name in args.only if args.only else not j.heavy)]
        bar = Progress(
            TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        )
        tasks = {j.name: bar.add_task(j.name, total=None) for j in jobs}
        with bar:
            outcomes = download(
                jobs,
                head,
                args.out,
                args.since,
                fetcher,
                max_age_hours=args.max_age,
                order=order,
                progress=lambda name, i, n: bar.update(tasks[name], completed=i, total=n),
            )
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Interrupted; run the same command again to go on.", file=sys.stderr)
        return 130
    finally:
        fetcher.close()
    for o in outcomes:
        print(
            f"{o.name:<16} {o.fetched} fetched, {o.skipped} kept{f', {o.absent} not there' if o.absent else ''}"
            f"{': FAILED: ' + o.error if o.error else ''}"
        )
    failed = sum(bool(o.error) for o in outcomes)
    record = args.out / "sources.toml"
    where = f"; recorded in {record}" if record.exists() else ""
    print(f"{len(outcomes) - failed} of {len(outcomes)} vendors complete{where}.")
    return 3 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
