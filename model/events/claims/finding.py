"""What a test looks at, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import xarray as xr

SUPPORTED = "supported"
CONTRADICTED = "contradicted"
BOUNDED_OUT = "bounded out"
NOT_IDENTIFIED = "not identified"
NOT_TESTABLE = "not testable with the supplied data"
VERDICTS = (SUPPORTED, CONTRADICTED, BOUNDED_OUT, NOT_IDENTIFIED, NOT_TESTABLE)
SURE = 0.945
"""Probability from which a statement about the model counts as supported; one minus it: contradicted."""


@dataclass(frozen=True)
class Finding:
    """A verdict, the number behind it, and one sentence."""

    verdict: str
    number: str
    reason: str


@dataclass(frozen=True)
class Scene:
    """Everything a test may look at.

    Attributes
    ----------
    frame : pandas.DataFrame
        The panel's canonical columns.
    units_per_share : float
    decompositions : mapping of str to xarray.Dataset
        By dating reading.
    posteriors : mapping of str to xarray.Dataset
    identified : mapping of (str, str) to bool
        By quantity and reading, as in the manifest.
    rivals : mapping
        Rows of ``rivals.json`` by key; empty before scripts/compare.py was run.
    supplied : tuple of str
        Optional inputs that the panel had.
    """

    frame: pd.DataFrame
    decompositions: Mapping[str, xr.Dataset] = field(default_factory=dict)
    posteriors: Mapping[str, xr.Dataset] = field(default_factory=dict)
    identified: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    rivals: Mapping[str, Any] = field(default_factory=dict)
    supplied: tuple[str, ...] = ()
    min_days: int = 5


def of_probability(p: float) -> str:
    """Verdict of a probability: supported, contradicted, or neither."""
    if p >= SURE:
        return SUPPORTED
    return CONTRADICTED if p <= 1.0 - SURE else NOT_IDENTIFIED
