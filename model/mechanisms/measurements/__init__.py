"""Registry of measurements: a further one is one file and one line here."""

from model.mechanisms.measurements import flows, overnight, positions, premium, price, taker
from model.mechanisms.measurements.base import PREMIUM, PRINTS, Measurement, Row, Term

MEASUREMENTS: tuple[Measurement, ...] = (
    price.MEASUREMENT,
    flows.MEASUREMENT,
    premium.MEASUREMENT,
    positions.MEASUREMENT,
    overnight.MEASUREMENT,
    *taker.MEASUREMENTS,
)

__all__ = ["MEASUREMENTS", "PREMIUM", "PRINTS", "Measurement", "Row", "Term"]
