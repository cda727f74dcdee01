"""Ways a file goes wrong, each with its oracle: read correctly, or refused with a named error.

A class is a function (rng, sample) to `Case`, or None where it does not apply. The oracle says what may be
read: ``equal`` (everything, as in the clean file), ``refused`` (nothing), or ``safe`` (refused, or read
with every value right; only what `lost` names may be missing). `HIDDEN` are the classes no check on one
file can detect.
"""

from __future__ import annotations

from model.sources.mutations.case import Case, Mutation, Values, as_number, day_of, values
from model.sources.mutations.cells import CELLS
from model.sources.mutations.columns import COLUMNS
from model.sources.mutations.days import DAYS
from model.sources.mutations.files import FILES
from model.sources.mutations.hidden import HIDDEN
from model.sources.mutations.units import UNITS

__all__ = ["CLASSES", "DETECTED", "HIDDEN", "Case", "Mutation", "Values", "as_number", "day_of", "values"]

DETECTED: dict[str, Mutation] = {**DAYS, **UNITS, **COLUMNS, **CELLS, **FILES}
"""Classes that must be caught."""
CLASSES: dict[str, Mutation] = {**DETECTED, **HIDDEN}
