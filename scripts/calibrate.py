"""Prove the sampler on panels with known truth: recovery of intervals, ranks, or window by window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import _checkout  # noqa: F401
from cyclopts import Parameter

from model.studies.command import (
    Chains,
    CommandLine,
    Count,
    DrawsPerChain,
    Event,
    Overwrite,
    Panel,
    Priors,
    Seed,
    Switch,
    Tune,
    Whole,
    between,
    script,
)
from model.terminal import say, say_table


@script
def main(
    what: Literal["ranks", "recovery", "sequential", "no-impact"],
    /,
    *,
    event: Event = "2026-02-05",
    panel: Panel = None,
    days: Count = 60,
    panels: Annotated[Count, Parameter(name=("--panels", "--sims"))] = 60,
    priors: Priors = "literature",
    drop_jacobian: Switch = False,
    chains: Chains = 2,
    draws: DrawsPerChain = 300,
    tune: Tune = 300,
    seed: Seed = 1,
    workers: Annotated[Whole, Parameter(validator=between(0))] = 2,
    scheduler: str | None = None,
    store: Path | None = None,
    out: Path | None = None,
    overwrite: Overwrite = False,
    argv: CommandLine,
) -> int:
    """Prove the sampler on panels with known truth.

    recovery: whether intervals hold the truth. ranks: simulation-based calibration.
    sequential: whether fitting window by window, each posterior the next prior, gives
    what one fit of both windows gives. no-impact: what the model and a regression make of
    panels in which flows do not move the price.
    Writes NAME.csv (one row per panel and quantity), NAME-summary.csv and NAME.png.
    Exit 4 when calibration fails.

    Examples
    --------
    uv run scripts/calibrate.py ranks --panels 60 --days 60
    uv run scripts/calibrate.py recovery --panels 20 --days 300 --panel PANEL
    uv run scripts/calibrate.py ranks --drop-jacobian    (must fail)
    uv run scripts/calibrate.py no-impact --panels 20 --days 300 --panel PANEL
    uv run scripts/calibrate.py sequential --priors baseline-2024-2025 \\
        --chains 4 --draws 1000 --out docs/priors

    Parameters
    ----------
    what
        What to prove.
    days
        Last days of the panel, which lends dates, factors and gaps.
    panels
        Simulated panels.
    drop_jacobian
        Leave the loop's Jacobian out on purpose.
    workers
        Processes of the local cluster; 0: this one.
    scheduler
        Address of a running Dask scheduler, instead of a local cluster.
    store
        Finished panels (default: pieces, in the output folder); the same command goes on where it was stopped.
    out
        Folder (default: docs/calibration).
    """
    from model.errors import ConvergenceError  # help and usage errors come without the model
    from model.store import PROJECT, require_free
    from model.studies.validation.calibrate import Plan, subject_of

    if out:
        require_free(overwrite, *(out / n for n in _files(what, drop_jacobian)))
    plan = Plan(
        event, str(panel.resolve()) if panel else "", days, priors, drop_jacobian, chains, draws, tune, seed
    )
    folder = out or PROJECT / "docs" / "calibration"
    if what == "sequential":
        s = subject_of(plan)
        done = _sequential(argv, s.design, s.priors, s.shares, plan.settings, folder)
    else:
        done = _simulated(what, panels, plan, folder, store or folder / "pieces", workers, scheduler)
    return 0 if done else ConvergenceError.exit_code


def _files(what: str, drop_jacobian: bool) -> list[str]:
    if what == "sequential":
        return ["sequential.csv", "sequential.md"]
    name = what + ("-without-jacobian" if drop_jacobian else "")
    return [f"{name}.csv", f"{name}-summary.csv", f"{name}.png"]


def _simulated(what: str, panels: int, plan, folder: Path, store: Path, workers: int, scheduler) -> bool:
    import pandas as pd  # help and usage errors come without the model

    from model.report.figures.calibration import plot_calibration, plot_no_impact
    from model.store import together, write_csv
    from model.studies.pieces import Store, make_all, sources_hash
    from model.studies.validation import calibrate as proof
    from model.studies.validation import no_impact

    piece = no_impact.panel_piece if what == "no-impact" else proof.panel_piece
    summarised = {
        "ranks": proof.uniformity, "recovery": proof.coverage, "no-impact": no_impact.summary
    }[what]  # fmt: skip

    stamp = f"{proof.subject_of(plan).stamp}-{sources_hash()[:8]}"
    kind = "no-impact" if what == "no-impact" else "panel"  # ranks and recovery are of the same panels
    jobs = {f"{kind}-{k:04d}-{stamp}": (piece, (plan, k)) for k in range(panels)}
    table = pd.concat(make_all(jobs, Store(store), say, workers, scheduler).values(), ignore_index=True)
    summary = summarised(table)
    ranks, short, picture = (folder / n for n in _files(what, plan.drop_jacobian))
    with together(ranks, short, picture) as beside:
        write_csv(table.round(5), beside(ranks))
        write_csv(summary.round(4), beside(short))
        if what == "no-impact":
            plot_no_impact(table, beside(picture))
        else:
            plot_calibration(table, proof.KEPT_DRAWS, beside(picture))
    say_table(summary.round(4))
    passed = all(x for x in summary["passed"] if x is not None)
    say("Calibration passed." if passed else "Calibration failed.")
    return passed


def _sequential(argv: CommandLine, design, priors, shares, settings, folder: Path) -> bool:
    from model.report.markdown import command_of, write_page  # help comes without the model
    from model.store import write_csv
    from model.studies.validation.sequential import page, sequential_and_joint

    table, done = sequential_and_joint(design, priors, shares, settings, say)
    write_csv(table.round(4), folder / "sequential.csv")
    title = "Window by window, or all at once"
    blocks = page(table, done, design.days)
    path = write_page(folder / "sequential.md", title, command_of("calibrate", argv), blocks)
    say(f"Wrote {path}: {int(table['agrees'].sum())} of {len(table)} numbers agree.")
    return all(d.mixed for d in done.values()) and bool(table["agrees"].all())


if __name__ == "__main__":
    main.exit()
