"""Prove the sampler on panels with known truth: recovery of intervals, ranks, or window by window."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import _checkout  # noqa: F401

from model.studies.command import (
    Chains,
    CommandLine,
    Count,
    DrawsPerChain,
    Event,
    Panel,
    Priors,
    Seed,
    Switch,
    Tune,
    script,
)


@script
def main(
    what: Literal["ranks", "recovery", "sequential"],
    /,
    *,
    event: Event = "2026-02-05",
    panel: Panel = None,
    days: Count = 60,
    panels: Count = 60,
    priors: Priors = "literature",
    drop_jacobian: Switch = False,
    chains: Chains = 2,
    draws: DrawsPerChain = 300,
    tune: Tune = 300,
    seed: Seed = 1,
    out: Path | None = None,
    argv: CommandLine,
) -> int:
    """Prove the sampler on panels with known truth.

    recovery: whether intervals hold the truth. ranks: simulation-based calibration.
    sequential: whether fitting window by window, each posterior the next prior, gives
    what one fit of both windows gives.
    Writes NAME.csv (one row per panel and quantity), NAME-summary.csv and NAME.png.
    Exit 4 when calibration fails.

    Examples
    --------
    uv run scripts/calibrate.py ranks --panels 60 --days 60
    uv run scripts/calibrate.py recovery --panels 20 --days 300 --panel PANEL
    uv run scripts/calibrate.py ranks --drop-jacobian    (must fail)
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
    out
        Folder (default: docs/calibration).
    """
    import numpy as np

    from model.design.make import background_design
    from model.errors import ConvergenceError
    from model.events.card import event_panel, load_event
    from model.inference.sample import Settings
    from model.priors.prior_set import load_priors
    from model.store import PROJECT

    whole = event_panel(load_event(event), panel)
    dates = whole.frame.index
    cut = whole.window(dates[max(0, len(dates) - days - 1)], dates[-1])
    shares = np.array([f.base_share for f in cut.universe.funds])
    settings = Settings(chains, draws, tune, seed)
    folder = out or PROJECT / "docs" / "calibration"
    folder.mkdir(parents=True, exist_ok=True)
    subject = background_design(cut), load_priors(priors), shares, settings, folder
    if what == "sequential":
        return 0 if _sequential(argv, *subject) else ConvergenceError.exit_code
    return 0 if _simulated(what, panels, drop_jacobian, *subject) else ConvergenceError.exit_code


def _say(text: str) -> None:
    print(text, flush=True)


def _simulated(what: str, panels: int, drop_jacobian: bool, design, priors, shares, settings, folder) -> bool:
    from model.inference.sample import Sampler
    from model.report.figures.calibration import plot_calibration
    from model.store import write_atomic
    from model.studies.validation import calibrate as proof

    sampler = Sampler(design, priors, shares, proof.without_jacobian if drop_jacobian else None)
    print(f"{design.days} days, compiled in {sampler.compile_seconds:.0f} s")
    table = proof.calibrate(sampler, design, priors, shares, panels, settings, _say)
    summary = proof.uniformity(table) if what == "ranks" else proof.coverage(table)
    name = what + ("-without-jacobian" if drop_jacobian else "")
    write_atomic(folder / f"{name}.csv", table.round(5).to_csv(index=False).encode())
    write_atomic(folder / f"{name}-summary.csv", summary.round(4).to_csv(index=False).encode())
    plot_calibration(table, proof.KEPT_DRAWS, folder / f"{name}.png")
    print(summary.round(4).to_string(index=False))
    passed = bool(summary["passed"].all())
    print("Calibration passed." if passed else "Calibration failed.")
    return passed


def _sequential(argv: CommandLine, design, priors, shares, settings, folder: Path) -> bool:
    from model.report.markdown import command_of, write_page
    from model.studies.validation.sequential import page, sequential_and_joint

    table, done = sequential_and_joint(design, priors, shares, settings, _say)
    table.round(4).to_csv(folder / "sequential.csv", index=False)
    title = "Window by window, or all at once"
    blocks = page(table, done, design.days)
    path = write_page(folder / "sequential.md", title, command_of("calibrate", argv), blocks)
    print(f"Wrote {path}: {int(table['agrees'].sum())} of {len(table)} numbers agree.")
    return all(d.mixed for d in done.values()) and bool(table["agrees"].all())


if __name__ == "__main__":
    main.exit()
