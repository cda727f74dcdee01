"""Are the data there at all? A column that is absent or constant is named, never dropped."""

from __future__ import annotations

from typing import Any

import pandas as pd

from model.gate.frame import CONSTANT
from model.gate.graph import Graph
from model.gate.result import Check
from model.gate.testable import varies
from model.gate.thresholds import Thresholds


def check_data(base: pd.DataFrame, graph: Graph, thresholds: Thresholds) -> Check:
    """Every observed node needs a column that varies, and enough days.

    Parameters
    ----------
    base : DataFrame
        The day's own columns by base name.
    """
    rows: list[dict[str, Any]] = []
    for name in graph.observed:
        days = int(base[name].notna().sum()) if name in base else 0
        constant = days > 0 or name in base.attrs.get(CONSTANT, ())
        usable = name in base and varies(base[name])
        state = "ok" if usable else "does not vary" if constant else "absent"
        rows.append({"node": name, "days": days, "state": state})
    bad = [f"{r['node']} ({r['state']})" for r in rows if r["state"] != "ok"]
    short = [r["node"] for r in rows if r["state"] == "ok" and r["days"] < thresholds.min_days]
    if bad:
        sentence = f"No usable data for {', '.join(bad)}: what the graph says about them cannot be tested."
    elif short:
        sentence = f"Fewer than {thresholds.min_days} days for {', '.join(short)}."
    else:
        sentence = f"{len(base)} days; every observed node of the graph has data."
    return Check("data", not (bad or short), sentence, rows)
