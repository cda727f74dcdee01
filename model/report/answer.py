"""The answer in three sentences, written from the tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from model.plots.expected import ordinal, percentile
from model.plots.fit_view import FitView
from model.plots.predictive import predicted
from model.report.words import NOT_IDENTIFIED
from model.summary.lines import INTERVAL, UNITS, dates_of
from model.summary.text import amount, day, interval, percent, probability

TAIL = 100 * (1 - INTERVAL) / 2
"""Percentiles beyond which a flow is called unusual."""
SURE = 1 - (1 - INTERVAL) / 2


def sentences(view: FitView, table: pd.DataFrame) -> list[str]:
    """How unusual the flow was; who traded; what moved the price. One sentence each, first reading."""
    rows = table[(table["reading"] == view.main) & (table["view"] == "channel")]
    return [
        "; ".join(_flow(view, d) for d in view.days) + ".",
        "; ".join(_parts(view, rows, "flow", d) for d in view.days) + ".",
        "; ".join(_parts(view, rows, "return", d) for d in view.days) + ".",
    ]


def flow_rank(view: FitView, reading: str, d: pd.Timestamp) -> float:
    """Percentile of the observed flow in the day's predictive distribution; NaN without replicates."""
    p = predicted(view, reading, "flow")
    if p is None or d not in p.days:
        return float("nan")
    at = p.days.get_loc(d)
    return percentile(p.draws[:, at], float(p.seen[at]))


def unusual(rank: float) -> str:
    """A percentile in words."""
    if not 0 <= rank <= 100:
        return "not compared"
    if rank < TAIL:
        return "unusually low"
    if rank > 100 - TAIL:
        return "unusually high"
    return "ordinary"


def _flow(view: FitView, d: pd.Timestamp) -> str:
    data = view.decomposition[view.main]
    seen = float(data["observed_flow"].to_numpy()[dates_of(data).get_loc(d)])
    rank = flow_rank(view, view.main, d)
    stands = f"at the {ordinal(rank)} percentile of what the model predicts" if rank == rank else "unranked"
    return (
        f"On {day(d)} the net flow of {amount(seen, 'flow')} USD m stands {stands}, which is {unusual(rank)}"
    )


def _parts(view: FitView, rows: pd.DataFrame, quantity: str, d: pd.Timestamp) -> str:
    """The unattributed share, then the other lines by size, each with interval, sign and verdict."""
    here = rows[(rows["quantity"] == quantity) & (rows["date"] == d)]
    lines = [r for r in here.to_dict("records") if r["kind"] in ("line", "sum")]
    seen = here.loc[here["kind"] == "observed", "median"].iloc[0]
    rest = [r for r in lines if r["part"] != "unattributed" and r["part"] not in ("drift", "pre_sample")]
    rest.sort(key=lambda r: -abs(r["median"]))
    first = next(r for r in lines if r["part"] == "unattributed")
    noun = "net flow" if quantity == "flow" else "return"
    head = (
        f"of the {noun} of {amount(seen, quantity)} {UNITS[quantity]} on {day(d)}, "
        f"{amount(first[('median')], quantity)} {
            interval(first[('low')], first[('high')], quantity)
        } is unattributed "
        f"(a share of {percent(first['share_median'])})"
    )
    tail = ", ".join(_line(view, r, quantity, d) for r in rest)
    return f"{head}; {tail}"


def _line(view: FitView, r: dict[str, Any], quantity: str, d: pd.Timestamp) -> str:
    text = f"{lower(r['title'])} {amount(r['median'], quantity)} {interval(r['low'], r['high'], quantity)}"
    return text + _qualified(view, r, quantity, d)


def _qualified(view: FitView, r: dict[str, Any], quantity: str, d: pd.Timestamp) -> str:
    notes = []
    if 1 - SURE < r["p_negative"] < SURE:
        notes.append(f"sign open, P(<0) = {probability(r['p_negative'])}")
    if view.identified(contribution(quantity, r["part"], d)) is False:
        notes.append(NOT_IDENTIFIED)
    return f" ({'; '.join(notes)})" if notes else ""


def contribution(quantity: str, part: str, d: pd.Timestamp) -> str:
    """Name of a contribution in the manifest's identification list."""
    return f"{quantity}:{part}:{d.date()}"


def lower(title: str) -> str:
    """A title inside a sentence."""
    return title[0].lower() + title[1:]


def capital(text: str) -> str:
    """A sentence's first letter."""
    return text[:1].upper() + text[1:]


def listed(words: Iterable[str]) -> str:
    """``a, b and c``."""
    *most, last = list(words) or [""]
    return f"{', '.join(most)} and {last}" if most else last
