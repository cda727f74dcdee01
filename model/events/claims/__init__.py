"""Claims of a commentary, each with a test that a machine can run, and a verdict."""

from model.events.claims.claim import Claim, read_claims

__all__ = ["Claim", "read_claims"]
