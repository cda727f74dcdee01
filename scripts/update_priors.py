"""Turn a fit's posterior into the next fit's prior set, correlations kept.

Example: uv run scripts/update_priors.py 2026-02-05 --out data/priors/after-2026-02-05.toml
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("fit", metavar="FIT", help="fit id or folder")
    p.add_argument("--out", type=Path, required=True, metavar="FILE", help="the prior set to write (.toml)")
    p.add_argument("--panel", type=Path, metavar="PATH", help="the panel of the fit, if it was given one")
    p.add_argument("--reading", help="vendor, next_day or no_positions (default: the fit's first dating)")
    p.add_argument(
        "--forgetting", type=float, default=0.5, metavar="0..1",
        help="divides the covariance: 1 keeps all, 0.25 doubles every standard deviation (default %(default)s)",
    )  # fmt: skip
    p.add_argument("--overwrite", action="store_true", help="replace --out if it exists")
    args = p.parse_args(argv)
    if not 0.0 < args.forgetting <= 1.0:
        p.error("--forgetting must lie in (0, 1]")
    if args.out.suffix != ".toml":
        p.error("--out must end in .toml")
    return args


def main(argv: list[str] | None = None) -> int:
    """Write the set."""
    args = parse(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from model.errors import AttributionError

    try:
        return _update(args)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _update(args: argparse.Namespace) -> int:
    import tomlkit

    from model.errors import UsageError
    from model.priors.prior_set import load_priors
    from model.store import write_atomic, written
    from model.studies.learning.carry import lineage_of, next_set, require_new_days
    from model.studies.reopen import reopen, same_priors

    if args.out.exists() and not args.overwrite:
        raise UsageError(f"{args.out} exists.", "Give another file with --out, or --overwrite.")
    opened = reopen(args.fit, args.panel)
    same_priors(opened)
    reading = args.reading or opened.main
    if reading not in opened.readings:
        raise UsageError(f"The fit has no reading {reading!r}.", f"Use one of {', '.join(opened.readings)}.")
    subject = opened.subject
    require_new_days(subject.priors, subject.design.dates[0].date())
    draws = opened.draws(reading, 4000)
    doc = next_set(
        draws, subject.priors, subject.design, args.out.stem, args.forgetting, lineage_of(opened, reading)
    )
    with written(args.out):
        write_atomic(args.out, tomlkit.dumps(doc).encode())
    written = load_priors(args.out)
    days = " to ".join(str(d) for d in written.learned_from or ())
    print(
        f"Wrote {args.out}: {len(written.joint.mean) if written.joint else 0} correlated numbers learned from {days}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
