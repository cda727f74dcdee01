"""Compare an event's fits under four settings of operational shorting: its two shares, flows, marginal likelihoods."""

from __future__ import annotations

from pathlib import Path

import _checkout  # noqa: F401

from model.errors import DataError
from model.studies.command import Event, Panel, Screen, Seed, Switch, script

FOLDERS = ("book", "late-creation", "no-settlement", "late-creation-no-settlement")
"""Of the settings, in their order."""


@script
def main(
    *,
    event: Event = "2026-02-05",
    fits: Path | None = None,
    fit: Switch = False,
    out: Path | None = None,
    panel: Panel = None,
    seed: Seed = 20260205,
    console: Screen,
) -> None:
    """Compare an event's fits under four settings of operational shorting.

    Its two shares, flows and marginal likelihoods, as the page
    docs/dealer_book/operational-shorting.md. Without --fit the folders (book,
    late-creation, no-settlement, late-creation-no-settlement in --fits) must be there.

    Examples
    --------
    uv run scripts/compare_shorting.py --fit

    Parameters
    ----------
    fits
        Where the four folders are (default: fits).
    fit
        Make the fits first, about two minutes each.
    out
        Folder (default: docs/dealer_book).
    """
    from model.store import FOLDER, PROJECT  # here: --help answers at once
    from model.studies.dealers.fits import make_fits
    from model.studies.dealers.shorting import SETTINGS

    folders = dict(zip(SETTINGS, ((fits or FOLDER) / name for name in FOLDERS), strict=True))
    if fit:
        wanted = {folders[title]: {"mechanisms": dict(on)} for title, on in SETTINGS.items()}
        make_fits(wanted, event=event, panel=panel, seed=seed)
    path = write(folders, panel, seed, out or PROJECT / "docs" / "dealer_book")
    console.print(f"Wrote {path}", markup=False)


def write(folders: dict[str, Path], panel: Path | None, seed: int, out: Path) -> Path:
    """Read the four fits, measure them, write the page."""
    from model.report.markdown import write_own  # here: --help answers at once
    from model.studies.dealers.fits import read_fit
    from model.studies.dealers.shorting import REFERENCE, SETTINGS, measure
    from model.studies.dealers.shorting_page import page

    fits = {title: read_fit(folder, panel) for title, folder in folders.items()}
    for title, switches in SETTINGS.items():
        if dict(fits[title].request.mechanisms) != dict(switches):
            raise DataError(f"{folders[title]} is no fit with {title}.", "Make the fits again with --fit.")
    subjects = {title: f.subject for title, f in fits.items()}
    found = measure(subjects, {title: f.posterior for title, f in fits.items()}, seed)
    path = out / "operational-shorting.md"
    text = page(found, subjects[REFERENCE], {title: f.manifest for title, f in fits.items()})
    return write_own(text, path, "scripts/compare_shorting.py")


if __name__ == "__main__":
    main.exit()
