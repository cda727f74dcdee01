"""The panel: one row per trading day, typed, unit-checked, with missing kept missing."""

from model.panel.load import load_panel
from model.panel.panel import Panel

__all__ = ["Panel", "load_panel"]
