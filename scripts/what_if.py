"""What the event's days would have been: settings by `do`, re-simulated; or a scenario after the last day."""

from __future__ import annotations

from typing import Annotated

import _checkout  # noqa: F401
from cyclopts import Parameter

from model.studies.command import (
    Count,
    FitName,
    FitPanel,
    Reading,
    Real,
    Screen,
    Seed,
    Whole,
    Words,
    between,
    require,
    script,
    switch,
)


@script
def main(
    fit: FitName,
    /,
    *,
    panel: FitPanel = None,
    set_: Annotated[Words, Parameter(name="--set")] = (),
    scenario: Real | None = None,
    days: Count = 3,
    reading: Reading = None,
    draws: Annotated[Whole, Parameter(validator=between(2))] = 200,
    seed: Seed = 0,
    no_state: Annotated[bool, switch("--no-state")] = False,
    console: Screen,
) -> None:
    """What the event's days would have been, re-simulated; or a scenario after them.

    Examples
    --------
    uv run scripts/what_if.py 2026-02-05 --set notes=0 --set gamma=0
    uv run scripts/what_if.py 2026-02-05 --scenario -15 --days 3

    Parameters
    ----------
    set_
        NAME=VALUE: notes, gamma, vanna, sign, hedge_booked, basis_stock, multi_asset,
        directional, factors, stress, impact, price_shock or parameter:NAME; a number
        scales (0 removes), but sign and parameter:NAME are set; may be repeated.
    scenario
        Price shock after the last day, %.
    days
        Days of the scenario.
    draws
        Posterior draws to use.
    no_state
        Skip the state effect (impact and gamma rebuilt).
    """
    some = bool(set_) or scenario is not None
    require(some, "Nothing is asked for.", "Give --set NAME=VALUE or --scenario PERCENT.")
    from model.studies.counterfactual.show import run_scenario, run_what_if  # here: --help answers at once
    from model.studies.reopen import reopen

    opened = reopen(fit, panel)
    if set_:
        run_what_if(opened, set_, reading, draws, seed, console, state=not no_state)
    if scenario is not None:
        run_scenario(opened, scenario, days, reading, draws, console)


if __name__ == "__main__":
    main.exit()
