"""Fit the attribution model to an event, decompose its days and write the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import _checkout  # noqa: F401

from model.studies.command import (
    AsOf,
    Chains,
    Count,
    Dating,
    Event,
    Mechanism,
    Panel,
    Screen,
    Seed,
    Switch,
    Tune,
    Window,
    require,
    script,
    switch,
)


@script
def main(
    *,
    event: Event = "2026-02-05",
    panel: Panel = None,
    window: Window = None,
    out: Path | None = None,
    resume: Path | None = None,
    dating: Dating = "both",
    chains: Chains = 4,
    draws: Count | None = None,
    tune: Tune = 300,
    seed: Seed = 20260205,
    priors: str | None = None,
    as_of: AsOf = None,
    accept_gate: str | None = None,
    no_book: Annotated[bool, switch("--no-book")] = False,
    mechanism: Mechanism = (),
    dry_run: Switch = False,
    console: Screen,
) -> None:
    """Fit the attribution model to an event, decompose its days and write the report.

    Exit codes: 0 ok, 2 usage, 3 data, 4 not converged, 5 causal gate not passed.

    Examples
    --------
    uv run scripts/fit.py --event 2026-02-05
    uv run scripts/fit.py --event 2025-10-10 --panel PANEL --window card

    Parameters
    ----------
    out
        Fit folder (default: fits/<id of the card>).
    resume
        Go on with the interrupted fit of this folder; its own arguments hold, all others are ignored.
    draws
        Draws per chain (default: 1000; 1500 on more than 250 trading days).
    priors
        Prior set, a name or a file (default: the card's, else literature; with
        --panel literature, impact and vanna held).
    accept_gate
        REASON: decompose although the gate is inconclusive; printed everywhere.
    no_book
        Gamma proxy on every day, although the card names a dealer book.
    dry_run
        Print design, priors and prior-predictive ranges; no sampling.
    """
    from model.design.subject import Request  # here: --help answers at once
    from model.events.switches import read_switch
    from model.studies.fit.checkpoint import interrupted
    from model.studies.fit.run import run, usual_folder

    reason = accept_gate is None or bool(accept_gate.strip())
    require(reason, "--accept-gate needs a reason in words.", "Write why the gate may be inconclusive.")
    switches = dict(read_switch(m) for m in mechanism)
    request = interrupted(resume) if resume else Request(
        event=event, panel=panel, window=window, out=out or usual_folder(event), dating=dating, chains=chains,
        draws=draws, tune=tune, seed=seed, priors=priors, as_of=as_of, accept_gate=accept_gate, book=not no_book,
        mechanisms=switches,
    )  # fmt: skip
    if dry_run:
        from model.studies.fit.dry_run import describe  # here: --help answers at once

        describe(request, console)
        return
    show(run(request, lambda text: console.print(text, markup=False), resume=bool(resume)), console)


def show(folder: Path, console: Screen) -> None:
    """Print a finished fit's table, facts, gate and mixture."""
    from model.events.facts import told  # here: --help answers at once
    from model.events.switches import Mechanisms, sentence
    from model.report.tables import session_sentences, terminal_table
    from model.store import load_fit

    fit = load_fit(folder)
    for reading, d in fit.manifest["diagnostics"].items():
        for warning in d["warnings"]:
            console.print(f"Warning, {reading}: {warning}.", markup=False)
    console.print(
        terminal_table(fit.decomposition, fit.manifest["days"], identification=fit.manifest["identification"])
    )
    for text in session_sentences(fit.decomposition, fit.manifest["days"]):
        console.print(text, markup=False)
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
    main.exit()
