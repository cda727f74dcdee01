"""What the user asked for, and how a fit keeps it: as JSON in the manifest, read back as it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from model.errors import DataError
from model.panel.tables import SEPARATOR, panel_files
from model.store import PROJECT

NAMES = ("event", "priors")
"""Arguments that may be files."""
NUMBERS = ("chains", "draws", "tune", "seed")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user asked for.

    Attributes
    ----------
    event : str
        Id or path of a card.
    out : Path
        The fit's folder.
    panel : Path or None
        A longer panel than the card's own, cut by ``window``; several files with commas between them.
    dating : str
        vendor, next-day or both.
    priors : str or None
        Name or file; None: the card's.
    draws : int or None
        None: as many as a panel of that length needs.
    mechanisms : mapping
        Overrules switches of the card.
    """

    event: str
    out: Path
    panel: Path | None = None
    window: str | None = None
    dating: str = "both"
    priors: str | None = None
    as_of: date | None = None
    accept_gate: str | None = None
    chains: int = 4
    draws: int | None = None
    tune: int = 300
    seed: int = 1
    book: bool = True
    mechanisms: Mapping[str, bool] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Everything but the folder, as JSON has it; paths as :func:`portable` writes them."""
        content = asdict(self) | {"mechanisms": dict(self.mechanisms)}
        del content["out"]
        content |= {k: portable(content[k], self.out) for k in NAMES if content[k] is not None}
        if self.panel is not None:
            content["panel"] = SEPARATOR.join(portable(str(p), self.out) for p in panel_files(self.panel))
        return content | {"as_of": None if self.as_of is None else self.as_of.isoformat()}


def from_json(raw: Mapping[str, Any], folder: Path, panel: Path | None = None) -> Request:
    """The request of a fit.

    Parameters
    ----------
    raw : mapping
        What :meth:`Request.to_json` wrote; fits of before kept every number and switch as text, which is told apart
        here.
    folder : Path
        The fit's.
    panel : Path, optional
        Where the fit's panel is now; by default where it was.

    Raises
    ------
    DataError
        If something is missing, unknown or of another type, or the panel is no longer there.
    """
    raw = _of_before(raw)
    if unknown := sorted(raw.keys() - {f.name for f in fields(Request)}):
        raise DataError(
            f"{folder} keeps a request with an unknown {unknown[0]!r}.", "Fit again with this version."
        )
    if panel is not None and raw.get("panel") is not None:
        raw |= {"panel": str(panel)}
    for key in (k for k in NAMES if raw.get(k) is not None):
        raw[key] = found(str(raw[key]), folder)
    if raw.get("panel") is not None:
        files = [found(str(p), folder) for p in panel_files(str(raw["panel"]))]
        raw["panel"] = SEPARATOR.join(files)
        if absent := [p for p in files if not Path(p).is_file()]:
            raise DataError(
                f"The panel of the fit in {folder} is not where it was: {absent[0]}.",
                "Give it again with --panel PATH.",
            )
    try:
        return msgspec.convert(raw | {"out": folder}, Request, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise DataError(
            f"The manifest in {folder} does not say what the fit was made from: {error}.",
            "Fit again, or restore the manifest.",
        ) from None


def portable(name: str, folder: Path) -> str:
    """A path as a fit keeps it: relative to the project, else to the fit's folder where they stand together.

    What is no file or folder, such as the id of an event, stays as it is.
    """
    if os.sep not in name and not name.endswith(".toml") and not Path(name).is_file():
        return name
    path, home = Path(name).resolve(), folder.resolve()
    if path.is_relative_to(PROJECT):
        return str(path.relative_to(PROJECT))
    if path.is_relative_to(home.parent):
        return os.path.relpath(path, home)
    return str(path)


def found(name: str, folder: Path) -> str:
    """The inverse of :func:`portable`; a name that is nowhere as it is."""
    here = Path(name)
    for base in (Path(),) if here.is_absolute() else (PROJECT, folder):
        path = os.path.normpath(base / here)
        if (os.sep in name or here.suffix) and os.path.exists(path):
            return path
    return name


def _of_before(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a fit made when all were stored as text."""
    numbers = {k: int(v) for k in NUMBERS if isinstance(v := raw.get(k), str) and v.isdigit()}
    switches = {"book": raw["book"] != "False"} if isinstance(raw.get("book"), str) else {}
    return {**raw, **numbers, **switches}


def _path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"No reading of {kind}.")
