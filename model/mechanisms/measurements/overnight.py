r"""The return before the funds' exchange opens: 16:00 of the day before to 09:00 New York.

.. math:: o_t = d\,a + \nu\,\beta' x^o_t + d_1 F_{t-1} + d_2 r_{t-1} + R^{off}(o_t) + \kappa\,n^o_t + \epsilon^o_t

Funds, and dealers who hedge in shares, can only act once the exchange is open: overnight only crypto venues and the common
factors move the price. The day's equation keeps what is left, so the two add up to it, and a day without an opening price
has the day's equation alone, its variance the sum of both. The day's loop is solved in two steps; its Jacobian is the
product.
"""

from __future__ import annotations

import numpy as np

from model import units
from model.mechanisms import price
from model.mechanisms.components import COMPONENTS
from model.mechanisms.day import answer_overnight
from model.mechanisms.measurements.base import PRINTS, Measurement, Row, Term

HOURS = 17.0 / 24.0
"""Share of the day's hours before 09:00, and so of the drift."""


class Overnight(Measurement):
    """The underlying's return before the open."""

    name = "overnight"
    title = "Overnight return"
    unit = "log-%"
    clock = "16:00 to 09:00 New York"
    columns = ("price_open", "price_close")
    edges = (
        ("factor[t]", "overnight[t]"),
        ("return[t-1]", "overnight[t]"),
        ("flow[t-1]", "overnight[t]"),
        ("volatility[t]", "overnight[t]"),
        ("crypto_night[t]", "overnight[t]"),
        ("overnight[t]", "return[t]"),
        ("overnight[t]", "flow[t]"),
        ("overnight[t]", "flow[t+1]"),
        ("overnight[t]", "flow[t+2]"),
    )
    priors = ("overnight_share", "factor_night")
    latents = ("crypto_night[t]",)
    node = "overnight[t]"
    measures = ("crypto_native",)
    supplied = True

    def reads(self, span: int) -> tuple[Term, ...]:  # noqa: ARG002
        """Shocks before the open, and yesterday's missing prints."""
        groups = (Term(c.night) for c in COMPONENTS if c.night)
        return (*groups, Term(PRINTS, 1))

    def of_panel(self, frame):
        """Open against the close before, both of one venue; what the day's price moved beyond it is the session's."""
        if "price_open" not in frame:
            return None
        return units.PERCENT * np.log(frame["price_open"].to_numpy(float) / _before(frame))

    def row(self, p, d, day, xp) -> Row:  # noqa: ARG002
        """Overnight return less what is known."""
        lag = p["lagged_flow_return"]
        coefficients = {
            Term(c.night): day.state.impact * c.price_share(p, day.state) for c in COMPONENTS if c.night
        }
        coefficients[Term(PRINTS, 1)] = lag * d["gap_yesterday"]
        # Days without an open have no overnight row; a variance of one keeps the arithmetic finite there.
        var = price.session_vars(p, d)[0] + 1.0 - d["opens"]
        return Row(coefficients, unexplained(p, d, day), var)


def _before(frame):
    """The close of the day before, where one is supplied."""
    close = frame["price_close"].to_numpy(float) if "price_close" in frame else np.full(len(frame), np.nan)
    return np.concatenate([[np.nan], close[:-1]])


def unexplained(p, d, day):
    """Overnight return less everything known. log-%."""
    answers = sum(c.price_share(p, day.state) * answer_overnight(c, p, day.state).value for c in COMPONENTS)
    return (
        d["night"]
        - day.state.impact * answers
        - HOURS * p["drift"]
        - p["factor_night"] * (d["night_factors"] * p["factor_beta"]).sum(axis=1)
        - p["lagged_return"] * d["returns_lag"]
        - p["lagged_flow_return"] * d["flows_lag_total"]
    )


def jacobian(p, d, day):
    """Slope of the overnight equation in its return, one on days without an opening price. ``(T,)``."""
    slope = sum(c.price_share(p, day.state) * answer_overnight(c, p, day.state).slope for c in COMPONENTS)
    return 1.0 - d["opens"] * day.state.impact * slope


MEASUREMENT = Overnight()
