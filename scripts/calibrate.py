"""Prove the sampler on panels with known truth: recovery of intervals, or ranks (simulation-based calibration).

``sequential``: whether fitting window by window, each posterior the next prior, gives what one fit of both windows gives.
Writes NAME.csv (one row per panel and quantity), NAME-summary.csv and NAME.png. Exit 4 when calibration fails.

Examples: uv run scripts/calibrate.py ranks --panels 60 --days 60
          uv run scripts/calibrate.py recovery --panels 20 --days 300 --panel PANEL
          uv run scripts/calibrate.py ranks --drop-jacobian    (must fail)
          uv run scripts/calibrate.py sequential --priors baseline-2024-2025 --chains 4 --draws 1000 --out docs/priors
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=("ranks", "recovery", "sequential"))
    p.add_argument("--event", default="2026-02-05", help="card whose panel lends dates, factors and gaps")
    p.add_argument("--panel", type=Path, metavar="PATH", help="longer panel to lend them")
    p.add_argument("--days", type=int, default=60, help="last days of the panel (default %(default)s)")
    p.add_argument("--panels", type=int, default=60, help="simulated panels (default %(default)s)")
    p.add_argument("--priors", default="literature", metavar="NAME|FILE")
    p.add_argument("--drop-jacobian", action="store_true", help="leave the loop's Jacobian out on purpose")
    p.add_argument("--chains", type=int, default=2)
    p.add_argument("--draws", type=int, default=300)
    p.add_argument("--tune", type=int, default=300)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--out", type=Path, default=ROOT / "docs" / "calibration", metavar="DIR")
    return p.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Simulate, sample, test."""
    args = parse(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from model.errors import AttributionError

    try:
        if args.what == "sequential":
            return _sequential(args, sys.argv[1:] if argv is None else argv)
        return _run(args)
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def _run(args: argparse.Namespace) -> int:
    import numpy as np

    from model.design.make import background_design
    from model.errors import ConvergenceError
    from model.events.card import event_panel, load_event
    from model.inference.sample import Sampler, Settings
    from model.priors.prior_set import load_priors
    from model.report.figures.calibration import plot_calibration
    from model.store import write_atomic
    from model.studies.validation.calibrate import (
        KEPT_DRAWS,
        calibrate,
        coverage,
        uniformity,
        without_jacobian,
    )

    whole = event_panel(load_event(args.event), args.panel)
    days = whole.frame.index
    panel = whole.window(days[max(0, len(days) - args.days - 1)], days[-1])
    design, priors = background_design(panel), load_priors(args.priors)
    shares = np.array([f.base_share for f in panel.universe.funds])
    sampler = Sampler(design, priors, shares, without_jacobian if args.drop_jacobian else None)
    print(f"{design.days} days, compiled in {sampler.compile_seconds:.0f} s")
    settings = Settings(args.chains, args.draws, args.tune, args.seed)
    table = calibrate(sampler, design, priors, shares, args.panels, settings, lambda s: print(s, flush=True))
    summary = uniformity(table) if args.what == "ranks" else coverage(table)
    args.out.mkdir(parents=True, exist_ok=True)
    name = args.what + ("-without-jacobian" if args.drop_jacobian else "")
    write_atomic(args.out / f"{name}.csv", table.round(5).to_csv(index=False).encode())
    write_atomic(args.out / f"{name}-summary.csv", summary.round(4).to_csv(index=False).encode())
    plot_calibration(table, KEPT_DRAWS, args.out / f"{name}.png")
    print(summary.round(4).to_string(index=False))
    if summary["passed"].all():
        return 0
    print("Calibration failed.", file=sys.stderr)
    return ConvergenceError.exit_code


def _sequential(args: argparse.Namespace, argv: list[str]) -> int:
    import numpy as np

    from model.design.make import background_design
    from model.errors import ConvergenceError
    from model.events.card import event_panel, load_event
    from model.inference.sample import Settings
    from model.priors.prior_set import load_priors
    from model.report.markdown import command_of, write_page
    from model.studies.validation.sequential import page, sequential_and_joint

    whole = event_panel(load_event(args.event), args.panel)
    days = whole.frame.index
    panel = whole.window(days[max(0, len(days) - args.days - 1)], days[-1])
    shares = np.array([f.base_share for f in panel.universe.funds])
    settings = Settings(args.chains, args.draws, args.tune, args.seed)
    design = background_design(panel)
    table, done = sequential_and_joint(
        design, load_priors(args.priors), shares, settings, lambda s: print(s, flush=True)
    )
    args.out.mkdir(parents=True, exist_ok=True)
    table.round(4).to_csv(args.out / "sequential.csv", index=False)
    title = "Window by window, or all at once"
    path = write_page(
        args.out / "sequential.md", title, command_of("calibrate", argv), page(table, done, design.days)
    )
    print(f"Wrote {path}: {int(table['agrees'].sum())} of {len(table)} numbers agree.")
    good = all(d.mixed for d in done.values()) and bool(table["agrees"].all())
    return 0 if good else ConvergenceError.exit_code


if __name__ == "__main__":
    sys.exit(main())
