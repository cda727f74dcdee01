"""Score the model out of sample against baselines fitted in the same run."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import _checkout  # noqa: F401
from cyclopts import Parameter
from rich.markup import escape
from rich.table import Table

from model.studies.command import (
    Chains,
    CommandLine,
    Count,
    DrawsPerChain,
    Overwrite,
    Priors,
    Screen,
    Seed,
    Switch,
    Tune,
    Universe,
    Whole,
    Words,
    between,
    script,
    switch,
)


@script
def main(
    *,
    panel: Path,
    universe: Universe = "us-spot-btc",
    priors: Priors = "literature",
    first: Annotated[Whole, Parameter(validator=between(60))] = 300,
    only_baselines: Annotated[Switch, switch("--baselines-only")] = False,
    month: Words = (),
    every: Count = 1,
    workers: Annotated[Whole, Parameter(validator=between(0))] = 2,
    scheduler: str | None = None,
    store: Path | None = None,
    out: Path | None = None,
    overwrite: Overwrite = False,
    chains: Chains = 4,
    draws: DrawsPerChain = 500,
    tune: Tune = 300,
    seed: Seed = 1,
    console: Screen,
    argv: CommandLine,
) -> None:
    """Score the model out of sample: expanding window, refitted every month, against baselines of the same run.

    One day ahead (past) and same day (given the return), flow and return: log score, CRPS, percentiles and
    coverage of 50 and 89 % intervals, with paired standard errors against a regression. What is finished is kept
    in a store: the same command goes on where it was stopped.

    Examples
    --------
    uv run scripts/backtest.py --panel PANEL --baselines-only
    uv run scripts/backtest.py --panel PANEL --workers 8
    uv run scripts/backtest.py --panel PANEL --scheduler tcp://HOST:8786

    Parameters
    ----------
    panel
        The panel (csv or parquet).
    first
        Days before the first block.
    only_baselines
        Leave the model out.
    month
        YYYY-MM: score the model in the block that begins in this month only; may be repeated.
    every
        Months between refits, of the model and the baselines alike.
    workers
        Processes of the local cluster; 0: this one.
    scheduler
        Address of a running Dask scheduler, instead of a local cluster.
    store
        Finished pieces (default: pieces, in the output folder).
    out
        Folder for the tables (default: docs/backtest).
    """
    import pandas as pd  # here: --help answers at once

    from model.design.make import background_design
    from model.panel import load_panel
    from model.report.markdown import command_of, write_page
    from model.report.tables.tables import rounded
    from model.store import PROJECT, require_free, together, write_csv
    from model.studies.backtest.baselines import REFERENCE
    from model.studies.backtest.blocks import Plan, baseline_piece, blocks, model_piece
    from model.studies.backtest.page import page
    from model.studies.backtest.scores import COLUMNS, summary
    from model.studies.pieces import Store, make_all, sources_hash

    if out:
        require_free(overwrite, out / "scores.csv", out / "summary.csv")
    out = out or PROJECT / "docs" / "backtest"
    whole = load_panel(panel, universe)
    plan = Plan(str(panel.resolve()), universe, priors, first, chains, draws, tune, seed)
    made = blocks(background_design(whole), first, every)
    # Pieces of another panel, another model, other priors or settings are other pieces.
    settings = repr((sources_hash(), whole.sha256, priors, first, every, chains, draws, tune, seed))
    stamp = hashlib.sha256(settings.encode()).hexdigest()[:10]
    jobs = {
        f"baselines-{b.name}-{whole.sha256[:10]}-{first}-{every}": (baseline_piece, (plan, b)) for b in made
    }
    if not only_baselines:
        chosen = [b for b in made if not month or b.name in month]
        jobs |= {f"model-{b.name}-{stamp}": (model_piece, (plan, b)) for b in chosen}
    kept = Store(store or out / "pieces")
    pieces = make_all(jobs, kept, lambda s: console.print(s, markup=False), workers, scheduler)
    scores = pd.concat(pieces.values(), ignore_index=True)[list(COLUMNS)]
    table = summary(scores, REFERENCE)
    whole, short = out / "scores.csv", out / "summary.csv"
    with together(whole, short) as beside:
        write_csv(rounded(scores, 5), beside(whole))
        write_csv(rounded(table, 4), beside(short))
    if not only_baselines:
        write_page(out / "README.md", "Out of sample", command_of("backtest", argv), page(scores, table))
    show(table, console)
    console.print(f"Wrote {out / 'summary.csv'} and {out / 'scores.csv'}", markup=False)


def show(table, console: Screen) -> None:
    """Print one table a target and task."""
    from model.studies.backtest.baselines import REFERENCE  # here: --help answers at once

    for (target, task), rows in table.groupby(["target", "task"], sort=False):
        title = escape(f"{target}, given the {task}; gains against {REFERENCE[target, task]}")
        out = Table(
            "model",
            "days",
            "log score",
            "gain (s.e.)",
            "CRPS",
            "gain (s.e.)",
            "PIT",
            "50 %",
            "89 %",
            title=title,
        )
        for r in rows.to_dict("records"):
            out.add_row(
                escape(r["model"]), str(r["days"]), f"{r['log_score']:.3f}", f"{r['gain']:+.3f} ({r['gain_se']:.3f})",
                f"{r['crps']:.3g}",
                f"{r['crps_gain']:+.3g} ({r['crps_gain_se']:.2g})", f"{r['pit']:.2f}", f"{r['covered_50']:.2f}",
                f"{r['covered_89']:.2f}",
            )  # fmt: skip
        console.print(out)


if __name__ == "__main__":
    main.exit()
