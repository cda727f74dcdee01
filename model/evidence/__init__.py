"""Outside evidence: statements with a strength, and changed priors."""

from model.evidence.changes import PriorChange, with_changes
from model.evidence.statements import Statement, read_statements

__all__ = ["PriorChange", "Statement", "read_statements", "with_changes"]
