"""What the command lines of all scripts share: arguments of a finished fit, errors as exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from model.studies.reopen import Opened


def new_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser that prints the script's docstring as written."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def fit_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser for scripts that work on a finished fit."""
    p = new_parser(description)
    p.add_argument("fit", metavar="FIT", help="fit id or folder")
    p.add_argument("--panel", type=Path, metavar="PATH", help="the panel of the fit, if it was given one")
    return p


def add_sampling(p: argparse.ArgumentParser, chains: int, draws: int, tune: int, seed: int) -> None:
    """Arguments of a sampling run."""
    p.add_argument("--chains", type=int, default=chains, help="(default %(default)s)")
    p.add_argument("--draws", type=int, default=draws, help="draws per chain (default %(default)s)")
    p.add_argument("--tune", type=int, default=tune, help="tuning steps per chain (default %(default)s)")
    p.add_argument("--seed", type=int, default=seed)


def add_page(p: argparse.ArgumentParser) -> None:
    """Where to write the result as a page of Markdown."""
    p.add_argument("--page", type=Path, metavar="FILE.md", help="also write the table, rounded, as Markdown")


def require_sampling(p: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Refuse a sampling run without draws."""
    if min(args.chains, args.draws, args.tune) < 1:
        p.error("--chains, --draws and --tune must be positive")


def run_command(work: Callable[[Console], None]) -> int:
    """Do the work; an error that a user can cause becomes one line and its exit code."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from model.errors import AttributionError
    from model.terminal import Terminal

    try:
        work(Terminal())
    except AttributionError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def run_on_fit(args: argparse.Namespace, work: Callable[[Opened, Console], None]) -> int:
    """Open the fit named on the command line and do the work on it."""

    def opened(console: Console) -> None:
        from model.studies.reopen import reopen

        work(reopen(args.fit, args.panel), console)

    return run_command(opened)
