"""The return by trading session: before the funds' exchange opens, and while it trades. log-%.

Shown for fits whose panel has an opening price. Parts add up to the observed return of each session in every draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from model.report.tables.lines import MIXTURE, QUANTILES, Readings, readings_of, title_of

OVERNIGHT, SESSION = "overnight", "session"
SESSIONS = {
    OVERNIGHT: "before the open (16:00 to 09:00 New York)",
    SESSION: "while the funds trade (09:00 to 16:00)",
}
_PARTS = {"channel": "return_part", "trigger": "trigger"}


def has_sessions(ds: xr.Dataset) -> bool:
    """Whether a decomposition knows the open of any day."""
    return "observed_overnight" in ds


def session_draws(ds: xr.Dataset, view: str, session: str, day: Any) -> tuple[list[str], np.ndarray]:
    """Parts and their draws on one day. ``(sample, parts)``, log-%."""
    at = {"date": pd.Timestamp(day)}
    early = ds[f"return_{view}_overnight"].sel(at)
    chosen = early if session == OVERNIGHT else ds[f"return_{view}"].sel(at) - early
    return [str(p) for p in ds[_PARTS[view]].to_numpy()], chosen.transpose("sample", ...).to_numpy()


def observed(ds: xr.Dataset, session: str, day: Any) -> float:
    """The session's return, log-%; NaN where the open is not known."""
    at = {"date": pd.Timestamp(day)}
    night = float(ds["observed_overnight"].sel(at))
    return night if session == OVERNIGHT else float(ds["observed_return"].sel(at)) - night


def session_table(decomposition: Readings, days: Sequence[date]) -> pd.DataFrame:
    """One row per reading, day, session, view and part.

    Columns ``reading, date, session, view, part, title, unit, low, median, high, observed``.
    """
    rows = []
    for reading, ds in readings_of(decomposition).items():
        if not has_sessions(ds):
            continue
        for day in days:
            for session in SESSIONS:
                seen = observed(ds, session, day)
                for view in _PARTS if np.isfinite(seen) else ():
                    parts, draws = session_draws(ds, view, session, day)
                    low, middle, high = np.quantile(draws, QUANTILES, axis=0)
                    rows += [
                        {
                            "reading": reading, "date": str(day), "session": session, "view": view, "part": p,
                            "title": title_of(p), "unit": "log-%", "low": low[j], "median": middle[j],
                            "high": high[j], "observed": seen,
                        }
                        for j, p in enumerate(parts)
                    ]  # fmt: skip
    return pd.DataFrame(rows)


def session_sentences(decomposition: Readings, days: Sequence[date]) -> list[str]:
    """When the price moved, day by day, and in which session the largest trigger acted."""
    readings = readings_of(decomposition)
    ds = readings.get(MIXTURE, next(iter(readings.values())))
    if not has_sessions(ds):
        return []
    out = []
    for day in days:
        night, session = (observed(ds, s, day) for s in SESSIONS)
        if not np.isfinite(night):
            out.append(f"{day}: no opening price, so the day is one piece.")
            continue
        text = (
            f"{day}: of {night + session:+.1f} log-%, {night:+.1f} came before the open and {session:+.1f} while the "
            f"funds traded. {_where(ds, day)}"
        )
        out.append(text)
    return out


def _where(ds: xr.Dataset, day: date) -> str:
    """Probability that the largest trigger, drift left out, acted before the open."""
    best = {}
    for s in SESSIONS:
        parts, draws = session_draws(ds, "trigger", s, day)
        keep = [j for j, p in enumerate(parts) if p not in ("drift", "initial")]
        best[s] = np.abs(draws[:, keep]).max(axis=1)
    early = float((best[OVERNIGHT] > best[SESSION]).mean())
    place, share = ("before the open", early) if early >= 0.5 else ("while the funds traded", 1.0 - early)
    return f"The largest single trigger acted {place} with probability {share:.2f}."
