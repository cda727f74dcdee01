"""The page of a fit."""

from model.report.page.report import write_report

__all__ = ["write_report"]
