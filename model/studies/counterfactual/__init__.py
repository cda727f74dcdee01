"""What would have happened: interventions by `do`, re-simulated day by day, and forward scenarios."""

from model.studies.counterfactual.interventions import NAMES, Setting, read_setting
from model.studies.counterfactual.what_if import WhatIf, what_if

__all__ = ["NAMES", "Setting", "WhatIf", "read_setting", "what_if"]
