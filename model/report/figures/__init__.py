"""Figures of a fit, one function each; see :mod:`model.report.figures.registry`."""

from model.report.figures.fit_view import FitView, open_fit
from model.report.figures.registry import FIGURES, FigureSpec, submit_figures, write_figures

__all__ = ["FIGURES", "FigureSpec", "FitView", "open_fit", "submit_figures", "write_figures"]
