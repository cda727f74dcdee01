"""Lines between the boxes of a drawn graph; shared by the gate's figures and those of a fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.patches import FancyArrowPatch
from matplotlib.text import Text

SAME_COLUMN, NEIGHBOUR = 0.1, 1.5
"""Horizontal distances, in columns, below which two boxes share a column or stand in neighbouring ones."""
DOTS = (0, (1, 2))
Places = Mapping[str, tuple[float, float]]


def arrow(
    boxes: Mapping[str, Text], place: Places, a: str, b: str, colour: str, width: float = 1.1
) -> FancyArrowPatch:
    """An arrow from box edge to box edge; long ones bend around the columns between.

    Parameters
    ----------
    boxes : mapping of str to Text
        Texts drawn with a ``bbox`` whose position is up to date.
    place : mapping of str to (x, y)
        Centres of the boxes; x counts columns.
    a, b : str
        Cause and effect.
    colour : str
    width : float
        Points.
    """
    return FancyArrowPatch(
        place[a], place[b], arrowstyle="-|>", mutation_scale=9, lw=width, color=colour, alpha=0.85, zorder=2,
        connectionstyle=f"arc3,rad={bend(place, a, b)}", **_ends(boxes, a, b),
    )  # fmt: skip


def join(
    boxes: Mapping[str, Text], place: Places, a: str, b: str, colour: str, strong: bool
) -> FancyArrowPatch:
    """A line without heads between two boxes: thick where something is wrong, dotted behind the rest."""
    same = abs(place[a][0] - place[b][0]) < SAME_COLUMN
    look: dict[str, Any] = (
        {"lw": 2.4, "ls": "-", "zorder": 3} if strong else {"lw": 0.8, "ls": DOTS, "zorder": 1}
    )
    return FancyArrowPatch(
        place[a], place[b], arrowstyle="-", color=colour, connectionstyle=f"arc3,rad={0.3 if same else 0.12}",
        **_ends(boxes, a, b), **look,
    )  # fmt: skip


def bend(place: Places, a: str, b: str) -> float:
    """Curvature of an arrow: strong within a column, none to the next one, slight over several."""
    (xa, ya), (xb, yb) = place[a], place[b]
    if abs(xa - xb) < SAME_COLUMN:
        return 0.35
    return 0.0 if abs(xb - xa) < NEIGHBOUR else 0.10 * float(np.sign(yb - ya + 1e-9))


def _ends(boxes: Mapping[str, Text], a: str, b: str) -> dict[str, Any]:
    return {"patchA": boxes[a].get_bbox_patch(), "patchB": boxes[b].get_bbox_patch()}
