"""Write a commented event card for a day, with the panel's window filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import _checkout  # noqa: F401
from cyclopts import Parameter

from model.studies.command import Day, Universe, script
from model.terminal import say


@script
def main(
    date: Annotated[Day, Parameter(help="The event's first trading day.")],
    /,
    *,
    panel: Path,
    universe: Universe = "us-spot-btc",
    out: Path | None = None,
) -> None:
    """Write a commented event card for a day, with the panel's window filled in.

    Examples
    --------
    uv run scripts/new_event.py 2025-10-10 --panel PATH

    Parameters
    ----------
    panel
        The panel that the event will be fitted on.
    out
        Folder of the card (default: data/events/DATE).
    """
    from model.events.template import new_event  # here: --help answers at once

    path = new_event(date, panel, universe, out)
    say(f"Wrote {path}: edit it, then uv run scripts/fit.py --event {path} --panel {panel}")
    say("(all days of the panel; with --window card those of the card's window only)")


if __name__ == "__main__":
    main.exit()
