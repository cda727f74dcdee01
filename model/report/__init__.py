"""The page of a fit."""

from model.report.report import write_report

__all__ = ["write_report"]
