"""Share counts against whole baskets: creations come in multiples of the basket; other changes are errors.

Where the vendor also gives NAVs, the change in shares times the NAV is a further, independent measure of
the flow.
"""

from __future__ import annotations

import pandas as pd

from model import units
from model.panel.roles import SEPARATOR

SHARES, NAV, FLOW = "shares_", "nav_", "flow_"


def check_baskets(panel: pd.DataFrame, basket: int) -> pd.DataFrame:
    """Per fund with share counts: changes, how many are whole baskets, and the days that are not.

    Returns
    -------
    DataFrame
        Index: fund; ``changes, whole, share_whole, days`` (the first ten days off).
    """
    rows = {}
    for column in [c for c in panel.columns if c.startswith(SHARES) and SEPARATOR not in c]:
        change = panel[column].dropna().diff().dropna()
        change = change[change != 0]
        off = change[(change % basket) != 0]
        whole = len(change) - len(off)
        rows[column.removeprefix(SHARES)] = {
            "changes": len(change),
            "whole": whole,
            "share_whole": whole / len(change) if len(change) else float("nan"),
            "days": ", ".join(str(d.date()) for d in off.index[:10]),
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["changes", "whole", "share_whole", "days"])


def implied_flows(panel: pd.DataFrame) -> pd.DataFrame:
    """Flows from share counts, USD m: change of shares times that day's NAV; a gap stays missing."""
    out = pd.DataFrame(index=panel.index)
    for column in [c for c in panel.columns if c.startswith(SHARES) and SEPARATOR not in c]:
        fund = column.removeprefix(SHARES)
        if f"{NAV}{fund}" in panel:
            out[f"{FLOW}{fund}{SEPARATOR}shares"] = (
                panel[column].diff() * panel[f"{NAV}{fund}"] / units.USD_PER_MN
            )
    return out
