"""Compare a fit with an event's dealer book and one without: return attribution, log score, prior sensitivity."""

from __future__ import annotations

from pathlib import Path

import _checkout  # noqa: F401

from model.errors import DataError
from model.studies.command import Event, Panel, Screen, Seed, Switch, script


@script
def main(
    book: Path | None = None,
    none: Path | None = None,
    /,
    *,
    event: Event = "2026-02-05",
    fit: Switch = False,
    out: Path | None = None,
    panel: Panel = None,
    seed: Seed = 20260205,
    console: Screen,
) -> None:
    """Compare a fit with an event's dealer book and one without.

    Return attribution, log score and prior sensitivity, as the page
    docs/dealer_book/with-without.md. Without --fit the folders must be there.

    Examples
    --------
    uv run scripts/compare_book.py --fit
    uv run scripts/compare_book.py fits/book fits/no-book

    Parameters
    ----------
    book
        Fit folder with the dealer book (default: fits/book).
    none
        Fit folder without (default: fits/no-book).
    fit
        Make both fits first, about two minutes each.
    out
        Folder (default: docs/dealer_book).
    """
    from model.store import FOLDER, PROJECT  # here: --help answers at once
    from model.studies.dealers.fits import make_fits

    there, here = book or FOLDER / "book", none or FOLDER / "no-book"
    if fit:
        make_fits({there: {"book": True}, here: {"book": False}}, event=event, panel=panel, seed=seed)
    path = write(there, here, panel, seed, out or PROJECT / "docs" / "dealer_book")
    console.print(f"Wrote {path}", markup=False)


def write(book: Path, none: Path, panel: Path | None, seed: int, out: Path) -> Path:
    """Read both fits, compare them, write the page."""
    from model.report.markdown import write_own  # here: --help answers at once
    from model.studies.dealers.fits import read_fit
    from model.studies.dealers.with_without import compare
    from model.studies.dealers.with_without_page import page

    there, here = read_fit(book, panel), read_fit(none, panel)
    if not there.manifest.get("dealer_book") or here.manifest.get("dealer_book"):
        raise DataError(
            "The first fit needs a dealer book and the second none.", "Check the order and --no-book."
        )
    if there.manifest["hashes"]["data"] != here.manifest["hashes"]["data"]:
        raise DataError("The two fits saw different data.", "Fit both from one panel.")
    s = there.subject
    if s.card.mechanisms != here.subject.card.mechanisms:
        raise DataError("The two fits differ in operational shorting too.", "Give both the same --mechanism.")
    found = compare(s.design, s.priors, s.base_shares, there.posterior, here.posterior, seed)
    path = out / "with-without.md"
    text = page(found, s, {"with": there.manifest, "without": here.manifest})
    return write_own(text, path, "scripts/compare_book.py")


if __name__ == "__main__":
    main.exit()
