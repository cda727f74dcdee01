"""Figures of a fit, one function each; see :mod:`model.plots.registry`."""

from model.plots.fit_view import FitView, open_fit
from model.plots.registry import FIGURES, FigureSpec, submit_figures, write_figures

__all__ = ["FIGURES", "FigureSpec", "FitView", "open_fit", "submit_figures", "write_figures"]
