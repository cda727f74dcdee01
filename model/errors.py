"""Named errors. Each says what is wrong, where, and what to do instead; each maps to one exit code."""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Text for a terminal: control characters, and those that turn its direction, as visible escapes."""
    return "".join(c if c in "\n\t" or not _CONTROL.match(c) else f"\\x{ord(c):02x}" for c in text)


class AttributionError(Exception):
    """Base of every error a user can cause.

    Parameters
    ----------
    message : str
        What is wrong, with the row and column where there is one.
    remedy : str
        What the user can do about it.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(plain(f"{message} Remedy: {remedy}" if remedy else message))

    def __reduce__(self) -> tuple[type[AttributionError], tuple[str, str]]:
        """Come back from another process as it was raised there."""
        return type(self), (self.message, self.remedy)


class UsageError(AttributionError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class DataError(AttributionError):
    """Input data are missing, malformed or impossible."""

    exit_code = 3


class PriorError(DataError):
    """A prior set is incomplete, inconsistent, or was learned from the days being fitted."""


class ConvergenceError(AttributionError):
    """Sampling ended without meeting the named convergence checks."""

    exit_code = 4


class GateError(AttributionError):
    """The causal gate did not pass, so nothing may be decomposed."""

    exit_code = 5
