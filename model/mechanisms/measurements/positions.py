r"""Weekly futures positions: what daily basis trades add up to, and what other holders do.

.. math:: \Delta N_w = \sum_{t \in w} B_t / P_t + dN_w

A print stands on the week's last day. Its row reads every day of the week, with the units that a USD bn bought then.
"""

from __future__ import annotations

from model.mechanisms.measurements.base import Measurement, Row, Term
from model.mechanisms.measurements.premium import GROUP


class Positions(Measurement):
    """Change of leveraged funds' futures positions between two reports."""

    name = "positions"
    title = "Weekly futures positions"
    unit = "thousand units of the underlying"
    clock = "Tuesday to Tuesday"
    columns = ("short", "long", "open_interest")
    edges = (("basis[t]", "positions[week]"),)
    priors = ("positions_drift", "positions_expiry", "positions_noise")
    node = "positions[week]"
    measures = ("basis",)

    def reads(self, span: int) -> tuple[Term, ...]:
        """The basis shocks of the week."""
        return tuple(Term(GROUP, k) for k in range(span))

    def row(self, p, d, day, xp) -> Row:
        """Change of positions less known basis trades, on the week's last day."""
        drive = sum(k.drive for k in day.known if k.component.shock and k.component.shock.group == GROUP)
        target = (
            d["week_change"] - p["positions_drift"] * d["week_end"] - p["positions_expiry"] * d["week_expiry"]
        )
        coefficients = {Term(GROUP, k): d["week_rate"][k] for k in range(d["span"])}
        for term, rate in coefficients.items():
            target = target - rate * _days_before(drive, term.lag, xp)
        return Row(coefficients, target, p["positions_noise"] ** 2)

    def weight(self, d):
        """Days of a report."""
        return d["week_used"]

    def used(self, d):
        """The week behind a report."""
        return d["week_rate"] > 0.0


def _days_before(x, lag: int, xp):
    """An array of days, moved ``lag`` days later; zero before its start."""
    return x if lag == 0 else xp.concatenate([xp.zeros(lag), x[:-lag]])


MEASUREMENT = Positions()
