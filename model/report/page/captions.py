"""Caption and alternative text of every figure."""

from __future__ import annotations

from collections.abc import Callable

from model.report.figures.fit_view import FitView
from model.report.figures.waterfall import alt_waterfall
from model.report.page.content import basis_rows, expected_rows, kernels
from model.report.tables.tables import event_table

CAPTIONS = {
    "waterfall_flow_channel": "A black line that crosses its bar's start: not even the sign is settled.",
    "waterfall_return_channel": "The same for the return. Trades move the price only through price impact.",
    "waterfall_flow_trigger": "Each shock is charged with everything it set off, on the day and later.",
    "waterfall_return_trigger": "The same for the return; amplification is charged to whoever started it.",
    "expected_flow": "A flow inside the dark area needs no special explanation.",
    "components_flow": "The event in the light of ordinary days.",
    "components_return": "The event in the light of ordinary days.",
    "basis_positions": "Where the two lines coincide, weekly positions taught nothing.",
    "prior_posterior": "Where a line repeats the grey area, the number was assumed and not learned.",
    "kernel_ridge": "A slanted cloud: a late booking and a late answer predict nearly the same prints.",
    "graph": "A graph that hardly any data could contradict is an assumption, not a finding.",
    "predictive": "A line inside the grey area: predictive intervals as wide as they should be.",
    "ranks": "A line that leaves the grey area steadily: that chain sampled something else.",
}
STATIC = {
    "components_flow": "Daily net flow in USD m, one panel per component, with 50 and 89 per cent bands.",
    "components_return": "Daily return in log-%, one panel per component, with 50 and 89 per cent bands.",
    "prior_posterior": (
        "Small multiples: prior density in grey and posterior densities per reading for each parameter. "
        "The table of identified parameters says the same in words."
    ),
    "graph": (
        "Directed graph from the day before, through risk factors, stress and hidden trades, to the day's "
        "return and the recorded flows; below, p-values of the implied independences and power against "
        "wrong graphs."
    ),
    "predictive": (
        "Bands of one-day-ahead replicates of flow and return with the observed values, and the "
        "distribution of the observed values' percentiles."
    ),
    "ranks": "Small multiples: for each parameter, one line per chain close to zero if the chains agree.",
}


def alt_text(view: FitView, name: str) -> str:
    """The figure in words, with its numbers where they are few."""
    if name.startswith("waterfall_"):
        _, quantity, by = name.split("_")
        return alt_waterfall(view, quantity, by)
    return WITH_NUMBERS[name](view) if name in WITH_NUMBERS else STATIC[name]


def _expected(view: FitView) -> str:
    rows = expected_rows(view, event_table(view.shown, view.days))
    said = [
        f"{r['day']}, {r['reading'].lower()}: observed {r['observed']}, expected {r['expected']}, "
        f"percentile {r['rank']}"
        for r in rows
    ]
    return "Predictive density of the day's flow in USD m. " + ". ".join(said) + "."


def _basis(view: FitView) -> str:
    said = [
        f"{r['title']}: prior {r['cells'][0]['value']}, without weekly positions {r['cells'][1]['value']}, "
        f"with them {r['cells'][2]['value']}"
        for r in basis_rows(view)
    ]
    return "Densities of latent basis trades in USD m. " + ". ".join(said) + "."


def _ridge(view: FitView) -> str:
    return "Share of trades booked on the next day against the responses of flows to returns. " + " ".join(
        kernels(view)
    )


WITH_NUMBERS: dict[str, Callable[[FitView], str]] = {
    "expected_flow": _expected,
    "basis_positions": _basis,
    "kernel_ridge": _ridge,
}
