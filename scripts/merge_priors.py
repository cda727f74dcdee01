"""One prior set from two: what both say differently is named and has to be decided, parameter by parameter.

Example: uv run scripts/merge_priors.py literature mine.toml --take impact=second --out data/priors/merged.toml
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model.studies.command import new_parser, run_command  # noqa: E402


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = new_parser(__doc__)
    p.add_argument("first", metavar="SET", help="a set in data/priors, or a file")
    p.add_argument("second", metavar="SET")
    p.add_argument(
        "--take", action="append", default=[], metavar="NAME=first|second", help="decides a conflict"
    )
    p.add_argument("--out", type=Path, required=True, metavar="FILE", help="the prior set to write (.toml)")
    args = p.parse_args(argv)
    if args.out.suffix != ".toml":
        p.error("--out must end in .toml")
    return args


def main(argv: list[str] | None = None) -> int:
    """Merge, write, read back."""
    args = parse(argv)

    def work(console) -> None:
        import tomlkit

        from model.errors import DataError
        from model.priors.merge import merged_set
        from model.priors.prior_set import load_priors

        if args.out.exists():
            raise DataError(f"{args.out} exists.", "Give another file with --out.")
        take = dict(t.partition("=")[::2] for t in args.take)
        doc = merged_set(args.first, args.second, take, args.out.stem)
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(tomlkit.dumps(doc), encoding="utf-8")
        written = load_priors(args.out)
        days = "no days" if written.learned_from is None else " to ".join(map(str, written.learned_from))
        console.print(
            f"Wrote {args.out}: {len(written.parameters)} priors, {written.kind}, learned from {days}.",
            markup=False,
            soft_wrap=True,
        )

    return run_command(work)


if __name__ == "__main__":
    sys.exit(main())
