"""The answer in three sentences, written from the tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from model.attribution.identification import MOVED
from model.report.figures.expected import ordinal, percentile
from model.report.figures.fit_view import FitView
from model.report.figures.predictive import predicted
from model.report.page.words import NOT_IDENTIFIED
from model.report.tables.lines import INTERVAL, READINGS, UNITS
from model.report.tables.text import DECIMALS, amount, day, interval, number, percent, probability

TAIL = 100 * (1 - INTERVAL) / 2
"""Percentiles beyond which a flow is called unusual."""
SURE = 1 - (1 - INTERVAL) / 2
"""Probability of a sign below which it is called open."""
LEFT_TO_THE_TABLE = ("drift", "pre_sample")
"""Lines too small or technical for the sentences."""
SMALLEST = {"flow": 5.0, "return": 0.2}
"""A line whose interval stays inside this on every day gets no numbers in the sentences; USD m, log-%."""
type Row = dict[str, Any]


def sentences(view: FitView, table: pd.DataFrame) -> list[str]:
    """How unusual the flow was; who traded; what moved the price. One sentence each, first reading."""
    rows = table[(table["reading"] == view.main) & (table["view"] == "channel")]
    return [
        "; ".join(_flow(view, rows, d) for d in view.days) + ".",
        _parts(view, rows, "flow") + ".",
        _parts(view, rows, "return") + ".",
    ]


def other_reading(view: FitView, table: pd.DataFrame) -> str:
    """The same in one sentence under the second dating reading; empty if there is none."""
    names = [r for r in view.shown if r != view.main]
    if not names:
        return ""
    rows = table[(table["reading"] == names[0]) & (table["view"] == "channel")]
    ranks = listed(f"{ordinal(flow_rank(view, names[0], d))}" for d in view.days)
    shares = {q: listed(percent(r["share_median"]) for r in _of(rows, q, "unattributed")) for q in UNITS}
    return (
        f"Under the {READINGS[names[0]].lower()} the flow stands at the {ranks} percentile, and the "
        f"unattributed share is {shares['flow']} of the flow and {shares['return']} of the return."
    )


def flow_rank(view: FitView, reading: str, d: pd.Timestamp) -> float:
    """Percentile of the observed flow in the day's predictive distribution; NaN without replicates."""
    return rank_of(view, reading, d, "flow")


def rank_of(view: FitView, reading: str, d: pd.Timestamp, quantity: str) -> float:
    """Percentile of the observed value in the day's predictive distribution; NaN without replicates."""
    p = predicted(view, reading, quantity)
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


def percentile_text(x: float) -> str:
    """``the 97th percentile``; near the ends with a decimal: ``percentile 0.9``."""
    near = (x < 1.5 or x > 98.5) and round(x, 1) != round(x)
    return f"percentile {x:.1f}" if near else f"the {ordinal(x)} percentile"


def _flow(view: FitView, rows: pd.DataFrame, d: pd.Timestamp) -> str:
    here = rows[(rows["quantity"] == "flow") & (rows["date"] == d)]
    seen, expected = (records(here[here["kind"] == kind])[0] for kind in ("observed", "expected"))
    rank = flow_rank(view, view.main, d)
    if rank != rank:
        return (
            f"the net flow of {day(d)} is not published yet; at the close {_value(expected, 'flow')} USD m were to be "
            "expected"
        )
    return (
        f"on {day(d)} the net flow was {amount(seen['median'], 'flow')} USD m, where the day's close let expect "
        f"{_value(expected, 'flow')}: the {ordinal(rank)} percentile of these predictions, {unusual(rank)}"
    )


def _parts(view: FitView, rows: pd.DataFrame, quantity: str) -> str:
    """The unattributed part and its share, then the other lines by size, each with sign and verdict."""
    seen = _of(rows, quantity, "observed")
    first = _of(rows, quantity, "unattributed")
    noun = "net flow" if quantity == "flow" else "return"
    head = (
        f"of the {noun} of {listed(amount(r['median'], quantity) for r in seen)} {UNITS[quantity]} on "
        f"{listed(day(d) for d in view.days)}, a share of {listed(percent(r['share_median']) for r in first)} "
        f"is unattributed: {listed(_value(r, quantity) for r in first)}"
    )
    lines = rows[(rows["quantity"] == quantity) & rows["kind"].isin(["line", "sum"])]
    parts = [str(p) for p in lines["part"].unique() if p not in ("unattributed", *LEFT_TO_THE_TABLE)]
    found = sorted((_of(rows, quantity, p) for p in parts), key=lambda rs: -sum(abs(r["median"]) for r in rs))
    return "; ".join([head, *(_line(view, rs, quantity) for rs in found)])


def _line(view: FitView, rs: list[Row], quantity: str) -> str:
    title = lower(rs[0]["title"])
    if all(max(abs(r["low"]), abs(r["high"])) < SMALLEST[quantity] for r in rs):
        return f"{title} less than {number(SMALLEST[quantity], DECIMALS[quantity])} on either side of zero"
    text = f"{title} {listed(_value(r, quantity) for r in rs)}"
    notes = []
    unsure = [r for r in rs if 1 - SURE < r["p_negative"] < SURE]
    if unsure:
        odds = listed(probability(r["p_negative"]) for r in unsure)
        notes.append(f"sign open{_where(unsure, rs)}, P(<0) = {odds}")
    for verdict in (NOT_IDENTIFIED, MOVED):
        here = [r for r in rs if view.verdict(contribution(quantity, r["part"], r["date"])) == verdict]
        if here:
            words = verdict if verdict == NOT_IDENTIFIED else "moved by the data, not narrowed"
            notes.append(words + _where(here, rs))
    return f"{text} ({'; '.join(notes)})" if notes else text


def _where(some: list[Row], every: list[Row]) -> str:
    return "" if len(some) == len(every) else f" on {listed(day(r['date']) for r in some)}"


def _value(r: Row, quantity: str) -> str:
    return f"{amount(r['median'], quantity)} {interval(r['low'], r['high'], quantity)}"


def _of(rows: pd.DataFrame, quantity: str, part: str) -> list[Row]:
    """A line on every event day, in order."""
    return records(rows[(rows["quantity"] == quantity) & (rows["part"] == part)].sort_values("date"))


def records(rows: pd.DataFrame) -> list[Row]:
    """Rows as dictionaries."""
    return [{str(k): v for k, v in r.items()} for r in rows.to_dict("records")]


def contribution(quantity: str, part: str, d: pd.Timestamp) -> str:
    """Name of a contribution in the manifest's identification list."""
    return f"{quantity}:{part}:{d.date()}"


def lower(title: str) -> str:
    """A title inside a sentence; ``ETF`` stays."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def spoken(title: str) -> str:
    """A line's title as the subject of a sentence that can be read aloud."""
    text = lower(title).replace(" + ", " and ")
    return f"the {text}" if text.endswith(" trade") else text


def many(title: str) -> bool:
    """Whether a line's title takes a verb in the plural."""
    return title.endswith("s") or " + " in title


def capital(text: str) -> str:
    """A sentence's first letter."""
    return text[:1].upper() + text[1:]


def listed(words: Iterable[str]) -> str:
    """``a, b and c``."""
    *most, last = list(words) or [""]
    return f"{', '.join(most)} and {last}" if most else last
