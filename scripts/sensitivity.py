"""The event split under other assumptions: power-scaled priors, refits, dealer sign, dating."""

from __future__ import annotations

from typing import Literal

import _checkout  # noqa: F401

from model.studies.command import (
    Chains,
    CommandLine,
    DrawsPerChain,
    FitName,
    FitPanel,
    PageFile,
    Screen,
    Seed,
    Tune,
    script,
)

MOST_DRAWS = 2000
"""Draws decomposed per assumption: every trade of every draw, day and fund is held in memory."""
REFITS = ("wide", "seed_free", "short_gamma", "long_gamma")


@script
def main(
    fit: FitName,
    /,
    *,
    panel: FitPanel = None,
    refit: tuple[Literal["wide", "seed_free", "short_gamma", "long_gamma", "none"], ...] = (),
    chains: Chains = 4,
    draws: DrawsPerChain = 1000,
    tune: Tune = 300,
    seed: Seed = 1,
    page: PageFile = None,
    console: Screen,
    argv: CommandLine,
) -> None:
    """The event split under other assumptions.

    Power-scaled priors, refits, dealer sign, dating. Refits: wide (all spreads doubled),
    seed_free (nothing taken from the commentary), short_gamma, long_gamma.

    Examples
    --------
    uv run scripts/sensitivity.py 2026-02-05

    Parameters
    ----------
    refit
        Only these, may be repeated (default: all four).
    """
    from model.inference.sample import Settings  # here: --help answers at once
    from model.report.markdown import command_of, write_page
    from model.report.runs import leave, of_sensitivity
    from model.store import SENSITIVITY, changing, write_csv, write_result
    from model.studies.reopen import reopen
    from model.studies.rivals import sensitivity as study
    from model.studies.rivals import show_sensitivity as told

    opened = reopen(fit, panel)
    count = min(chains * draws, MOST_DRAWS)
    splits = study.power_scaled(opened, count, seed) + study.other_dating(opened, count, seed)
    settings = Settings(chains, draws, tune, seed)
    wanted = [r for r in REFITS if not refit or r in refit]
    splits += [study.refitted(opened, name, settings, count, console.print) for name in wanted]
    rows = study.table(splits)
    span = study.ranges(rows)
    folder = opened.fit.folder / "tables"
    folder.mkdir(exist_ok=True)
    written = [folder / "sensitivity.csv", folder / "sensitivity_ranges.csv"]
    with changing(opened.fit.folder, *written):
        write_csv(rows, written[0])
        write_csv(span, written[1])
    told.show(span, splits, console)
    result = told.content(span, splits)
    written += [write_result(SENSITIVITY, result, opened.fit.folder, opened.fit.manifest)]
    if page:
        title = f"{opened.subject.card.title}: the split under other assumptions"
        command = command_of("sensitivity", argv)
        written.append(write_page(page, title, command, told.page(rows, span, splits)))
    written += leave(of_sensitivity(result), opened.fit.folder, opened.fit.manifest, span)
    for path in written:
        console.print(f"Wrote {path}", markup=False)


if __name__ == "__main__":
    main.exit()
