"""The event split under other assumptions: power-scaled priors, refits, dealer sign, dating.

Refits: wide (all spreads doubled), seed_free (nothing taken from the commentary), short_gamma, long_gamma.
Example: uv run scripts/sensitivity.py 2026-02-05
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model.studies.command import add_page, add_sampling, fit_parser, require_sampling, run_on_fit  # noqa: E402

MOST_DRAWS = 2000
"""Draws decomposed per assumption: every trade of every draw, day and fund is held in memory."""
REFITS = ("wide", "seed_free", "short_gamma", "long_gamma")


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = fit_parser(__doc__)
    p.add_argument(
        "--refit", action="append", choices=(*REFITS, "none"), help="only these (default: all four)"
    )
    add_sampling(p, chains=4, draws=1000, tune=300, seed=1)
    add_page(p)
    args = p.parse_args(argv)
    require_sampling(p, args)
    return args


def main(argv: list[str] | None = None) -> int:
    """Refit, print, write."""
    args = parse(argv)
    given = sys.argv[1:] if argv is None else argv
    return run_on_fit(args, lambda opened, console: _run(opened, args, given, console))


def _run(opened, args: argparse.Namespace, argv: list[str], console) -> None:
    from model.inference.sample import Settings
    from model.report.markdown import command_of, write_page
    from model.report.page.again import report_again
    from model.store import SENSITIVITY, changing, write_result
    from model.studies.rivals.sensitivity import other_dating, power_scaled, ranges, refitted, table
    from model.studies.rivals.show_sensitivity import content, page, show

    count = min(args.chains * args.draws, MOST_DRAWS)
    splits = power_scaled(opened, count, args.seed) + other_dating(opened, count, args.seed)
    settings = Settings(args.chains, args.draws, args.tune, args.seed)
    wanted = [r for r in REFITS if not args.refit or r in args.refit]
    splits += [refitted(opened, name, settings, count, console.print) for name in wanted]
    rows = table(splits)
    span = ranges(rows)
    folder = opened.fit.folder / "tables"
    folder.mkdir(exist_ok=True)
    fit = opened.fit
    written = [folder / "sensitivity.csv", folder / "sensitivity_ranges.csv"]
    with changing(fit.folder, *written):
        rows.to_csv(written[0], index=False)
        span.to_csv(written[1], index=False)
    show(span, splits, console)
    written += [write_result(SENSITIVITY, content(span, splits), fit.folder, fit.manifest)]
    if args.page:
        title = f"{opened.subject.card.title}: the split under other assumptions"
        command = command_of("sensitivity", argv)
        written.append(write_page(args.page, title, command, page(rows, span, splits)))
    for path in [*written, *report_again(fit.folder)]:
        console.print(f"Wrote {path}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
