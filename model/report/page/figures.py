"""Every interactive figure of the page: where it stands, what it is called, how it reads in words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from model.gate.result import GateResult
from model.report.entries import Recorded
from model.report.figures.fit_view import FitView
from model.report.figures.parameters import main_parameters
from model.report.figures.plots import (
    book_figure,
    days_figure,
    graph_figure,
    hedging_figure,
    pairs_figure,
    predictive_figure,
    ranges_figure,
    ranks_figure,
    sessions_figure,
    waterfall_figure,
)
from model.report.figures.predictive import predicted
from model.report.figures.style import named
from model.report.figures.summary import Summary, by_session
from model.report.page.learned import pairs
from model.report.page.parts import Day, lead
from model.report.page.weekly import weekly_sums
from model.report.tables.text import amount, day

HASH = 12


class Drawn(NamedTuple):
    """A figure on the page. ``alt`` says in words what it shows; ``stamp`` units and data."""

    key: str
    figure: go.Figure
    caption: str
    alt: str
    stamp: str

    @property
    def height(self) -> int:
        """Pixels, kept free before it is drawn."""
        return int(self.figure.layout.height)

    @property
    def json(self) -> str:
        """The figure for the page, safe inside a script."""
        return script_json(json.loads(self.figure.to_json()))


def script_json(content: Any) -> str:
    """JSON that no text in it can end: ``</script>``, comments and line separators are escaped."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    for c in "<>&\u2028\u2029":
        text = text.replace(c, f"\\u{ord(c):04x}")
    return text


def stamp(gate: GateResult, manifest: Mapping[str, Any], unit: str) -> str:
    """Units and data of a figure."""
    data = str(manifest.get("hashes", {}).get("data", gate.data_hash))[:HASH]
    return f"{unit}. Data {data}. Causal gate: {gate.verdict}."


def drawn(
    view: FitView,
    stacks: Mapping[str, Summary],
    main: Day,
    around: Mapping[str, Any] | None,
    runs: Sequence[Recorded],
) -> dict[str, Drawn]:
    """All figures of a fit whose decomposition may be shown."""
    data = view.decomposition[lead(view)]
    out: dict[str, Drawn] = {}

    def put(key: str, figure: go.Figure, caption: str, alt: str, unit: str) -> None:
        out[key] = Drawn(key, figure, caption, alt, stamp(view.gate, view.manifest, unit))

    for q, unit in (("return", "Returns in log-%"), ("flow", "Flows in USD m")):
        put(
            f"waterfall-{q}",
            waterfall_figure(data, main.day, q),
            "Bars: means, which add up to the observed value. "
            "Thin line: 89 % interval, thick: 50 %. A thin line that crosses its bar's start: not even the sign is "
            "settled. Hatched: a split that only the prior decides.",
            _waterfall_words(stacks[q], main, q),
            unit,
        )
    sessions = by_session(data, main.day)
    if sessions:
        put(
            "sessions-return",
            sessions_figure(sessions),
            "The same day before the funds' exchange opened, and while it was open, with 89 % intervals.",
            f"Return of {day(main.day)} by component and trading session.",
            "Returns in log-%",
        )
    put(
        "days",
        days_figure(stacks, around, weekly_sums(view, around), view.days),
        "Stacked means by whose trades; hover for intervals, "
        "click on a day for its own split above. Shaded: the event.",
        "Stacked daily components of flow and return over what stood "
        "around them; the table of every day is in tables/daily.csv.",
        "Flows in USD m, returns in log-%, other units in the titles",
    )
    _, cloud = pairs(view)
    if cloud:
        put(
            "pairs",
            pairs_figure(cloud),
            "A slanted cloud: the data speak of the two together, not of each.",
            "Clouds of posterior draws of the pairs listed in the table.",
            "Units as in the table of parameters",
        )
    for q, unit in (("flow", "Flows in USD m"), ("return", "Returns in log-%")):
        p = predicted(view, view.main, q)
        if p is not None:
            inside = _inside(p.draws, p.seen)
            put(
                f"predictive-{q}",
                predictive_figure(p, q, view.days),
                "Parameters were fitted to the same days, which flatters the model.",
                f"One-day-ahead bands; {inside:.0%} of the days lie inside the 89 % band.",
                unit,
            )
    chains = {
        named(n): x
        for n in main_parameters(view)
        if (x := view.scalar(view.main, "posterior", n)) is not None
    }
    if chains:
        put(
            "ranks",
            ranks_figure(chains, view.gate.seed),
            "Distribution of each chain's ranks among all draws, minus the uniform one, for the parameters where chains "
            "differ most. Grey: where 89 % of independent draws stay.",
            f"Rank distributions of {len(chains)} parameters were compared; the chains of those drawn differ most.",
            "Shares",
        )
    for k, book in enumerate((around or {}).get("books", [])):
        put(
            f"book-{k}",
            book_figure(book),
            "Drawn for dealer sign +1: dealers are short what customers hold. The sign is a parameter around zero.",
            f"Hedging demand over the price for the book of {day(book['day'])}; barriers at "
            + ", ".join(f"{n['shown']:g}" for n in book["notes"])
            + ".",
            "USD m, price in USD",
        )
        if book["hedging"]["days"]:
            put(
                f"hedging-{k}",
                hedging_figure(book),
                "Running sums from the close before the book's day; negative: dealers sell. Bars: middle amounts; "
                "lines: lowest to highest. Volatility follows the path that was seen.",
                _hedging_words(book),
                "USD m",
            )
    return out | graphs(view.gate, view.manifest) | pictures(runs, view.gate, view.manifest)


def graphs(gate: GateResult, manifest: Mapping[str, Any]) -> dict[str, Drawn]:
    """The causal graph; it can be drawn for any fit, refused or not."""
    return {
        "graph": Drawn(
            "graph",
            graph_figure(gate),
            "Squares: observed; rings: never observed. Dotted: pairs that the graph calls independent given the past "
            "and the data agree; thick orange: they do not. A graph that "
            "hardly any data could contradict is an assumption, not a finding.",
            "Causal graph from the day before over today's hidden trades to price and recorded flows.",
            stamp(gate, manifest, "No unit"),
        )
    }


def pictures(runs: Sequence[Recorded], gate: GateResult, manifest: Mapping[str, Any]) -> dict[str, Drawn]:
    """One picture for every run of a verb that has rows."""
    return {
        key_of(r): Drawn(
            key_of(r),
            ranges_figure(r.entry.rows, r.entry.unit),
            "Dots: medians or means; lines: intervals.",
            r.entry.sentence,
            stamp(gate, manifest, r.entry.unit.capitalize() if r.entry.unit.islower() else r.entry.unit),
        )
        for r in runs
        if r.entry.rows
    }


def key_of(r: Recorded) -> str:
    """A run's figure on the page."""
    return f"run-{r.entry.verb.replace('_', '-')}-{r.number}"


def _inside(draws: np.ndarray, seen: np.ndarray) -> float:
    low, high = np.quantile(draws, [0.055, 0.945], axis=0)
    known = np.isfinite(seen)
    return float(((seen >= low) & (seen <= high))[known].mean())


def _waterfall_words(s: Summary, main: Day, quantity: str) -> str:
    i = s.on(main.day)
    parts = [
        f"{line.title} {amount(s.values[i, k, 0], quantity)}"
        for k, line in enumerate(s.lines)
        if line.additive
    ]
    return f"{day(main.day)}: observed {amount(s.observed[i], quantity)}; {', '.join(parts)}."


def _hedging_words(book: Mapping[str, Any]) -> str:
    last = book["hedging"]["cases"]["mid"][-1]
    total = amount(last["all:total"], "flow")
    return (
        f"To the close of {day(book['hedging']['days'][-1])} dealers of sign +1 trade {total} USD m in all."
    )
