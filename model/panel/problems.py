"""Collects everything wrong with an input file, so that one message reports all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from model.errors import DataError

LIMIT = 20


@dataclass
class Problems:
    """Problems of one file, in the order found.

    Parameters
    ----------
    file : Path
        Named in the message.
    limit : int
        At most so many are spelled out; the rest are counted.
    """

    file: Path
    limit: int = LIMIT
    found: list[tuple[str, str]] = field(default_factory=list)

    def add(self, place: str, problem: str, remedy: str) -> None:
        """Record one problem at a place ("2026-02-05, line 47, column 'x'"); the same one twice counts once."""
        entry = (f"{place}: {problem}" if place else problem, remedy)
        if entry not in self.found:
            self.found.append(entry)

    def raise_if_any(self) -> None:
        """Raise one DataError that lists the problems and, once each, their remedies.

        Raises
        ------
        DataError
            If any problem was recorded.
        """
        if not self.found:
            return
        shown = self.found[: self.limit]
        count = "1 problem" if len(self.found) == 1 else f"{len(self.found)} problems"
        lines = [f"{self.file}: {count}.", *(f"  {i}. {text}." for i, (text, _) in enumerate(shown, 1))]
        if len(self.found) > len(shown):
            lines.append(f"  ... and {len(self.found) - len(shown)} more.")
        raise DataError("\n".join(lines) + "\n", " ".join(dict.fromkeys(remedy for _, remedy in shown)))
