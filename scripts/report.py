"""The page of a fit again, with what was run on it since; as HTML or as PDF."""

from __future__ import annotations

from typing import Annotated, Literal

import _checkout  # noqa: F401
from cyclopts import Parameter

from model.studies.command import FitName, FitPanel, Screen, script


@script
def main(
    fit: FitName,
    /,
    *,
    panel: FitPanel = None,
    format_: Annotated[Literal["html", "pdf"], Parameter(name="--format")] = "html",
    console: Screen,
) -> None:
    """The page of a fit again, with what was run on it since; as HTML or as PDF.

    A fit made before the panel's series were kept beside it gets them now, if its panel is at hand.

    Examples
    --------
    uv run scripts/report.py 2026-02-05 --format pdf

    Parameters
    ----------
    format_
        pdf is printed by a Chromium on this machine.
    """
    from model.studies.again import write_again  # here: --help answers at once

    for path in write_again(fit, panel, format_ == "pdf", console.print):
        console.print(f"Wrote {path}")


if __name__ == "__main__":
    main.exit()
