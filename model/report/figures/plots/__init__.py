"""Interactive figures: each a function of a dataset, or of what a fit left, that returns a figure object."""

from model.report.figures.plots.book import book_figure, hedging_figure
from model.report.figures.plots.days import days_figure
from model.report.figures.plots.graph import graph_figure
from model.report.figures.plots.pairs import pairs_figure
from model.report.figures.plots.predictive import predictive_figure
from model.report.figures.plots.ranges import ranges_figure
from model.report.figures.plots.ranks import ranks_figure
from model.report.figures.plots.sessions import sessions_figure
from model.report.figures.plots.waterfall import waterfall_figure

__all__ = [
    "book_figure",
    "days_figure",
    "graph_figure",
    "hedging_figure",
    "pairs_figure",
    "predictive_figure",
    "ranges_figure",
    "ranks_figure",
    "sessions_figure",
    "waterfall_figure",
]
