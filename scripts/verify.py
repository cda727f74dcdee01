"""Check a stored fit: every file, the run, diagnostics and tables computed again from the draws, additivity, inputs."""

from __future__ import annotations

import _checkout  # noqa: F401

from model.studies.command import FitName, FitPanel, Screen, Switch, script


@script
def main(fit: FitName, /, *, panel: FitPanel = None, adopt: Switch = False, console: Screen) -> None:
    """Check a stored fit.

    Every file, the run, diagnostics and tables computed again from the draws, additivity, inputs.
    Exit codes: 0 all is right, 3 something is not, 4 the fit is whole but did not converge.

    Examples
    --------
    uv run scripts/verify.py 2026-02-05

    Parameters
    ----------
    adopt
        Give checksums to a fit by an earlier version, if all else about it is right.
    """
    from model.studies import verify  # here: --help answers at once

    if adopt:
        verify.adopt(fit)
    found = verify.verify(fit, panel)
    marks = {True: "ok", False: "WRONG", None: "not checked"}
    for f in found:
        console.print(f"{f.name}: {marks[f.passed]}. {f.sentence}.")
    verify.require(found, fit)


if __name__ == "__main__":
    main.exit()
