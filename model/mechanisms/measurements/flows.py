r"""Fund flows: what vendors print of the trades that reach creations and redemptions.

.. math:: F_{i,t} = \sum_k \pi_{i,t-k,k}\, Z_{i,t-k} + e_{i,t}

One row a fund and day, with kernels and loadings that belong to the *trade* date (:mod:`model.mechanisms.booking`). Nine
tenths of the likelihood's numbers stand in these rows, so the compiled core fills them itself
(:mod:`model.inference.likelihood.system`); everything else about the measurement is declared here.
"""

from __future__ import annotations

from model.mechanisms import booking
from model.mechanisms.measurements.base import Measurement


class Flows(Measurement):
    """Net flow of every fund."""

    name = "flows"
    title = "Fund flows"
    unit = "USD bn"
    clock = "the vendor's date; trades are booked zero to two trading days later"
    priors = booking.PRIORS
    node = "flow[t]"
    measures = ("basis", "dealer", "multi_asset", "directional")


MEASUREMENT = Flows()
