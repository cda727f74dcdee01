"""The page of a fit, written again after something was worked out on it."""

from __future__ import annotations

from pathlib import Path


def report_again(folder: Path) -> list[Path]:
    """Write the fit's page again, with what was added; nothing where there is no page."""
    from model.report.page import write_report
    from model.store import add

    if not (folder / "report.html").is_file():
        return []
    path = write_report(folder)
    add(folder, path, *(folder / "figures").glob("*.png"))
    return [path]
