"""Second statements of components and measurements that the simulator does not state itself.

The first four components and measurements are written out in :mod:`model.mechanisms.simulate.day`. Every further one puts
its line here, for one day and in plain numbers, without calling what the likelihood calls: the tests hold one against the
other. The simulator finds lines by name and imports no component.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from model.mechanisms.design import Design
from model.mechanisms.simulate.records import SimulatedPath
from model.mechanisms.smooth import KINK_AT, KINK_WIDTH

Parameters = Mapping[str, Any]


def bend(r: float) -> float:
    """Smooth max(0, KINK_AT - r), zero at r = 0. log-%."""
    u = KINK_AT - r
    return 0.5 * (u - KINK_AT + math.hypot(u, KINK_WIDTH) - math.hypot(KINK_AT, KINK_WIDTH))


class Line:
    """A component that moves the price alone, on one day. USD bn; does nothing unless overridden.

    Attributes
    ----------
    groups : tuple of str
        Its shock while the funds trade, and the one before the open if it has one.
    """

    groups: ClassVar[tuple[str, ...]] = ()

    def active(self, design: Design) -> bool:  # noqa: ARG002
        """Whether the component trades at all on this design."""
        return True

    def unit(self, rate: float) -> float:  # noqa: ARG002
        """USD bn of one unit of its shocks; ``rate``: thousand units of the underlying per USD bn."""
        return 1.0

    def push(self, p: Parameters, impact: float, rate: float) -> float:  # noqa: ARG002
        """log-% of price per USD bn; ``impact`` is that of the funds' trades."""
        return impact

    def before(self, p: Parameters, design: Design, path: SimulatedPath, t: int) -> float:  # noqa: ARG002
        """Trades decided before the return, its own shocks left out."""
        return 0.0

    def answer(self, p: Parameters, r: float, rate: float) -> float:  # noqa: ARG002
        """Trades that answer a return, before damping; zero at zero."""
        return 0.0

    def steepest(self, p: Parameters, rate: float) -> float:  # noqa: ARG002
        """The most that the answer can grow with one log-%."""
        return 0.0

    def spread(self, p: Parameters, group: str, day: float) -> float:  # noqa: ARG002
        """Spread of a group's shock, in its own unit, on a day whose price scale is ``day`` (1: the median day)."""
        return 0.0


class Reading:
    """A supplied measurement, on one day."""

    def mean(self, p: Parameters, path: SimulatedPath, t: int) -> float:
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


def groups_of(design: Design) -> dict[str, Line]:
    """Shock groups of components at work."""
    return {g: line for line in lines_of(design).values() for g in line.groups}


def readings_of(design: Design) -> dict[str, Reading]:
    """Measurements that a design has numbers of, the overnight return left out: it is part of the day's equations."""
    return {name: MEASUREMENTS[name] for name in design.measured if name in MEASUREMENTS}
