"""Is a posterior still its prior?"""

from __future__ import annotations

import numpy as np
from scipy.stats import ks_2samp

SAME = 0.1
"""Kolmogorov's distance of prior and posterior below which one is called the other."""


def unmoved(prior: np.ndarray, posterior: np.ndarray) -> bool:
    """Whether a posterior is its prior: their distribution functions nowhere differ by a tenth.

    A fall of variance does not say so: a posterior may move, or widen, without becoming narrower.
    """
    return bool(ks_2samp(np.ravel(prior), np.ravel(posterior)).statistic < SAME)
