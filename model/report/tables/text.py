"""How numbers are written for people: one place, so page, figures and terminal agree."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"
DECIMALS = {"flow": 0, "return": 1}
"""USD m without decimals, log-% with one."""


def number(x: float, decimals: int = 0, sign: bool = False) -> str:
    """``-434.1`` to ``-434`` with a true minus; zero never has a sign; a missing value is a dash."""
    if x is None or not np.isfinite(x):
        return "\N{EN DASH}"
    text = f"{x:+,.{decimals}f}" if sign else f"{x:,.{decimals}f}"
    zero = not any(c in "123456789" for c in text)
    return (text.lstrip("+-") if zero else text).replace("-", MINUS)


def amount(x: float, quantity: str, sign: bool = False) -> str:
    """A flow in USD m or a return in log-%, with that quantity's decimals."""
    return number(x, DECIMALS[quantity], sign)


def interval(low: float, high: float, quantity: str) -> str:
    """``[-520, -90]``, kept on one line."""
    return f"[{amount(low, quantity)},{NO_BREAK}{amount(high, quantity)}]"


def probability(p: float) -> str:
    """Two decimals; never 0 or 1, which no number of draws can show."""
    if p is None or not np.isfinite(p):
        return "\N{EN DASH}"
    return "<0.01" if p < 0.005 else ">0.99" if p > 0.995 else f"{p:.2f}"


def percent(share: float) -> str:
    """A share as whole per cent."""
    return f"{100 * share:.0f}{NO_BREAK}%"


def day(d: date | pd.Timestamp | np.datetime64 | str) -> str:
    """``5 Feb 2026``."""
    t = pd.Timestamp(d)
    return f"{t.day} {t:%b %Y}"
