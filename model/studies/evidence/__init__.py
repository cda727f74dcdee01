"""Outside evidence: statements with a strength, and changed priors."""

from model.events.prior_changes import PriorChange
from model.events.statements import Statement, read_statements
from model.priors.changes import with_changes

__all__ = ["PriorChange", "Statement", "read_statements", "with_changes"]
