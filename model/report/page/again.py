"""The page of a fit, written again after something was worked out on it."""

from __future__ import annotations

from pathlib import Path

from model.report.page import write_report
from model.store import changing


def report_again(folder: Path) -> list[Path]:
    """Write the fit's page again, with what was added; nothing where there is no page."""
    page = folder / "report.html"
    if not page.is_file():
        return []
    with changing(folder, page):
        return [write_report(folder)]
