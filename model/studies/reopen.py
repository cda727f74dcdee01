"""A stored fit together with the panel, card, priors and design it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.design.request import from_json
from model.design.subject import Reading, Request, Subject, load_subject, readings
from model.errors import DataError
from model.inference.draws import Draws, thin
from model.store import Fit, changed_arrays, load_fit
from model.terminal import note


@dataclass(frozen=True)
class Opened:
    """A fit and its inputs, checked to be the same as then.

    Attributes
    ----------
    fit : Fit
    subject : Subject
    readings : mapping of str to Reading
        By name: vendor, next_day, no_positions (those that were fitted).
    request : Request
        What the fit was made from, with the panel's path as given now.
    """

    fit: Fit
    subject: Subject
    readings: dict[str, Reading]
    request: Request

    def draws(self, reading: str, count: int) -> Draws:
        """About ``count`` posterior draws of a reading. Each value ``Shape: (S, ...)``."""
        return thin(self.fit.posterior[f"{reading}/posterior"].to_dataset(), count)

    @property
    def main(self) -> str:
        """The first dating that was fitted."""
        return next(r for r in ("vendor", "next_day") if r in self.readings)

    @property
    def datings(self) -> list[str]:
        """Fitted readings that differ in dating."""
        return [r for r in ("vendor", "next_day") if r in self.readings]


def reopen(id_or_folder: str | Path, panel: Path | None = None) -> Opened:
    """Open a fit and rebuild its design.

    Parameters
    ----------
    id_or_folder : str or Path
    panel : Path, optional
        Where the panel is that the fit was given, if it is no longer where it was.

    Raises
    ------
    DataError
        If the panel is needed and not given, or data, card or code make another design than the fit's.
    """
    fit = load_fit(id_or_folder)
    for reading, d in fit.manifest["diagnostics"].items():
        for warning in d.get("warnings", ()):
            note(f"Warning, {reading}: {warning}.")
    request = request_of(fit, panel)
    subject = load_subject(request)
    require_same_design(subject, fit)
    for name in changed_inputs(subject, fit):
        note(f"Note: {name} was changed after the fit in {fit.folder}.")
    made = {r.name: r for r in readings(subject, request.dating)}
    fitted = {k: r for k, r in made.items() if k in fit.manifest["diagnostics"]}
    return Opened(fit, subject, fitted, request)


def require_same_design(subject: Subject, fit: Fit) -> None:
    """Raise unless the numbers that enter the likelihood are those of the fit, but for their last digits.

    Raises
    ------
    DataError
        Naming what differs.
    """
    changed = changed_arrays(subject.design.to_arrays(), fit.folder)
    if changed is None:  # kept since format 2; before, the hash was of every last digit
        same = subject.design_hash == fit.manifest["hashes"]["design"] or _same_sources(subject, fit)
    else:
        same = not changed
    if same:
        return
    other_panel = subject.panel.sha256 != fit.manifest["hashes"].get("data")
    what = "The panel is" if other_panel else "The data or the event card are"
    arrays = f" (differing: {', '.join(changed)})" if changed else ""
    raise DataError(
        f"{what} not those of the fit in {fit.folder}{arrays}.",
        "Give the fit's own panel with --panel, or fit again.",
    )


def _same_sources(subject: Subject, fit: Fit) -> bool:
    """Whether an old fit's panel, card and universe are, to the letter, those of today, as are its switches."""
    then = fit.manifest["hashes"]
    card, panel = subject.card.sha256, subject.panel
    now = {"data": panel.sha256, "card": card, "universe": panel.universe.sha256}
    return all(then.get(k) == v for k, v in now.items())


def changed_inputs(subject: Subject, fit: Fit) -> list[str]:
    """Inputs whose text or content is not that of the fit, though its design is."""
    now = {
        "the panel": ("data", subject.panel.sha256),
        f"the event card {subject.card.id!r}": ("card", subject.card.sha256),
        f"the prior set {subject.priors.name!r}": ("priors", subject.priors.sha256),
        f"the universe {subject.panel.universe.name!r}": ("universe", subject.panel.universe.sha256),
    }
    then = fit.manifest["hashes"]
    return [name for name, (key, digest) in now.items() if then.get(key, digest) != digest]


def request_of(fit: Fit, panel: Path | None = None) -> Request:
    """The request a fit was made from.

    Raises
    ------
    DataError
        If the fit's panel is no longer there and not given, or the manifest does not hold a request.
    """
    return from_json(fit.manifest["arguments"], fit.folder, panel)


def same_priors(opened: Opened) -> None:
    """Raise unless the prior set is the one the fit used.

    Raises
    ------
    DataError
    """
    if opened.subject.priors.sha256 != opened.fit.manifest["hashes"]["priors"]:
        raise DataError(
            f"The prior set {opened.subject.priors.name!r} was changed after the fit.",
            "Fit again, or restore the file.",
        )


def event_rows(opened: Opened) -> np.ndarray:
    """Indices of the event's days in the design."""
    return np.array(opened.subject.design.event_days, dtype=int)
