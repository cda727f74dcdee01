"""The event split under other assumptions: power-scaled priors, refits, dealer sign, dating.

Refits: wide (all spreads doubled), seed_free (nothing taken from the commentary), short_gamma, long_gamma.
Example: uv run scripts/sensitivity.py 2026-02-05
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model.command import add_sampling, fit_parser, require_sampling, run_on_fit  # noqa: E402

REFITS = ("wide", "seed_free", "short_gamma", "long_gamma")


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = fit_parser(__doc__)
    p.add_argument(
        "--refit", action="append", choices=(*REFITS, "none"), help="only these (default: all four)"
    )
    add_sampling(p, chains=2, draws=500, tune=300, seed=1)
    args = p.parse_args(argv)
    require_sampling(p, args)
    return args


def main(argv: list[str] | None = None) -> int:
    """Refit, print, write."""
    args = parse(argv)
    return run_on_fit(args, lambda opened, console: _run(opened, args, console))


def _run(opened, args: argparse.Namespace, console) -> None:
    from model.fit import Settings
    from model.rivals.sensitivity import other_dating, power_scaled, ranges, refitted, table

    count = args.chains * args.draws
    splits = power_scaled(opened, count, args.seed) + other_dating(opened, count, args.seed)
    settings = Settings(args.chains, args.draws, args.tune, args.seed)
    wanted = [r for r in REFITS if not args.refit or r in args.refit]
    splits += [refitted(opened, name, settings, count, console.print) for name in wanted]
    rows = table(splits)
    span = ranges(rows)
    folder = opened.fit.folder / "tables"
    folder.mkdir(exist_ok=True)
    rows.to_csv(folder / "sensitivity.csv", index=False)
    span.to_csv(folder / "sensitivity_ranges.csv", index=False)
    _show(span, splits, console)
    console.print(f"Wrote {folder / 'sensitivity.csv'} and sensitivity_ranges.csv", markup=False)


def _show(span, splits, console) -> None:
    from rich.table import Table

    out = Table("day", "part", "as fitted", "lowest median", "highest median", "sign",
                title=f"Event split by channel over {len(splits)} assumptions")  # fmt: skip
    for r in span.to_dict("records"):
        d = 0 if r["unit"] == "USD m" else 2
        sign = "changes" if r["sign_changes"] else "kept"
        sign += "" if r["sign_ever_sure"] else ", never sure"
        out.add_row(
            r["day"], f"{r['quantity']}: {r['part']}, {r['unit']}", f"{r['as_fitted']:.{d}f}",
            f"{r['lowest']:.{d}f} ({r['lowest_under']})", f"{r['highest']:.{d}f} ({r['highest_under']})", sign,
        )  # fmt: skip
    console.print(out)
    for s in splits:
        if s.note:
            console.print(f"{s.name}: {s.note}")


if __name__ == "__main__":
    sys.exit(main())
