"""Two series that should be one: do they move together by the same amounts?"""

from __future__ import annotations

import numpy as np

MIN_DAYS = 10
TELLING = 0.7
"""Correlation from which on a ratio between two vendors means something."""
ALIKE = (0.8, 1.25)
"""Ratios of two vendors of one number."""


def other_scale(first: np.ndarray, second: np.ndarray) -> str:
    """What a second vendor of one number says of its unit or sign; empty where it says the same, or nothing.

    Parameters
    ----------
    first, second : ndarray
        Shape: (T,) each; NaN where not given.
    """
    both = np.isfinite(first) & np.isfinite(second)
    a, b = first[both], second[both]
    if len(a) < MIN_DAYS or not np.ptp(a) or not np.ptp(b):
        return ""
    together = float(np.corrcoef(a, b)[0, 1])
    if abs(together) < TELLING:
        return ""
    ratio = float(np.sign(together) * np.sqrt((b**2).sum() / (a**2).sum()))
    if ALIKE[0] <= ratio <= ALIKE[1]:
        return ""
    return f"the other vendor's values are {ratio:.3g} times these (correlation {together:+.2f} on {len(a)} days)"
