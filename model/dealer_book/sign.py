"""The dealers' sign: which way round they hold the listed options. Nobody publishes it, so it is a belief.

s = +1: dealers hold what the book says (puts short, so they sell into a fall); s = -1: the opposite; 0: flat.
Prior per venue: Normal(0, 0.5) truncated to [-1, 1]. Hedging demand is linear in s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from model.errors import DataError

INTERVAL = 0.89


@dataclass(frozen=True)
class SignPrior:
    """Normal(mean, sd) truncated to [-1, 1].

    Attributes
    ----------
    mean, sd : float
        Of the normal before truncation.
    """

    mean: float = 0.0
    sd: float = 0.5

    def __post_init__(self) -> None:
        if not (np.isfinite(self.mean) and abs(self.mean) <= 1 and np.isfinite(self.sd) and self.sd > 0):
            raise DataError(
                f"Dealer sign prior Normal({self.mean}, {self.sd}) is impossible.",
                "Use a mean in [-1, 1] and a positive standard deviation.",
            )

    def quantile(self, probability: float) -> float:
        """Inverse distribution function: ``mean + sd Phi^-1(Phi(a) + p (Phi(b) - Phi(a)))``."""
        a, b = (float(ndtr((x - self.mean) / self.sd)) for x in (-1.0, 1.0))
        return float(self.mean + self.sd * ndtri(a + probability * (b - a)))

    def interval(self, probability: float = INTERVAL) -> tuple[float, float]:
        """Equal-tailed interval of s."""
        return self.quantile((1 - probability) / 2), self.quantile((1 + probability) / 2)

    def moved_by_flow(self, customers_bought: float, customers_sold: float, weight: float = 0.5) -> SignPrior:
        """Shift the mean by signed customer flow in puts (contracts or premium).

        Customers who bought puts left dealers short puts: s moves up by ``weight`` times the imbalance, which
        lies in [-1, 1].
        The sd is kept: one day's flow says little about a stock of positions.
        """
        return self._moved(customers_bought, customers_sold, weight)

    def moved_by_volume(self, put_volume: float, call_volume: float, weight: float = 0.25) -> SignPrior:
        """Shift the mean by unsigned put and call volume; weaker, since volume has no side.

        The (assumed) reading is that customers buy more options than they write when puts dominate.
        """
        return self._moved(put_volume, call_volume, weight)

    def _moved(self, up: float, down: float, weight: float) -> SignPrior:
        if not (up >= 0 and down >= 0 and up + down > 0):
            raise DataError(
                f"Option flow {up!r} and {down!r} cannot move the sign.",
                "Give two non-negative volumes, not both 0.",
            )
        mean = float(np.clip(self.mean + weight * (up - down) / (up + down), -1, 1))
        return SignPrior(mean, self.sd)
