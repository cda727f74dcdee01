"""Rows of the page's tables, formatted once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from model.attribution.identification import unmoved
from model.events.switches import PRIOR_SENTENCE, Mechanisms
from model.report.figures.basis import WITHOUT, spans_of, trades
from model.report.figures.fit_view import FitView
from model.report.figures.ridge import ridges
from model.report.page import words
from model.report.page.answer import contribution, listed, records, unusual
from model.report.page.supplied import shorting_inputs
from model.report.tables.lines import QUANTILES, READINGS, UNITS, VIEWS
from model.report.tables.ridge import sentence
from model.report.tables.tables import printed
from model.report.tables.text import amount, day, interval, number, percent, probability

type Rows = list[dict[str, Any]]
CLAIMS_SHOWN = 8
"""Claims about hidden variables on the page, unless more are violated."""


def part_tables(view: FitView, table: pd.DataFrame) -> Rows:
    """One table per quantity and event day: every line by channel, readings side by side."""
    readings = list(view.tabled)
    rows = table[(table["view"] == "channel") & table["reading"].isin(readings)]
    return [
        {
            "id": f"{q}-{d.date()}",
            "title": f"{'Net flow' if q == 'flow' else 'Return'} on {day(d)}, {UNITS[q]}",
            "readings": [READINGS[r] for r in readings],
            "lines": _lines(
                view, printed(rows[(rows["quantity"] == q) & (rows["date"] == d)]), q, d, readings
            ),
        }
        for q in UNITS
        for d in view.days
    ]


def _lines(view: FitView, rows: pd.DataFrame, q: str, d: pd.Timestamp, readings: list[str]) -> Rows:
    cells = {(r["part"], r["reading"]): r for r in records(rows)}
    out = []
    for r in records(rows.drop_duplicates("part")):
        found = {reading: cells.get((r["part"], reading)) for reading in readings}
        out.append({"part": r["part"], "title": r["title"], "kind": r["kind"],
                    "cells": [_cell(view, q, d, k, c) for k, c in found.items() if c]})  # fmt: skip
    return out


def _cell(view: FitView, q: str, d: pd.Timestamp, reading: str, r: Mapping[str, Any]) -> dict[str, Any]:
    fixed = r["kind"] == "observed"
    known = view.identified(contribution(q, r["part"], d), reading)
    return {
        "reading": reading,
        "median": amount(r["median"], q),
        "interval": "" if fixed else interval(r["low"], r["high"], q),
        "share": percent(r["share_median"]) if r["kind"] in ("line", "sum") else "",
        "share_interval": (
            f"[{100 * r['share_low']:.0f}, {100 * r['share_high']:.0f}]"
            if r["kind"] in ("line", "sum")
            else ""
        ),
        "negative": "" if fixed else probability(r["p_negative"] if r["low"] or r["high"] else float("nan")),
        "largest": probability(r["p_largest"]) if r["kind"] in ("line", "sum") else "",
        "mark": known is False,
    }


def trigger_tables(view: FitView, table: pd.DataFrame) -> Rows:
    """One table per quantity and day: channel beside trigger, per reading."""
    rows = table[table["kind"].isin(["line", "sum"])]
    return [
        {
            "id": f"trigger-{q}-{d.date()}",
            "title": f"{'Net flow' if q == 'flow' else 'Return'} on {day(d)}, {UNITS[q]}",
            "readings": [READINGS[r] for r in view.shown],
            "lines": _both_views(view, printed(rows[(rows["quantity"] == q) & (rows["date"] == d)]), q),
        }
        for q in UNITS
        for d in view.days
    ]


def _both_views(view: FitView, rows: pd.DataFrame, q: str) -> Rows:
    cells = {(r["reading"], r["view"], r["part"]): r for r in records(rows)}
    keys = [(reading, by) for reading in view.shown for by in VIEWS]
    return [
        {
            "part": r["part"],
            "title": r["title"],
            "cells": [_pair(cells.get((*k, r["part"])), q) for k in keys],
        }
        for r in records(rows.drop_duplicates("part"))
    ]


def _pair(r: Mapping[str, Any] | None, q: str) -> str:
    return "" if r is None else f"{amount(r['median'], q)} {interval(r['low'], r['high'], q)}"


def expected_rows(view: FitView, table: pd.DataFrame) -> Rows:
    """Expected beside observed flow, with the percentile in the predictive distribution."""
    rows = table[(table["quantity"] == "flow") & (table["view"] == "channel")]
    out = []
    for d in view.days:
        for reading in view.shown:
            here = {r["kind"]: r for r in records(rows[(rows["reading"] == reading) & (rows["date"] == d)])}
            e = here["expected"]
            rank = float(e["percentile"])
            out.append({
                "day": day(d), "reading": READINGS[reading],
                "observed": amount(here["observed"]["median"], "flow"),
                "expected": f"{amount(e['median'], 'flow')} {interval(e['low'], e['high'], 'flow')}",
                "half": interval(e["low_50"], e["high_50"], "flow"),
                "mean": interval(e["mean_low"], e["mean_high"], "flow"),
                "rank": number(rank), "words": unusual(rank),
            })  # fmt: skip
    return out


def basis_rows(view: FitView) -> Rows:
    """Latent basis trades: prior, with and without weekly positions."""
    out = []
    for span in spans_of(view):
        sources = (
            trades(view, view.main, span, "prior_latent"),
            trades(view, WITHOUT, span),
            trades(view, view.main, span),
        )
        out.append({"title": span.title, "cells": [_spread(v) for v in sources]})
    return out


def _spread(draws) -> dict[str, str]:
    if draws is None:
        return {"value": number(float("nan")), "negative": ""}
    low, median, high = pd.Series(draws).quantile(list(QUANTILES))
    value = f"{amount(median, 'flow')} {interval(low, high, 'flow')}"
    return {"value": value, "negative": probability(float((draws < 0).mean()))}


def dealers(view: FitView) -> list[str]:
    """Where dealers' hedges come from on which day, and what is known about operational shorting."""
    from model.design.option_flow import OptionFlow  # it brings compiled code, which no other page needs
    from model.design.option_flow import sentence as flow_sentence

    use = view.manifest.get("dealer_book")
    if use:
        first = (
            f"Dealers' hedges follow a dealer book on {listed(_book_day(b) for b in use['books'])}: curves from the price "
            "and volatility index of the day before, with uncertain sign and amounts. On all other days they follow "
            "a gamma proxy. Options on the fund are hedged in the fund or futures; crypto-native options move the "
            "price and never a flow."
        )
    else:
        first = "No dealer book was used: on every day dealers' hedges follow a gamma proxy."
    flow = view.manifest.get("option_flow")
    first += " " + flow_sentence(OptionFlow(**flow) if flow else None)
    before, after = (view.scalar(view.main, group, "booked_hedge") for group in ("prior", "posterior"))
    same = before is None or after is None or unmoved(before, after)
    shorting = words.SHORTING.format(
        inputs=shorting_inputs(view.manifest.get("supplied", ()), view.manifest.get("used")),
        answer=words.SHORTING_PRIOR if same else words.SHORTING_MOVED,
    )
    on = Mechanisms(**view.manifest.get("mechanisms", {}))
    shorting = shorting if on.hedge_settlement else words.SHORTING_OFF
    return [first, shorting, _late_creation(view)] if on.late_creation else [first, shorting + words.LATE_OFF]


def _book_day(b: Mapping[str, Any]) -> str:
    """One book's day and where its curves start."""
    start = f"from {number(b['spot'])} USD and volatility {number(b['vol'], 1)}"
    return f"{day(b['day'])} ({b['title']}, as of {b['as_of']}; {start})"


def _late_creation(view: FitView) -> str:
    """What is known about shares sold before they were created."""
    draws = (view.scalar(view.main, group, "late_creation") for group in ("prior", "posterior"))
    before, after = (number(float("nan")) if x is None else _share_of(x) for x in draws)
    return words.LATE_ON.format(sentence=PRIOR_SENTENCE, before=before, after=after)


def _share_of(draws) -> str:
    low, median, high = pd.Series(draws.ravel()).quantile(list(QUANTILES))
    return f"{number(median, 2)} [{number(low, 2)}, {number(high, 2)}]"


def kernels(view: FitView) -> list[str]:
    """The option fund's booking kernel under each reading, labelled by how far the data tell it from the responses."""
    return [sentence(reading, r) for reading, r in ridges(view).items()]


def hidden(view: FitView) -> dict[str, Any] | None:
    """The check of the graph on posterior draws: one row per claim, readings side by side; None if not made."""
    check = view.gate.after_sampling
    if check is None:
        return None
    claims: dict[str, dict[str, Mapping[str, Any]]] = {}
    for r in sorted(check.table, key=lambda r: (-r["share_violated"], -abs(r["median_effect"]))):
        claims.setdefault(r["statement"], {})[r["reading"]] = r
    readings = list(dict.fromkeys(r["reading"] for r in check.table))
    shown = max(CLAIMS_SHOWN, len({r["statement"] for r in check.table if r["violated"]}))
    return {
        "passed": check.passed,
        "sentence": check.sentence,
        "count": len(claims),
        "readings": [READINGS.get(r, r) for r in readings],
        "rows": [_claim(rows, readings) for rows in list(claims.values())[:shown]],
    }


def _claim(rows: Mapping[str, Mapping[str, Any]], readings: list[str]) -> dict[str, Any]:
    first = next(iter(rows.values()))
    return {
        "claim": claim(first["short"]),
        "cells": [_share(rows.get(r)) for r in readings],
        "limit": number(first["noticed_from"], 2),
    }


def _share(r: Mapping[str, Any] | None) -> dict[str, Any]:
    if r is None:
        return {"text": number(float("nan")), "broken": False}
    text = f"{percent(r['share_violated'])} ({number(r['median_effect'], 2, sign=True)})"
    return {"text": text, "broken": r["violated"]}


def claim(short: str) -> str:
    """``a[t] _||_ b[t] | c[t], past`` for people."""
    return short.replace(" _||_ ", " \N{UP TACK} ").replace(" | ", " given ").replace("_", " ")
