"""The page of a stored fit again, of whatever state; with the series around it where they are missing."""

from __future__ import annotations

from pathlib import Path

from model.design.subject import Say
from model.errors import AttributionError, DataError
from model.report.figures.surroundings import SURROUNDINGS, read_surroundings
from model.report.page import write_report
from model.report.page.pdf import write_pdf
from model.report.page.standing import standing
from model.store import FOLDER, changing


def write_again(fit: str | Path, panel: Path | None, pdf: bool, say: Say) -> list[Path]:
    """Write ``report.html``, and ``report.pdf`` where asked.

    Raises
    ------
    DataError
        If there is no fit.
    UsageError
        If a PDF is asked for and no browser can print it.
    """
    folder = folder_of(fit)
    found = standing(folder)
    found.close()
    if found.view is not None and read_surroundings(folder, found.manifest) is None:
        _surround(folder, panel, say)
    page, printed = folder / "report.html", folder / "report.pdf"
    with changing(folder, page, *([printed] if pdf else [])):
        write_report(folder)
        return [page, write_pdf(page)] if pdf else [page]


def folder_of(fit: str | Path) -> Path:
    """A fit's folder, by id or path; a refused fit has one, too.

    Raises
    ------
    DataError
        If neither holds a gate result.
    """
    for folder in (Path(fit), FOLDER / str(fit)):
        if (folder / "gate.json").is_file():
            return folder
    raise DataError(f"No fit at {fit}.", "Run scripts/fit.py first.")


def _surround(folder: Path, panel: Path | None, say: Say) -> None:
    """Keep the panel's series beside a fit that has none; a fit that cannot be opened again goes without."""
    from model.studies.fit.surroundings import write_surroundings  # few fits lack their series
    from model.studies.reopen import reopen

    try:
        subject = reopen(folder, panel).subject
        with changing(folder, folder / SURROUNDINGS):
            write_surroundings(subject, folder)
    except AttributionError as error:
        say(f"Without the series around the fit's days: {error}")
