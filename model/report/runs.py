"""From the numbers of a verb to its entry on the fit's page: one sentence, one picture, what has to be read with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from model.report.entries import Entry, record
from model.report.page.again import report_again
from model.report.tables.lines import READINGS, UNITS
from model.report.tables.text import amount, day, interval, number, probability

WHOLE = "all days"
OBSERVED = "observed"


def leave(
    entry: Entry, folder: Path, manifest: Mapping[str, Any], table: pd.DataFrame | None = None
) -> list[Path]:
    """Record a run beside its fit and write the fit's page again.

    Returns
    -------
    list of Path
        What was written.
    """
    return [*record(entry, folder, manifest, table), *report_again(folder)]


def of_what_if(table: pd.DataFrame, settings: str, notes: Sequence[str] = ()) -> Entry:
    """Columns ``day, quantity, unit, line, low, median, high``; the picture shows the return of each day."""
    rows = table[(table["quantity"] == "return") & (table["day"] != WHOLE)]
    seen = {r["day"]: r["median"] for r in _records(rows[rows["line"] == OBSERVED])}
    drawn = [
        _row(f"{day(r['day'])}: {r['line']}", r, group=r["line"])
        | ({"seen": seen.get(r["day"])} if r["line"] == "counterfactual" else {})
        for r in _records(rows[rows["line"] != OBSERVED])
    ]
    first = _records(rows[rows["line"] == "counterfactual"])
    said = "; ".join(
        f"the return of {day(r['day'])} would have been {_said(r, 'return')} instead of {amount(seen[r['day']], 'return')}"
        for r in first
    )
    return Entry("what_if", f"With {settings}, {said} log-%.", "log-%", drawn, notes)


def of_scenario(table: pd.DataFrame, shock: float) -> Entry:
    """Columns as of a counterfactual, ``line`` naming the book; the picture shows dealers' trades and the flow."""
    rows = _records(table[table["quantity"] != "return"])
    drawn = [
        _row(f"{day(r['day'])}: {r['quantity']}, {r['line']}", r, group=f"{r['quantity']}, {r['line']}")
        for r in rows
    ]
    returns = _records(table[table["quantity"] == "return"])
    said = "; ".join(f"{r['line']} {_said(r, 'return')}" for r in returns if r["day"] == returns[0]["day"])
    sentence = (
        f"After a price shock of {shock:+g} % the day returns, in log-%, by the book of dealers: {said}."
    )
    return Entry(
        "scenario", sentence, "USD m", drawn, ["Parameter uncertainty only: no other news on these days."]
    )


def of_organic(table: pd.DataFrame, last: int = 15) -> Entry:
    """A table by date with ``net_flow, organic, organic_low, organic_high, p_organic, published``."""
    end = table.tail(last)
    drawn = [
        {"label": day(d) + ("" if r["published"] else " *"), "mid": r["organic"], "low": r["organic_low"],
         "high": r["organic_high"], "seen": r["net_flow"]}
        for d, r in zip(end.index, _records(end), strict=True)
    ]  # fmt: skip
    r = _records(end)[-1]
    sentence = (
        f"On {day(end.index[-1])} organic inflow was {amount(r['organic'], 'flow')} "
        f"{interval(r['organic_low'], r['organic_high'], 'flow')} USD m; the probability that it was an "
        f"inflow is {probability(r['p_organic'])}."
    )
    notes = ["* not published yet: a nowcast."] if not end["published"].all() else []
    return Entry("organic", sentence, "USD m", drawn, notes)


def of_news(changes: pd.DataFrame, arrived: int, titles: tuple[str, str], most: int = 20) -> Entry:
    """Columns ``date, quantity, title, before, after, change, change_low, change_high``; flows are drawn."""
    clear = changes[(changes["change_low"] > 0.0) | (changes["change_high"] < 0.0)]
    rows = clear[clear["quantity"] == "flow"]
    rows = rows.reindex(rows["change"].abs().sort_values(ascending=False).index).head(most)
    drawn = [
        {
            "label": f"{day(r['date'])}: {r['title']}",
            "mid": r["change"],
            "low": r["change_low"],
            "high": r["change_high"],
        }
        for r in _records(rows)
    ]
    sentence = (
        f"Between {titles[0]} and {titles[1]} {arrived} values arrived; of {len(changes)} lines, {len(clear)} moved by more "
        "than sampling error."
    )
    return Entry(
        "news", sentence, "change of the median, USD m", drawn, ["Intervals are those of sampling error."]
    )


def of_rivals(content: Mapping[str, Any]) -> Entry:
    """What ``rivals.json`` holds."""
    first, *rest = content["rivals"]
    drawn = [
        {
            "label": r["key"],
            "mid": r["gain"],
            "low": r["gain"] - 1.6 * r["gain_se"],
            "high": r["gain"] + 1.6 * r["gain_se"],
        }
        for r in rest
    ]
    better = [r["key"] for r in rest if not r["tied"] and r["gain"] > 0]
    tied = [r["key"] for r in rest if r["tied"]]
    told = f"{', '.join(better)} fits better" if better else "no rival fits these data better"
    told += f"; tied with the model: {', '.join(tied)}" if tied else ""
    sentence = f"Over {first['days']} days {told}."
    return Entry("rivals", sentence, "gain in log predictive density, nats (1.6 standard errors)", drawn)


def of_sensitivity(content: Mapping[str, Any]) -> Entry:
    """What ``sensitivity.json`` holds; returns are drawn."""
    rows = [r for r in content["ranges"] if r["unit"] == UNITS["return"]]
    drawn = [
        {
            "label": f"{day(r['day'])}: {r['part']}",
            "mid": r["as_fitted"],
            "low": r["lowest"],
            "high": r["highest"],
        }
        for r in rows
    ]
    changed = sorted({str(r["part"]).replace("_", " ") for r in content["ranges"] if r["sign_changes"]})
    told = f"the sign changes for {', '.join(changed)}" if changed else "no part changes its sign"
    sentence = f"Over {content['assumptions']} assumptions {told}."
    return Entry(
        "sensitivity", sentence, "log-%: as fitted, and the range of the medians", drawn, content["notes"]
    )


def of_evidence(content: Mapping[str, Any]) -> Entry:
    """What ``evidence.json`` holds."""
    drawn, conflicts = [], []
    for reading, s in content["readings"].items():
        for f in s["statements"]:
            values = [f[k] for k in ("before_data", "after_data", "after_evidence")]
            if all(v is not None and v == v for v in values):
                drawn.append(
                    {
                        "label": f"{f['text']} ({READINGS.get(reading, reading).lower()})",
                        "mid": values[2],
                        "seen": values[1],
                    }
                )
            conflicts += [f["text"]] if f["conflict"] else []
    told = (
        f"{len(set(conflicts))} in conflict with data and model"
        if conflicts
        else "none in conflict with data and model"
    )
    count = len(next(iter(content["readings"].values()))["statements"])
    sentence = f"Weighed with {count} statements of outside evidence, {told}."
    return Entry("evidence", sentence, "probability with the evidence; diamond: from the data alone", drawn)


def of_claims(content: Mapping[str, Any]) -> Entry:
    """What ``claims.json`` holds."""
    drawn = [{"label": k, "mid": float(n)} for k, n in content["verdicts"].items()]
    counted = ", ".join(f"{n} {k}" for k, n in content["verdicts"].items())
    return Entry(
        "claims", f"Of {len(content['claims'])} claims of the commentary: {counted}.", "claims", drawn
    )


def of_dealer_book(title: str, cases: Mapping[str, Mapping[str, float]]) -> Entry:
    """Demand by source and part, USD m, for the low, mid and high amounts of a book along a path."""
    keys = [k for k in cases["mid"] if not k.endswith(":total") or k == "all:total"]
    drawn = [
        {"label": k.replace(":", ", ").replace("_", "-"), "mid": cases["mid"][k], "low": min(c[k] for c in cases.values()),
         "high": max(c[k] for c in cases.values())}
        for k in keys
    ]  # fmt: skip
    total = cases["mid"]["all:total"]
    sentence = f"Along the given path dealers of sign +1 in the book {title} trade {number(total)} USD m."
    return Entry("dealer_book", sentence, "USD m", drawn)


def _row(label: str, r: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"label": label, "mid": r["median"], "low": r["low"], "high": r["high"], **more}


def _said(r: Mapping[str, Any], quantity: str) -> str:
    return f"{amount(r['median'], quantity)} {interval(r['low'], r['high'], quantity)}"


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in r.items()} for r in rows.to_dict("records")]
