"""Causal, probabilistic attribution of ETF flows.

``model.load_fit("2026-02-05")`` opens a stored fit.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.store import Fit


def load_fit(id_or_folder: str | Path) -> Fit:
    """Open a fit by id or folder, see :func:`model.store.load_fit`; in a notebook it shows itself."""
    from model.report.notebook import shown  # ``import model`` stays light
    from model.store import load_fit as load

    return shown(load(id_or_folder))
