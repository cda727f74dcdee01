"""Rival stories as variants of the model on the same data."""

from model.events.rival import Rival, read_rivals

__all__ = ["Rival", "read_rivals"]
