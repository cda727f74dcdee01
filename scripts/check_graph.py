"""Test the causal graph against the data and say what it means.

Prints and writes the timed graph, every implied independence with effect, p, adjusted decision and power, the
identified effects and those that are not, refutations, rival graphs, and the verdict with its reasons.
Exit 0: pass; 5: fail or inconclusive; 2, 3: usage, data.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument(
        "--event", default="2026-02-05", metavar="ID", help="event id or card (default %(default)s)"
    )
    p.add_argument("--panel", type=Path, metavar="PATH", help="panel instead of the event's own")
    p.add_argument(
        "--graph", default="model", metavar="NAME|FILE", help="model, a name in data/graphs, or a TOML file"
    )
    p.add_argument("--out", type=Path, metavar="DIR", help="default fits/<event>-gate")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--quick", action="store_true", help="what a fit runs: no rivals, few refuter simulations")
    p.add_argument("--falsify", action="store_true", help="add dowhy's permutation test (slow, context only)")
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the gate, print, write."""
    args = parse(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from model.errors import AttributionError
    from model.gate.run import run_gate
    from model.gate.subject import load_subject
    from model.report.gate.show import show, write_all

    try:
        subject = load_subject(args.event, args.panel, args.graph)
        result = run_gate(
            subject.frame,
            subject.graph,
            subject.thresholds,
            args.seed,
            alternatives=subject.rivals(),
            quick=args.quick,
            falsify=args.falsify,
            compare=subject.compared(),
        )
        out = args.out or ROOT / "fits" / f"{Path(args.event).stem}-gate"
        written = write_all(result, subject, out)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    show(result, subject, written)
    return 0 if result.verdict == "pass" else 5


if __name__ == "__main__":
    sys.exit(main())
