"""Ways a file goes wrong, each with its oracle: read correctly, or refused with a named error.

A class is a function (rng, sample) to `Case`, or None where it does not apply. The oracle says what may be
read: ``equal`` (everything, as in the clean file), ``refused`` (nothing), or ``safe`` (refused, or read
with every value right; only what `lost` names may be missing). `HIDDEN` are the classes no check on one
file can detect.
"""

from __future__ import annotations

from tests.proofs.sources.mutations.case import Case, Mutation, Values, as_number, day_of, values
from tests.proofs.sources.mutations.cells import CELLS
from tests.proofs.sources.mutations.columns import COLUMNS
from tests.proofs.sources.mutations.days import DAYS
from tests.proofs.sources.mutations.files import FILES
from tests.proofs.sources.mutations.hidden import HIDDEN
from tests.proofs.sources.mutations.units import UNITS

__all__ = ["CLASSES", "DETECTED", "HIDDEN", "Case", "Mutation", "Values", "as_number", "day_of", "values"]

DETECTED: dict[str, Mutation] = {**DAYS, **UNITS, **COLUMNS, **CELLS, **FILES}
"""Classes that must be caught."""
CLASSES: dict[str, Mutation] = {**DETECTED, **HIDDEN}
