"""One row per trading day, one column per observed timed node.

Innovations need two things. Scale: prices and flows are heteroskedastic, so returns are divided by the
ex-ante volatility supplied with the panel and everything else that is a shock by its own trailing scale,
known the day before. Memory: lags are kept beside the day's value, and every test takes out the own lags
of both sides (:mod:`model.gate.independences`), which is prewhitening done jointly with the conditioning.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from model.errors import DataError
from model.gate.graph import split, timed

LAGS, LEADS = 3, 2
LEVELS = ("gamma", "premium", "volatility", "recent_flow")
"""Slow states and levels: centred, never divided by a moving scale (that would bend their memory)."""
RENAMED = {"flow_total": "flow"}
HALF_LIFE, WARM_UP = 20.0, 5
TOO_LARGE = 8.0
"""Scaled shocks are drawn in beyond this many scales: one day may not carry a test."""

CONSTANT = "constant"
"""Attribute of a frame: columns that have numbers but no spread. In the frame they are as empty as absent ones."""


def gate_frame(daily: pd.DataFrame) -> pd.DataFrame:
    """Columns the gate tests.

    Parameters
    ----------
    daily : DataFrame
        Consecutive trading days; columns ``return``, ``flow_total``, ``stress``, ``factor.<k>``, ``gamma``,
        ``iv_change``, ``premium`` and ``scale`` (ex-ante volatility of the return, same unit as the return).
        NaN = missing. Any other column is taken as one more observed shock.

    Returns
    -------
    DataFrame
        ``x[t]`` standardised, ``x[t-1]`` .. ``x[t-3]``, ``x[t+1]``, ``x[t+2]`` for every x; NaN stays NaN.
        A column that does not vary is all NaN: it carries no information.
    """
    if "scale" not in daily or "return" not in daily:
        raise DataError(
            "The gate needs the columns return and scale.", "Build them with the design of the fit."
        )
    columns = daily.rename(columns=RENAMED).astype(float)
    scale = columns.pop("scale")
    today = pd.DataFrame(index=daily.index)
    for base in columns:
        today[base] = _standard(_scaled(str(base), columns[base], scale))
    if "volatility" not in today:
        today["volatility"] = _standard(np.log(scale.where(scale > 0)))
    out = expand(today)
    out.attrs[CONSTANT] = [str(b) for b in columns if columns[b].notna().any() and today[b].isna().all()]
    return out


def expand(today: pd.DataFrame) -> pd.DataFrame:
    """Lags and leads of base columns, named as timed nodes."""
    shifts = [0, *range(-1, -LAGS - 1, -1), *range(1, LEADS + 1)]
    columns = {timed(str(b), day): today[b].astype(float).shift(-day) for day in shifts for b in today}
    return pd.DataFrame(columns, index=today.index)


def base_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """The day's own columns of a gate frame, named by base."""
    own = {split(str(c))[0]: frame[c] for c in frame if split(str(c))[1] == 0}
    out = pd.DataFrame(own, index=frame.index).astype(float)
    out.attrs[CONSTANT] = list(frame.attrs.get(CONSTANT, ()))
    return out


def frame_hash(frame: pd.DataFrame) -> str:
    """SHA-256 of the day's own columns, names and dates (to 10 digits)."""
    base = base_columns(frame).sort_index(axis=1)
    text = base.to_csv(float_format="%.10g", date_format="%Y-%m-%d")
    return hashlib.sha256(text.encode()).hexdigest()


def _scaled(base: str, x: pd.Series, scale: pd.Series) -> pd.Series:
    if base in LEVELS:
        return x
    if base == "return":
        out = x / scale.where(scale > 0)
    else:
        spread = x.ewm(halflife=HALF_LIFE, min_periods=WARM_UP).std().shift(1)
        out = x / spread.where(spread > 0)
    return out.clip(-TOO_LARGE, TOO_LARGE)


def _standard(x: pd.Series) -> pd.Series:
    spread = x.std()
    if not np.isfinite(spread) or spread < 1e-12:
        return x * np.nan
    return (x - x.mean()) / spread
