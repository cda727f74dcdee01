"""Second statements of components and measurements that the simulator does not state itself.

The first four components and measurements are written out in :mod:`model.mechanisms.simulate.day`. Every further one puts
its line here, for one day and in plain numbers, without calling what the likelihood calls: the tests hold one against the
other. The simulator finds lines by name and imports no component.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.mechanisms.design import Design
from model.mechanisms.simulate.records import SimulatedPath

Parameters = Mapping[str, Any]


class Line:
    """A component that moves the price alone, on one day. USD bn; does nothing unless overridden."""

    def active(self, design: Design) -> bool:  # noqa: ARG002
        """Whether the component trades at all on this design."""
        return True

    def before(self, p: Parameters, design: Design, path: SimulatedPath, t: int) -> float:  # noqa: ARG002
        """Trades decided before the return, its own shock left out."""
        return 0.0

    def answer(self, p: Parameters, design: Design, path: SimulatedPath, t: int, r: float) -> float:  # noqa: ARG002
        """Trades that answer a return, before damping; zero at zero."""
        return 0.0

    def steepest(self, p: Parameters, design: Design, path: SimulatedPath, t: int) -> float:  # noqa: ARG002
        """The most that the answer can grow with one log-%."""
        return 0.0

    def spread(self, p: Parameters, day: float) -> float:  # noqa: ARG002
        """Spread of its own shock on a day whose price scale is ``day`` (1: the median day)."""
        return 0.0


class Reading:
    """A supplied measurement, on one day."""

    def mean(self, p: Parameters, design: Design, path: SimulatedPath, t: int) -> float:
        """What is to be read, before the error."""
        raise NotImplementedError

    def spread(self, p: Parameters, day: float) -> float:
        """Spread of the error on a day whose price scale is ``day``."""
        raise NotImplementedError


COMPONENTS: dict[str, Line] = {}
MEASUREMENTS: dict[str, Reading] = {}


def lines_of(design: Design) -> dict[str, Line]:
    """Components at work on a design."""
    return {name: line for name, line in COMPONENTS.items() if line.active(design)}


def readings_of(design: Design) -> dict[str, Reading]:
    """Measurements that a design has numbers of."""
    return {name: MEASUREMENTS[name] for name in design.measured}
