"""The causal gate: does the graph survive its own testable implications?

Importing this package does not import dowhy.
"""

from model.gate.frame import gate_frame
from model.gate.pilot import fit_pilot
from model.gate.result import Check, GateResult
from model.gate.rivals import COMPARED, NAMED, Rival, load_graph, load_rival, named_rivals
from model.gate.run import run_gate
from model.gate.thresholds import Thresholds, load_thresholds

__all__ = [
    "COMPARED",
    "NAMED",
    "Check",
    "GateResult",
    "Rival",
    "Thresholds",
    "fit_pilot",
    "gate_frame",
    "load_graph",
    "load_rival",
    "load_thresholds",
    "named_rivals",
    "run_gate",
]
