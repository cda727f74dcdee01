"""Times of a table as instants: a time without its offset is no instant, and guessing one shifts hours."""

from __future__ import annotations

import pandas as pd

OFFSET = r"\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}(?::?\d{2})?)\s*$"


def instants(text: pd.Series) -> pd.Series:
    """ISO 8601 times with offset, in UTC; ``NaT`` where the time or its offset is missing. ``Shape: (n,)``."""
    written = text.astype(str)
    stated = written.where(written.str.contains(OFFSET, regex=True))
    return pd.to_datetime(stated, errors="coerce", utc=True, format="ISO8601")
