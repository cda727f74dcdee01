"""One prior set from two: what both say differently is named and has to be decided, parameter by parameter.

Example: uv run scripts/merge_priors.py literature mine.toml --take impact=second --out data/priors/merged.toml
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
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
    import tomlkit

    from model.errors import AttributionError, DataError
    from model.merge_priors import merged_set
    from model.priors import load_priors

    try:
        if args.out.exists():
            raise DataError(f"{args.out} exists.", "Give another file with --out.")
        take = dict(t.partition("=")[::2] for t in args.take)
        doc = merged_set(args.first, args.second, take, args.out.stem)
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(tomlkit.dumps(doc), encoding="utf-8")
        written = load_priors(args.out)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    days = "no days" if written.learned_from is None else " to ".join(str(d) for d in written.learned_from)
    print(f"Wrote {args.out}: {len(written.parameters)} priors, {written.kind}, learned from {days}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
