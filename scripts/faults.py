"""Kill commands, flip bytes of a stored fit and change inputs at random; write what became of it to docs/reliability.md.

Exit 1 if anything was lost, mixed, left running, opened though changed, or ended with an error without a name.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--kills", type=int, default=200, help="(default %(default)s)")
    p.add_argument("--flips", type=int, default=25, help="bytes of each file (default %(default)s)")
    p.add_argument("--inputs", type=int, default=10_000, help="changed inputs (default %(default)s)")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--page", type=Path, default=ROOT / "docs" / "reliability.md", help="page to write")
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Try everything, write the page."""
    args = parse(argv)
    from model.report.markdown import command_of, write_page
    from tests.proofs.faults import flips, kills, mutations, page

    def say(text: str) -> None:
        print(text, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        killed = kills.run(args.kills, args.seed, scratch, say)
        fit = scratch / "base" / "fit"
        flipped = flips.run(fit, args.flips, args.seed, scratch)
        changed = mutations.run(args.inputs, args.seed, scratch, fit, say)
    found = [*killed, *flipped, *changed]
    for tally in found:
        for example in tally.examples:
            print(f"{tally.name}: {example}", file=sys.stderr)
    command = command_of("faults", sys.argv[1:] if argv is None else argv)
    told = page.blocks(killed, flipped, changed)
    say(f"Wrote {write_page(args.page, 'What was tried against the program', command, told)}")
    wrong = [t.name for t in found if not t.passed]
    print(f"Failed: {', '.join(wrong)}." if wrong else "Nothing lost, mixed, left running or silently wrong.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
