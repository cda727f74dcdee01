"""Colours that colour-blind readers can tell apart: one line, one colour, in every figure.

Colours follow Okabe and Ito (2008). A component's own declaration comes first; the two members of a sum are a darker
and a lighter shade of it.
"""

from __future__ import annotations

from model.mechanisms.components import COMPONENTS

SUMS = {"multi_asset+directional": "#009e73"}
OTHERS = {
    "unattributed": "#8a929c",
    "common_factor": "#cc79a7",
    "drift": "#b8a000",
    "pre_sample": "#7a6a58",
    "initial": "#7a6a58",
}
COLOURS = {c.name: c.colour for c in COMPONENTS} | SUMS | OTHERS
SPARE = ("#56b4e9", "#6a3d9a", "#a0522d", "#2f4f4f")
READING_COLOURS = {"vendor": "#0072b2", "next_day": "#d55e00", "no_positions": "#e69f00"}
VENUE_COLOURS = {
    "etf": "#0072b2",
    "crypto": "#e69f00",
    "note": "#6a3d9a",
    "notes": "#6a3d9a",
    "all": "#67737f",
}
VENUES = {
    "etf": "Options on the fund",
    "crypto": "Crypto-native options",
    "note": "Notes",
    "notes": "Notes",
    "all": "All",
}


def colour(key: str) -> str:
    """A line's colour; a line that is new gets a spare one, always the same."""
    return COLOURS.get(key) or SPARE[sum(map(ord, key)) % len(SPARE)]
