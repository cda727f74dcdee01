r"""Several vendors of one fund's flow as one observation.

Vendors print the same booked flow, each with noise of its own,

.. math:: y_j = F + n_j, \qquad n_j \sim N(0, v_j),

and their prints combine exactly: the joint density of two prints is that of their precision-weighted mean, with variance
:math:`1 / (1/v_1 + 1/v_2)`, times the density of their difference, which holds no parameter of the model. So the
likelihood takes one number and one variance per fund and day (:class:`Combined`).

The noise is estimated from the vendors' differences, not sampled: a difference is the sum of two roundings, hundreds of
times smaller than the grain of one creation basket in the same row, so the flows' model has nothing to say about it, while
a parameter more would cost every fit. Differences hold only the sum of two variances, which is shared evenly. A day on
which vendors disagree by more than :data:`CONFLICT` typical differences gets a variance of its own, the square of that
difference: the observation is the middle, as uncertain as the vendors are apart, and the model's other evidence decides
which of them was wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from model.panel import Panel
from model.panel.roles import FLOW, TOTAL, vendor_flow

MIN_DAYS = 10
"""Days on which two vendors must both have printed before the second enters."""
ROUNDING = 0.1 / np.sqrt(12.0)
"""Least noise of a difference, USD m: a print rounded to 0.1."""
CONFLICT = 4.0
"""Typical differences beyond which a day is a conflict."""
ROBUST = 1.4826
TOTAL_ROUNDING = 0.05
"""Rounding of one print, USD m: a total known to so much per fund."""


class Combined(NamedTuple):
    """One observation from several prints of one flow.

    Attributes
    ----------
    value : numpy.ndarray
        Precision-weighted mean; NaN where nobody printed.
    var : numpy.ndarray
        Its variance around the booked flow; zero where nobody did.
    """

    value: np.ndarray
    var: np.ndarray


@dataclass(frozen=True)
class VendorUse:
    """How a further vendor of a fund entered.

    Attributes
    ----------
    fund, vendor : str
        The fund's key and the vendor's title.
    both, alone : int
        Days on which both printed, and on which only the further vendor did.
    noise : float
        Typical difference from the first vendor, USD m (robust standard deviation).
    conflicts : tuple of str
        Days on which they disagree.
    used : bool
        False where there are too few common days to know its noise.
    """

    fund: str
    vendor: str
    both: int
    alone: int
    noise: float
    conflicts: tuple[str, ...]
    used: bool

    @property
    def sentence(self) -> str:
        """For terminal and report."""
        if not self.used:
            return f"{self.fund}: {self.vendor} has {self.both} days in common with the first vendor, too few to enter."
        off = (
            f", of which {len(self.conflicts)} disagree ({', '.join(self.conflicts)})"
            if self.conflicts
            else ""
        )
        return (
            f"{self.fund}: {self.vendor} enters beside the first vendor on {self.both} days{off}, alone on {self.alone}; "
            f"they typically differ by {self.noise:.2f} USD m."
        )


class Sighting(NamedTuple):
    """What all vendors say about the funds' flows. USD m and its square.

    Attributes
    ----------
    flows : numpy.ndarray
        The first vendor's print, or a further vendor's where the first has none. ``Shape: (T, I)``.
    seen : Combined
        Each ``Shape: (T, I)``.
    uses : tuple of VendorUse
    total : numpy.ndarray
        The vendor's total. ``Shape: (T,)``.
    gaps : tuple of str
        A sentence for every day on which a listed fund has no print.
    """

    flows: np.ndarray
    seen: Combined
    uses: tuple[VendorUse, ...]
    total: np.ndarray
    gaps: tuple[str, ...]


def combine(values: np.ndarray, var: np.ndarray) -> Combined:
    """Combine prints of one flow. ``Shape: (vendors, ...)``; NaN = not printed."""
    weight = np.where(np.isfinite(values), 1.0 / var, 0.0)
    total = weight.sum(axis=0)
    known = total > 0.0
    safe = np.where(known, total, 1.0)
    mean = (weight * np.nan_to_num(values)).sum(axis=0) / safe
    return Combined(np.where(known, mean, np.nan), np.where(known, 1.0 / safe, 0.0))


def difference_var(gap: np.ndarray) -> np.ndarray:
    """Variance of each day's difference between two vendors; NaN differences get the typical one.

    ``Shape: (T,) -> (T,)``, USD m squared.
    """
    typical = max(ROBUST * float(np.nanmedian(np.abs(gap))), ROUNDING)
    size = np.abs(np.nan_to_num(gap))
    return np.where(size > CONFLICT * typical, size, typical) ** 2


def sight(panel: Panel) -> Sighting:
    """All vendors of all funds, on the first vendor's dates."""
    frame, universe = panel.frame, panel.universe
    first = frame[[FLOW + k for k in universe.fund_keys]].to_numpy(float)
    flows, value, var = first.copy(), first.copy(), np.zeros_like(first)
    uses: list[VendorUse] = []
    for i, fund in enumerate(universe.funds):
        others = []
        for v in fund.vendors:
            column = vendor_flow(fund.key, v.key)
            if column not in frame:
                continue
            # A label that is later by so many days describes the flow of that many days before.
            print_ = np.where(
                panel.listed[fund.key], frame[column].shift(-v.label_shift).to_numpy(float), np.nan
            )
            use = _use(fund.key, v.title, panel.dates, first[:, i], print_)
            uses.append(use)
            if use.used:
                others.append(print_)
        if others:
            value[:, i], var[:, i] = _joined(first[:, i], others)
            flows[:, i] = np.where(np.isfinite(first[:, i]), first[:, i], value[:, i])
    total = frame[TOTAL].to_numpy(float)
    rest, gaps = _from_total(flows, total, panel)
    filled = np.isfinite(rest) & ~np.isfinite(flows)
    flows, value = np.where(filled, rest, flows), np.where(filled, rest, value)
    return Sighting(flows, Combined(value, var), tuple(uses), total, gaps)


def _from_total(flows: np.ndarray, total: np.ndarray, panel: Panel) -> tuple[np.ndarray, tuple[str, ...]]:
    """The one print a day lacks is the total less the others; and what is said of every day that lacks one.

    A total that equals the others' sum is no evidence: the fund may have had no flow, or the total may leave it
    out. Two missing prints are not told apart. Shape: (T, I), (T,) -> (T, I), NaN where nothing follows.
    """
    keys = panel.universe.fund_keys
    missing = ~np.isfinite(flows) & panel.listed[list(keys)].to_numpy(bool)
    out, said = np.full_like(flows, np.nan), []
    for t in np.flatnonzero(missing.any(axis=1)).tolist():
        names = ", ".join(k for k, gone in zip(keys, missing[t], strict=True) if gone)
        start = f"{panel.dates[t].date()}: no print of {names}"
        rest = total[t] - np.nansum(flows[t])
        if not np.isfinite(total[t]):
            said.append(f"{start}, and no total: the day's flow is not observed.")
        elif missing[t].sum() > 1:
            said.append(
                f"{start}; the day's total of {total[t]:.1f} USD m stands, how they share it is drawn."
            )
        elif abs(rest) <= TOTAL_ROUNDING * len(keys):
            said.append(
                f"{start}; the total of {total[t]:.1f} USD m is the others' sum: it may leave the fund out."
            )
        else:
            out[t, missing[t]] = rest
            said.append(f"{start}: taken as {rest:.1f} USD m, the total of {total[t]:.1f} less the others.")
    return out, tuple(said)


def _use(fund: str, vendor: str, dates: pd.DatetimeIndex, first: np.ndarray, second: np.ndarray) -> VendorUse:
    gap = second - first
    both = np.isfinite(gap)
    count, alone = int(both.sum()), int((np.isfinite(second) & ~np.isfinite(first)).sum())
    if count < MIN_DAYS:
        return VendorUse(fund, vendor, count, alone, float("nan"), (), False)
    noise = max(ROBUST * float(np.median(np.abs(gap[both]))), ROUNDING)
    off = both & (np.abs(np.nan_to_num(gap)) > CONFLICT * noise)
    return VendorUse(fund, vendor, count, alone, noise, tuple(str(d.date()) for d in dates[off]), True)


def _joined(first: np.ndarray, others: list[np.ndarray]) -> Combined:
    """The first vendor with the others; every difference's variance is shared evenly."""
    halves = [0.5 * difference_var(x - first) for x in others]
    var = np.stack([np.mean(halves, axis=0), *halves])
    return combine(np.stack([first, *others]), var)


__all__ = ["Combined", "Sighting", "VendorUse", "combine", "difference_var", "sight"]
