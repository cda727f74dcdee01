"""Compare the event card's rival stories with the model on the same data."""

from __future__ import annotations

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
    Words,
    script,
)


@script
def main(
    fit: FitName,
    /,
    *,
    panel: FitPanel = None,
    rival: Words = (),
    chains: Chains = 4,
    draws: DrawsPerChain = 1000,
    tune: Tune = 300,
    seed: Seed = 1,
    page: PageFile = None,
    console: Screen,
    argv: CommandLine,
) -> None:
    """Compare the event card's rival stories with the model on the same data.

    Writes rivals.json, which scripts/audit_claims.py reads.

    Examples
    --------
    uv run scripts/compare.py 2026-02-05 --rival no_dealer --rival continuation

    Parameters
    ----------
    rival
        Only the rival of this key (may be repeated).
    """
    from model.inference.sample import Settings  # here: --help answers at once
    from model.report.markdown import command_of, write_page
    from model.studies.reopen import reopen
    from model.studies.rivals import show

    opened = reopen(fit, panel)
    rows = show.run_compare(opened, rival, Settings(chains, draws, tune, seed), console)
    if page:
        title = f"{opened.subject.card.title}: rival stories on the same data"
        path = write_page(page, title, command_of("compare", argv), show.page(rows))
        console.print(f"Wrote {path}", markup=False)


if __name__ == "__main__":
    main.exit()
