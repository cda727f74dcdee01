"""What was worked out on a finished fit, in its folder: written with the draws it belongs to, read only for these.

A second fit into the same folder leaves the files of the first one lying there; they must not speak for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.store import write_json

RIVALS, CLAIMS, EVIDENCE, SENSITIVITY = "rivals", "claims", "evidence", "sensitivity"
NAMES = (RIVALS, SENSITIVITY, EVIDENCE, CLAIMS)
DRAWS = "posterior.nc"


def write_result(name: str, content: Mapping[str, Any], folder: Path, manifest: Mapping[str, Any]) -> Path:
    """Write ``<name>.json`` with the hash of the draws it was made from.

    Parameters
    ----------
    name : str
        In :data:`NAMES`.
    content : mapping
    folder : Path
        The fit's.
    manifest : mapping
        The fit's.
    """
    path = folder / f"{name}.json"
    write_json({"posterior": _draws(manifest), **content}, path)
    return path


def read_result(name: str, folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """What ``<name>.json`` says about these draws; None where it is absent or of another fit."""
    path = folder / f"{name}.json"
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if found.get("posterior", "") == _draws(manifest) else None


def _draws(manifest: Mapping[str, Any]) -> str | None:
    return manifest.get("files", {}).get(DRAWS)


def report_again(folder: Path) -> list[Path]:
    """Write the fit's page again, with what was added; nothing where there is no page."""
    from model.report import write_report

    return [write_report(folder)] if (folder / "report.html").is_file() else []
