"""Caption and alternative text of every figure."""

from __future__ import annotations

from collections.abc import Callable

from model.plots.fit_view import FitView
from model.plots.waterfall import alt_waterfall
from model.report.content import basis_rows, expected_rows
from model.summary.tables import event_table

CAPTIONS = {
    "waterfall_flow_channel": "Net flow of the event's days by component.",
    "waterfall_return_channel": "Return of the event's days by component.",
    "waterfall_flow_trigger": "Net flow of the event's days by trigger.",
    "waterfall_return_trigger": "Return of the event's days by trigger.",
    "expected_flow": "Observed flow beside the expected one.",
    "components_flow": "Flow by component over the whole window.",
    "components_return": "Return by component over the whole window.",
    "basis_positions": "What weekly futures positions teach about the basis trade.",
    "prior_posterior": "Prior and posterior of the components' parameters.",
    "graph": "The causal graph, its implied independences, and what the data could have noticed.",
    "predictive": "One-day-ahead replicates and calibration.",
    "ranks": "Ranks of the chains' draws.",
}
STATIC = {
    "components_flow": "Time series, one panel per component, of daily net flow in USD m with 50 and 89 per cent bands.",
    "components_return": "Time series, one panel per component, of daily return in log-% with 50 and 89 per cent bands.",
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


WITH_NUMBERS: dict[str, Callable[[FitView], str]] = {"expected_flow": _expected, "basis_positions": _basis}
