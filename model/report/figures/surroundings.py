"""What stood around a fit's days, as the fit left it beside its draws."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SURROUNDINGS = "surroundings.json"


def read_surroundings(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """Panel series, barriers and books of a fit; None where absent or of other data than the fit's."""
    path = folder / SURROUNDINGS
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if found.get("data") == manifest.get("hashes", {}).get("data") else None
