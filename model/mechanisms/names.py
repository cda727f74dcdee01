"""Names of everything that needs a prior, from what components and measurements declare."""

from __future__ import annotations

from model.mechanisms.components import COMPONENTS, Component
from model.mechanisms.measurements import MEASUREMENTS, Measurement


def parts() -> tuple[Component | Measurement, ...]:
    """Everything that declares edges and priors."""
    return (*COMPONENTS, *MEASUREMENTS)


def parameter_names() -> tuple[str, ...]:
    """Every free parameter, in a fixed order."""
    return tuple(dict.fromkeys(n for part in parts() for n in part.priors))
