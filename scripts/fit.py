"""Fit the attribution model to an event, decompose its days and write the report.

Exit codes: 0 ok, 2 usage, 3 data, 4 not converged, 5 causal gate not passed.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument(
        "--event", default="2026-02-05", metavar="ID|FILE", help="event id or card (default %(default)s)"
    )
    p.add_argument(
        "--panel",
        type=Path,
        metavar="PATH[,PATH]",
        help="longer panel (csv or parquet; several files are joined on their dates) instead of the event's own",
    )
    p.add_argument(
        "--window",
        metavar="FIRST:LAST|card",
        help="fit only these days of the panel, or those of the card's window (default: the whole panel)",
    )
    p.add_argument("--out", type=Path, metavar="DIR", help="fit folder (default fits/<id of the card>)")
    p.add_argument(
        "--resume", type=Path, metavar="DIR",
        help="go on with the interrupted fit of this folder; its own arguments hold, all others are ignored",
    )  # fmt: skip
    p.add_argument(
        "--dating",
        choices=("vendor", "next-day", "both"),
        default="both",
        help="how flows are dated (default both)",
    )
    p.add_argument("--chains", type=int, default=4)
    p.add_argument(
        "--draws", type=int, help="draws per chain (default 1000; 1500 on more than 250 trading days)"
    )
    p.add_argument("--tune", type=int, default=300, help="tuning steps per chain (default %(default)s)")
    p.add_argument("--seed", type=int, default=20260205)
    p.add_argument(
        "--priors",
        metavar="NAME|FILE",
        help="prior set (default: the card's, else literature; with --panel literature, impact and vanna held)",
    )
    p.add_argument(
        "--as-of", metavar="DATE", help="use only what was published by the end of this New York day"
    )
    p.add_argument(
        "--accept-gate",
        metavar="REASON",
        help="decompose although the gate is inconclusive; printed everywhere",
    )
    p.add_argument(
        "--no-book",
        action="store_true",
        help="gamma proxy on every day, although the card names a dealer book",
    )
    p.add_argument(
        "--mechanism",
        action="append",
        default=[],
        type=_mechanism,
        metavar="NAME=on|off",
        help="switch hedge_settlement or late_creation, whatever the card says; may be repeated",
    )
    p.add_argument(
        "--dry-run", action="store_true", help="print design, priors and prior-predictive ranges; no sampling"
    )
    args = p.parse_args(argv)
    if min(args.chains, 1 if args.draws is None else args.draws, args.tune) < 1:
        p.error("--chains, --draws and --tune must be positive")
    if args.accept_gate is not None and not args.accept_gate.strip():
        p.error("--accept-gate needs a reason in words")
    return args


def _mechanism(text: str) -> tuple[str, bool]:
    from model.errors import UsageError
    from model.events.switches import read_switch

    try:
        return read_switch(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def main(argv: list[str] | None = None) -> int:
    """Run a fit and print its table."""
    args = parse(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from model.design.subject import Request
    from model.errors import AttributionError
    from model.studies.fit.checkpoint import interrupted
    from model.studies.fit.run import run, usual_folder
    from model.terminal import Terminal

    console = Terminal()
    request = Request(
        args.event, args.panel, args.out or Path(), args.dating, args.priors, args.as_of, args.accept_gate, args.chains,
        args.draws, args.tune, args.seed, not args.no_book, dict(args.mechanism), args.window,
    )  # fmt: skip
    try:
        if args.resume:
            request = interrupted(args.resume)
        elif args.out is None:
            request = replace(request, out=usual_folder(args.event))
        if args.dry_run:
            from model.studies.fit.dry_run import describe

            describe(request, console)
            return 0
        folder = run(request, lambda text: console.print(text, markup=False), resume=bool(args.resume))
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    _show(folder, console)
    return 0


def _show(folder: Path, console) -> None:
    from model.events.facts import told
    from model.events.switches import Mechanisms, sentence
    from model.report.tables import terminal_table
    from model.store import load_fit

    fit = load_fit(folder)
    for reading, d in fit.manifest["diagnostics"].items():
        for warning in d["warnings"]:
            console.print(f"Warning, {reading}: {warning}.", markup=False)
    console.print(terminal_table(fit.decomposition, fit.manifest["days"]))
    for f in fit.manifest.get("facts", ()):
        console.print(told(f["at"], f["trading_day"], f["text"]), markup=False)
    gate = fit.manifest["gate"]
    reason = f" Accepted: {gate['accepted_reason']}" if gate["accepted_reason"] else ""
    console.print(f"Gate: {gate['verdict']}.{reason}", markup=False)
    after = gate.get("after_sampling")
    if after:
        marks = {True: "holds", False: "DOES NOT HOLD", None: "cannot say"}
        console.print(
            f"Graph on posterior draws: {marks[after['passed']]}. {after['sentence']}", markup=False
        )
    if fit.manifest.get("mixture"):
        console.print(fit.manifest["mixture"]["sentence"], markup=False)
    console.print(sentence(Mechanisms(**fit.manifest["mechanisms"])), markup=False)
    console.print(f"Report: {folder / 'report.html'}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
