"""Prove the gate: false-fail rate where the graph is true, detection where it is wrong, size of its test.

Writes panels.csv (one row per simulated panel), summary.csv, size.csv and proof.png. Takes about an hour;
rows already in panels.csv are kept, so it can be interrupted.
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
    p.add_argument(
        "--panel", type=Path, required=True, help="panel whose length, gaps and moments are imitated"
    )
    p.add_argument("--event", default="2026-02-05", help="event card that names the universe")
    p.add_argument(
        "--graph", default="model", help="graph held true: model, a name in data/graphs, or a file"
    )
    p.add_argument("--true", type=int, default=400, help="panels from the true graph")
    p.add_argument("--wrong", type=int, default=100, help="panels per wrong graph")
    p.add_argument("--seed", type=int, default=20260205)
    p.add_argument("--out", type=Path, default=ROOT / "docs" / "gate")
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Simulate, judge, write."""
    args = parse(argv)
    from model.errors import AttributionError
    from model.gate.subject import load_subject
    from tests.proofs.gate.prove import prove

    try:
        subject = load_subject(args.event, args.panel, args.graph)
        table = prove(subject, args.true, args.wrong, args.seed, args.out)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(table.to_string(index=False))
    print(f"written to {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
