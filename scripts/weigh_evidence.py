"""Weigh a fit's draws by the event card's evidence: what changes, which statements conflict, can the weights be trusted."""

from __future__ import annotations

from typing import Annotated

import _checkout  # noqa: F401
from cyclopts import Parameter

from model.studies.command import Count, FitName, FitPanel, Real, Screen, Seed, between, script, switch


@script
def main(
    fit: FitName,
    /,
    *,
    panel: FitPanel = None,
    strength: Annotated[Real | None, Parameter(validator=between(0, 1))] = None,
    draws: Count = 1000,
    seed: Seed = 0,
    no_refit: Annotated[bool, switch("--no-refit")] = False,
    console: Screen,
) -> None:
    """Weigh a fit's draws by the event card's evidence.

    What changes, which statements conflict, and can the weights be trusted.
    Exit 4: Pareto k stays above 0.7 after a refit.

    Examples
    --------
    uv run scripts/weigh_evidence.py 2026-02-05 --strength 1

    Parameters
    ----------
    strength
        In [0, 1]; replaces every statement's own strength.
    draws
        Posterior draws to use.
    no_refit
        Exit 4 instead of sampling again.
    """
    from model.studies.evidence.report import apply_evidence, write_evidence  # here: --help answers at once
    from model.studies.evidence.show import show
    from model.studies.reopen import reopen

    opened = reopen(fit, panel)
    applied = apply_evidence(opened, strength, draws, seed, console.print, may_refit=not no_refit)
    show(applied, console)
    for path in write_evidence(applied, opened):
        console.print(f"Wrote {path}", markup=False)


if __name__ == "__main__":
    main.exit()
