"""A page over all fits on this machine: list, open, compare two side by side. Stop it with Ctrl-C."""

from __future__ import annotations

import contextlib
import webbrowser
from pathlib import Path
from typing import Annotated

import _checkout  # noqa: F401

from model.errors import UsageError
from model.studies.command import Screen, script, switch
from model.terminal import shown_elsewhere


@script
def main(
    *,
    folder: Path | None = None,
    port: int = 8710,
    open_: Annotated[bool, switch("--open")] = False,
    console: Screen,
) -> None:
    """A page over all fits on this machine: list, open, compare two side by side.

    It listens on 127.0.0.1 only and reads nothing but the folder of fits. Ctrl-C stops it.

    Examples
    --------
    uv run scripts/browse.py --port 8710

    Parameters
    ----------
    folder
        Folder of fits (default fits/).
    port
        0: any free one.
    open_
        Open it in the browser, too.
    """
    from model.report.browse.server import Browser  # here: --help answers at once
    from model.store import FOLDER

    try:
        server = Browser(folder or FOLDER, port)
    except (OSError, OverflowError) as error:
        raise UsageError(f"Port {port} cannot be used: {error}.", "Give another with --port.") from error
    console.print(f"Fits of {server.root}: {server.address} (Ctrl-C stops)")
    if open_:
        webbrowser.open(server.address)
    with server, shown_elsewhere(), contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main.exit()
