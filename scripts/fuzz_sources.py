"""Feed the readers ten thousand mutated files; each must be read correctly or refused by a named error.

Writes a table with one row per class (docs/sources/fuzz.csv). Exit 1 if a detectable class was read wrongly
or anything but a named error was raised. Classes that no check on one file can detect are run and listed as
such.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("-n", type=int, default=10_000, help="mutated files (default 10000)")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--out", type=Path, default=ROOT / "docs" / "sources" / "fuzz.csv", help="table to write")
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run, print, write."""
    args = parse(argv)
    from rich.progress import track

    from tests.proofs.sources.fuzz import run, table

    bar = iter(track(range(args.n), description="mutated files"))
    tallies = run(args.n, args.seed, lambda _: next(bar, None))
    for _ in bar:
        pass
    out = table(tallies)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    out.to_csv(args.out, index=False)
    print(out.drop(columns="meaning").to_string(index=False))
    for t in tallies:
        for example in t.examples:
            print(f"{t.name}: {example}", file=sys.stderr)
    bad = int((out["ok"] == "NO").sum())
    print(f"{out['tried'].sum()} files, {bad} classes failed; wrote {args.out.name}.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
